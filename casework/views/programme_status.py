"""Work without money: milestones with their dates, indicators with targets and the figures reported."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import col

from casework.lifecycle.read_access import Reader, refuse_all_but_office, seen
from casework.shared.errors import Refused
from models import Case, IndicatorValue, MilestoneRecord, Party
from models.store import Store
from policies.forms import Text
from policies.policy import Policy
from policies.programme import Indicator, Target
from policies.programme import indicators as defined


@dataclass(frozen=True, kw_only=True)
class MilestoneRow:
    """A dated promise of a programme."""

    case: str
    item: str
    unit: str
    position: int
    title: str
    due_on: str
    state: str
    overdue: bool


@dataclass(frozen=True, kw_only=True)
class MilestonePage:
    """Some of the milestones found, and how many there are."""

    rows: tuple[MilestoneRow, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A reported value; the latest entry of its unit, name and period. `about`: the bank, trade or firm whose it is."""

    unit: str
    about: str
    period: str
    value: str
    source: str


@dataclass(frozen=True, kw_only=True)
class IndicatorRow:
    """An indicator as the policy defines it, with what was reported."""

    id: str
    title: Text
    measured_in: str
    every: str
    direction: str
    targets: tuple[str, ...]
    values: tuple[Figure, ...]


def milestones(
    store: Store, *, open_only: bool = False, limit: int | None = None, offset: int = 0, reader: Reader = None
) -> MilestonePage:
    """Milestones of the cases that the reader may see, by date; all where there is no limit."""
    query: Select[Any] = (
        select(
            col(Case.number).label("case"),
            col(Case.item),
            col(Party.name).label("unit"),
            col(MilestoneRecord.position),
            col(MilestoneRecord.title),
            col(MilestoneRecord.due_on),
            col(MilestoneRecord.state),
        )
        .join(Case, col(Case.id) == col(MilestoneRecord.case_id))
        .join(Party, col(Party.id) == col(Case.party_id))
        .order_by(col(MilestoneRecord.due_on), col(Case.number), col(MilestoneRecord.position))
    )
    if open_only:
        query = query.where(col(MilestoneRecord.state).in_(["planned", "in_progress"]))
    with store.read() as work:
        today, query = work.today.isoformat(), query.where(seen(store, work, reader))
        total = work.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
        rows = tuple(
            MilestoneRow(**row._mapping, overdue=row.due_on < today and row.state in ("planned", "in_progress"))
            for row in work.execute(query.limit(limit).offset(offset))
        )
    return MilestonePage(rows=rows, total=int(total))


def indicators(
    store: Store, policy: Policy, *, name: str | None = None, reader: Reader = None
) -> tuple[IndicatorRow, ...]:
    """Every indicator of the policy, or one; an unknown one is refused. Its figures are the office's to see."""
    known = defined(policy)
    if name is not None and name not in known:
        zh = f"没有指标 {name}；现有：{'、'.join(known)}"
        raise Refused("indicator", zh, f"there is no indicator {name}", field="indicator")
    wanted = [known[name]] if name else list(known.values())
    figures: dict[str, dict[tuple[str, str, str], Figure]] = {}
    query = select(IndicatorValue.__table__).where(col(IndicatorValue.policy) == policy.code)  # type: ignore[attr-defined]
    with store.read() as work:
        refuse_all_but_office(store, work, reader, ("指标", "indicators"))
        for row in work.execute(query.order_by(col(IndicatorValue.period), col(IndicatorValue.sequence))):
            value = Figure(unit=row.unit, about=row.about, period=row.period, value=row.value, source=row.source)
            figures.setdefault(row.indicator, {})[row.unit, row.about, row.period] = value
    return tuple(_row(indicator, list(figures.get(indicator.id, {}).values())) for indicator in wanted)


def _row(indicator: Indicator, values: Sequence[Figure]) -> IndicatorRow:
    return IndicatorRow(
        id=indicator.id,
        title=indicator.title,
        measured_in=indicator.measured_in,
        every=indicator.every.value,
        direction=indicator.direction.value,
        targets=tuple(_target(target) for target in indicator.targets),
        values=tuple(values),
    )


def _target(target: Target) -> str:
    by = f"（{target.by} 前）" if target.by else ""
    return f"≥ {_number(target.at_least)}{by}"


def _number(value: Fraction) -> str:
    """An exact figure: whole, or a fraction that a decimal can show."""
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
