"""Payments without an answer are told once to whose turn it is, then to their head; so are results that fit no order."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.calendar_jobs import overdue_payments as job
from casework.payments.bank_status import BankStatus
from casework.payments.payment_lists import overdue, unmatched
from models import Duty, Reminder
from models.clock import business_date
from models.store import Store
from support.calendar_jobs import at, told
from support.paying import Paying, listed, row
from support.stage import TREASURY

KINDS = ("payment_overdue", "payment_overdue_escalated")
RESULTS = ("result_unmatched", "result_unmatched_escalated")


@pytest.fixture
def paying(store: Store, tmp_path: Path) -> Paying:
    return Paying(store, tmp_path).furnish(cases=2)


def last_day(paying: Paying) -> date:
    """The last day on which the bank may answer."""
    due = paying.view(0).next_due
    assert due is not None
    return business_date(due - timedelta(microseconds=1))


def look(paying: Paying, day: date) -> list[tuple[str, str]]:
    """Both jobs on a morning; what they say still stands."""
    paying.store.set_clock(at(day.isoformat(), "00:00:30"), frozen=True)
    return job.payments(paying.store, day).waiting + job.results(paying.store, day).waiting


def test_an_order_without_a_result_is_told_once_and_then_its_head(paying: Paying) -> None:
    paying.sent()
    last = last_day(paying)
    assert look(paying, last) == [] and told(paying.store, *KINDS) == []
    first = last + timedelta(days=1)
    numbers = sorted(order.number for order in paying.orders())
    assert sorted(number for number, _ in look(paying, first)) == numbers
    told_now = told(paying.store, *KINDS)
    assert {message.to for message in told_now} == {f"unit:{TREASURY}:{duty}" for duty in (Duty.MAKER, Duty.RECONCILER)}
    assert len(told_now) == 4 and {message.content["due"] for message in told_now} == {last.isoformat()}
    look(paying, first)
    assert len(told(paying.store, *KINDS)) == 4
    with paying.store.read() as work:
        seen = overdue(work)
    assert all(late.told_at is not None and late.escalated_at is None for late in seen)
    look(paying, last + timedelta(days=14))
    escalated = told(paying.store, "payment_overdue_escalated")
    assert sorted(message.content["order"] for message in escalated) == numbers
    assert {message.to for message in escalated} == {f"unit:{TREASURY}:head"}
    with paying.store.read() as work:
        assert all(late.escalated_at is not None for late in overdue(work))


def test_an_answer_ends_the_spell_and_another_due_date_begins_one(paying: Paying) -> None:
    paying.sent()
    first = last_day(paying) + timedelta(days=1)
    look(paying, first)
    assert paying.read(paying.say((0, BankStatus.SETTLED), (1, BankStatus.FAILED))).settled == 1
    assert look(paying, first + timedelta(days=1)) == []
    again = paying.sent([paying.cases[1]], allocate=False)
    assert again
    due = paying.view(1).next_due
    assert due is not None
    look(paying, business_date(due) + timedelta(days=1))
    with paying.store.read() as work:
        spells = work.execute(
            select(col(Reminder.subject), col(Reminder.due)).where(col(Reminder.kind) == "payment_overdue")
        ).all()
    assert len({tuple(spell) for spell in spells}) == 3, "two orders of the first batch, one new attempt"


def test_a_result_that_fits_no_order_is_told_until_it_is_matched(paying: Paying) -> None:
    batch = paying.sent()
    assert batch
    good = row(paying.order(), BankStatus.SETTLED)
    stray = ("XZ2023-M04-999999-A1", *good[1:])
    assert len(paying.read(listed(paying.folder / "stray.csv", [stray])).unmatched) == 1
    with paying.store.read() as work:
        (result,) = unmatched(work)
    came = business_date(result.read_at)
    for ahead in (0, 1):
        assert len(job.results(paying.store, came + timedelta(days=ahead)).waiting) == 1
    assert [(seen.kind, seen.to) for seen in told(paying.store, *RESULTS)] == [
        ("result_unmatched", f"unit:{TREASURY}:reconciler")
    ]
    job.results(paying.store, came + timedelta(days=14))
    assert [seen.to for seen in told(paying.store, "result_unmatched_escalated")] == [f"unit:{TREASURY}:head"]
