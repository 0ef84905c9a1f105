"""Deadlines that were provisional because the calendar did not know the year: set again once it does."""

from sqlalchemy import select, update
from sqlmodel import col

from casework.cases import CaseView, view
from casework.procedure import procedure_of
from casework.reference import reference
from models import Case, Duty
from models.clock import business_date
from models.store import Store


def recompute_provisional(store: Store) -> int:
    """Counts every provisional deadline anew from the day its step began; how many are now settled."""
    settled = 0
    with store.write() as work:
        facts = reference(store, work)
        for row in work.execute(view().where(col(Case.due_provisional))).all():
            case = CaseView._make(row)
            way = procedure_of(facts, case, business_date(case.changed_at))
            following = way.turn(Duty(str(case.next_duty)), case.town)
            if following.provisional:
                continue
            moved = update(Case).where(col(Case.id) == case.id, col(Case.version) == case.version)
            work.execute(moved.values(next_due=following.due, due_provisional=False))
            content = {"due": str(following.due)}
            work.audit(actor=Duty.SYSTEM, action="deadline", subject=case.number, version=case.version, content=content)
            settled += 1
    return settled


def provisional(store: Store) -> list[str]:
    """The numbers of the cases whose deadline is provisional: what operators are told."""
    with store.read() as work:
        found = work.execute(select(col(Case.number)).where(col(Case.due_provisional)).order_by(col(Case.number)))
        return [row.number for row in found]
