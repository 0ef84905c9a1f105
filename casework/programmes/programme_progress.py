"""Work without money: the milestones that a plan begins with, the figures that its reports bring, quotas granted."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlmodel import col

from casework.forms import typed_forms
from casework.lifecycle.act_context import ActContext, snapshot
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import ReportMilestone
from casework.lifecycle.facts_from_records import standing_facts
from casework.lifecycle.procedure import Next, Procedure
from casework.shared.errors import Refused
from models import AwardRecord, Duty, IndicatorValue, MilestoneRecord, QuotaRecord, UnitRecord
from models.statements import Prepared
from models.unit_of_work import UnitOfWork
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
    select(col(MilestoneRecord.due_on))
    .where(
        col(MilestoneRecord.case_id) == bindparam("wanted"),
        or_(col(MilestoneRecord.state) == "planned", col(MilestoneRecord.state) == "in_progress"),
    )
    .order_by(col(MilestoneRecord.due_on))
    .limit(1)
)
_TRACE = Prepared(
    select(col(AwardRecord.trace))
    .where(col(AwardRecord.case_id) == bindparam("wanted"))
    .order_by(col(AwardRecord.sequence).desc())
    .limit(1)
)


def begin(work: UnitOfWork, case: CaseView, procedure: Procedure) -> Next:
    """The reviewed plan begins: its milestones are set, and the unit's next action is the first report."""
    begun = open_until(work, case.id)
    if begun is not None:  # withdrawn in progress and reopened: it goes on where it stood
        return procedure.until(Duty.APPLICANT, begun)
    first, last = plan_days(work, case, procedure)
    promised = procedure.item.milestones if isinstance(procedure.item, Programme) else ()
    days = [milestone.due(first, last) for milestone in promised] or [last]
    titles = [milestone.title.zh for milestone in promised] or [procedure.item.title.zh]
    for position, (title, day) in enumerate(zip(titles, days, strict=True), start=1):
        work.add(
            MilestoneRecord,
            case_id=case.id,
            position=position,
            title=title,
            due_on=day.isoformat(),
            changed_at=work.now,
        )
    return procedure.until(Duty.APPLICANT, min(days))


def plan_days(work: UnitOfWork, case: CaseView, procedure: Procedure) -> tuple[date, date]:
    """The plan's own first and last day, from which its milestones count; the policy's first day at the earliest."""
    plan = snapshot(work, case, "claim") or {}
    first = date.fromisoformat(plan.get("starts", procedure.policy.opens.isoformat()))
    last = date.fromisoformat(plan.get("ends", procedure.policy.closes.isoformat()))
    return max(first, procedure.policy.opens), last


def open_until(work: UnitOfWork, case: UUID) -> date | None:
    """The day of the first milestone that has still to be reported; None where there is none."""
    rows = work.rows(_OPEN, wanted=case)
    return date.fromisoformat(rows[0].due_on) if rows else None


def grant_quota(context: ActContext) -> None:
    """What a delivered quota grants, written where its use is booked; other deliveries grant none."""
    award = latest_award(context.work, context.case)
    facts = snapshot(context.work, context.case, "facts") or {}
    if award.get("unit") != AwardUnit.QUOTA or "quantity" not in facts:
        return
    context.work.add(
        QuotaRecord,
        case_id=context.case.id,
        kind=str(facts.get("factor_name") or facts.get("factor", "")),
        unit_of_measure=str(award["quantity"]).rpartition(" ")[2],
        granted_milli=int(Milli.of(facts["quantity"])),
        valid_to=str(facts["valid_to"]),
        made_at=context.work.now,
    )


def latest_award(work: UnitOfWork, case: CaseView) -> dict[str, Any]:
    """What the newest award of a case says beside its amount."""
    rows = work.rows(_TRACE, wanted=case.id)
    found: dict[str, Any] = loads(rows[0].trace) if rows else {}
    return found


def record_indicators(context: ActContext, report: ReportMilestone) -> None:
    """Writes the reported figures as later rows beside earlier ones; an unknown figure or a bad number is refused.

    A figure's name is `ID`, `ID@whose` or `ID@whose@period`: one for each bank, trade or firm that its indicator counts by.
    The period is of the indicator's own kind: a quarter beside its months would count twice.
    """
    item = context.procedure.item
    known = {indicator.id: indicator for indicator in item.indicators} if isinstance(item, Programme) else {}
    stored = snapshot(context.work, context.case, "facts")
    facts = typed_forms.parse(item.facts, stored) if stored and report.indicators else None
    for key, text in sorted(report.indicators.items()):
        name, about, period = (*(part.strip() for part in key.split("@")), "", "")[:3]
        if name not in known or key.count("@") > 2:
            listed = "、".join(sorted(known)) or "无"
            raise Refused("indicator", f"没有指标 {key}；可填：{listed}", f"unknown: {key}", field=key)
        whose = _whose(known[name], about, facts)
        span = _period(known[name], period or report.period, context.work.today, key)
        add_value(context.work, context.case, name, _number(key, text), about=whose, period=span, by=report.by)


def _whose(indicator: Indicator, about: str, facts: Any) -> str:
    """The bank, trade or firm whose figure it is, as certified; the only one need not be named."""
    if indicator.kept_elsewhere:
        zh = f"指标 {indicator.id} 由系统登记簿得出，不在报告中填写"
        raise Refused("indicator", zh, f"{indicator.id} comes from a register of its own", field=indicator.id)
    names = {document_key(name): name for name in indicator.names(facts)} if facts is not None else {}
    if indicator.per is None and about:
        zh, en = f"指标 {indicator.id} 不分对象，请只写 {indicator.id}=数值", f"{indicator.id} is not counted by name"
        raise Refused("about", zh, en, field=indicator.id)
    if indicator.per is not None and not about and len(names) != 1:
        zh = f"指标 {indicator.id} 按{indicator.per.zh}填报，请写成 {indicator.id}@{indicator.per.zh}名称=数值"
        raise Refused(
            "about",
            zh,
            f"{indicator.id} is counted by {indicator.per.en}: {indicator.id}@NAME=VALUE",
            field=indicator.id,
        )
    if not about:
        return next(iter(names.values()), "")
    if names and document_key(about) not in names:
        zh = f"{indicator.id}：计划中没有{indicator.per.zh if indicator.per else ''}“{about}”；现有：{'、'.join(names.values())}"
        raise Refused("about", zh, f'{indicator.id}: the plan names no "{about}"', field=indicator.id)
    return names.get(document_key(about), about)


def _period(indicator: Indicator, text: str, today: date, field: str) -> str:
    """The period of a figure, in the kind in which its indicator is reported; where none is said, the one of today."""
    if not text:
        return period_on(indicator.every, today)
    first = checked_period(text, today, field)
    wanted = period_on(indicator.every, first)
    if wanted != text:
        zh = f"指标 {indicator.id} 按“{indicator.every.zh}”填报，期间应写成 {wanted} 的形式；现为 {text}"
        en = f"{indicator.id} is reported {indicator.every.en}: write the period as {wanted}, not {text}"
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


def add_value(work: UnitOfWork, case: CaseView, name: str, value: str, *, about: str, period: str, by: UUID) -> None:
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


def check_plan(context: ActContext, plan: Any) -> None:
    """Only the unit in charge files a measure's plan, and the plan's own days reach into the policy's time."""
    policy, item, own = context.procedure.policy, context.procedure.item, context.case.party_name
    if not isinstance(item, Programme):
        return
    if not _in_charge(context, item.planned_by, own):
        measure, lead = context.procedure.measure.code, context.procedure.lead
        zh = f"本条计划由{item.planned_by.zh}报送（{measure} 牵头单位：{lead}），“{own}”不是"
        raise Refused("not_in_charge", zh, f"this plan is filed by {item.planned_by.en}", field="party")
    if item.planned_by is Planner.TOWN:
        for name in item.whole or ():
            if document_key(str(getattr(plan, name))) != document_key(own):
                zh, en = f"各镇只报送本镇的计划：应填“{own}”", f'a town files its own plan only: "{own}"'
                raise Refused("not_in_charge", zh, en, field=name)
    if plan.ends < policy.opens or plan.starts > policy.closes:
        zh = f"计划 {plan.starts} 至 {plan.ends} 不在政策有效期 {policy.opens} 至 {policy.closes} 之内"
        raise Refused("plan_dates", zh, "the plan lies outside the policy's time", field="starts")


def _in_charge(context: ActContext, planner: Planner, own: str) -> bool:
    procedure = context.procedure
    if planner in (Planner.LEAD, Planner.LEAD_OR_TOWN) and own == procedure.lead:
        return True
    if planner is Planner.LEAD:
        return False
    kind = context.work.execute(select(col(UnitRecord.kind)).where(col(UnitRecord.name) == own)).scalar_one_or_none()
    if planner is Planner.EACH_UNIT:
        return kind is not None
    return kind == "town" or (own != procedure.lead and own in {unit.zh for unit in procedure.measure.acting})


def shortfalls(work: UnitOfWork, procedure: Procedure, case: CaseView) -> list[Text]:
    """What stands against closing a programme now: figures that were never reported, targets not reached."""
    stored = snapshot(work, case, "facts")
    if not isinstance(procedure.item, Programme) or stored is None:
        return []
    facts: Any = typed_forms.parse(procedure.item.facts, stored)
    rows = reported(work, case.policy, [indicator.id for indicator in procedure.item.indicators])
    own = [figure for identity, figure in rows if identity == case.id]
    found = found_short(procedure.item, facts, own, _of_whole(work, procedure, facts, rows), procedure.policy.opens)
    return [*found, *_rates_short(work, procedure, procedure.item, case)]


def _rates_short(work: UnitOfWork, procedure: Procedure, item: Programme, case: CaseView) -> list[Text]:
    """The targets of the payout rate, whose figures have a register of their own: the unit's own, and all units' together."""
    if procedure.policy.watches.official_rate not in {indicator.id for indicator in item.indicators}:
        return []
    # Here, not above: the lists come with it, and they read the acts that are being loaded.
    from casework.programmes import payout_rates

    counted_by = payout_rates.basis(procedure.reference, procedure.policy, work.today)
    figures = payout_rates.official(work, procedure.policy, counted_by)
    standings = payout_rates.standings(procedure.policy, figures, work.today, also=(case.party_name,))
    judged = (case.party_name, payout_rates.ALL_UNITS)
    late = [
        standing
        for standing in standings
        if standing.unit in judged and standing.standing in ("below", "missing") and not standing.baseline
    ]
    silent = [] if case.party_name in {figure.unit for figure in figures} else [_no_figure(case.party_name)]
    return silent + [
        Text(
            f"{standing.unit}兑付率截至 {standing.by} "
            f"{_reported(standing.rate, payout_rates.percent)}，目标 ≥ {standing.at_least}%",
            f"{standing.unit}: payout rate by {standing.by} {standing.standing} (target {standing.at_least} %)",
        )
        for standing in late
    ]


def _reported(rate: Fraction | None, percent: Callable[[Fraction], str]) -> str:
    return "未填报" if rate is None else percent(rate)


def _no_figure(unit: str) -> Text:
    zh = f"{unit}没有兑付数据，请先填报（duixian rates import）"
    return Text(zh, f"{unit}: no payout figure was ever reported (duixian rates import)")


def _of_whole(
    work: UnitOfWork, procedure: Procedure, facts: Any, rows: list[tuple[UUID | None, Reported]]
) -> list[Reported]:
    """The figures of all plans that this one is judged with."""
    if not procedure.item.whole:
        return [figure for _, figure in rows]
    same = procedure.item.same_whole(facts)
    plans = standing_facts(work, procedure.policy, procedure.item.id)
    kept = {identity for identity, (item, plan) in plans.items() if item.same_whole(plan) == same}
    return [figure for identity, figure in rows if identity in kept]


def reported(work: UnitOfWork, policy: str, indicators: list[str]) -> list[tuple[UUID | None, Reported]]:
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
