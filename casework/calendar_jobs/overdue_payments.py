"""Payments without an answer: orders whose result is past its day, and results of the bank that fit no order.

Each is told once while it lasts to those whose turn it is, and once more to their head when it still stands as many
working days later as a payment may take (`P-pay-days`). It lasts for one due date: where the case gets another, it is told anew.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from casework.payments.payment_lists import Overdue, Unmatched, overdue, unmatched
from casework.shared.notify_once import CHUNK, Note, tell
from casework.shared.policies_in_use import of_work
from casework.shared.reference import Reference, is_installed, policy_of, reference
from casework.shared.run_summary import RunSummary
from models import Case, Duty, Grant
from models.clock import business_date
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.policy import Policy
from policies.workdays import CalendarUnknown


def payments(store: Store, day: date) -> RunSummary:
    """Orders on their way without a result."""
    with store.read() as work:
        facts, found = reference(store, work), overdue(work)
        about = _cases(work, [order.case for order in found])
        notes = [note for order in found for note in _of_order(facts, order, about[order.case], day)]
    return _outcome(tell(store, notes), [(order.number, f"应于 {_last_day(order.due)} 前有结果") for order in found])


def results(store: Store, day: date) -> RunSummary:
    """Results of the bank that were read and belong to no order."""
    with store.read() as work:
        facts, found, units = reference(store, work), unmatched(work), _readers(work)
        known = of_work(work)
        notes = [note for result in found for unit in units for note in _of_result(facts, known, result, unit, day)]
    return _outcome(tell(store, notes), [(result.reference, result.reason or result.match) for result in found])


def _outcome(told: int, standing: list[tuple[str, str]]) -> RunSummary:
    return RunSummary(moved=[("提醒", f"{told} 份")] if told else [], waiting=standing)


def _of_order(facts: Reference, order: Overdue, case: Any, day: date) -> Iterator[Note]:
    spell = _last_day(order.due)
    content = {"case": order.case, "order": order.number, "amount_fen": order.amount_fen, "due": spell.isoformat()}
    about: dict[str, Any] = {"subject": order.number, "due": spell.isoformat(), "case": case.id, "content": content}
    for duty in sorted({case.next_duty, Duty.MAKER}):
        yield Note(kind="payment_overdue", stage="overdue", to=f"unit:{case.next_unit}:{duty}", **about)
    if is_installed(case.policy) and day > _patience(facts, policy_of(case.policy), spell):
        yield Note(
            kind="payment_overdue_escalated", stage="escalated", to=f"unit:{case.next_unit}:{Duty.HEAD}", **about
        )


def _of_result(facts: Reference, known: Sequence[Policy], result: Unmatched, unit: str, day: date) -> Iterator[Note]:
    came = business_date(result.read_at)
    content = {"order": result.reference, "amount_fen": result.amount_fen, "reason": result.reason or result.match}
    about: dict[str, Any] = {"subject": str(result.id), "due": came.isoformat(), "content": content}
    yield Note(kind="result_unmatched", stage="unmatched", to=f"unit:{unit}:{Duty.RECONCILER}", **about)
    if day > max(_patience(facts, policy, came) for policy in known):
        yield Note(kind="result_unmatched_escalated", stage="escalated", to=f"unit:{unit}:{Duty.HEAD}", **about)


def _patience(facts: Reference, policy: Policy, since: date) -> date:
    """The last day on which it is not yet the head's affair: as many working days again as a payment may take."""
    days = facts.setting(policy, "P-pay-days", since)
    try:
        return facts.calendar.add(since, days)
    except CalendarUnknown:
        return since + timedelta(days=days)


def _last_day(due: datetime) -> date:
    """A deadline ends at 24:00 of its last day."""
    return business_date(due - timedelta(microseconds=1))


def _cases(work: UnitOfWork, numbers: list[str]) -> dict[str, Any]:
    """Whose turn each case is."""
    shown = (col(Case.id), col(Case.number), col(Case.policy), col(Case.next_duty), col(Case.next_unit))
    found: dict[str, Any] = {}
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        found |= {row.number: row for row in work.execute(select(*shown).where(col(Case.number).in_(chunk)))}
    return found


def _readers(work: UnitOfWork) -> list[str]:
    """Where results are matched: the policies' treasuries, else every unit that has somebody to do it."""
    treasuries = {policy.treasury.zh for policy in of_work(work) if policy.treasury}
    here = (
        select(col(Grant.unit)).distinct().where(col(Grant.duty) == Duty.RECONCILER, col(Grant.valid_from) <= work.now)
    )
    holding = here.where(col(Grant.valid_to).is_(None) | (col(Grant.valid_to) > work.now))
    units = set(work.execute(holding).scalars())
    return sorted(units & treasuries or units)
