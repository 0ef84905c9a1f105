"""Public notices of decided lists, and objections to their lines."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import instant, key, ref, text


class Notice(SQLModel, table=True):
    """公示: a published list; `opens_on` counts as the first working day, money moves only after `closes_on`."""

    id: UUID = key()
    number: str = Field(unique=True)
    policy: str
    measure: str
    opens_on: str
    closes_on: str
    lines: int
    list_hash: str
    made_at: datetime = instant()


class NoticeLine(SQLModel, table=True):
    """One case on a notice."""

    __table_args__ = (UniqueConstraint("notice_id", "case_id", name="line_is_unique"),)
    __tablename__ = "notice_line"

    id: UUID = key()
    notice_id: UUID = ref("notice.id")
    case_id: UUID = ref("case_file.id", index=True)


class Objection(SQLModel, table=True):
    """异议: freezes its case only, until an investigator who had no part in the case answers.

    Numbered within its case; `moot`: the case left its notice otherwise, so that nothing was left to contest.
    """

    __table_args__ = (
        UniqueConstraint("case_id", "position", name="objection_is_numbered"),
        CheckConstraint("outcome IN ('open','dismissed','upheld','moot')", name="objection_is_known"),
        CheckConstraint("(outcome = 'open') = (answered_at IS NULL)", name="objection_is_open_or_answered"),
        CheckConstraint("position > 0", name="objections_count_from_one"),
    )

    id: UUID = key()
    case_id: UUID = ref("case_file.id", index=True)
    position: int
    by: str
    claim: str = text()
    outcome: str = "open"
    answer: str = text()
    raised_at: datetime = instant()
    answer_due: datetime = instant()
    answered_by: UUID | None = ref("person.id", optional=True)
    answered_at: datetime | None = instant(optional=True)
