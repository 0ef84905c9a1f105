"""Moves money inside a fund: the fund's balances and one ledger row a case, in the same transaction or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from casework.errors import Broken, NeedsOfficer, Refused
from models import Account, Fund, LedgerEntry
from models.statements import Prepared
from models.work import Work

_COLUMN = {
    Account.AVAILABLE: "available_fen",
    Account.RESERVED: "reserved_fen",
    Account.COMMITTED: "committed_fen",
    Account.PAID: "paid_fen",
}
_FUND = Prepared(
    select(
        col(Fund.id),
        col(Fund.available_fen),
        col(Fund.reserved_fen),
        col(Fund.committed_fen),
        col(Fund.paid_fen),
        col(Fund.budget_fen),
    ).where(col(Fund.unit) == bindparam("wanted_unit"), col(Fund.year) == bindparam("wanted_year"))
)
_APPROPRIATE = Prepared(
    update(Fund)
    .where(col(Fund.id) == bindparam("wanted"))
    .values(
        budget_fen=col(Fund.budget_fen) + bindparam("fen"), available_fen=col(Fund.available_fen) + bindparam("fen")
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


def transfer(work: Work, transfers: Sequence[Transfer]) -> None:
    """Moves the money of many cases: one balance update a fund and direction, one row a case; NeedsOfficer if short."""
    totals: dict[tuple[UUID, Account, Account], int] = {}
    for one in transfers:
        if one.fen <= 0:
            raise Broken("transfer", f"金额须为正数：{one.fen} 分", "a transfer moves a positive sum")
        way = (one.fund, one.source, one.target)
        totals[way] = totals.get(way, 0) + one.fen
    for (fund, source, target), fen in sorted(totals.items(), key=str):
        if work.run(_TRANSFERS[source, target], wanted=fund, fen=fen) != 1:
            if source is Account.AVAILABLE:
                raise NeedsOfficer("fund_short", "专项资金余额不足", "the fund is short")
            raise Broken("ledger", f"资金科目 {source} 余额不足以转出 {fen} 分", f"account {source} lacks {fen} fen")
    for one in transfers:
        work.add(
            LedgerEntry,
            fund_id=one.fund,
            case_id=one.case,
            source=one.source,
            target=one.target,
            amount_fen=one.fen,
            once=one.once,
            note=one.note,
            made_at=work.now,
        )


@dataclass(frozen=True)
class FundView:
    """A fund and its balances, in fen."""

    id: UUID
    available: int
    reserved: int
    committed: int
    paid: int
    budget: int


def fund_of(work: Work, unit: str, year: int) -> FundView | None:
    """The fund of a unit and budget year, if there is one."""
    rows = work.rows(_FUND, wanted_unit=unit, wanted_year=year)
    return FundView(*rows[0]) if rows else None


def appropriate(work: Work, *, unit: str, year: int, fen: int, once: str, note: str = "") -> UUID:
    """Adds money to a fund (made if it is new); the same event adds once."""
    if fen <= 0:
        raise Refused("amount", "预算金额须为正数", "a budget is a positive sum", field="amount")
    fund = fund_of(work, unit, year)
    identity = fund.id if fund else work.new_id()
    if fund is None:
        work.add(Fund, id=identity, unit=unit, year=year)
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
