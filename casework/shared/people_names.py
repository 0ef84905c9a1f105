"""Names of those people whom rows name: natural persons' names are unsealed one by one, so that nobody else's is read."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models import Person
from models.unit_of_work import UnitOfWork

_CHUNK = 500


def names_of(work: UnitOfWork, people: Iterable[UUID | None]) -> dict[UUID, str]:
    """The name by account of each that is given; None and what is no account are absent."""
    ids = sorted({person for person in people if person is not None})
    found: dict[UUID, str] = {}
    for start in range(0, len(ids), _CHUNK):
        query = select(col(Person.id), col(Person.name)).where(col(Person.id).in_(ids[start : start + _CHUNK]))
        found |= {row.id: row.name for row in work.execute(query)}
    return found
