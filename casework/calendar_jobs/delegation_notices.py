"""AB 岗: when a delegation begins and when it ends, both persons hear of it. Its effect needs no job: guards read its instants."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.wordings import DUTIES
from casework.shared.notify_once import Note, tell
from casework.shared.run_summary import RunSummary
from models import Delegation, Duty, Person, Reminder
from models.clock import start_of, to_the_minute
from models.store import Store
from models.unit_of_work import UnitOfWork

BEGINS, ENDS = "delegation_begins", "delegation_ends"


def edges_due(store: Store, since: date) -> bool:
    """Whether a delegation began or ended after a day and nobody was told."""
    with store.read() as work:
        return any(True for kind in (BEGINS, ENDS) for _ in _untold(work, kind, since))


def tell_edges(store: Store, since: date) -> RunSummary:
    """Tells both persons of each beginning and each end, once."""
    with store.read() as work:
        notes = [
            note for kind in (BEGINS, ENDS) for row in _untold(work, kind, since) for note in _notes(work, kind, row)
        ]
    told = tell(store, notes)
    return RunSummary(moved=[("委托", f"已通知 {told}")] if told else [])


def _untold(work: UnitOfWork, kind: str, since: date) -> Iterator[Any]:
    edge = col(Delegation.valid_from) if kind == BEGINS else col(Delegation.valid_to)
    reached = select(Delegation.__table__).where(edge <= work.now, edge >= start_of(since + timedelta(days=1)))  # type: ignore[attr-defined]
    rows = list(work.execute(reached.order_by(edge)))
    if rows:
        told = set(work.execute(select(col(Reminder.subject)).where(col(Reminder.kind) == kind)).scalars())
        yield from (row for row in rows if str(row.id) not in told)


def _notes(work: UnitOfWork, kind: str, row: Any) -> Iterator[Note]:
    both = select(col(Person.id), col(Person.name)).where(col(Person.id).in_([row.from_person, row.to_person]))
    names = dict(work.execute(both).tuples().all())
    edge = row.valid_from if kind == BEGINS else row.valid_to
    content = {
        "principal": names[row.from_person],
        "delegate": names[row.to_person],
        "task": f"{row.unit}{DUTIES[Duty(row.duty)][0]}",
        "task_en": f"{DUTIES[Duty(row.duty)][1]} ({row.unit})",
        "begins": to_the_minute(row.valid_from),
        "ends": to_the_minute(row.valid_to),
    }
    for person in (row.from_person, row.to_person):
        yield Note(
            kind=kind,
            subject=str(row.id),
            due=to_the_minute(edge),
            stage="edge",
            to=f"person:{person}",
            content=content,
        )
