"""Work without money: milestones of a programme, indicator values, quotas granted and used."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import instant, key, ref, text, word


class MilestoneRecord(SQLModel, table=True):
    """A dated promise of a programme: planned, in progress, reported, reviewed by a second officer, closed."""

    __tablename__ = "milestone"

    __table_args__ = (
        UniqueConstraint("case_id", "position", name="milestone_is_numbered"),
        CheckConstraint("state IN ('planned','in_progress','reported','reviewed','closed')", name="milestone_state"),
    )

    id: UUID = key()
    case_id: UUID = ref("case_file.id", index=True)
    position: int
    title: str
    due_on: str
    state: str = "planned"
    report: str = text()
    reported_by: UUID | None = ref("person.id", optional=True)
    reviewed_by: UUID | None = ref("person.id", optional=True)
    changed_at: datetime = instant()


class IndicatorValue(SQLModel, table=True):
    """A reported figure (exact decimal text); a correction is a later row, nothing is overwritten."""

    __table_args__ = (UniqueConstraint("policy", "indicator", "unit", "period", "sequence", name="value_is_numbered"),)
    __tablename__ = "indicator_value"

    id: UUID = key()
    case_id: UUID | None = ref("case_file.id", optional=True, index=True)
    policy: str
    indicator: str
    unit: str = ref("unit.name")
    about: str = word()  # the bank, trade, firm … whose figure it is; "" where it is the unit's own
    period: str
    sequence: int = 1
    value: str
    source: str = text()
    entered_by: UUID | None = ref("person.id", optional=True)
    entered_at: datetime = instant()


class QuotaRecord(SQLModel, table=True):
    """Land or energy granted to a firm, with what was used and until when it holds; in thousandths of its unit."""

    __tablename__ = "quota"

    __table_args__ = (CheckConstraint("used_milli >= 0 AND used_milli <= granted_milli", name="used_within_granted"),)

    id: UUID = key()
    case_id: UUID = ref("case_file.id", index=True)
    kind: str
    unit_of_measure: str
    granted_milli: int = Field(sa_type=BigInteger)
    used_milli: int = Field(default=0, sa_type=BigInteger)
    valid_to: str
    made_at: datetime = instant()
