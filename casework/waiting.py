"""Wakes cases that wait for an officer's entry (a parameter, money): their next action becomes the system's, at once.

Waking is no transition: nothing happened to the case, so its version stays and no decision is written; the register's
own audit row says what was entered and how many cases it woke. Whoever wakes writes in `desk.arriving`, so that it meets no case
that a step is about to make wait.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlmodel import col

from models import Case, Comparison, Duty, State, SubjectKey
from models.work import Work


def wake(work: Work, policy: str, items: Collection[str]) -> int:
    """The cases of these items that wait for a parameter; how many."""
    if not items:
        return 0
    return _wake(work, Duty.PARAMETER_AUTHOR, col(Case.policy) == policy, col(Case.item).in_(items))


def wake_for_funds(work: Work, unit: str) -> int:
    """The cases that wait for a unit's money; how many. They keep the unit, and with it their place in its queue."""
    here = (col(Case.next_unit) == unit) | col(Case.next_unit).is_(None)
    return _wake(work, Duty.FUND_OFFICER, here, keeps_unit=True)


def wake_behind(work: Work, unit: str, besides: Collection[UUID]) -> int:
    """The same for those that somebody before them kept waiting, who has left the queue; without those just looked at."""
    others = (col(Case.next_unit) == unit, col(Case.state) == State.CERTIFIED, col(Case.id).not_in(besides))
    return _wake(work, Duty.FUND_OFFICER, *others, keeps_unit=True)


def wake_for_return(work: Work, benefit: UUID, subject: str) -> int:
    """The cases that wait until a lower sum is given back (swap): on its subject, or called the same by somebody; how many."""
    tied = select(col(SubjectKey.case_id)).where(col(SubjectKey.key) == subject)
    compared = select(col(Comparison.case_id)).where(col(Comparison.benefit_id) == benefit)
    which = or_(col(Case.id).in_(tied), col(Case.id).in_(compared))
    return _wake(work, Duty.CERTIFIER, col(Case.state) == State.CERTIFIED, which)


def wake_for_conditions(work: Work, *which: ColumnElement[bool]) -> int:
    """The cases that a condition parked with the head: what it looked at may have changed; how many."""
    parked = col(Case.state).in_([State.CERTIFIED.value, State.DECIDED.value, State.ON_NOTICE.value])
    return _wake(work, Duty.HEAD, parked, col(Case.held).is_(False), col(Case.contested).is_(False), *which)


def wake_for_calendar(work: Work) -> int:
    """The decided cases that wait to be published because a year's working days were not known; how many."""
    later = (col(Case.state) == State.DECIDED, col(Case.next_due) > work.now)
    return _wake(work, Duty.SYSTEM, *later)


def _wake(work: Work, duty: Duty, *which: ColumnElement[bool], keeps_unit: bool = False) -> int:
    statement = update(Case).where(col(Case.next_duty) == duty, *which)
    unit = col(Case.next_unit) if keeps_unit else None
    turn = {"next_duty": Duty.SYSTEM.value, "next_unit": unit, "next_due": work.now, "due_provisional": False}
    return int(work.execute(statement.values(**turn, due_from="", due_setting="")).rowcount)
