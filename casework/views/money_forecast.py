"""What a policy's money will be asked for by the end of its window, item by item, and what each fund will have left.

The method, which the page says in words: what was granted stays; an undecided case counts with the amount computed for it, or
with what a case of its item got on average so far (those refused count with nothing); and until the last day of filing as
many cases a day are filed as in the last four weeks, each with that average. An item of which nothing was granted has no average,
for a refusal is no price: its cases are counted, add nothing, and it is said why. Compared are the funds of every year from this
one to that of the last day of filing. Exact fractions; the sum of each item is cut to whole fen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy import case as when
from sqlmodel import col

from casework.funds.fund_lookup import fund_of
from casework.lifecycle.filing_window import window
from casework.lifecycle.procedure import procedure_on
from casework.lifecycle.read_access import Reader, funds_seen
from casework.shared.fund_key import FundKey
from casework.shared.reference import Reference, policy_of, reference
from casework.views.board import BoardFilter, board_cases, refuse_all_but_leaders
from models import Case, Duty, Entitlement, State
from models.clock import start_of
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.policy import Policy

PACE_DAYS = 28


@dataclass(frozen=True, kw_only=True)
class ItemForecast:
    """One money item: cases so far, and the money still to be granted; None where nothing of it was granted."""

    item: str
    unit: str
    last_day: date
    granted: int
    refused: int
    approved_fen: int
    undecided: int  # without a computed amount
    computed: int  # undecided, with one
    computed_fen: int
    waiting: int  # undecided, for a parameter that nobody set
    recent: int  # filed in the last four weeks
    days_left: int

    @property
    def average(self) -> Fraction | None:
        """What a decided case got, in fen; None before anything was granted: refused cases alone are no price."""
        return Fraction(self.approved_fen, self.granted + self.refused) if self.granted else None

    @property
    def coming(self) -> Fraction:
        """How many more will be filed."""
        return Fraction(self.recent * self.days_left, PACE_DAYS)

    @property
    def unknown(self) -> str:
        """Why nothing can be said of cases without an amount: "parameter", "refused" or "undecided"; else empty."""
        if self.average is not None or not (self.undecided or self.coming):
            return ""
        return "parameter" if self.waiting else "refused" if self.refused else "undecided"

    @property
    def expected_fen(self) -> int | None:
        """The money still to be granted until the window's end."""
        if self.average is None:
            return self.computed_fen or (None if self.unknown else 0)
        return self.computed_fen + int(self.average * (self.undecided + self.coming))


@dataclass(frozen=True, kw_only=True)
class FundForecast:
    """A unit's funds until its last day of filing: what is free now (reserved money is claimed by computed cases), and what will
    be asked of them together."""

    unit: str
    funds: tuple[FundKey, ...]  # one a year
    without: tuple[int, ...]  # years in which there is none yet
    free_fen: int
    expected_fen: int
    unknown: tuple[ItemForecast, ...]  # of which nothing can be said, or not all

    @property
    def left_fen(self) -> int:
        """Negative: so much is missing."""
        return self.free_fen - self.expected_fen


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """By item and by fund."""

    items: tuple[ItemForecast, ...]
    funds: tuple[FundForecast, ...]


def forecast(store: Store, asked: BoardFilter, reader: Reader) -> Forecast:
    """Items over the cases that the board counts; the funds on which these draw over all cases of the policy, whatever was
    chosen: the whole demand stands against a whole balance."""
    policy = policy_of(asked.policy)
    with store.read() as work:
        refuse_all_but_leaders(store, work, reader)
        facts, units = reference(store, work), funds_seen(store, work, reader)
        rows = _rows(work, facts, policy, board_cases(store, work, asked, reader))
        whole = _rows(work, facts, policy, board_cases(store, work, BoardFilter(policy=asked.policy), None))
        rows_of = {unit: [row for row in whole if row.unit == unit] for unit in sorted({row.unit for row in rows})}
        held = [_fund(work, policy, unit, mine) for unit, mine in rows_of.items() if units is None or unit in units]
    return Forecast(items=tuple(rows), funds=tuple(found for found in held if found.funds))


def _rows(
    work: UnitOfWork, facts: Reference, policy: Policy, where: Sequence[ColumnElement[bool]]
) -> list[ItemForecast]:
    """The money items that have a case among these, in the policy's order."""
    since = start_of(work.today - timedelta(days=PACE_DAYS))
    found = {row.item: row for row in work.execute(_counts(where, since))}
    rows = []
    for item in policy.money_items:
        if item.id in found:
            procedure = procedure_on(facts, policy, item.id, work.today)
            rows.append(_item(found[item.id], procedure.lead, window(procedure).last_filing_day, work.today))
    return rows


def _counts(where: Sequence[Any], since: Any) -> Any:
    granted, filed = col(Entitlement.id).is_not(None), col(Case.filed_at).is_not(None)
    undecided = and_(filed, col(Case.next_duty).is_not(None), ~granted)
    computed = and_(undecided, col(Case.amount_fen).is_not(None))

    def many(condition: Any, name: str) -> Any:
        return func.coalesce(func.sum(when((condition, 1), else_=0)), 0).label(name)

    return (
        select(
            col(Case.item), many(granted, "granted"), many(col(Case.state) == State.REFUSED, "refused"),
            func.coalesce(func.sum(Entitlement.approved_fen), 0).label("approved_fen"),
            many(and_(undecided, col(Case.amount_fen).is_(None)), "undecided"), many(computed, "computed"),
            func.coalesce(func.sum(when((computed, col(Case.amount_fen)), else_=0)), 0).label("computed_fen"),
            many(and_(undecided, col(Case.next_duty) == Duty.PARAMETER_AUTHOR), "waiting"),
            many(and_(filed, col(Case.filed_at) >= since), "recent"),
        )
        .join(Entitlement, and_(col(Entitlement.case_id) == col(Case.id), col(Entitlement.ended).is_(False)), isouter=True)
        .where(*where)
        .group_by(col(Case.item))
    )  # fmt: skip


_NAMES = ("granted", "refused", "approved_fen", "undecided", "computed", "computed_fen", "waiting", "recent")


def _item(row: Any, unit: str, last: date, today: date) -> ItemForecast:
    counts: Mapping[str, int] = {name: int(getattr(row, name)) for name in _NAMES}
    return ItemForecast(item=row.item, unit=unit, last_day=last, days_left=max((last - today).days, 0), **counts)


def _fund(work: UnitOfWork, policy: Policy, unit: str, rows: Sequence[ItemForecast]) -> FundForecast:
    last = max((row.last_day.year for row in rows), default=work.today.year)
    years = range(work.today.year, max(last, work.today.year) + 1)
    found = {year: fund_of(work, unit, year, policy.code) for year in years}
    held = [fund for fund in found.values() if fund is not None]
    return FundForecast(
        unit=unit,
        funds=tuple(fund.key for fund in held),
        without=tuple(year for year, fund in found.items() if fund is None),
        free_fen=sum(fund.available + fund.reserved for fund in held),
        expected_fen=sum(row.expected_fen or 0 for row in rows),
        unknown=tuple(row for row in rows if row.unknown),
    )
