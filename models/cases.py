"""A case: one claim under one item on its way from draft to closed, and what is frozen along the way."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from models.columns import BY_ID, fen, instant, key, one_of, optional_fen, ref, text
from models.people import Duty
from models.sealing import personal_document


class State(StrEnum):
    """Where a case stands; each has a wording for the officer and one for the applicant."""

    DRAFT = "draft"
    FILED = "filed"
    IN_CORRECTION = "in_correction"
    ACCEPTED = "accepted"
    SCREENED = "screened"
    UNDER_JOINT_REVIEW = "under_joint_review"
    CERTIFIED = "certified"
    COMPUTED = "computed"
    DECIDED = "decided"
    ON_NOTICE = "on_notice"
    PAYABLE = "payable"
    ORDERED = "ordered"
    PAID = "paid"
    DELIVERED = "delivered"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    REPORTED = "reported"
    REVIEWED = "reviewed"
    CLOSED = "closed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


TERMINAL = frozenset({State.CLOSED, State.REFUSED, State.WITHDRAWN, State.LAPSED})

_S = State
_NEXT: dict[State, tuple[State, ...]] = {
    _S.DRAFT: (_S.FILED, _S.PLANNED, _S.LAPSED, _S.WITHDRAWN),
    _S.FILED: (_S.IN_CORRECTION, _S.ACCEPTED, _S.SCREENED, _S.REFUSED, _S.WITHDRAWN),
    _S.IN_CORRECTION: (_S.FILED, _S.PLANNED, _S.LAPSED, _S.WITHDRAWN),
    _S.ACCEPTED: (_S.SCREENED, _S.UNDER_JOINT_REVIEW, _S.CERTIFIED, _S.REFUSED, _S.WITHDRAWN),
    _S.SCREENED: (_S.UNDER_JOINT_REVIEW, _S.CERTIFIED, _S.REFUSED, _S.WITHDRAWN),
    _S.UNDER_JOINT_REVIEW: (_S.CERTIFIED, _S.IN_CORRECTION, _S.REFUSED, _S.WITHDRAWN),
    _S.CERTIFIED: (_S.COMPUTED, _S.DECIDED, _S.IN_PROGRESS, _S.IN_CORRECTION, _S.REFUSED, _S.WITHDRAWN),
    _S.COMPUTED: (_S.DECIDED, _S.CERTIFIED, _S.REFUSED, _S.WITHDRAWN),  # back where another benefit came to light
    # An undone decision goes back to what was computed, or to the computation where its money is gone.
    _S.DECIDED: (_S.ON_NOTICE, _S.PAYABLE, _S.DELIVERED, _S.COMPUTED, _S.CERTIFIED, _S.WITHDRAWN),
    _S.ON_NOTICE: (_S.PAYABLE, _S.DELIVERED, _S.COMPUTED, _S.CERTIFIED, _S.REFUSED, _S.WITHDRAWN),
    _S.PAYABLE: (_S.ORDERED, _S.PAID, _S.COMPUTED, _S.CERTIFIED, _S.WITHDRAWN),
    _S.ORDERED: (_S.PAID, _S.PAYABLE),
    _S.PAID: (_S.CLOSED, _S.PAYABLE),
    _S.DELIVERED: (_S.CLOSED,),
    _S.PLANNED: (_S.UNDER_JOINT_REVIEW, _S.CERTIFIED, _S.IN_CORRECTION, _S.WITHDRAWN),
    _S.IN_PROGRESS: (_S.REPORTED, _S.WITHDRAWN),
    _S.REPORTED: (_S.REVIEWED, _S.IN_PROGRESS),
    _S.REVIEWED: (_S.CLOSED,),
    _S.CLOSED: (_S.PAYABLE,),  # the bank returned the money
    _S.REFUSED: (_S.FILED, _S.UNDER_JOINT_REVIEW, _S.CERTIFIED),  # reopened by two people, like the next two
    _S.WITHDRAWN: (_S.FILED, _S.UNDER_JOINT_REVIEW, _S.CERTIFIED),
    _S.LAPSED: (_S.FILED, _S.UNDER_JOINT_REVIEW, _S.CERTIFIED),
}
# The moves that a case may make; the table `transition` is filled from here and its trigger refuses every other.
MOVES: frozenset[tuple[State, State]] = frozenset((a, b) for a, following in _NEXT.items() for b in following)
_ENDED = ", ".join(f"'{state}'" for state in sorted(TERMINAL))
_LIVE = sql("live")


class Case(SQLModel, table=True):
    """One claim. Its next action (duty, unit, due) is part of the row, so that a live case always has exactly one.

    `next_duty = 'system'` with `next_due <= now` is the durable wake-up: the row itself asks for its measure's flow.
    """

    __table_args__ = (
        one_of("state", State),
        one_of("next_duty", Duty),
        CheckConstraint(f"(state IN ({_ENDED})) = (next_duty IS NULL)", name="live_case_has_a_next_action"),
        CheckConstraint("(next_duty IS NULL) = (next_due IS NULL)", name="next_action_has_a_due_time"),
        CheckConstraint("version > 0", name="version_counts_from_one"),
        Index("case_ready", "next_duty", "next_due", "measure"),
        Index("case_by_state", "policy", "measure", "state"),
        BY_ID,
    )
    __tablename__ = "case_file"

    id: UUID = key()
    number: str = Field(unique=True)
    policy: str
    measure: str
    item: str
    party_id: UUID = ref("party.id", index=True)
    state: str = State.DRAFT
    version: int = 1
    next_duty: str | None = None
    next_unit: str | None = None
    next_due: datetime | None = instant(optional=True)
    due_provisional: bool = False
    # The day that the deadline counts from, and the setting that says how many; both "" for the system's, unless the case was
    # woken and may have to wait on for money: its deadline stays the one of its first wait.
    due_from: str = text()
    due_setting: str = text()
    rule_version: str = text()  # bound at filing, with its digest; both empty before
    rule_digest: str = ""
    filed_at: datetime | None = instant(optional=True)
    opened_at: datetime = instant()
    changed_at: datetime = instant()
    corrections: int = 0
    amount_fen: int | None = optional_fen()
    held: bool = False
    contested: bool = False
    review_on: str = ""
    problem: str = text()


class Snapshot(SQLModel, table=True):
    """What was stated (`claim`) or certified (`facts`), frozen as canonical JSON with its hash; never changed."""

    __table_args__ = (
        UniqueConstraint("case_id", "kind", "version", name="snapshot_is_unique"),
        CheckConstraint("kind IN ('claim','facts','plan','report')", name="snapshot_kind_is_known"),
        BY_ID,
    )

    id: UUID = key()
    case_id: UUID = ref("case_file.id")
    kind: str
    version: int
    content: str = personal_document()
    hash: str
    made_at: datetime = instant()
    made_by: UUID | None = ref("person.id", optional=True)


class CostLineRecord(SQLModel, table=True):
    """A recognised cost; among live awarded lines a document (invoice, contract line, certificate) counts once."""

    __table_args__ = (
        UniqueConstraint("case_id", "document", name="document_once_a_case"),
        Index("document_once_awarded", "document", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        CheckConstraint("claimed_fen >= 0 AND recognised_fen >= 0", name="cost_is_not_negative"),
        CheckConstraint("recognised_fen <= claimed_fen", name="recognised_within_claimed"),
        BY_ID,
    )
    __tablename__ = "cost_line"

    id: UUID = key()
    case_id: UUID = ref("case_file.id", index=True)
    document: str
    description: str = text()
    claimed_fen: int = fen()
    recognised_fen: int = fen()
    reason: str = text()
    live: bool = False


class JointOpinion(SQLModel, table=True):
    """What a joint unit says to a certified claim; silence is never consent."""

    __table_args__ = (
        UniqueConstraint("case_id", "unit", "round", name="one_opinion_a_unit"),
        CheckConstraint("opinion IN ('pending','positive','negative','overridden')", name="opinion_is_known"),
    )
    __tablename__ = "joint_opinion"

    id: UUID = key()
    case_id: UUID = ref("case_file.id", index=True)
    unit: str = ref("unit.name")
    round: int = 1
    opinion: str = "pending"
    reason: str = text()
    person_id: UUID | None = ref("person.id", optional=True)
    given_at: datetime | None = instant(optional=True)
