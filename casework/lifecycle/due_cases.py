"""What is due for the system: which measures have something, which cases, and whether anything has run out of time.

A case's row is its wake-up: `next_duty = 'system'` and `next_due` reached. Whoever asks here, whenever, finds all of it.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import col

from models import Case, Duty, State
from models.store import Store
from models.unit_of_work import UnitOfWork

_ASKED = 500  # ids in one query


class DueCase(NamedTuple):
    """A case that is due, or was named: enough to choose its chain."""

    id: UUID
    number: str
    policy: str
    measure: str
    item: str


_LINES = select(*(getattr(Case, name) for name in DueCase._fields))


def measures(store: Store) -> list[tuple[str, str]]:
    """(policy, measure) of everything due now, in order; one indexed query that costs nothing where nothing is due."""
    kinds = select(col(Case.policy), col(Case.measure)).distinct()
    with store.read() as work:
        return sorted((row.policy, row.measure) for row in work.execute(_due(kinds, work)))


def oldest(store: Store) -> tuple[UUID, int] | None:
    """The first due case and its version: where this stays the same, nobody is working."""
    kinds = select(col(Case.id), col(Case.version))
    with store.read() as work:
        row = work.execute(_due(kinds, work).order_by(col(Case.next_due), col(Case.id)).limit(1)).first()
        return (row.id, row.version) if row else None


class First(NamedTuple):
    """The case of some measures that has been due for longest."""

    id: UUID
    version: int
    number: str

    @property
    def key(self) -> tuple[UUID, int]:
        """Changes as soon as somebody worked on it."""
        return self.id, self.version


def first(store: Store, kinds: Sequence[tuple[str, str]] | None = None) -> First | None:
    """The first due case of these (policy, measure), of all where none are named."""
    query = select(col(Case.id), col(Case.version), col(Case.number))
    if kinds is not None:
        query = query.where(
            or_(*((col(Case.policy) == policy) & (col(Case.measure) == measure) for policy, measure in kinds))
        )
    with store.read() as work:
        row = work.execute(_due(query, work).order_by(col(Case.next_due), col(Case.id)).limit(1)).first()
        return First(*row) if row else None


def named_due(store: Store, ids: Collection[UUID]) -> list[First]:
    """Those of these cases that are due."""
    if not ids:
        return []
    query = select(col(Case.id), col(Case.version), col(Case.number)).where(col(Case.id).in_(ids))
    with store.read() as work:
        return [First(*row) for row in work.execute(_due(query, work))]


def cases(store: Store, policy: str, measure: str) -> list[DueCase]:
    """The due cases of a measure, first filed first."""
    with store.read() as work:
        query = _due(_LINES, work).where(col(Case.policy) == policy, col(Case.measure) == measure)
        return [DueCase._make(row) for row in work.execute(query.order_by(col(Case.filed_at), col(Case.number)))]


def named(store: Store, ids: Sequence[UUID]) -> list[DueCase]:
    """The cases of these ids, first filed first; unknown ids are absent."""
    found: list[DueCase] = []
    with store.read() as work:
        for start in range(0, len(ids), _ASKED):
            query = _LINES.where(col(Case.id).in_(ids[start : start + _ASKED]))
            ordered = query.order_by(col(Case.filed_at), col(Case.number))
            found += [DueCase._make(row) for row in work.execute(ordered)]
    return found


def lapsed(store: Store) -> bool:
    """Whether a draft or a correction ran out of time."""
    with store.read() as work:
        query = select(col(Case.id)).where(
            col(Case.next_duty) == Duty.APPLICANT,
            col(Case.next_due) <= work.now,
            col(Case.state).in_([State.DRAFT.value, State.IN_CORRECTION.value]),
            col(Case.held).is_(False),
        )
        return work.execute(query.limit(1)).first() is not None


def _due(query: Select[Any], work: UnitOfWork) -> Select[Any]:
    return query.where(col(Case.next_duty) == Duty.SYSTEM, col(Case.next_due) <= work.now, col(Case.held).is_(False))
