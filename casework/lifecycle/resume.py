"""Wakes cases that wait for an officer's entry (a parameter, money): their next action becomes the system's, at once.

Waking is no transition: nothing happened to the case, so its version stays and no decision is written; the register's
own audit row says what was entered and how many cases it woke. Whoever wakes writes in `register_writes.arriving`, so that it
meets no case that a step is about to make wait. Only money comes back by acts too
(`funds/resume_for_funds.py`): the lock of its fund keeps the two apart.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from casework.lifecycle import case_writes
from casework.shared.errors import Retryable
from models import Case, Comparison, Duty, State, SubjectKey
from models.unit_of_work import UnitOfWork

TRIES, MOMENT = 50, timedelta(milliseconds=100)  # how often, and after what pause, somebody looks again who was Busy


class Busy(Retryable):
    """Somebody has a case in hand that is to be woken: in a moment it can be."""

    def __init__(self) -> None:
        zh, en = (
            "等候资金的案件正由他人办理，请稍后再试",
            "somebody has a case in hand that waits for money: try again in a moment",
        )
        super().__init__("busy", zh, en)


def wake(work: UnitOfWork, policy: str, items: Collection[str]) -> int:
    """The cases of these items that wait for a parameter, or for money of which they may now need less; how many."""
    if not items:
        return 0
    here = (col(Case.policy) == policy, col(Case.item).in_(items))
    return wake_where(work, Duty.PARAMETER_AUTHOR, *here) + wake_where(work, Duty.FUND_OFFICER, *here, keeps_unit=True)


def wake_for_return(work: UnitOfWork, benefit: UUID, subject: str) -> int:
    """The cases that wait until a lower sum is given back (swap): on its subject, or called the same by somebody; how many."""
    tied = select(col(SubjectKey.case_id)).where(col(SubjectKey.key) == subject)
    compared = select(col(Comparison.case_id)).where(col(Comparison.benefit_id) == benefit)
    which = or_(col(Case.id).in_(tied), col(Case.id).in_(compared))
    return wake_where(work, Duty.CERTIFIER, col(Case.state) == State.CERTIFIED, which)


def wake_for_conditions(work: UnitOfWork, *which: ColumnElement[bool]) -> int:
    """The cases that a condition stopped and gave to the head: what it looked at may have changed; how many."""
    states = col(Case.state).in_([State.CERTIFIED.value, State.DECIDED.value, State.ON_NOTICE.value])
    return wake_where(work, Duty.HEAD, states, col(Case.held).is_(False), col(Case.contested).is_(False), *which)


def wake_for_calendar(work: UnitOfWork) -> int:
    """The decided cases that wait to be published because a year's working days were not known; how many."""
    later = (col(Case.state) == State.DECIDED, col(Case.next_due) > work.now)
    return wake_where(work, Duty.SYSTEM, *later)


def wake_where(
    work: UnitOfWork, duty: Duty, *which: ColumnElement[bool], keeps_unit: bool = False, skip_locked: bool = False
) -> int:
    """`keeps_unit`: of a case that may have to wait on, with since when it has waited. `skip_locked`: whoever calls holds a fund,
    and cases are locked before funds, so that it waits for no lock; Busy where somebody else has one of the cases in hand."""
    woken = case_writes.wake(work, duty, *which, keeps_unit=keeps_unit, skip_locked=skip_locked and work.postgres)
    if woken is None:
        raise Busy
    return woken
