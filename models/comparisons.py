"""Comparisons: what may be the same benefit, what is, and what a certifier said of it, with the reason."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Select, UniqueConstraint, and_, func, or_, select
from sqlmodel import SQLModel, col

from models.cases import Case, State
from models.columns import BY_ID, counted, identifier, instant, key, one_of, ref, word
from models.decisions import Decision
from models.external_benefits import BenefitRecord
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

    `version` is the case's when this was found: a decision with a higher one was taken after it, whatever the clock says.
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
    version: int = counted()
    found_at: datetime = instant()
    decided_at: datetime | None = instant(optional=True)
    resume_duty: str = word()
    resume_due: datetime | None = instant(optional=True)


def _priced_at() -> Any:
    """The version to which the newest pricing brought the case."""
    priced = select(func.max(Decision.version)).where(
        col(Decision.case_id) == col(Case.id),
        col(Decision.action) == "compute",
        col(Decision.to_state).in_((State.COMPUTED.value, State.DECIDED.value)),
    )
    return priced.correlate(Case).scalar_subquery()


def _same_since() -> Any:
    """Called the same by somebody, found after the newest pricing, and not given back where it came from."""
    said = and_(col(Comparison.verdict) == Verdict.SAME.value, col(Comparison.decided_by).is_not(None))
    return and_(said, col(Comparison.version) >= _priced_at(), ~func.coalesce(BenefitRecord.returned, False))


def unpriced(cases: Collection[UUID]) -> Select[Any]:
    """What was called the same benefit as one of the cases, which is not priced beside it yet."""
    columns = (col(Comparison.case_id), col(Comparison.sequence), col(Comparison.other))
    return (
        select(*columns)
        .join(Case, col(Case.id) == col(Comparison.case_id))
        .join(BenefitRecord, col(BenefitRecord.id) == col(Comparison.benefit_id), isouter=True)
        .where(col(Comparison.case_id).in_(cases), _same_since())
        .order_by(col(Comparison.case_id), col(Comparison.sequence))
    )


@cache
def after_payment() -> Select[Any]:
    """What came to light after the payment order: open, or the same and to be got back; by case and number."""
    columns = (
        col(Case.number), col(Case.policy), col(Case.item), col(Case.state), col(Comparison.sequence),
        col(Comparison.other), col(Comparison.verdict),
    )  # fmt: skip
    return (
        select(*columns)
        .join(Case, col(Case.id) == col(Comparison.case_id))
        .join(BenefitRecord, col(BenefitRecord.id) == col(Comparison.benefit_id), isouter=True)
        .where(col(Case.state).in_(("ordered", "paid", "closed")))
        .where(or_(col(Comparison.verdict) == Verdict.OPEN.value, _same_since()))
        .order_by(col(Case.number), col(Comparison.sequence))
    )
