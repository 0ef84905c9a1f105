"""Tells people of something due, once: a message that is queued only where none like it was queued before.

What "has been told" is a row: the outbox takes a key of (kind, subject, due, stage, recipient) once, and the reminder's row beside
it says so for good. Whoever asks again, late or twice at the same moment, adds nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from casework.shared.policies_in_use import of_work
from models import Case, Duty, Grant, Message, Reminder
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import UnitOfWork

CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class Note:
    """One thing to be told once: `stage` of what is `due`, about a `subject`, worded by `kind`, to a recipient of the outbox."""

    kind: str
    subject: str
    due: str
    stage: str
    to: str
    case: UUID | None = None
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def once(self) -> str:
        """The outbox's key."""
        return f"{self.kind}/{self.subject}/{self.due}/{self.stage}/{self.to}"


def tell(store: Store, notes: Iterable[Note]) -> int:
    """Queues those that were not told yet, a short transaction every few hundred; how many."""
    told = 0
    waiting = iter(notes)
    while some := list(islice(waiting, CHUNK)):
        if new := _untold(store, some):
            with store.write() as work:
                told += tell_in(work, new)
    return told


def _untold(store: Store, notes: Sequence[Note]) -> list[Note]:
    """Those that were not told before: what is repeated every day should not wait for the right to write."""
    query = select(col(Message.once)).where(col(Message.once).in_([note.once for note in notes]))
    with store.read() as work:
        known = set(work.execute(query).scalars())
    return [note for note in notes if note.once not in known]


def tell_in(work: UnitOfWork, notes: Sequence[Note]) -> int:
    """The same inside a transaction."""
    wanted = {note.once: note for note in notes}
    if not wanted:
        return 0
    insert = (postgresql if work.postgres else sqlite).insert
    versions = _versions(work, {note.case for note in wanted.values() if note.case})
    rows = [_message(work, note, versions) for note in wanted.values()]
    new = insert(Message).values(rows).on_conflict_do_nothing().returning(col(Message.id), col(Message.once))
    fresh = list(work.execute(new))
    for row in fresh:
        note = wanted[row.once]
        work.add(
            Reminder,
            kind=note.kind,
            subject=note.subject,
            due=note.due,
            stage=note.stage,
            recipient=note.to,
            case_id=note.case,
            message_id=row.id,
            made_at=work.now,
        )
    return len(fresh)


def operators(work: UnitOfWork) -> list[str]:
    """Who hears of what is wrong with the system: the administrators of every unit that has any, else the treasury's."""
    here = (
        select(col(Grant.unit))
        .distinct()
        .where(col(Grant.duty) == Duty.ADMINISTRATOR, col(Grant.valid_from) <= work.now)
    )
    found = work.execute(here.where(col(Grant.valid_to).is_(None) | (col(Grant.valid_to) > work.now))).scalars()
    units = sorted(found) or sorted({policy.treasury.zh for policy in of_work(work) if policy.treasury})
    return [f"unit:{unit}:{Duty.ADMINISTRATOR}" for unit in units]


def tell_operators(store: Store, *, kind: str, subject: str, due: str, stage: str, **content: Any) -> int:
    """Raises an alarm, once for this subject, due and stage."""
    with store.write() as work:
        return tell_in(
            work,
            [
                Note(kind=kind, subject=subject, due=due, stage=stage, to=to, content=content)
                for to in operators(work)
            ],
        )  # fmt: skip


def _versions(work: UnitOfWork, cases: set[UUID]) -> dict[UUID, int]:
    """The versions of some cases as they stand."""
    if not cases:
        return {}
    rows = work.execute(select(col(Case.id), col(Case.version)).where(col(Case.id).in_(cases)))
    return {row.id: row.version for row in rows}


def _message(work: UnitOfWork, note: Note, versions: Mapping[UUID, int]) -> dict[str, Any]:
    return {
        "id": work.new_id(),
        "once": note.once,
        "kind": note.kind,
        "case_id": note.case,
        "case_version": versions.get(note.case, 0) if note.case else 0,
        "recipient": note.to,
        "content": canonical_json(note.content),
        "due_at": work.now,
    }
