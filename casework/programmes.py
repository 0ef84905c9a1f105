"""Work without money: the milestones that a plan begins with, the figures that its reports bring, quotas granted."""

from datetime import date
from decimal import Decimal, InvalidOperation
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlmodel import col

from casework.cases import CaseView
from casework.desk import Desk, snapshot
from casework.errors import Refused
from casework.procedure import Next, Procedure
from casework.requests import Report
from models import Award, Duty, IndicatorValue, Milestone, Quota
from models.statements import Prepared
from models.work import Work
from policies.awards import AwardUnit
from policies.memo import Milli
from policies.programme import Work as Programme

_SEQUENCE = Prepared(
    select(func.max(IndicatorValue.sequence).label("last")).where(
        col(IndicatorValue.policy) == bindparam("wanted_policy"),
        col(IndicatorValue.indicator) == bindparam("wanted_indicator"),
        col(IndicatorValue.unit) == bindparam("wanted_unit"),
        col(IndicatorValue.period) == bindparam("wanted_period"),
    )
)
_OPEN = Prepared(
    select(col(Milestone.due_on))
    .where(
        col(Milestone.case_id) == bindparam("wanted"),
        or_(col(Milestone.state) == "planned", col(Milestone.state) == "in_progress"),
    )
    .order_by(col(Milestone.due_on))
    .limit(1)
)
_TRACE = Prepared(
    select(col(Award.trace))
    .where(col(Award.case_id) == bindparam("wanted"))
    .order_by(col(Award.sequence).desc())
    .limit(1)
)


def begin(work: Work, case: CaseView, way: Procedure, facts: Any) -> Next:
    """The reviewed plan begins: its milestones are set, and the unit's next action is the first report."""
    begun = open_until(work, case.id)
    if begun is not None:  # withdrawn in progress and reopened: it goes on where it stood
        return way.until(Duty.APPLICANT, begun)
    policy = way.policy
    promised = way.item.milestones if isinstance(way.item, Programme) else ()
    days = [one.due(policy.opens, policy.closes) for one in promised] or [policy.closes]
    titles = [one.title.zh for one in promised] or [way.item.title.zh]
    for position, (title, day) in enumerate(zip(titles, days, strict=True), start=1):
        work.add(
            Milestone, case_id=case.id, position=position, title=title, due_on=day.isoformat(), changed_at=work.now
        )
    return way.until(Duty.APPLICANT, min(days))


def open_until(work: Work, case: UUID) -> date | None:
    """The day of the first milestone that has still to be reported; None where there is none."""
    rows = work.rows(_OPEN, wanted=case)
    return date.fromisoformat(rows[0].due_on) if rows else None


def grant_quota(desk: Desk) -> None:
    """What a delivered quota grants, written where its use is booked; other deliveries grant none."""
    award = latest_award(desk.work, desk.case)
    facts = snapshot(desk.work, desk.case, "facts") or {}
    if award.get("unit") != AwardUnit.QUOTA or "quantity" not in facts:
        return
    desk.work.add(
        Quota,
        case_id=desk.case.id,
        kind=str(facts.get("factor", "")),
        unit_of_measure=str(award["quantity"]).rpartition(" ")[2],
        granted_milli=int(Milli.of(facts["quantity"])),
        valid_to=str(facts["valid_to"]),
        made_at=desk.work.now,
    )


def latest_award(work: Work, case: CaseView) -> dict[str, Any]:
    """What the newest award of a case says beside its amount."""
    rows = work.rows(_TRACE, wanted=case.id)
    found: dict[str, Any] = loads(rows[0].trace) if rows else {}
    return found


def record_indicators(desk: Desk, report: Report) -> None:
    """Writes the reported figures as later rows beside earlier ones; an unknown figure or a bad number is refused."""
    item = desk.way.item
    known = {one.id for one in item.indicators} if isinstance(item, Programme) else set()
    unknown = sorted(set(report.indicators) - known)
    if unknown:
        listed = "、".join(sorted(known)) or "无"
        raise Refused(
            "indicator", f"没有指标 {'、'.join(unknown)}；可填：{listed}", f"unknown: {unknown}", field=unknown[0]
        )
    for name, text in sorted(report.indicators.items()):
        add_value(desk.work, desk.case, name, _number(name, text), unit=desk.case.party_name, report=report)


def add_value(work: Work, case: CaseView, name: str, value: str, *, unit: str, report: Report) -> None:
    """One more value of an indicator; a correction is the next one of its period."""
    wanted = {
        "wanted_policy": case.policy,
        "wanted_indicator": name,
        "wanted_unit": unit,
        "wanted_period": report.period or work.today.isoformat()[:7],
    }
    last = work.rows(_SEQUENCE, **wanted)[0].last or 0
    work.add(
        IndicatorValue,
        case_id=case.id,
        policy=case.policy,
        indicator=name,
        unit=unit,
        period=wanted["wanted_period"],
        sequence=int(last) + 1,
        value=value,
        source=case.number,
        entered_by=report.by,
        entered_at=work.now,
    )


def _number(name: str, text: str) -> str:
    """An exact decimal, as text."""
    try:
        value = Decimal(str(text))
    except InvalidOperation as wrong:
        raise Refused("indicator", f"指标 {name} 应为数字：{text!r}", f"{name}: not a number", field=name) from wrong
    if not value.is_finite():
        raise Refused("indicator", f"指标 {name} 应为有限数字", f"{name}: not a finite number", field=name)
    return format(value, "f")
