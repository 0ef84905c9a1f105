"""Gives back what a case has reserved or committed, whenever it ends without being paid."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select, update
from sqlmodel import col

from casework.funds.ledger import Transfer, transfer
from casework.funds.resume_for_funds import wake_queue_before_commit
from casework.lifecycle.act_context import entitlement
from casework.lifecycle.case_changes import CaseView
from models import Account, CostLineRecord, Duty, Entitlement, LedgerEntry, OrderState, PaymentOrder, State
from models.statements import Prepared, given
from models.unit_of_work import UnitOfWork

_HELD = Prepared(
    select(col(LedgerEntry.fund_id), col(LedgerEntry.source), col(LedgerEntry.target), func.sum(LedgerEntry.amount_fen))
    .where(col(LedgerEntry.case_id) == bindparam("wanted"))
    .group_by(col(LedgerEntry.fund_id), col(LedgerEntry.source), col(LedgerEntry.target))
)
_END = Prepared(update(Entitlement).where(col(Entitlement.id) == bindparam("wanted")).values(ended=True))
_FREE_LINES = Prepared(
    update(CostLineRecord).where(col(CostLineRecord.case_id) == bindparam("wanted")).values(live=False)
)
# Spelled out: a prepared statement holds no IN list.
_UNRELEASED = or_(*(col(PaymentOrder.state) == state for state in (OrderState.PREPARED, OrderState.CHECKED)))
_CANCEL_LIVE = Prepared(
    update(PaymentOrder)
    .where(col(PaymentOrder.case_id) == bindparam("wanted"), _UNRELEASED)
    .values(
        state=OrderState.CANCELLED,
        reason=bindparam("new_reason"),
        ended_at=given("new_end", PaymentOrder.ended_at),
    )
)


def release(work: UnitOfWork, case: CaseView, *, why: str) -> None:
    """Reserved and committed money of the case returns to its fund; its order, entitlement and documents are freed.

    Whoever waits for that money is woken, and so is whoever waits behind a case that leaves the queue for it.
    """
    if case.amount_fen is None:
        if case.state == State.CERTIFIED and case.next_unit and case.next_duty in (Duty.FUND_OFFICER, Duty.SYSTEM):
            wake_queue_before_commit(work, case.next_unit, case.policy)
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


def cancel_live(work: UnitOfWork, case: UUID, why: str) -> int:
    """Cancels the case's order that is not yet released, when the case ends or goes back; how many there were."""
    return work.run(_CANCEL_LIVE, wanted=case, new_reason=why, new_end=work.now)


def lock_lines(work: UnitOfWork, cases: Sequence[UUID]) -> None:
    """Takes the cost lines of cases, and those with the same documents elsewhere, in the order of their ids.

    The order of locks is the same everywhere: what arrives, the turn to price, cases, funds, cost lines, the end of the
    audit chain. Whoever wakes cases with a fund in hand passes by those that others have in theirs. SQLite has one writer.
    """
    if work.postgres and cases:
        same = select(col(CostLineRecord.document)).where(col(CostLineRecord.case_id).in_(cases))
        lines = (
            select(col(CostLineRecord.id))
            .where(col(CostLineRecord.document).in_(same))
            .order_by(col(CostLineRecord.id))
        )
        work.execute(lines.with_for_update())
