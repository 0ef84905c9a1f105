"""What officers enter during the season: parameters by two people, benefits received elsewhere, reports of programmes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from casework import forms
from casework import requests as r
from casework.cases import CaseView
from casework.registers import parameters
from casework.registers.desk import SYSTEM
from casework.registers.parameters import Proposal
from casework.sheets import received
from casework.sheets.writing import filled
from deployments.season import law
from deployments.season.desk import made, send
from deployments.season.law import CITATION
from deployments.season.plans import Plan
from deployments.season.staff import POLICY, TREASURY
from deployments.season.stage import Season
from deployments.season.twists import Twist
from models import Duty, Milestone, State
from policies.benefits import KeyKind, Level
from policies.parameters import Origin
from policies.programme import Work

D, T = Duty, Twist
_AHEAD = timedelta(days=4)  # reports come up to so many days before a milestone


def set_values(season: Season) -> None:
    """The day's parameters: one officer proposes, another confirms; waiting cases wake up."""
    store, names, woken = season.store, [], 0
    author, confirmer = season.who(D.PARAMETER_AUTHOR, TREASURY), season.who(D.PARAMETER_CONFIRMER)
    for one in law.values(season.today):
        new = Proposal(policy=POLICY.code, name=one.name, value=one.value, citation=CITATION, origin=Origin.DEMO)
        proposal = parameters.propose(store, author, new)
        if season.once("parameters", "own"):
            with season.refusal(T.FORBIDDEN, f"拟定人自行确认参数 {one.name}"):
                parameters.confirm(store, author, proposal)
        woken += parameters.confirm(store, confirmer, proposal)
        names.append(one.name)
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
    path, sheet = season.folders.input / "benefits.xlsx", received.BENEFITS
    filled(path, sheet.legend, {sheet.sheet: (sheet.columns, rows)})
    done = received.bring_in(season.store, SYSTEM, path)
    season.tell("已享受补助", f"从 benefits.xlsx 导入 {done.new} 笔其他渠道补助，供就高不重复比对")


def _known_outside(season: Season, plan: Plan) -> dict[str, object]:
    """A small sum on the case's own subject, as another register knows it: a contract, a person, a standard, a store …"""
    item, firm = POLICY.item(plan.item), season.firms[plan.firm]
    known = item.identifiers[0]
    if plan.item == "M15a":
        kind, basis = KeyKind.CONTRACT, plan.facts["cost_lines"][0]["document"].lower().replace(" ", " / ")
    elif known.of_applicant:
        kind, basis = known.kind, firm.code
    else:
        kind, basis = known.kind, next(known.values(forms.parse(item.facts, plan.facts))).replace(" ", "")
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


def _reports(season: Season, case: CaseView, plan: Plan) -> Iterator[r.Act]:
    """The report of the case's first open milestone, if it is due."""
    if case.state != State.IN_PROGRESS:
        return
    limit = (season.today + _AHEAD).isoformat()
    for position, due in _open_milestones(season, case.id)[:1]:
        if due <= limit or season.today > POLICY.closes:
            figures = dict(_figures(plan, position))
            text = f"演示：第 {position} 个节点按计划完成"
            by = season.applicant(plan)
            yield made(season, r.Report, case, by, milestone=position, indicators=figures, text=text)


def _open_milestones(season: Season, case: object) -> list[tuple[int, str]]:
    columns = (col(Milestone.position), col(Milestone.due_on))
    open_ = col(Milestone.state).in_(["planned", "in_progress"])
    query = select(*columns).where(col(Milestone.case_id) == case, open_).order_by(col(Milestone.position))
    with season.store.read() as work:
        return [(row.position, row.due_on) for row in work.execute(query)]


def _figures(plan: Plan, position: int) -> Iterator[tuple[str, str]]:
    """A figure for every indicator and all whose it is; shares and rates stay below a hundred."""
    work = POLICY.item(plan.item)
    assert isinstance(work, Work)
    facts: Any = forms.parse(work.facts, plan.facts)
    for place, one in enumerate(work.indicators):
        if one.kept_elsewhere:
            continue
        share = one.measured_in in ("%", "元/kWh")
        value = f"{min(60 + 10 * position, 98)}.5" if share else str(position + place)
        names = one.names(facts) or ((f"演示{one.per.zh}",) if one.per else ("",))
        yield from ((f"{one.id}@{name}" if name else one.id, value) for name in names)
