"""One programme as its unit and its reviewer see it: plan's milestones, what was reported and found, figures beside targets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import procedure_of
from casework.lifecycle.read_access import refuse_case
from casework.programmes.programme_progress import reported, shortfalls
from casework.shared.errors import Refused
from casework.shared.people_names import names_of
from casework.shared.reference import reference
from casework.views.case_lists import CaseRow, find_case, in_both, row_of
from models import Decision, Duty, MilestoneRecord, State
from models.store import Store
from policies.forms import Text
from policies.measures import Item
from policies.programme import Indicator
from policies.programme import Work as Programme

OPEN = frozenset({"planned", "in_progress"})


@dataclass(frozen=True, kw_only=True)
class PlannedMilestone:
    """A dated promise and what was reported for it; `reported_by`, `reviewed_by`: names, "" while nobody did."""

    position: int
    title: str
    due_on: str
    state: str
    overdue: bool
    report: str
    reported_by: str
    reviewed_by: str

    @property
    def open(self) -> bool:
        """Whether it has still to be reported."""
        return self.state in OPEN


@dataclass(frozen=True, kw_only=True)
class ProgrammeStep:
    """A report or a review: what was said, the figures that it brought, and what was found."""

    action: str
    outcome: str
    text: str
    figures: Mapping[str, str]
    who: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ProgrammeFile:
    """A programme. `figures`: by indicator those in force, each with whose it is and its period; `short`: what stands against
    closing it now; `reports`: whether it is the applicant's turn to report."""

    case: CaseRow
    item: Item
    milestones: tuple[PlannedMilestone, ...]
    steps: tuple[ProgrammeStep, ...]
    indicators: tuple[Indicator, ...]
    figures: Mapping[str, tuple[tuple[str, str, str], ...]]
    short: tuple[Text, ...]
    reports: bool


def programme_file(store: Store, number: str, *, reader: UUID) -> ProgrammeFile:
    """A programme that its reader may see; Refused (unknown_case) for a case that is none."""
    with store.read() as work:
        case = find_case(work, number)
        refuse_case(store, work, case, reader)
        procedure = procedure_of(reference(store, work), case, work.today)
        item = procedure.item
        if not isinstance(item, Programme):
            raise Refused("unknown_case", f"{number} 不是工作推进事项", f"{number} is no programme", field="case")
        listed = work.execute(
            select(MilestoneRecord.__table__)  # type: ignore[attr-defined]
            .where(col(MilestoneRecord.case_id) == case.id)
            .order_by(col(MilestoneRecord.position))
        ).all()
        figures: dict[str, list[tuple[str, str, str]]] = {}
        for identity, figure in reported(work, case.policy, [indicator.id for indicator in item.indicators]):
            if identity == case.id:
                figures.setdefault(figure.indicator, []).append((figure.about, figure.period, _number(figure.value)))
        (row,) = in_both(work, [row_of(case, work.now)])
        today = work.today.isoformat()
        decided = work.execute(
            select(Decision.__table__)  # type: ignore[attr-defined]
            .where(col(Decision.case_id) == case.id, col(Decision.action).in_([Action.REPORT, Action.REVIEW]))
            .order_by(col(Decision.version).desc())
        ).all()
        people = [person for promise in listed for person in (promise.reported_by, promise.reviewed_by)]
        names = names_of(work, [*people, *(decision.person_id for decision in decided)])
        return ProgrammeFile(
            case=row,
            item=item,
            milestones=tuple(_milestone(promise, names, today) for promise in listed),
            steps=tuple(_step(decision, names) for decision in decided),
            indicators=tuple(item.indicators),
            figures={name: tuple(sorted(values)) for name, values in figures.items()},
            short=tuple(shortfalls(work, procedure, case)) if case.state == State.REPORTED else (),
            reports=case.state == State.IN_PROGRESS and case.next_duty == Duty.APPLICANT and not case.held,
        )


def _number(value: Fraction) -> str:
    """The exact decimal that was reported."""
    return format(Decimal(value.numerator) / Decimal(value.denominator), "f")


def _milestone(row: Any, names: Mapping[UUID, str], today: str) -> PlannedMilestone:
    return PlannedMilestone(
        position=row.position,
        title=row.title,
        due_on=row.due_on,
        state=row.state,
        overdue=row.due_on < today and row.state in OPEN,
        report=row.report,
        reported_by=names.get(row.reported_by, ""),
        reviewed_by=names.get(row.reviewed_by, ""),
    )


def _step(row: Any, names: Mapping[UUID, str]) -> ProgrammeStep:
    said = loads(row.content)
    return ProgrammeStep(
        action=row.action,
        outcome=row.outcome,
        text=str(said.get("text") or row.reason),
        figures=said.get("indicators") or {},
        who=names.get(row.person_id, ""),
        at=row.decided_at,
    )
