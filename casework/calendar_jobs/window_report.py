"""期满报告: what became of a policy's cases when its window closed, measure by measure, for the unit that has them in hand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from casework.lifecycle.procedure import procedure_on
from casework.shared.notify_once import Note
from casework.shared.reference import Reference, reference
from models import Case, Duty, Entitlement, State
from models.store import Store
from policies.money import Money
from policies.policy import Policy

_GIVEN_UP = (State.WITHDRAWN, State.LAPSED)


@dataclass(kw_only=True)
class ReportLine:
    """One measure of one unit in figures; money in whole fen."""

    filed: int = 0
    under_way: int = 0
    fulfilled: int = 0
    refused: int = 0
    given_up: int = 0
    never_filed: int = 0
    approved_fen: int = 0
    paid_fen: int = 0

    def words(self, code: str, title: str) -> str:
        """As the head of the unit reads it."""
        return (
            f"{code} {title}：提交 {self.filed} 件（在办 {self.under_way}、办结 {self.fulfilled}、不予支持 {self.refused}、"
            f"撤回或终止 {self.given_up}），未提交而终止 {self.never_filed} 件；"
            f"审定 {Money(self.approved_fen).grouped} 元，已拨付 {Money(self.paid_fen).grouped} 元"
        )

    def words_en(self, code: str, title: str) -> str:
        """The same in English."""
        return (
            f"{code} {title}: {self.filed} filed ({self.under_way} under way, {self.fulfilled} closed, {self.refused} refused,"
            f" {self.given_up} withdrawn or lapsed), {self.never_filed} never filed; {Money(self.approved_fen).grouped} yuan"
            f" granted, {Money(self.paid_fen).grouped} yuan paid"
        )


def figures(store: Store, policy: Policy) -> dict[str, dict[str, ReportLine]]:
    """unit -> measure -> its line; every measure of a unit has one, also where nothing was filed."""
    with store.read() as work:
        facts = reference(store, work)
        place = {item.id: _place(facts, policy, item.id, work.today) for item in policy}
        found: dict[str, dict[str, ReportLine]] = {}
        for unit, measure in place.values():
            found.setdefault(unit, {}).setdefault(measure, ReportLine())
        for row in (counted for counted in work.execute(_cases(policy)) if counted.item in place):
            unit, measure = place[row.item]
            _count(found[unit][measure], row.state, row.was_filed, row.cases)
        for row in (counted for counted in work.execute(_money(policy)) if counted.item in place):
            unit, measure = place[row.item]
            found[unit][measure].approved_fen += int(row.approved or 0)
            found[unit][measure].paid_fen += int(row.paid or 0)
    return found


def reports(store: Store, policy: Policy, last: date, content: Mapping[str, Any]) -> Iterator[Note]:
    """The report of each unit, to its head."""
    for unit, lines in sorted(figures(store, policy).items()):
        titles = {measure: policy.measure(measure).title for measure in lines}
        told = {
            **content,
            "about": unit,
            "lines": [line.words(code, titles[code].zh) for code, line in lines.items()],
            "lines_en": [line.words_en(code, titles[code].en) for code, line in lines.items()],
        }
        to, due = f"unit:{unit}:{Duty.HEAD}", last.isoformat()
        yield Note(kind="closing_report", subject=policy.code, due=due, stage="edge", to=to, content=told)


def _place(facts: Reference, policy: Policy, item: str, today: date) -> tuple[str, str]:
    procedure = procedure_on(facts, policy, item, today)
    return procedure.lead, procedure.measure.code


def _cases(policy: Policy) -> Any:
    was_filed = col(Case.filed_at).is_not(None).label("was_filed")
    query = select(col(Case.item), col(Case.state), was_filed, func.count().label("cases"))
    return query.where(col(Case.policy) == policy.code).group_by(col(Case.item), col(Case.state), was_filed)


def _money(policy: Policy) -> Any:
    approved, paid = func.sum(Entitlement.approved_fen).label("approved"), func.sum(Entitlement.paid_fen).label("paid")
    query = select(col(Case.item), approved, paid).join(Entitlement, col(Entitlement.case_id) == col(Case.id))
    return query.where(col(Case.policy) == policy.code, col(Entitlement.ended).is_(False)).group_by(col(Case.item))


def _count(line: ReportLine, state: str, was_filed: bool, cases: int) -> None:
    if not was_filed:
        line.never_filed += cases
        return
    line.filed += cases
    if state == State.CLOSED:
        line.fulfilled += cases
    elif state == State.REFUSED:
        line.refused += cases
    elif state in _GIVEN_UP:
        line.given_up += cases
    else:
        line.under_way += cases
