"""AB 岗: when a delegation begins and when it ends, both persons hear of it. Its effect needs no job: guards read its instants."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from casework.jobs.telling import Note, tell
from casework.outcome import Outcome
from casework.words import DUTIES
from models import Delegation, Duty, Person, Reminder
from models.clock import SHANGHAI, start_of
from models.store import Store
from models.work import Work

BEGINS, ENDS = "delegation_begins", "delegation_ends"


def edges_due(store: Store, since: date) -> bool:
    """Whether a delegation began or ended after a day and nobody was told."""
    with store.read() as work:
        return any(True for kind in (BEGINS, ENDS) for _ in _untold(work, kind, since))


def tell_edges(store: Store, since: date) -> Outcome:
    """Tells both persons of each beginning and each end, once."""
    with store.read() as work:
        notes = [
            note for kind in (BEGINS, ENDS) for row in _untold(work, kind, since) for note in _notes(work, kind, row)
        ]
    told = tell(store, notes)
    return Outcome(moved=[("委托", f"已通知 {told}")] if told else [])


def _untold(work: Work, kind: str, since: date) -> Iterator[Any]:
    edge = col(Delegation.valid_from) if kind == BEGINS else col(Delegation.valid_to)
    reached = select(Delegation.__table__).where(edge <= work.now, edge >= start_of(since + timedelta(days=1)))  # type: ignore[attr-defined]
    rows = list(work.execute(reached.order_by(edge)))
    if rows:
        told = set(work.execute(select(col(Reminder.subject)).where(col(Reminder.kind) == kind)).scalars())
        yield from (row for row in rows if str(row.id) not in told)


def _notes(work: Work, kind: str, row: Any) -> Iterator[Note]:
    both = select(col(Person.id), col(Person.name)).where(col(Person.id).in_([row.from_person, row.to_person]))
    names = dict(work.execute(both).tuples().all())
    edge = row.valid_from if kind == BEGINS else row.valid_to
    content = {
        "principal": names[row.from_person],
        "delegate": names[row.to_person],
        "task": f"{row.unit}{DUTIES[Duty(row.duty)][0]}",
        "task_en": f"{DUTIES[Duty(row.duty)][1]} ({row.unit})",
        "begins": _shown(row.valid_from),
        "ends": _shown(row.valid_to),
    }
    for one in (row.from_person, row.to_person):
        yield Note(kind=kind, subject=str(row.id), due=_shown(edge), stage="edge", to=f"person:{one}", content=content)


def _shown(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
