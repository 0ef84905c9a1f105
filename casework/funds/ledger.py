"""Moves money inside a fund: the fund's balances and one ledger row a case, in the same transaction or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlmodel import col

from casework.funds.fund_lookup import fund_named
from casework.funds.resume_for_funds import wake_before_commit
from casework.shared.errors import Broken, NeedsOfficer, Refused
from casework.shared.fund_key import FundKey
from models import Account, Fund, LedgerEntry
from models.statements import Prepared
from models.unit_of_work import UnitOfWork

_COLUMN = {
    Account.AVAILABLE: "available_fen",
    Account.RESERVED: "reserved_fen",
    Account.COMMITTED: "committed_fen",
    Account.PAID: "paid_fen",
}
_APPROPRIATE = Prepared(
    update(Fund)
    .where(col(Fund.id) == bindparam("wanted"))
    .values(
        budget_fen=col(Fund.budget_fen) + bindparam("fen"),
        available_fen=col(Fund.available_fen) + bindparam("fen"),
        shareable_fen=col(Fund.shareable_fen) + bindparam("fen"),  # nothing stays nothing: all of it
    )
)


def _transfer(source: Account, target: Account) -> Prepared:
    """Moves a sum from one balance to another, only if it is there."""
    give, take = getattr(Fund, _COLUMN[source]), getattr(Fund, _COLUMN[target])
    moved = {_COLUMN[source]: give - bindparam("fen"), _COLUMN[target]: take + bindparam("fen")}
    return Prepared(update(Fund).where(col(Fund.id) == bindparam("wanted"), give >= bindparam("fen")).values(**moved))


_TRANSFERS = {(a, b): _transfer(a, b) for a in _COLUMN for b in _COLUMN if a is not b}


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Fen of one case from one account of its fund to another. `once` names the business event."""

    fund: UUID
    case: UUID
    source: Account
    target: Account
    fen: int
    once: str
    note: str = ""


def transfer(work: UnitOfWork, transfers: Sequence[Transfer]) -> None:
    """Moves the money of many cases: one balance update a fund and direction, one row a case; NeedsOfficer if short.

    Whoever waits for what becomes available again is woken.
    """
    totals: dict[tuple[UUID, Account, Account], int] = {}
    for entry in transfers:
        if entry.fen <= 0:
            raise Broken("transfer", f"金额须为正数：{entry.fen} 分", "a transfer moves a positive sum")
        direction = (entry.fund, entry.source, entry.target)
        totals[direction] = totals.get(direction, 0) + entry.fen
    for (fund, source, target), fen in sorted(totals.items(), key=str):
        if work.run(_TRANSFERS[source, target], wanted=fund, fen=fen) != 1:
            if source is Account.AVAILABLE:
                raise NeedsOfficer("fund_short", "专项资金余额不足", "the fund is short")
            raise Broken("ledger", f"资金科目 {source} 余额不足以转出 {fen} 分", f"account {source} lacks {fen} fen")
    wake_before_commit(work, {entry.fund for entry in transfers if entry.target is Account.AVAILABLE})
    for entry in transfers:
        work.add(
            LedgerEntry,
            fund_id=entry.fund,
            case_id=entry.case,
            source=entry.source,
            target=entry.target,
            amount_fen=entry.fen,
            once=entry.once,
            note=entry.note,
            made_at=work.now,
        )


def appropriate(
    work: UnitOfWork, *, unit: str, year: int, fen: int, once: str, note: str = "", policy: str = ""
) -> UUID:
    """Adds money to a fund (made if it is new), the shared one unless a policy is named; the same event adds once."""
    if fen <= 0:
        raise Refused("amount", "预算金额须为正数", "a budget is a positive sum", field="amount")
    fund = fund_named(work, FundKey(unit, year, policy))
    identity = fund.id if fund else work.new_id()
    if fund is None:
        work.add(Fund, id=identity, unit=unit, year=year, policy=policy)
        work.flush()
    work.run(_APPROPRIATE, wanted=identity, fen=fen)
    work.add(
        LedgerEntry,
        fund_id=identity,
        source=Account.TREASURY,
        target=Account.AVAILABLE,
        amount_fen=fen,
        once=once,
        note=note,
        made_at=work.now,
    )
    return identity
