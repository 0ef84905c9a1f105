"""Budgets: money appropriated to a unit's fund of a year, each by its document; never cut below what is in use."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlmodel import col

from casework import ledger
from casework.errors import Refused
from casework.registers import units
from casework.registers.desk import Actor, Writer, arriving, filled, of_the_unit, treasuries, writer, writing
from casework.waiting import wake_for_funds
from models import Account, Duty, Fund, LedgerEntry
from models.store import Store
from models.work import Work
from policies.money import Money

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@dataclass(frozen=True, kw_only=True)
class FundRow:
    """A fund as listed, in whole fen."""

    id: UUID
    unit: str
    year: int
    budget: Money
    available: Money
    reserved: Money
    committed: Money
    paid: Money


def appropriate(store: Store, actor: Actor, *, unit: str, year: int, amount: Money, document: str) -> UUID:
    """Adds money to the unit's fund of a budget year. The same document again changes nothing."""
    return appropriated(store, actor, unit=unit, year=year, amount=amount, document=document)[0]


def appropriated(
    store: Store, actor: Actor, *, unit: str, year: int, amount: Money, document: str
) -> tuple[UUID, bool]:
    """The same, and whether it is new."""
    with arriving(store) as work:
        _checked(year, amount, document)
        who = officer(store, work, actor, unit)
        return appropriate_in(work, who, unit=unit, year=year, amount=amount, document=document)


def appropriate_in(work: Work, who: Writer, *, unit: str, year: int, amount: Money, document: str) -> tuple[UUID, bool]:
    """The same within an open transaction, for a writer who may; and whether it is new."""
    paper, sum_ = _checked(year, amount, document)
    units.must_exist(work, unit)
    work.flush()
    fund, once = _fund(work, unit, year), f"appropriate/{unit}/{year}/{paper}"
    if fund is not None and _moved(work, once, sum_, paper):
        return UUID(str(fund.id)), False
    made = ledger.appropriate(work, unit=unit, year=year, fen=int(sum_), once=once, note=paper)
    woken = wake_for_funds(work, unit)
    content = {"unit": unit, "year": year, "fen": int(sum_), "document": paper, "woken": woken}
    work.audit(actor=who.text, action="budgets.appropriate", subject=str(made), content=content)
    return made, True


def officer(store: Store, work: Work, actor: Actor, unit: str) -> Writer:
    """The person who moves a unit's money: its own fund officer, or one of the treasury that funds come from."""
    writer(store, work, actor, Duty.FUND_OFFICER, in_person=True)
    units.must_exist(work, unit)
    said = (f"动用{unit}的专项资金", f"move the money of {unit}")
    return of_the_unit(store, work, actor, Duty.FUND_OFFICER, {unit, *treasuries()}, *said)


def cut(store: Store, actor: Actor, *, unit: str, year: int, amount: Money, document: str) -> UUID:
    """Takes money back from the fund, as far as nothing is reserved, committed or paid of it."""
    return was_cut(store, actor, unit=unit, year=year, amount=amount, document=document)[0]


def was_cut(store: Store, actor: Actor, *, unit: str, year: int, amount: Money, document: str) -> tuple[UUID, bool]:
    """The same, and whether it is new."""
    paper, sum_ = _checked(year, amount, document)
    with writing(store) as work:
        who = officer(store, work, actor, unit)
        fund = _fund(work, unit, year)
        if fund is None:
            raise Refused("fund", f"{unit} {year} 年度没有资金", f"{unit} has no fund for {year}", field="unit")
        if _moved(work, once := f"cut/{unit}/{year}/{paper}", sum_, paper):
            return UUID(str(fund.id)), False
        if fund.available_fen < sum_:
            free = Money(fund.available_fen)
            raise Refused(
                "in_use",
                f"最多可减 {free.grouped} 元，其余已预留、已下达或已拨付",
                f"at most {free} yuan can be cut: the rest is in use",
                field="amount",
            )
        work.execute(
            update(Fund)
            .where(col(Fund.id) == fund.id)
            .values(budget_fen=col(Fund.budget_fen) - sum_, available_fen=col(Fund.available_fen) - sum_)
        )
        work.add(
            LedgerEntry,
            fund_id=fund.id,
            source=Account.AVAILABLE,
            target=Account.TREASURY,
            amount_fen=int(sum_),
            once=once,
            note=paper,
            made_at=work.now,
        )
        content = {"unit": unit, "year": year, "fen": -int(sum_), "document": paper}
        work.audit(actor=who.text, action="budgets.cut", subject=str(fund.id), content=content)
    return UUID(str(fund.id)), True


def listed(store: Store) -> list[FundRow]:
    """Every fund by year and unit."""
    with store.read() as work:
        found = work.execute(_ROWS.order_by(col(Fund.year), col(Fund.unit)))
        return [
            FundRow(
                id=row.id,
                unit=row.unit,
                year=row.year,
                budget=Money(row.budget_fen),
                available=Money(row.available_fen),
                reserved=Money(row.reserved_fen),
                committed=Money(row.committed_fen),
                paid=Money(row.paid_fen),
            )
            for row in found
        ]


_ROWS: Select[Any] = select(Fund.__table__)  # type: ignore[attr-defined]


def _checked(year: int, amount: Money, document: str) -> tuple[str, Money]:
    if type(year) is not int or not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise Refused("year", f"预算年度应在 {_FIRST_YEAR} 至 {_LAST_YEAR} 之间", "no such budget year", field="year")
    if type(amount) is not Money or not 0 < amount <= Money.LARGEST:
        raise Refused(
            "amount", "金额应大于零且不过大（元，最多两位小数）", "the amount must be positive", field="amount"
        )
    return filled(document, "document", "预算文号", "the document number"), amount


def _fund(work: Work, unit: str, year: int) -> Any:
    return work.execute(_ROWS.where(col(Fund.unit) == unit, col(Fund.year) == year).with_for_update()).first()


def _moved(work: Work, once: str, amount: Money, document: str) -> bool:
    """Whether this document has moved this sum before; the same document with another sum is refused."""
    earlier = work.execute(select(col(LedgerEntry.amount_fen)).where(col(LedgerEntry.once) == once)).scalars().first()
    if earlier is not None and earlier != amount:
        raise Refused(
            "document",
            f"文号 {document} 已登记 {Money(earlier).grouped} 元，与本次金额不同；如有追加请用另一文号",
            f"document {document} is already entered with {Money(earlier)} yuan",
            field="document",
        )
    return earlier is not None
