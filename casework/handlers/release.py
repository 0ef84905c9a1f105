"""Gives back what a case has reserved or committed, whenever it ends without being paid."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlmodel import col

from casework.cases import CaseView
from casework.desk import entitlement
from casework.ledger import Transfer, transfer
from casework.payments.orders import cancel_live
from models import Account, CostLine, Entitlement, LedgerEntry
from models.statements import Prepared
from models.work import Work

_HELD = Prepared(
    select(col(LedgerEntry.fund_id), col(LedgerEntry.source), col(LedgerEntry.target), func.sum(LedgerEntry.amount_fen))
    .where(col(LedgerEntry.case_id) == bindparam("wanted"))
    .group_by(col(LedgerEntry.fund_id), col(LedgerEntry.source), col(LedgerEntry.target))
)
_END = Prepared(update(Entitlement).where(col(Entitlement.id) == bindparam("wanted")).values(ended=True))
_FREE_LINES = Prepared(update(CostLine).where(col(CostLine.case_id) == bindparam("wanted")).values(live=False))


def release(work: Work, case: CaseView, *, why: str) -> None:
    """Reserved and committed money of the case returns to its fund; its order, entitlement and documents are freed."""
    if case.amount_fen is None:
        return
    standing: dict[tuple[object, Account], int] = {}
    for fund, source, target, fen in work.rows(_HELD, wanted=case.id):
        standing[fund, Account(source)] = standing.get((fund, Account(source)), 0) - int(fen)
        standing[fund, Account(target)] = standing.get((fund, Account(target)), 0) + int(fen)
    transfer(
        work,
        [
            Transfer(
                fund=fund,  # type: ignore[arg-type]
                case=case.id,
                source=account,
                target=Account.AVAILABLE,
                fen=fen,
                once=f"release:{case.number}:{case.version}:{account}",
                note=why,
            )
            for (fund, account), fen in standing.items()
            if account in (Account.RESERVED, Account.COMMITTED) and fen > 0
        ],
    )
    cancel_live(work, case.id, why)
    promised = entitlement(work, case)
    if promised is not None:
        work.run(_END, wanted=promised.id)
    lock_lines(work, [case.id])
    work.run(_FREE_LINES, wanted=case.id)


def lock_lines(work: Work, cases: Sequence[UUID]) -> None:
    """Takes the cost lines of cases, and those with the same documents elsewhere, in the order of their ids.

    The order of locks is the same everywhere: what arrives, the turn to price, cases, funds, cost lines, the end of the
    audit chain. SQLite has one writer.
    """
    if work.postgres and cases:
        same = select(col(CostLine.document)).where(col(CostLine.case_id).in_(cases))
        lines = select(col(CostLine.id)).where(col(CostLine.document).in_(same)).order_by(col(CostLine.id))
        work.execute(lines.with_for_update())
