"""Deadlines that were provisional because the calendar did not know the year: set again once it does.

They are counted again from the day and by the setting that stand with them, whatever happened to the case since.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.case_writes import set_deadline
from casework.lifecycle.procedure import Next, procedure_of
from casework.shared.reference import Reference, is_installed, reference
from models import Case, Duty, Objection
from models.clock import business_date
from models.store import Store
from models.unit_of_work import UnitOfWork


def recompute_provisional(store: Store) -> int:
    """Counts every provisional deadline anew; how many are now settled. The rows are locked: a turn may pass to somebody else
    without a new version, and its own deadline stays."""
    settled = 0
    with store.write() as work:
        facts = reference(store, work)
        provisional = view().where(col(Case.due_provisional)).order_by(col(Case.id))
        for row in work.execute(provisional.with_for_update(of=Case)).all():
            case = CaseView._make(row)
            if not is_installed(case.policy):
                continue
            following = _counted(facts, case)
            if following.provisional:
                continue
            if case.next_duty == Duty.INVESTIGATOR:
                _objections(work, facts, case)
            set_deadline(work, case.id, case.number, case.version, following.due)
            settled += 1
    return settled


def _counted(facts: Reference, case: CaseView) -> Next:
    """The turn that the case has, from the day on which it began."""
    start = date.fromisoformat(case.due_from) if case.due_from else business_date(case.changed_at)
    procedure, duty = procedure_of(facts, case, start), Duty(str(case.next_duty))
    return (
        procedure.within(duty, case.next_unit, case.due_setting)
        if case.due_setting
        else procedure.turn(duty, case.town)
    )


def _objections(work: UnitOfWork, facts: Reference, case: CaseView) -> None:
    """The days by which the open objections of a case are to be answered, each from the day on which it came in."""
    raised = select(col(Objection.id), col(Objection.raised_at))
    for row in work.execute(raised.where(col(Objection.case_id) == case.id, col(Objection.outcome) == "open")).all():
        procedure = procedure_of(facts, case, business_date(row.raised_at))
        _move(work, row.id, procedure.turn(Duty.INVESTIGATOR))


def _move(work: UnitOfWork, objection: UUID, turn: Next) -> None:
    work.execute(update(Objection).where(col(Objection.id) == objection).values(answer_due=turn.due))


def provisional(store: Store) -> list[str]:
    """The numbers of the cases whose deadline is provisional: what operators are told."""
    with store.read() as work:
        found = work.execute(select(col(Case.number)).where(col(Case.due_provisional)).order_by(col(Case.number)))
        return [row.number for row in found]
