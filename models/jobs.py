"""What runs by itself: a job is claimed once per kind and business date."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from models.columns import instant, key, text


class JobClaim(SQLModel, table=True):
    """One execution right per (kind, business date): a job that comes twice acts once."""

    __table_args__ = (UniqueConstraint("kind", "business_date", name="job_once_a_date"),)
    __tablename__ = "job_claim"

    id: UUID = key()
    kind: str
    business_date: str
    claimed_at: datetime = instant()
    done_at: datetime | None = instant(optional=True)
    outcome: str = text()
