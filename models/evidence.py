"""Evidence: a file in a slot, named by its SHA-256; bytes live in the content-addressed store."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import BY_ID, instant, key, ref
from models.sealing import personal


class Evidence(SQLModel, table=True):
    """One paper of a case; never overwritten, a newer one is added."""

    __table_args__ = (
        UniqueConstraint("case_id", "slot", "sha256", name="paper_once_a_slot"),
        CheckConstraint("size > 0", name="paper_is_not_empty"),
        BY_ID,
    )

    id: UUID = key()
    case_id: UUID = ref("case_file.id", index=True)
    slot: str
    name: str = personal()
    sha256: str = Field(index=True)
    size: int = Field(sa_type=BigInteger)
    media_type: str
    added_by: UUID | None = ref("person.id", optional=True)
    added_at: datetime = instant()
