"""Work without money: milestones with their dates, indicators with targets and the figures reported."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from casework.errors import Refused
from casework.readers import Reader, refuse_all_but_office, seen
from models import Case, IndicatorValue, Milestone, Party
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


def milestones(store: Store, *, open_only: bool = False, reader: Reader = None) -> tuple[MilestoneRow, ...]:
    """Milestones of the cases that the reader may see, by date."""
    query: Select[Any] = (
        select(
            col(Case.number).label("case"),
            col(Case.item),
            col(Party.name).label("unit"),
            col(Milestone.position),
            col(Milestone.title),
            col(Milestone.due_on),
            col(Milestone.state),
        )
        .join(Case, col(Case.id) == col(Milestone.case_id))
        .join(Party, col(Party.id) == col(Case.party_id))
        .order_by(col(Milestone.due_on), col(Case.number), col(Milestone.position))
    )
    if open_only:
        query = query.where(col(Milestone.state).in_(["planned", "in_progress"]))
    with store.read() as work:
        today = work.today.isoformat()
        return tuple(
            MilestoneRow(**row._mapping, overdue=row.due_on < today and row.state in ("planned", "in_progress"))
            for row in work.execute(query.where(seen(store, work, reader)))
        )


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
    return tuple(_row(one, list(figures.get(one.id, {}).values())) for one in wanted)


def _row(one: Indicator, values: Sequence[Figure]) -> IndicatorRow:
    return IndicatorRow(
        id=one.id,
        title=one.title,
        measured_in=one.measured_in,
        every=one.every.value,
        direction=one.direction.value,
        targets=tuple(_target(target) for target in one.targets),
        values=tuple(values),
    )


def _target(target: Target) -> str:
    by = f"（{target.by} 前）" if target.by else ""
    return f"≥ {_number(target.at_least)}{by}"


def _number(value: Fraction) -> str:
    """An exact figure: whole, or a fraction that a decimal can show."""
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
