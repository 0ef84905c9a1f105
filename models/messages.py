"""The outbox: what people are to be told, written in the transaction of what it tells."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import SQLModel

from models.columns import BY_ID, document, instant, key, ref, text


class Message(SQLModel, table=True):
    """One message to one recipient; `once` keeps a repeated event from telling twice."""

    __table_args__ = (
        UniqueConstraint("once", name="event_tells_once"),
        CheckConstraint("status IN ('waiting','sent','failed','dropped')", name="message_status_is_known"),
        Index("message_due", "status", "due_at"),
        BY_ID,
    )

    id: UUID = key()
    once: str
    kind: str
    case_id: UUID | None = ref("case_file.id", optional=True)
    recipient: str
    content: str = document()
    status: str = "waiting"
    attempts: int = 0
    due_at: datetime = instant()
    sent_at: datetime | None = instant(optional=True)
    outcome: str = text()
