"""What runs by itself: claims of jobs, how far each kind has come, reminders sent once, and signs of life."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import instant, key, one_of, ref, text


class JobStatus(StrEnum):
    """Where a claim stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class JobClaim(SQLModel, table=True):
    """One execution right per (kind, business date): a job that comes twice acts once.

    `lease_until` is real time: until then the claim is its holder's, afterwards anybody may take it over (the holder died), or
    try a failed one again. `attempts` tells one holder from the next.
    """

    __table_args__ = (
        UniqueConstraint("kind", "business_date", name="job_once_a_date"),
        one_of("status", JobStatus),
        CheckConstraint("attempts > 0", name="attempts_count_from_one"),
        Index("job_by_status", "status", "kind"),
    )
    __tablename__ = "job_claim"

    id: UUID = key()
    kind: str
    business_date: str
    status: str = JobStatus.RUNNING
    attempts: int = 1
    claimed_at: datetime = instant()
    claimed_by: str = text()
    lease_until: datetime | None = instant(optional=True)
    done_at: datetime | None = instant(optional=True)
    outcome: str = text()
    reason: str = text()


class JobProgress(SQLModel, table=True):
    """How far a kind of job has come: it is looked after from the day after `since`, and all that was due up to `settled` is
    done or skipped, so that nobody asks for it again."""

    __tablename__ = "job_progress"

    kind: str = Field(primary_key=True)
    since: str
    settled: str


class Reminder(SQLModel, table=True):
    """That somebody was told of a due date, once a stage (60 days before, amber, red …): what is due and has no row is sent."""

    __table_args__ = (Index("reminder_once", "kind", "subject", "due", "stage", "recipient", unique=True),)

    id: UUID = key()
    kind: str
    subject: str
    due: str
    stage: str
    recipient: str
    case_id: UUID | None = ref("case_file.id", optional=True, index=True)
    message_id: UUID = ref("message.id", index=True)
    made_at: datetime = instant()


class Heartbeat(SQLModel, table=True):
    """When something that must not fall silent last finished, in real time."""

    kind: str = Field(primary_key=True)
    at: datetime = instant()
