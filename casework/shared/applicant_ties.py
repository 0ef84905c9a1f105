"""回避: who belongs to an applicant, by the natural person: under any account of theirs, as the person who applies, or to
what a party became when it was merged."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, union
from sqlmodel import col

from casework.shared.merged_parties import merged
from models import Party, PartyKind, Person
from models.unit_of_work import UnitOfWork

Ties = Mapping[str, frozenset[UUID]]


def ties_of(work: UnitOfWork, natural_keys: Collection[str] | Select[Any]) -> dict[str, frozenset[UUID]]:
    """The parties to which natural persons belong, and what these became; only of those who belong to any."""
    mine = natural_keys if isinstance(natural_keys, Select) else sorted(natural_keys)
    member = select(col(Person.natural_key), col(Person.party_id)).where(
        col(Person.natural_key).in_(mine), col(Person.party_id).is_not(None)
    )
    # A natural person who applies is known by the same blind index as the natural person behind an account.
    self = select(col(Party.code), col(Party.id)).where(col(Party.kind) == PartyKind.PERSON, col(Party.code).in_(mine))
    rows = [(key, UUID(str(party))) for key, party in work.execute(union(member, self))]
    became = merged(work, {party for _, party in rows})
    found: dict[str, set[UUID]] = {}
    for key, party in rows:
        found.setdefault(key, set()).update({party} | ({became[party].id} if party in became else set()))
    return {key: frozenset(parties) for key, parties in found.items()}


def parties_of(work: UnitOfWork, natural_keys: Collection[str]) -> frozenset[UUID]:
    """All parties of these natural persons, and what these became."""
    return frozenset().union(*ties_of(work, natural_keys).values())


def belongs_to(work: UnitOfWork, natural_key: str, party: UUID) -> bool:
    """Whether a natural person belongs to a party, or to what it became."""
    mine = parties_of(work, [natural_key])
    return bool(mine & ({party, *(heir.id for heir in merged(work, [party]).values())} if mine else set()))


def tied(work: UnitOfWork, ties: Ties, natural_keys: Collection[str], parties: Collection[UUID]) -> frozenset[UUID]:
    """Those of the parties to which one of the natural persons belongs, by ties that were read."""
    mine: frozenset[UUID] = frozenset().union(*(ties.get(key, frozenset()) for key in natural_keys))
    if not mine:
        return mine
    became = merged(work, parties)
    return frozenset(party for party in parties if party in mine or (party in became and became[party].id in mine))
