"""Work without money: the milestones that a plan begins with, the figures that its reports bring, quotas granted."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlmodel import col

from casework import forms
from casework.cases import CaseView
from casework.desk import Desk, snapshot
from casework.errors import Refused
from casework.procedure import Next, Procedure
from casework.requests import Report
from casework.wholes import standing_facts
from models import Award, Duty, IndicatorValue, Milestone, Quota, Unit
from models.statements import Prepared
from models.work import Work
from policies.awards import AwardUnit
from policies.forms import Text, document_key
from policies.memo import Milli
from policies.programme import Indicator, Planner, Reported, period_on
from policies.programme import Work as Programme
from policies.programme import shortfalls as found_short

_PERIOD = re.compile(r"(?P<year>20\d\d)(?:-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-4])))?")
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


def begin(work: Work, case: CaseView, way: Procedure) -> Next:
    """The reviewed plan begins: its milestones are set, and the unit's next action is the first report."""
    begun = open_until(work, case.id)
    if begun is not None:  # withdrawn in progress and reopened: it goes on where it stood
        return way.until(Duty.APPLICANT, begun)
    first, last = plan_days(work, case, way)
    promised = way.item.milestones if isinstance(way.item, Programme) else ()
    days = [one.due(first, last) for one in promised] or [last]
    titles = [one.title.zh for one in promised] or [way.item.title.zh]
    for position, (title, day) in enumerate(zip(titles, days, strict=True), start=1):
        work.add(
            Milestone, case_id=case.id, position=position, title=title, due_on=day.isoformat(), changed_at=work.now
        )
    return way.until(Duty.APPLICANT, min(days))


def plan_days(work: Work, case: CaseView, way: Procedure) -> tuple[date, date]:
    """The plan's own first and last day, from which its milestones count; the policy's first day at the earliest."""
    plan = snapshot(work, case, "claim") or {}
    first = date.fromisoformat(plan.get("starts", way.policy.opens.isoformat()))
    last = date.fromisoformat(plan.get("ends", way.policy.closes.isoformat()))
    return max(first, way.policy.opens), last


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
        kind=str(facts.get("factor_name") or facts.get("factor", "")),
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
    """Writes the reported figures as later rows beside earlier ones; an unknown figure or a bad number is refused.

    A figure's name is `ID`, `ID@whose` or `ID@whose@period`: one for each bank, trade or firm that its indicator counts by.
    The period is of the indicator's own kind: a quarter beside its months would count twice.
    """
    item = desk.way.item
    known = {one.id: one for one in item.indicators} if isinstance(item, Programme) else {}
    stored = snapshot(desk.work, desk.case, "facts")
    facts = forms.parse(item.facts, stored) if stored and report.indicators else None
    for key, text in sorted(report.indicators.items()):
        name, about, period = (*(part.strip() for part in key.split("@")), "", "")[:3]
        if name not in known or key.count("@") > 2:
            listed = "、".join(sorted(known)) or "无"
            raise Refused("indicator", f"没有指标 {key}；可填：{listed}", f"unknown: {key}", field=key)
        whose = _whose(known[name], about, facts)
        span = _period(known[name], period or report.period, desk.work.today, key)
        add_value(desk.work, desk.case, name, _number(key, text), about=whose, period=span, by=report.by)


def _whose(one: Indicator, about: str, facts: Any) -> str:
    """The bank, trade or firm whose figure it is, as certified; the only one need not be named."""
    if one.kept_elsewhere:
        zh = f"指标 {one.id} 由系统登记簿得出，不在报告中填写"
        raise Refused("indicator", zh, f"{one.id} comes from a register of its own", field=one.id)
    names = {document_key(name): name for name in one.names(facts)} if facts is not None else {}
    if one.per is None and about:
        zh, en = f"指标 {one.id} 不分对象，请只写 {one.id}=数值", f"{one.id} is not counted by name"
        raise Refused("about", zh, en, field=one.id)
    if one.per is not None and not about and len(names) != 1:
        zh = f"指标 {one.id} 按{one.per.zh}填报，请写成 {one.id}@{one.per.zh}名称=数值"
        raise Refused("about", zh, f"{one.id} is counted by {one.per.en}: {one.id}@NAME=VALUE", field=one.id)
    if not about:
        return next(iter(names.values()), "")
    if names and document_key(about) not in names:
        zh = f"{one.id}：计划中没有{one.per.zh if one.per else ''}“{about}”；现有：{'、'.join(names.values())}"
        raise Refused("about", zh, f'{one.id}: the plan names no "{about}"', field=one.id)
    return names.get(document_key(about), about)


def _period(one: Indicator, text: str, today: date, field: str) -> str:
    """The period of a figure, in the kind in which its indicator is reported; where none is said, the one of today."""
    if not text:
        return period_on(one.every, today)
    first = checked_period(text, today, field)
    wanted = period_on(one.every, first)
    if wanted != text:
        zh = f"指标 {one.id} 按“{one.every.zh}”填报，期间应写成 {wanted} 的形式；现为 {text}"
        en = f"{one.id} is reported {one.every.en}: write the period as {wanted}, not {text}"
        raise Refused("period", zh, en, field=field)
    return text


def checked_period(text: str, today: date, field: str) -> date:
    """The first day of a month (2023-09), a quarter (2023-Q3) or a year (2023) that has begun."""
    found = _PERIOD.fullmatch(text)
    if found is None:
        zh = f"指标期间应写成 2023-09、2023-Q3 或 2023；现为 {text}"
        raise Refused("period", zh, f"write the period as 2023-09, 2023-Q3 or 2023, not {text}", field=field)
    quarter = found["quarter"]
    month = int(found["month"] or 1) if quarter is None else 3 * int(quarter) - 2
    first = date(int(found["year"]), month, 1)
    if first > today:
        raise Refused("period", f"期间 {text} 尚未开始", f"{text} has not begun", field=field)
    return first


def add_value(work: Work, case: CaseView, name: str, value: str, *, about: str, period: str, by: UUID) -> None:
    """One more value of an indicator; a correction is the next one of its period."""
    wanted = {
        "wanted_policy": case.policy,
        "wanted_indicator": name,
        "wanted_unit": case.party_name,
        "wanted_period": period,
    }
    work.flush()  # several banks' figures of one month are numbered together
    last = work.rows(_SEQUENCE, **wanted)[0].last or 0
    work.add(
        IndicatorValue,
        case_id=case.id,
        policy=case.policy,
        indicator=name,
        unit=case.party_name,
        about=about,
        period=period,
        sequence=int(last) + 1,
        value=value,
        source=case.number,
        entered_by=by,
        entered_at=work.now,
    )


def check_plan(desk: Desk, plan: Any) -> None:
    """Only the unit in charge files a measure's plan, and the plan's own days reach into the policy's time."""
    policy, item, own = desk.way.policy, desk.way.item, desk.case.party_name
    if not isinstance(item, Programme):
        return
    if not _in_charge(desk, item.planned_by, own):
        zh = f"本条计划由{item.planned_by.zh}报送（{desk.way.measure.code} 牵头单位：{desk.way.lead}），“{own}”不是"
        raise Refused("not_in_charge", zh, f"this plan is filed by {item.planned_by.en}", field="party")
    if item.planned_by is Planner.TOWN:
        for name in item.whole or ():
            if document_key(str(getattr(plan, name))) != document_key(own):
                zh, en = f"各镇只报送本镇的计划：应填“{own}”", f'a town files its own plan only: "{own}"'
                raise Refused("not_in_charge", zh, en, field=name)
    if plan.ends < policy.opens or plan.starts > policy.closes:
        zh = f"计划 {plan.starts} 至 {plan.ends} 不在政策有效期 {policy.opens} 至 {policy.closes} 之内"
        raise Refused("plan_dates", zh, "the plan lies outside the policy's time", field="starts")


def _in_charge(desk: Desk, planner: Planner, own: str) -> bool:
    way = desk.way
    if planner in (Planner.LEAD, Planner.LEAD_OR_TOWN) and own == way.lead:
        return True
    if planner is Planner.LEAD:
        return False
    kind = desk.work.execute(select(col(Unit.kind)).where(col(Unit.name) == own)).scalar_one_or_none()
    if planner is Planner.EACH_UNIT:
        return kind is not None
    return kind == "town" or (own != way.lead and own in {unit.zh for unit in way.measure.acting})


def shortfalls(work: Work, way: Procedure, case: CaseView) -> list[Text]:
    """What stands against closing a programme now: figures that were never reported, targets not reached."""
    stored = snapshot(work, case, "facts")
    if not isinstance(way.item, Programme) or stored is None:
        return []
    facts: Any = forms.parse(way.item.facts, stored)
    rows = reported(work, case.policy, [one.id for one in way.item.indicators])
    own = [figure for identity, figure in rows if identity == case.id]
    found = found_short(way.item, facts, own, _of_whole(work, way, facts, rows), way.policy.opens)
    return [*found, *_rates_short(work, way, way.item, case)]


def _rates_short(work: Work, way: Procedure, item: Programme, case: CaseView) -> list[Text]:
    """The targets of the payout rate, whose figures have a register of their own: the unit's own, and all units' together."""
    from casework.queries import rates

    if way.policy.watches.official_rate not in {one.id for one in item.indicators}:
        return []
    counted_by = rates.basis(way.reference, way.policy, work.today)
    figures = rates.official(work, way.policy, counted_by)
    standings = rates.standings(way.policy, figures, work.today, also=(case.party_name,))
    judged = (case.party_name, rates.ALL_UNITS)
    late = [
        one for one in standings if one.unit in judged and one.standing in ("below", "missing") and not one.baseline
    ]
    silent = [] if case.party_name in {one.unit for one in figures} else [_no_figure(case.party_name)]
    return silent + [
        Text(
            f"{one.unit}兑付率截至 {one.by} {'未填报' if one.rate is None else rates.percent(one.rate)}，目标 ≥ {one.at_least}%",
            f"{one.unit}: payout rate by {one.by} {one.standing} (target {one.at_least} %)",
        )
        for one in late
    ]


def _no_figure(unit: str) -> Text:
    zh = f"{unit}没有兑付数据，请先填报（duixian rates import）"
    return Text(zh, f"{unit}: no payout figure was ever reported (duixian rates import)")


def _of_whole(work: Work, way: Procedure, facts: Any, rows: list[tuple[UUID | None, Reported]]) -> list[Reported]:
    """The figures of all plans that this one is judged with."""
    if not way.item.whole:
        return [figure for _, figure in rows]
    same = way.item.same_whole(facts)
    plans = standing_facts(work, way.policy, way.item.id)
    kept = {identity for identity, (item, one) in plans.items() if item.same_whole(one) == same}
    return [figure for identity, figure in rows if identity in kept]


def reported(work: Work, policy: str, indicators: list[str]) -> list[tuple[UUID | None, Reported]]:
    """The figures in force of these indicators, each with the case that reported it."""
    query = select(IndicatorValue.__table__).where(  # type: ignore[attr-defined]
        col(IndicatorValue.policy) == policy, col(IndicatorValue.indicator).in_(indicators)
    )
    latest = {}
    for row in work.execute(query.order_by(col(IndicatorValue.sequence))):
        latest[row.case_id, row.indicator, row.unit, row.about, row.period] = row
    return [
        (
            row.case_id,
            Reported(
                indicator=row.indicator, unit=row.unit, about=row.about, period=row.period, value=Fraction(row.value)
            ),
        )
        for row in latest.values()
    ]


def _number(name: str, text: str) -> str:
    """An exact decimal, as text."""
    try:
        value = Decimal(str(text))
    except InvalidOperation as wrong:
        raise Refused("indicator", f"指标 {name} 应为数字：{text!r}", f"{name}: not a number", field=name) from wrong
    if not value.is_finite():
        raise Refused("indicator", f"指标 {name} 应为有限数字", f"{name}: not a finite number", field=name)
    return format(value, "f")
