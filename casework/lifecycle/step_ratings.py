"""好差评: an applicant's grade for each finished step of its own case, one a step, to be changed until the case ends.

A step that ends with the case can still be rated afterwards, once. A rating moves nothing and stops nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView, load
from casework.lifecycle.case_steps import case_steps
from casework.lifecycle.procedure import procedure_of
from casework.privacy.personal_keys import seal_of
from casework.shared.errors import Refused
from casework.shared.reference import person, reference
from casework.shared.register_writes import writing
from models import Case, Decision, State, StepRating
from models.cases import TERMINAL
from models.sealing import Personal
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash

LONGEST = 500
GRADES: Mapping[int, tuple[str, str]] = {
    5: ("非常满意", "very satisfied"),
    4: ("满意", "satisfied"),
    3: ("基本满意", "fairly satisfied"),
    2: ("不满意", "dissatisfied"),
    1: ("非常不满意", "very dissatisfied"),
}
"""The five grades of GB/T 39735, the best first; from the third on they count as satisfied."""
SATISFIED = 3
_RATINGS: Select[Any] = select(StepRating.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class NewRating:
    """What is said of one step."""

    grade: int
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class RatedStep:
    """A finished step with what was said of it; `grade` None: nothing yet. `open`: it may be said, or changed, now."""

    id: str
    zh: str
    en: str
    done_at: datetime | None
    grade: int | None
    comment: str
    open: bool


def rated_steps(store: Store, work: UnitOfWork, case: CaseView) -> tuple[RatedStep, ...]:
    """The finished steps of a case in their order."""
    procedure = procedure_of(reference(store, work), case, work.today)
    given = {row.step: row for row in work.execute(_RATINGS.where(col(StepRating.case_id) == case.id))}
    ended = case.state in TERMINAL
    steps = case_steps(procedure, case.state, case.town, entered(work, case))
    return tuple(
        RatedStep(
            id=step.id,
            zh=step.zh,
            en=step.en,
            done_at=step.at,
            grade=given[step.id].grade if step.id in given else None,
            comment=given[step.id].comment if step.id in given else "",
            open=not (ended and step.id in given),
        )
        for step in steps
        if step.place == "done"
    )


def entered(work: UnitOfWork, case: CaseView) -> dict[str, datetime]:
    """When the case last came into each of its states."""
    columns = (col(Decision.decided_at), col(Decision.from_state), col(Decision.to_state))
    query = select(*columns).where(col(Decision.case_id) == case.id).order_by(col(Decision.version))
    found = {str(row.to_state): row.decided_at for row in work.execute(query) if row.from_state != row.to_state}
    return {State.FILED: case.filed_at, **found} if case.filed_at else found


def rate(store: Store, by: UUID, number: str, said: Mapping[str, NewRating]) -> int:
    """Keeps what one of the applicant's people says of finished steps; how many it changed. The same said again changes nothing."""
    if not said:
        raise Refused(
            "grade", "请至少为一个步骤选择等级，再提交", "choose a grade for one step at least", field="grade"
        )
    for rating in said.values():
        _checked(rating)
    with writing(store) as work:
        who = person(work, reference(store, work), by)
        found = work.execute(select(col(Case.id), col(Case.party_id)).where(col(Case.number) == number)).first()
        if found is None or who.party_id is None or found.party_id != who.party_id:
            raise Refused("not_yours", "没有这个案件，或不是本单位的", "no such case, or not yours", field="case")
        case = load(work, [found.id])[found.id]
        known = {step.id: step for step in rated_steps(store, work, case)}
        changed = {
            step: rating
            for step, rating in said.items()
            if (rating.grade, rating.comment) != _before(known.get(step), step)
        }
        for step, rating in changed.items():
            _keep(work, case, by, known[step], rating)
    return len(changed)


def _checked(rating: NewRating) -> None:
    if rating.grade not in GRADES:
        raise Refused("grade", "请从五个等级中选择", "choose one of the five grades", field="grade")
    if len(rating.comment) > LONGEST:
        zh, en = f"评价意见最多 {LONGEST} 字", f"a comment has at most {LONGEST} characters"
        raise Refused("comment", zh, en, field="comment")


def _before(step: RatedStep | None, id: str) -> tuple[int | None, str]:
    if step is None:
        raise Refused("step", f"步骤“{id}”尚未完成，不能评价", f"step {id} is not finished yet", field="step")
    return step.grade, str(step.comment)


def _keep(work: UnitOfWork, case: CaseView, by: UUID, step: RatedStep, rating: NewRating) -> None:
    if not step.open:
        zh = f"本案已结束，“{step.zh}”的评价不能再修改"
        raise Refused("case_ended", zh, f"the case has ended: the rating of {step.en} stays", field=step.id)
    comment = seal_of(work, case.party_id, case.party_kind)(rating.comment)
    values = {"grade": rating.grade, "comment": comment, "rated_by": by, "rated_at": work.now}
    if step.grade is None:
        work.add(StepRating, case_id=case.id, step=step.id, **values)
    else:
        mine = (col(StepRating.case_id) == case.id, col(StepRating.step) == step.id)
        work.execute(update(StepRating).where(*mine).values(**values))
    # Of words that are sealed no hash is kept either: a short text could be guessed from it.
    digest = "" if isinstance(comment, Personal) or not rating.comment else content_hash(rating.comment)
    content = {"step": step.id, "grade": rating.grade, "comment": digest}
    work.audit(actor=str(by), action="rate", subject=case.number, version=case.version, content=content)
