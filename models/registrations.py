"""Firms that asked for an account of their own: an officer accepts, and then party, account and password come about, or refuses."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from models.columns import instant, key, one_of, ref, text
from models.sealing import personal, personal_text

WAITS = sql("state = 'waiting'")


class RegistrationState(StrEnum):
    """How far a request is."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Registration(SQLModel, table=True):
    """A firm's own request. `made_at` is real time, as in signing in; `receipt` is the hash of what its sender keeps.

    Several requests may wait for one code: who is first need not be the firm.
    The password's hash lies here until the request is decided, and no longer.
    """

    __table_args__ = (
        one_of("state", RegistrationState),
        CheckConstraint("state = 'waiting' OR password_hash = ''", name="no_password_once_decided"),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_with_a_reason"),
        Index("one_waiting_login", "login", unique=True, sqlite_where=WAITS, postgresql_where=WAITS),
    )

    id: UUID = key()
    receipt: str = Field(unique=True)
    kind: str
    code: str
    name: str = personal()
    town: str = ""
    person_name: str = personal()
    contact: str = personal_text()
    login: str
    password_hash: str = text()
    language: str = "zh"
    state: str = RegistrationState.WAITING
    made_at: datetime = instant()
    decided_at: datetime | None = instant(optional=True)
    decided_by: UUID | None = ref("person.id", optional=True)
    reason: str = text()
    party_id: UUID | None = ref("party.id", optional=True)
