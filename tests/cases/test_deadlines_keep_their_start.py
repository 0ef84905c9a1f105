"""A deadline keeps the day it counts from and the setting it counts by: lights and later calendars go by them."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from casework.awards import computation
from casework.funds import budget_register
from casework.lifecycle import commands as r
from casework.lifecycle.provisional_deadlines import recompute_provisional
from casework.policy_settings import holidays
from casework.shared.reference import touch
from casework.shared.register_writes import SYSTEM
from casework.views import inbox
from models import Duty, State
from models.clock import end_of
from models.store import Store
from policies.money import Money
from policies.workdays import CHINA
from support.calendar_jobs import at
from support.paying import Paying
from support.stage import BUDGET, LEAD, Stage, officer
from support.walk import Walk

S, D = State, Duty
LAST_KNOWN = max(year for year in range(2023, 2100) if CHINA.knows(year))
NEW_YEAR = date(LAST_KNOWN + 1, 1, 1)


def set_(stage: Stage, first: str = "2023-07-01", **values: Any) -> None:
    """Settings in force from a day on."""
    with stage.store.write() as work:
        for name, value in values.items():
            setting = name.replace("_", "-")
            work.connection.exec_driver_sql(
                f"UPDATE parameter_value SET status = 'ended' WHERE parameter = '{setting}'"
            )
            stage.value(work, setting, value, first)
        touch(work)


def light(store: Store, who: Duty) -> str:
    return inbox(store, officer(who))[0].light


@pytest.mark.parametrize(("joint", "allocate", "shown"), [(50, 5, "amber"), (5, 5, "amber"), (5, 50, "amber")])
def test_the_heads_approval_above_the_threshold_is_lit_by_the_setting_that_it_is_due_by(
    store: Store, tmp_path: Path, joint: int, allocate: int, shown: str
) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    set_(paying.stage, P_release_threshold="1", P_joint_days=joint, P_allocate_days=allocate)
    paying.allocate()
    paying.check(paying.prepare().number)
    case = paying.view()
    assert (case.next_duty, case.due_setting) == (D.HEAD, "P-allocate-days")
    day = end_of(CHINA.deadline(date.fromisoformat(case.due_from), allocate))
    assert case.next_due == day
    assert light(store, D.HEAD) == "green"
    left = -(-allocate * 20 // 100)  # the amber end: a fifth of the days that this turn was given, rounded up
    last_green = CHINA.deadline(date.fromisoformat(case.due_from), allocate - left - 1)
    store.set_clock(at(last_green.isoformat(), "12:00:00"), frozen=True)
    assert light(store, D.HEAD) == "green"
    store.set_clock(at(CHINA.deadline(last_green, 1).isoformat(), "12:00:00"), frozen=True)
    assert light(store, D.HEAD) == shown


def test_a_setting_that_changes_meanwhile_changes_no_light_of_a_step_that_runs(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    store.set_clock(at("2023-09-05", "12:00:00"), frozen=True)
    set_(walk.stage, first="2023-09-05", P_accept_days=40)  # the step began the day before
    assert (walk.stage.case(case.id).next_due, light(store, D.ACCEPTOR)) == (case.next_due, "green")


def known(store: Store) -> None:
    """The notice of the next year is entered: New Year rests."""
    holidays.add_year(store, SYSTEM, year=LAST_KNOWN + 1, rests=[NEW_YEAR], works=[], citation="算例")


def test_a_case_parked_in_december_is_due_from_the_day_it_was_parked(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.to(walk.open("M4a", 1), S.CERTIFIED, D.SYSTEM)
    budget_register.cut(store, officer(D.FUND_OFFICER), unit=LEAD, year=2023, amount=Money(BUDGET), document="算例收回")
    parked = f"{LAST_KNOWN}-12-29"
    store.set_clock(at(parked, "12:00:00"), frozen=True)
    computation.compute(store, cases=[case.id])
    waiting = walk.stage.case(case.id)
    assert (waiting.next_duty, waiting.due_from, waiting.due_provisional) == (D.FUND_OFFICER, parked, True)
    known(store)
    recompute_provisional(store)
    settled = walk.stage.case(case.id)
    assert settled.next_due is not None and settled.next_due > at(parked, "23:59:59"), "not in September"
    assert not settled.due_provisional and settled.due_from == parked


@pytest.mark.parametrize("aside", ["held", "asked to be undone"])
def test_what_happens_beside_the_way_does_not_begin_a_deadline_anew(store: Store, aside: str) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.to(walk.open("M4a", 1), S.PAYABLE, D.ALLOCATOR)
    begun = case.due_from
    store.set_clock(at("2023-10-20", "12:00:00"), frozen=True)
    if aside == "held":
        walk.do(r.Hold, case, duty=D.HEAD, reason="算例", review_on="2030-01-01")
        walk.do(r.Unhold, walk.stage.case(case.id), duty=D.HEAD)
    else:
        walk.do(r.Undo, case, duty=D.HEAD, reason="算例")
    after = walk.stage.case(case.id)
    assert (after.due_from, after.next_due, after.due_setting) == (begun, case.next_due, "P-allocate-days")


def test_both_days_of_an_objection_are_settled_when_the_year_becomes_known(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.to(walk.open("M4a", 1), S.DECIDED, D.SYSTEM)
    store.set_clock(at(f"{LAST_KNOWN}-12-24", "12:00:00"), frozen=True)
    case = walk.forward(case.id)
    for day in (28, 29):
        store.set_clock(at(f"{LAST_KNOWN}-12-{day}", "12:00:00"), frozen=True)
        walk.do(r.Object, walk.stage.case(case.id), duty=D.CLERK, by=officer(D.CLERK), reason=f"算例 {day}")
    assert walk.stage.case(case.id).due_provisional
    known(store)
    settled = walk.stage.case(case.id)
    left = walk.do(r.AnswerObjection, settled, duty=D.INVESTIGATOR, reason="算例", objection=1)
    with store.read() as work:
        rows = work.connection.exec_driver_sql("SELECT answer_due FROM objection ORDER BY position").all()
    after = walk.stage.case(left.case)
    assert not settled.due_provisional and not after.due_provisional
    assert settled.next_due is not None and after.next_due is not None and settled.next_due < after.next_due
    assert after.due_from == f"{LAST_KNOWN}-12-29" and len({str(row[0]) for row in rows}) == 2
