"""The one place that writes rows of cases.

A move counts the version up and comes with a decision (`case_changes.record`). A turn that passes, a deadline counted again and a
case that is woken leave the version as it is: nothing happened to the case.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, select, update
from sqlmodel import col

from casework.lifecycle.procedure import Next
from casework.shared.errors import Retryable
from models import Case, Duty
from models.statements import Prepared, given
from models.unit_of_work import UnitOfWork

_MOVED = (
    "state", "next_duty", "next_unit", "next_due", "due_provisional", "due_from", "due_setting", "rule_version", "rule_digest",
    "filed_at", "corrections", "amount_fen", "held", "contested", "review_on", "problem",
)  # fmt: skip
_MOVE = Prepared(
    update(Case)
    .where(col(Case.id) == bindparam("wanted"), col(Case.version) == bindparam("seen"))
    .values(
        version=bindparam("seen") + 1,
        changed_at=bindparam("now"),
        **{name: given(f"new_{name}", getattr(Case, name)) for name in _MOVED},
    )
)
_PARK = Prepared(
    update(Case)
    .where(col(Case.id) == bindparam("wanted"), col(Case.version) == bindparam("seen"))
    .values(
        next_duty=bindparam("new_duty"),
        next_unit=bindparam("new_unit"),
        next_due=given("new_due", Case.next_due),
        due_provisional=bindparam("new_provisional"),
        due_from=bindparam("new_from"),
        due_setting=bindparam("new_setting"),
        problem=bindparam("new_problem"),
    )
)


def new_case(work: UnitOfWork, **values: Any) -> UUID:
    """A new case as a draft, the applicant's to file; its id."""
    case = work.new_id()
    work.add(Case, id=case, next_duty=Duty.APPLICANT, opened_at=work.now, changed_at=work.now, **values)
    return case


def move(work: UnitOfWork, moves: Sequence[tuple[UUID, int, Mapping[str, Any]]]) -> None:
    """Moves cases (id, version seen, every column of `_MOVED`), and counts the versions up; Retryable where one was changed."""
    arguments = [
        {"wanted": case, "seen": seen, "now": work.now} | {f"new_{name}": value for name, value in columns.items()}
        for case, seen, columns in moves
    ]
    _all(work.run_many(_MOVE, arguments), len(moves))


def pass_turn(work: UnitOfWork, case: UUID, seen: int, following: Next, problem: str) -> None:
    """The turn passes where the case stands, with why it stopped; Retryable where the case was changed meanwhile."""
    touched = work.run(
        _PARK,
        wanted=case,
        seen=seen,
        new_duty=following.duty,
        new_unit=following.unit,
        new_due=following.due,
        new_provisional=following.provisional,
        new_from=day_of(following),
        new_setting=following.setting,
        new_problem=problem,
    )
    _all(touched, 1)


def _all(touched: int, wanted: int) -> None:
    if touched != wanted:
        raise Retryable("stale", "案件已被他人更新，请重新查看后再试", "the case was changed meanwhile: look again")


def day_of(following: Next) -> str:
    """The day that a next action's deadline counts from, as the case keeps it."""
    return following.since.isoformat() if following.since else ""


def set_deadline(work: UnitOfWork, case: UUID, number: str, seen: int, due: datetime | None) -> None:
    """The deadline of the turn as it is, counted again and final; audited."""
    this = update(Case).where(col(Case.id) == case, col(Case.version) == seen)
    work.execute(this.values(next_due=due, due_provisional=False))
    work.audit(actor=Duty.SYSTEM, action="deadline", subject=number, version=seen, content={"due": str(due)})


def give_to_system(work: UnitOfWork, case: UUID, seen: int, owner: Duty) -> None:
    """What stopped the case is gone: it is the system's turn again, unless it is no longer the owner's."""
    turn = {"next_duty": Duty.SYSTEM, "next_unit": None, "next_due": work.now, "due_provisional": False, "problem": ""}
    this = update(Case).where(col(Case.id) == case, col(Case.version) == seen, col(Case.next_duty) == owner)
    work.execute(this.values(**turn))


def wake(
    work: UnitOfWork, duty: Duty, *which: ColumnElement[bool], keeps_unit: bool = False, skip_locked: bool = False
) -> int | None:
    """The system's turn, at once, for the cases that wait for a duty; how many.

    `keeps_unit`: with the unit and since when they waited. `skip_locked`: locked cases are not waited for; None where there is one.
    """
    waits = (col(Case.next_duty) == duty, *which)
    turn = {"next_duty": Duty.SYSTEM.value, "next_due": work.now, "due_provisional": False}
    gone = {} if keeps_unit else {"next_unit": None, "due_from": "", "due_setting": ""}
    if not skip_locked:
        return int(work.execute(update(Case).where(*waits).values(**turn, **gone)).rowcount)
    free = select(col(Case.id)).where(*waits).with_for_update(skip_locked=True)
    woken = int(work.execute(update(Case).where(col(Case.id).in_(free)).values(**turn, **gone)).rowcount)
    return None if work.execute(select(exists().where(*waits))).scalar_one() else woken
