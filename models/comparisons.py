"""Comparisons: what may be the same benefit, what is, and what a certifier said of it, with the reason."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import SQLModel

from models.columns import BY_ID, identifier, instant, key, one_of, ref, word
from models.sealing import personal_text


class Verdict(StrEnum):
    """What is known of two benefits."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"


class Likeness(StrEnum):
    """Why two benefits are compared."""

    SAME_KEY = "same_key"
    ENTERPRISE_ALONE = "enterprise_alone"
    PART_OF_NAME = "part_of_name"
    OTHER_RECIPIENT = "other_recipient"
    OTHER_PERIOD = "other_period"
    OTHER_KIND = "other_kind"
    ALIKE = "alike"


class Comparison(SQLModel, table=True):
    """One case beside one benefit from elsewhere or one other case. Without a verdict nothing is priced or paid.

    `resume_*` is whose turn the case was when it had to wait, for a case that was priced already.
    """

    __table_args__ = (
        UniqueConstraint("case_id", "sequence", name="comparison_is_numbered"),
        UniqueConstraint("case_id", "against", name="compared_once"),
        CheckConstraint("(benefit_id IS NULL) <> (other_case_id IS NULL)", name="compared_with_one"),
        CheckConstraint("(verdict = 'open') = (decided_at IS NULL)", name="verdict_has_its_time"),
        CheckConstraint("verdict <> 'different' OR reason <> ''", name="different_has_a_reason"),
        one_of("verdict", Verdict),
        one_of("why", Likeness),
        BY_ID,
    )

    id: UUID = key()
    case_id: UUID = ref("case_file.id")
    sequence: int
    policy: str
    benefit_id: UUID | None = ref("benefit.id", optional=True)
    other_case_id: UUID | None = ref("case_file.id", optional=True)
    against: UUID = identifier()  # the one or the other
    other: str
    why: str
    own_key: str
    other_key: str
    verdict: str = Verdict.OPEN
    reason: str = personal_text()
    decided_by: UUID | None = ref("person.id", optional=True)
    found_at: datetime = instant()
    decided_at: datetime | None = instant(optional=True)
    resume_duty: str = word()
    resume_due: datetime | None = instant(optional=True)
