"""What officers enter during the season: parameters by two people, benefits received elsewhere, reports of programmes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from casework.awards import benefit_workbook
from casework.forms import typed_forms
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.register_writes import SYSTEM
from casework.spreadsheets.workbook_writing import filled
from demo import law
from demo.duty_acts import made, send
from demo.law import CITATION
from demo.plans import CasePlan
from demo.staff import POLICY, TREASURY
from demo.stage import Season
from demo.twists import Twist
from models import Duty, MilestoneRecord, State
from policies.benefits import KeyKind, Level
from policies.parameters import Origin
from policies.programme import Work

D, T = Duty, Twist
_AHEAD = timedelta(days=4)  # reports come up to so many days before a milestone


def set_values(season: Season) -> None:
    """The day's parameters: one officer proposes, another confirms; waiting cases wake up."""
    store, names, woken = season.store, [], 0
    author, confirmer = season.who(D.PARAMETER_AUTHOR, TREASURY), season.who(D.PARAMETER_CONFIRMER)
    for value in law.values(season.today):
        new = Proposal(policy=POLICY.code, name=value.name, value=value.value, citation=CITATION, origin=Origin.DEMO)
        proposal = parameter_register.propose(store, author, new)
        if season.once("parameters", "own"):
            with season.refusal(T.FORBIDDEN, f"拟定人自行确认参数 {value.name}"):
                parameter_register.confirm(store, author, proposal)
        woken += parameter_register.confirm(store, confirmer, proposal)
        names.append(value.name)
    season.tell("演示参数", f"{'、'.join(names)} 由一人拟定、另一人确认；唤醒等待案件 {woken} 件")


def receive_benefits(season: Season) -> None:
    """benefits.xlsx: sums from elsewhere on the same invoices, and on what is known by other public identifiers."""
    rows = []
    for plan in season.plans:
        if plan.twist in _ELSEWHERE:
            amount, level, source = _ELSEWHERE[plan.twist]
            firm = season.firms[plan.firm]
            document = plan.facts["cost_lines"][0]["document"]
            rows.append(
                {
                    "code": firm.code, "kind": KeyKind.INVOICE.value, "basis": document, "source": source,
                    "level": level.value, "reference": f"演示补助文号 {plan.key}", "amount": amount, "paid": True,
                }
            )  # fmt: skip
        if plan.twist is T.OUTSIDE_KIND:
            rows.append(_known_outside(season, plan))
    path, sheet = season.folders.input / "benefits.xlsx", benefit_workbook.BENEFITS
    filled(path, sheet.legend, {sheet.sheet: (sheet.columns, rows)})
    done = benefit_workbook.bring_in(season.store, SYSTEM, path)
    season.tell("已享受补助", f"从 benefits.xlsx 导入 {done.new} 笔其他渠道补助，供就高不重复比对")


def _known_outside(season: Season, plan: CasePlan) -> dict[str, object]:
    """A small sum on the case's own subject, as another register knows it: a contract, a person, a standard, a store …"""
    item, firm = POLICY.item(plan.item), season.firms[plan.firm]
    known = item.identifiers[0]
    if plan.item == "M15a":
        kind, basis = KeyKind.CONTRACT, plan.facts["cost_lines"][0]["document"].lower().replace(" ", " / ")
    elif known.of_applicant:
        kind, basis = known.kind, firm.code
    else:
        kind, basis = known.kind, next(known.values(typed_forms.parse(item.facts, plan.facts))).replace(" ", "")
    return {
        "code": firm.code, "kind": kind.value, "basis": basis, "source": "演示市级政策", "level": Level.CITY.value,
        "reference": f"演示补助文号 {plan.key}", "amount": "100.00", "paid": True,
    }  # fmt: skip


_ELSEWHERE = {
    T.OUTSIDE_LOWER: ("200000.00", Level.CITY, "演示市级政策"),
    T.OUTSIDE_HIGHER: ("900000.00", Level.PROVINCE, "演示省级政策"),
}


def report(season: Season) -> None:
    """Every programme reports the milestones that are due, with figures."""
    done = 0
    while acts := [act for case, plan in season.waiting(D.APPLICANT) for act in _reports(season, case, plan)]:
        done += send(season, acts)
    if done:
        season.tell("工作推进", f"报告 {done} 个节点的进展和指标")


def _reports(season: Season, case: CaseView, plan: CasePlan) -> Iterator[r.Act]:
    """The report of the case's first open milestone, if it is due."""
    if case.state != State.IN_PROGRESS:
        return
    limit = (season.today + _AHEAD).isoformat()
    for position, due in _open_milestones(season, case.id)[:1]:
        if due <= limit or season.today > POLICY.closes:
            figures = dict(_figures(plan, position))
            text = f"演示：第 {position} 个节点按计划完成"
            by = season.applicant(plan)
            yield made(season, r.ReportMilestone, case, by, milestone=position, indicators=figures, text=text)


def _open_milestones(season: Season, case: object) -> list[tuple[int, str]]:
    columns = (col(MilestoneRecord.position), col(MilestoneRecord.due_on))
    open_ = col(MilestoneRecord.state).in_(["planned", "in_progress"])
    query = select(*columns).where(col(MilestoneRecord.case_id) == case, open_).order_by(col(MilestoneRecord.position))
    with season.store.read() as work:
        return [(row.position, row.due_on) for row in work.execute(query)]


def _figures(plan: CasePlan, position: int) -> Iterator[tuple[str, str]]:
    """A figure for every indicator and all whose it is; shares and rates stay below a hundred."""
    work = POLICY.item(plan.item)
    assert isinstance(work, Work)
    facts: Any = typed_forms.parse(work.facts, plan.facts)
    for place, indicator in enumerate(work.indicators):
        if indicator.kept_elsewhere:
            continue
        share = indicator.measured_in in ("%", "元/kWh")
        value = f"{min(60 + 10 * position, 98)}.5" if share else str(position + place)
        names = indicator.names(facts) or ((f"演示{indicator.per.zh}",) if indicator.per else ("",))
        yield from ((f"{indicator.id}@{name}" if name else indicator.id, value) for name in names)
