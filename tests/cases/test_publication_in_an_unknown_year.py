"""A notice that would end in a year whose working days nobody entered waits for the calendar, and says so."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from casework.awards import public_notice
from casework.policy_settings import holidays
from casework.shared.register_writes import SYSTEM
from models import Duty, Message, State
from models.store import Store
from policies.workdays import CHINA
from support.stage import Stage
from support.walk import Walk, on

LAST = max(year for year in range(2023, 2100) if CHINA.knows(year))


def test_a_notice_across_the_end_of_the_known_years_waits_for_the_calendar_and_goes_on_with_it(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.DECIDED, Duty.SYSTEM)
    store.set_clock(on(f"{LAST}-12-30"), frozen=True)
    done = public_notice.announce(store)
    assert not done.failed and [number for number, _ in done.waiting] == [case.number]
    waiting = walk.stage.case(case.id)
    assert (waiting.state, waiting.next_duty) == (State.DECIDED, Duty.SYSTEM)
    assert f"{LAST + 1} 年的工作日安排尚未录入" in waiting.problem
    assert waiting.next_due is not None and waiting.next_due - _now(store) >= timedelta(days=1), "not tried every hour"
    with store.read() as work:
        told = select(col(Message.recipient)).where(col(Message.kind) == "holidays_missing")
        assert work.execute(told).all()
    days = {"rests": [date(LAST + 1, 1, 1)], "works": []}
    holidays.add_year(store, SYSTEM, year=LAST + 1, citation="算例通知", **days)
    assert public_notice.announce(store).moved and walk.stage.case(case.id).state == State.ON_NOTICE
    assert walk.stage.case(case.id).problem == ""


def _now(store: Store) -> datetime:
    with store.read() as work:
        return work.now
