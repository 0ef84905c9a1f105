"""How people are reached: addresses of persons, parties and units with their checks, and how each wants to hear."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from models.columns import instant, key, one_of, text
from models.sealing import personal_text

LIVE = sql("status <> 'replaced'")


class ContactStatus(StrEnum):
    """Whether an address may be written to: only a verified one is."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    BOUNCING = "bouncing"  # the other side refused it: to be corrected
    REPLACED = "replaced"  # kept for the record


class Rhythm(StrEnum):
    """When messages come."""

    AT_ONCE = "at_once"
    DIGEST = "digest"


class Contact(SQLModel, table=True):
    """An address of `person:<id>`, `party:<id>` or `unit:<name>`. It never changes: a new one is a new row beside it.

    `channel` is a channel's name, or its kind (`email`) for every channel of that kind; a room's robot has no address of its own.
    """

    __table_args__ = (
        one_of("status", ContactStatus),
        CheckConstraint("status <> 'verified' OR verified_at IS NOT NULL", name="verified_by_somebody"),
        Index("one_live_contact", "holder", "channel", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
    )

    id: UUID = key()
    holder: str
    channel: str
    address: str = personal_text()
    status: str = ContactStatus.UNVERIFIED
    entered_by: str
    entered_at: datetime = instant()
    proof: str = text()
    verified_by: str = text()
    verified_at: datetime | None = instant(optional=True)
    changed_at: datetime = instant()
    reason: str = text()


class Preference(SQLModel, table=True):
    """How a person, or the room of a unit, wants to hear. Escalations and alarms do not ask.

    Times are "HH:MM" in Asia/Shanghai; `channels` is a list by commas ("" = whatever reaches), each with every message.
    """

    __table_args__ = (
        one_of("rhythm", Rhythm),
        UniqueConstraint("holder", name="one_preference_a_holder"),
    )

    id: UUID = key()
    holder: str
    channels: str = ""
    rhythm: str = Rhythm.AT_ONCE
    digest_at: str = "09:00"
    quiet_from: str = ""
    quiet_to: str = ""
    working_days: bool = False
    language: str = ""
    changed_by: str
    changed_at: datetime = instant()
