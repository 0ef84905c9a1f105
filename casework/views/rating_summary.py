"""好差评 for leaders: how many of each grade every step was given, and the words that came with the bad ones."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from casework.lifecycle.case_steps import STEPS
from casework.lifecycle.read_access import refuse_without, seen
from casework.lifecycle.step_ratings import GRADES, SATISFIED
from casework.programmes.payout_rates import percent, share
from models import Case, Duty, Party, PartyKind, StepRating
from models.masking import masked_name, numbers_masked
from models.people import ONLOOKERS
from models.store import Store

RATING_READERS = (Duty.HEAD, *sorted(ONLOOKERS))
MOST_WORDS = 50


@dataclass(frozen=True, kw_only=True)
class StepGrades:
    """One step: its name, how many of each grade (the best first), of how many, and the share that is satisfied."""

    zh: str
    en: str
    counts: tuple[int, ...]
    total: int
    satisfied: str


@dataclass(frozen=True, kw_only=True)
class BadRating:
    """A bad grade with its words; telephones and the like show their last four digits."""

    case: str
    step: tuple[str, str]
    grade: tuple[str, str]
    comment: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RatingSummary:
    """Of the cases that the reader may see."""

    steps: tuple[StepGrades, ...]
    words: tuple[BadRating, ...]


def rating_summary(store: Store, reader: UUID) -> RatingSummary:
    """For heads and those who look on; Refused for others."""
    with store.read() as work:
        refuse_without(store, work, reader, RATING_READERS, ("好差评", "ratings"))
        theirs = seen(store, work, reader)
        joined = select(col(StepRating.step), col(StepRating.grade), func.count().label("cases")).join(
            Case, col(Case.id) == col(StepRating.case_id)
        )
        grouped = work.execute(joined.where(theirs).group_by(col(StepRating.step), col(StepRating.grade))).all()
        words = work.execute(
            select(
                col(Case.number),
                col(StepRating.step),
                col(StepRating.grade),
                col(StepRating.comment),
                col(StepRating.rated_at),
                col(Party.kind),
                col(Party.name),
            )
            .join(Case, col(Case.id) == col(StepRating.case_id))
            .join(Party, col(Party.id) == col(Case.party_id))
            .where(theirs, col(StepRating.grade) < SATISFIED, col(StepRating.comment) != "")
            .order_by(col(StepRating.rated_at).desc(), col(StepRating.id).desc())
            .limit(MOST_WORDS)
        ).all()
    counted = {(row.step, row.grade): int(row.cases) for row in grouped}
    steps = [step for step in STEPS if any((step, grade) in counted for grade in GRADES)]
    return RatingSummary(
        steps=tuple(_step(step, tuple(counted.get((step, grade), 0) for grade in GRADES)) for step in steps),
        words=tuple(
            BadRating(
                case=row.number,
                step=STEPS.get(row.step, (row.step, row.step)),
                grade=GRADES[row.grade],
                comment=_masked(row.comment, row.kind, row.name),
                at=row.rated_at,
            )
            for row in words
        ),
    )


def _masked(comment: str, kind: str, name: str) -> str:
    """Without what tells who a natural person is."""
    known = comment.replace(name, masked_name(name)) if kind == PartyKind.PERSON and name else comment
    return numbers_masked(known)


def _step(step: str, counts: tuple[int, ...]) -> StepGrades:
    total, good = sum(counts), sum(count for count, grade in zip(counts, GRADES, strict=True) if grade >= SATISFIED)
    zh, en = STEPS[step]
    return StepGrades(zh=zh, en=en, counts=counts, total=total, satisfied=percent(share(good, total)))
