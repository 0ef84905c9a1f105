"""How far this plan's own money is paid: by unit and item, by amount and by case, and how both moved over time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy import case as when
from sqlmodel import col

from models import Account, Case, Entitlement, Fund, LedgerEntry
from models.clock import business_date, month_end, week_end
from models.unit_of_work import UnitOfWork

BY = ("week", "month")


@dataclass(frozen=True, kw_only=True)
class Payout:
    """How far a unit's item is paid: by amount in fen, and by case."""

    policy: str
    unit: str
    item: str
    approved_fen: int
    paid_fen: int
    approved: int
    paid: int


@dataclass(frozen=True, kw_only=True)
class Movement:
    """What a unit's fund approved and paid on one day, in fen; negative where it was taken back."""

    unit: str
    day: date
    approved_fen: int
    paid_fen: int


@dataclass(frozen=True, kw_only=True)
class Point:
    """What a unit had approved and paid by the last day of a week or month."""

    unit: str
    up_to: date
    approved_fen: int
    paid_fen: int


def payouts(work: UnitOfWork) -> list[Payout]:
    """Every unit's items with an entitlement in force, by unit and item."""
    full = func.sum(when((col(Entitlement.paid_fen) == col(Entitlement.approved_fen), 1), else_=0))
    by = (col(Case.policy), col(Fund.unit), col(Case.item))
    query = (
        select(
            *by, func.sum(Entitlement.approved_fen).label("approved_fen"),
            func.sum(Entitlement.paid_fen).label("paid_fen"), func.count().label("approved"), full.label("paid"),
        )
        .join(Case, col(Case.id) == col(Entitlement.case_id))
        .join(Fund, col(Fund.id) == col(Entitlement.fund_id))
        .where(col(Entitlement.ended).is_(False))
        .group_by(*by)
        .order_by(*by)
    )  # fmt: skip
    sums = ("approved_fen", "paid_fen", "approved", "paid")
    return [
        Payout(policy=row.policy, unit=row.unit, item=row.item, **{name: int(getattr(row, name)) for name in sums})
        for row in work.execute(query)
    ]


def movements(work: UnitOfWork, *, policy: str = "") -> list[Movement]:
    """What the ledger moved into and out of commitment and payment, by unit and day; oldest first."""
    query: Select[Any] = (
        select(
            col(Fund.unit), col(LedgerEntry.source), col(LedgerEntry.target), col(LedgerEntry.amount_fen),
            col(LedgerEntry.made_at),
        )
        .join(Fund, col(Fund.id) == col(LedgerEntry.fund_id))
        .join(Case, col(Case.id) == col(LedgerEntry.case_id))
        .order_by(col(LedgerEntry.made_at), col(LedgerEntry.id))
    )  # fmt: skip
    if policy:
        query = query.where(col(Case.policy) == policy)
    found: dict[tuple[date, str], tuple[int, int]] = {}
    for row in work.execute(query):
        approved, paid = _moved(row)
        if approved or paid:
            name = business_date(row.made_at), row.unit
            before = found.get(name, (0, 0))
            found[name] = before[0] + approved, before[1] + paid
    return [
        Movement(unit=unit, day=day, approved_fen=sums[0], paid_fen=sums[1])
        for (day, unit), sums in sorted(found.items())
    ]


def _moved(row: Any) -> tuple[int, int]:
    """Money on its way from commitment to payment counts as paid; it was approved before."""
    fen = int(row.amount_fen)
    if Account.PAID in (row.source, row.target):
        return 0, fen if row.target == Account.PAID else -fen
    if Account.COMMITTED in (row.source, row.target):
        return fen if row.target == Account.COMMITTED else -fen, 0
    return 0, 0


def trend(moved: Iterable[Movement], by: str) -> list[Point]:
    """The sums so far of each unit at the end of every week or month in which they moved."""
    found = []
    for unit, rows in groupby(
        sorted(moved, key=lambda payout: (payout.unit, payout.day)), key=lambda payout: payout.unit
    ):
        found += list(_points(unit, rows, by))
    return found


def _points(unit: str, rows: Iterable[Movement], by: str) -> Iterator[Point]:
    approved = paid = 0
    for last, some in groupby(rows, key=lambda payout: period_end(payout.day, by)):
        for payout in some:
            approved, paid = approved + payout.approved_fen, paid + payout.paid_fen
        yield Point(unit=unit, up_to=last, approved_fen=approved, paid_fen=paid)


def period_end(day: date, by: str) -> date:
    """The last day of the week (a Sunday) or month that holds a day."""
    return week_end(day) if by == "week" else month_end(day)
