"""The outbox: what people are to be told, written in the transaction of what it tells, and what became of each sending."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from models.columns import BY_ID, document, instant, key, one_of, ref, text

OPEN = sql("ended_at IS NULL")


class MessageStatus(StrEnum):
    """What became of a message as a whole."""

    WAITING = "waiting"  # its readers are yet to be looked up
    ROUTED = "routed"  # at least one of its dispatches is under way
    SENT = "sent"  # all dispatches ended, one at least with success
    FAILED = "failed"  # all ended without success: every one is listed


class DispatchState(StrEnum):
    """What became of a message on its way to one reader by one channel."""

    WAITING = "waiting"
    RETRYING = "retrying"
    SENT = "sent"
    DEAD = "dead"  # given up: listed, a person may send it again
    UNDELIVERABLE = "undeliverable"  # there is no address to send it to: listed
    REPLACED = "replaced"  # another dispatch took its place


class SendOutcome(StrEnum):
    """What one attempt came to."""

    SENT = "sent"
    RETRY = "retry"  # the other side has nothing
    UNKNOWN = "unknown"  # it may have it: the answer was lost
    REFUSED = "refused"  # it will never take it
    CUT_OFF = "cut_off"  # our process died in mid-attempt: it may have it


class Message(SQLModel, table=True):
    """One message to one recipient; `once` keeps a repeated event from telling twice.

    `case_version` is the case's at the event that it tells of; 0 where it tells of no case, or was written before this was kept.
    """

    __table_args__ = (
        UniqueConstraint("once", name="event_tells_once"),
        one_of("status", MessageStatus),
        Index("message_due", "status", "due_at"),
        Index("message_by_recipient", "recipient", "due_at", "id"),
        BY_ID,
    )

    id: UUID = key()
    once: str
    kind: str
    case_id: UUID | None = ref("case_file.id", optional=True)
    case_version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    recipient: str
    content: str = document()
    status: str = MessageStatus.WAITING
    due_at: datetime = instant()


class Dispatch(SQLModel, table=True):
    """A message on its way to one reader (`person:<id>`, `party:<id>`, `unit:<name>`) by one channel.

    `once` is the key that every attempt carries. `attempts` counts those begun: it is raised before the sending, with a lease, so
    that what a dead process left behind is seen and said. `bundle` names the digest in which it was sent.
    """

    __table_args__ = (
        UniqueConstraint("once", name="one_dispatch_a_reader_and_channel"),
        one_of("status", DispatchState),
        Index("dispatch_due", "channel", "due_at", sqlite_where=OPEN, postgresql_where=OPEN),
        BY_ID,
    )

    id: UUID = key()
    once: str
    message_id: UUID = ref("message.id", index=True)
    recipient: str
    audience: str
    language: str
    channel: str
    contact_id: UUID | None = ref("contact.id", optional=True)
    status: str = DispatchState.WAITING
    digest: bool = False
    bundle: str = ""
    attempts: int = 0
    gives_up_at: int
    due_at: datetime = instant()
    lease: str = ""
    leased_until: datetime | None = instant(optional=True)
    ended_at: datetime | None = instant(optional=True)
    reason: str = text()


class SendLog(SQLModel, table=True):
    """One attempt: who, by what, with which wording, what came of it. Holds no address and no body, and is never changed."""

    __table_args__ = (
        UniqueConstraint("dispatch_id", "attempt", name="attempt_is_logged_once"),
        one_of("outcome", SendOutcome),
        BY_ID,
    )
    __tablename__ = "send_log"

    id: UUID = key()
    dispatch_id: UUID = ref("dispatch.id")
    attempt: int
    parcel: str
    recipient: str
    channel: str
    kind: str
    wording: str = ""
    outcome: str
    detail: str = text()
    repeats: bool = False
    at: datetime = instant(index=True)


class MessageLink(SQLModel, table=True):
    """The link in a message about a case, as one reader has it: the hash of its token. What it leads to is asked of the message."""

    __table_args__ = (UniqueConstraint("message_id", "reader", name="one_link_a_message_and_reader"),)
    __tablename__ = "message_link"

    hash: str = Field(primary_key=True)
    message_id: UUID = ref("message.id")
    reader: str


UNFINISHED = (DispatchState.WAITING, DispatchState.RETRYING)
LISTED = (DispatchState.DEAD, DispatchState.UNDELIVERABLE)
