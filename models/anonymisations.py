"""Natural persons' own keys, and the end of them: a proposal, a second person's confirmation, what was cleared."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel

from models.columns import instant, key, one_of, ref, text


class Erasure(StrEnum):
    """How far an anonymisation has come."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    REJECTED = "rejected"


class PersonalKey(SQLModel, table=True):
    """The key that seals what is personal of one natural person, wrapped by the installation's identity key.

    Destroying it empties `wrapped` for good: what it sealed can be read by nobody any more.
    """

    __table_args__ = (
        UniqueConstraint("party_id", name="one_key_a_person"),
        CheckConstraint("(wrapped = '') = (destroyed_at IS NOT NULL)", name="key_is_there_or_destroyed"),
    )
    __tablename__ = "personal_key"

    id: UUID = key()
    party_id: UUID = ref("party.id")
    wrapped: str = text()
    made_at: datetime = instant()
    destroyed_at: datetime | None = instant(optional=True)


class Anonymisation(SQLModel, table=True):
    """One natural person's end of retention, by two people. `basis` is the period in force; `cleared` says what went."""

    __table_args__ = (
        one_of("status", Erasure),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="proposer_does_not_confirm"),
        CheckConstraint("(status = 'proposed') = (confirmed_by IS NULL)", name="settled_by_somebody"),
        CheckConstraint("(status = 'cleared') = (cleared_at IS NOT NULL)", name="cleared_at_a_time"),
    )

    id: UUID = key()
    party_id: UUID = ref("party.id", index=True)
    status: str = Erasure.PROPOSED
    ended_on: str
    due_on: str
    basis: str = text()
    proposed_by: UUID = ref("person.id")
    proposed_at: datetime = instant()
    confirmed_by: UUID | None = ref("person.id", optional=True)
    confirmed_at: datetime | None = instant(optional=True)
    cleared_at: datetime | None = instant(optional=True)
    cleared: str = text()
