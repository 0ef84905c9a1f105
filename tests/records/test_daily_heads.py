"""The audit chain's head of each day: found again whatever is written later, and whatever a clock does."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle import commands as r
from casework.views.daily_heads import daily_heads
from models import AuditEntry, Duty, State
from models.clock import business_date
from models.store import Store
from models.verify import head
from support.stage import NOON, Stage, named
from support.walk import Walk


@pytest.fixture
def walk(store: Store) -> Walk:
    """An office at noon of a working day, where one case was filed."""
    store.set_clock(NOON, frozen=True)
    walk = Walk(Stage(store).furnish())
    walk.to(walk.open("M4a", 1, 1), State.FILED, Duty.ACCEPTOR)
    return walk


def accept(walk: Walk, case: UUID) -> None:
    """One more act."""
    walk.do(r.Accept, walk.stage.case(case))


def test_each_day_has_its_head_and_what_follows_moves_no_earlier_one(walk: Walk, store: Store) -> None:
    (first,) = daily_heads(store)
    assert (first.seq, first.hash, first.over) == (head(store).seq, head(store).hash, False)
    store.set_clock(NOON + timedelta(days=3), frozen=True)
    assert [daily_head.over for daily_head in daily_heads(store)] == [True], (
        "the day is past though nothing follows yet"
    )
    accept(walk, named("case-1"))
    second, before = daily_heads(store)
    assert (before.day, before.seq, before.hash, before.over) == (first.day, first.seq, first.hash, True)
    assert (second.day, second.seq) == (business_date(NOON + timedelta(days=3)), head(store).seq)
    assert daily_heads(store) == (second, before), "what is remembered is what is read"
    with store.read() as work:
        kept = dict(work.execute(select(col(AuditEntry.seq), col(AuditEntry.hash))).tuples().all())
    assert (kept[before.seq], kept[second.seq]) == (before.hash, second.hash)


def test_a_clock_that_was_set_back_moves_no_head(walk: Walk, store: Store) -> None:
    store.set_clock(NOON + timedelta(days=1), frozen=True)
    accept(walk, named("case-1"))
    before = daily_heads(store)
    store.set_clock(NOON + timedelta(hours=1), frozen=True)
    walk.to(walk.open("M4a", 2, 2), State.FILED, Duty.ACCEPTOR)
    after = daily_heads(store)
    assert after[1:] == before[1:] and after[0].day == before[0].day
    assert after[0].seq == head(store).seq > before[0].seq


def test_a_store_in_which_nothing_was_written_has_none(store: Store) -> None:
    assert (daily_heads(store), head(store).seq) == ((), 0)
