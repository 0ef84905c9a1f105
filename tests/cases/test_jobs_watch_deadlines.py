"""Deadlines: amber and red are told once to whose turn it is, red to the head as well; the clock stops with the applicant."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import count

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.calendar_jobs import job_runner
from casework.calendar_jobs.next_year_calendar import next_year_known
from casework.lifecycle import commands as r
from casework.lifecycle.service_time_limit import days_still, promised_day
from casework.shared.reference import touch
from models import Delegation, Duty, JointOpinion, Reminder, State
from models.store import Store
from policies.lights import Light, light, working_days_left
from policies.workdays import CHINA
from support.calendar_jobs import ToldOnce, at, told
from support.stage import LEAD, NOON, Stage, claim, named, officer
from support.walk import Walk

S, D = State, Duty
LIGHTS = ("deadline_near", "deadline_over", "deadline_escalated")


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish())


def look(store: Store, day: str, clock: str = "00:00:00") -> None:
    """The calendar's look at a moment."""
    store.set_clock(at(day, clock), frozen=True)
    job_runner.run_due(store)


def to(messages: Iterable[ToldOnce]) -> list[tuple[str, str]]:
    """Kind and recipient of each."""
    return sorted((message.kind, message.to) for message in messages)


def test_lights_change_with_the_working_days_that_are_left() -> None:
    friday, last = date(2023, 9, 8), date(2023, 9, 11)  # five working days from Monday the fourth
    assert [light(last, friday + timedelta(days=n)) for n in range(-1, 5)] == [
        Light.GREEN, Light.AMBER, Light.AMBER, Light.AMBER, Light.AMBER, Light.RED,
    ]  # fmt: skip
    assert working_days_left(last, friday) == 1 and working_days_left(last, last) == 0
    assert light(last, date(2023, 9, 4), days=6, percent=80) is Light.AMBER
    assert light(date(2023, 10, 9), date(2023, 9, 28), days=20) is Light.AMBER  # make-up days count, holidays do not
    assert light(date(2099, 1, 5), date(2099, 1, 4)) is Light.GREEN, "a year that nobody knows yet"
    assert light(date(2099, 1, 5), date(2099, 1, 6)) is Light.RED


def test_amber_and_red_are_told_once_and_red_goes_to_the_head_too(walk: Walk, store: Store) -> None:
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    assert case.next_due == at("2023-09-12", "00:00:00")  # five working days: until Monday 11 September, 24:00
    look(store, "2023-09-07", "23:59:59")
    assert told(store, *LIGHTS) == []
    look(store, "2023-09-08")
    mine = f"unit:{LEAD}:acceptor"
    assert to(told(store, *LIGHTS)) == [("deadline_near", mine)]
    for day in ("2023-09-09", "2023-09-10", "2023-09-11"):
        look(store, day)
    assert to(told(store, *LIGHTS)) == [("deadline_near", mine)]
    for day in ("2023-09-12", "2023-09-13", "2023-09-20"):
        look(store, day)
    assert to(told(store, *LIGHTS)) == [
        ("deadline_escalated", f"unit:{LEAD}:head"), ("deadline_near", mine), ("deadline_over", mine),
    ]  # fmt: skip
    escalated = told(store, "deadline_escalated")[0].content
    assert (escalated["late_unit"], escalated["late_duty"]) == (LEAD, "受理人")
    assert walk.stage.case(case.id).version == case.version, "a reminder is no act"
    with store.read() as work:
        rows = work.execute(select(col(Reminder.kind), col(Reminder.due), col(Reminder.stage), col(Reminder.case_id)))
        assert {tuple(row) for row in rows} == {
            ("deadline_near", "2023-09-11", "amber", case.id), ("deadline_over", "2023-09-11", "red", case.id),
            ("deadline_escalated", "2023-09-11", "red", case.id),
        }  # fmt: skip


def test_the_next_step_has_a_light_of_its_own(walk: Walk, store: Store) -> None:
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    look(store, "2023-09-13")
    walk.forward(case.id)
    screening = walk.stage.case(case.id)
    assert screening.next_duty == D.SCREENER
    look(store, "2023-09-14")
    assert "unit:算例镇:screener" not in {message.to for message in told(store, *LIGHTS)}
    look(store, "2023-09-21")
    assert ("deadline_over", "unit:算例镇:screener") in to(told(store, *LIGHTS))
    assert ("deadline_escalated", "unit:算例镇:head") in to(told(store, *LIGHTS))


def test_the_clock_stops_while_a_case_is_with_its_applicant(walk: Walk, store: Store) -> None:
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    store.set_clock(at("2023-09-06"), frozen=True)
    walk.do(r.ReturnForCorrection, case, missing=["算例证书"])
    look(store, "2023-09-13")  # the acceptor's five days would be over
    assert told(store, *LIGHTS) == []
    look(store, "2023-09-18")
    assert to(told(store, *LIGHTS)) == [("deadline_near", f"party:{named('firm-0')}")]
    store.set_clock(at("2023-09-19"), frozen=True)
    back = walk.to(walk.forward(case.id).id, S.FILED, D.ACCEPTOR)
    assert back.next_due == at("2023-09-27", "00:00:00"), "five working days from the day it came back"
    look(store, "2023-09-20")
    assert [message for message in told(store, *LIGHTS) if message.to.startswith("unit:")] == []


def test_a_correction_that_is_not_made_lapses_and_nobody_is_blamed(walk: Walk, store: Store) -> None:
    from casework.applications.automatic_checks import lapse

    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    walk.do(r.ReturnForCorrection, case, missing=["算例证书"])
    look(store, "2023-09-19")
    lapse(store)
    look(store, "2023-09-20")
    assert walk.stage.case(case.id).state == S.LAPSED
    assert [message.to for message in told(store, "deadline_escalated")] == []


def test_the_promised_time_leaves_out_the_days_with_the_applicant(walk: Walk, store: Store) -> None:
    with store.write() as work:
        walk.stage.value(work, "P-promised-days", 10)
        touch(work)
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    straight = walk.to(walk.open("M4a", 2), S.CERTIFIED)  # filed the same day, never sent back
    store.set_clock(at("2023-09-05"), frozen=True)
    walk.do(r.ReturnForCorrection, case, missing=["算例证书"])
    store.set_clock(at("2023-09-15"), frozen=True)
    walk.to(walk.forward(case.id).id, S.FILED, D.ACCEPTOR)
    # ten working days after 4 September end on the 18th; eight more stood still: 28 September
    look(store, "2023-09-19")
    assert [message.content["case"] for message in told(store, "promise_over")] == [straight.number]
    assert [message.content["case"] for message in told(store, "promise_near")] == []
    look(store, "2023-09-26")
    near = told(store, "promise_near")
    assert [(message.content["case"], message.content["due"], message.to) for message in near] == [
        (case.number, "2023-09-28", f"unit:{LEAD}:head")
    ]


def test_days_that_stand_still_are_working_days_after_sending_back() -> None:
    assert days_still(CHINA, (date(2023, 9, 5), date(2023, 9, 15))) == 8
    assert days_still(CHINA, (date(2023, 9, 5), date(2023, 9, 5))) == 0
    assert promised_day(CHINA, NOON, 10) == date(2023, 9, 18)
    assert promised_day(CHINA, NOON, 10, [(date(2023, 9, 5), date(2023, 9, 15))]) == date(2023, 9, 28)


def test_only_joint_units_that_are_silent_hear_of_a_joint_review(walk: Walk, store: Store) -> None:
    case = walk.to(walk.open("M5c", 1), S.UNDER_JOINT_REVIEW)
    walk.do(r.Opine, case)  # one of the two units
    with store.read() as work:
        silent = set(
            work.execute(select(col(JointOpinion.unit)).where(col(JointOpinion.opinion) == "pending")).scalars()
        )
    assert len(silent) == 1
    look(store, "2023-09-28")
    late = told(store, "deadline_over", "deadline_escalated")
    unit = silent.pop()
    assert to(late) == [("deadline_escalated", f"unit:{unit}:head"), ("deadline_over", f"unit:{unit}:joint_reviewer")]
    assert walk.stage.case(case.id).state == S.UNDER_JOINT_REVIEW, "silence is never consent"


def test_an_objection_that_nobody_answers_is_watched(walk: Walk, store: Store) -> None:
    case = walk.to(walk.open("M4a", 1), S.ON_NOTICE)
    walk.do(r.Object, case, duty=D.CLERK, by=officer(D.CLERK), reason="算例异议")
    look(store, "2023-09-08")
    assert (("deadline_near", f"unit:{LEAD}:investigator")) in to(told(store, *LIGHTS))
    look(store, "2023-09-12")
    assert ("deadline_escalated", f"unit:{LEAD}:head") in to(told(store, *LIGHTS))


def test_a_held_case_is_not_watched_and_a_notice_ends_by_the_sweep(walk: Walk, store: Store) -> None:
    from casework.awards import public_notice
    from casework.lifecycle import due_cases

    case = walk.to(walk.open("M4a", 1), S.ON_NOTICE)
    assert case.next_due is not None
    store.set_clock(case.next_due - timedelta(seconds=1), frozen=True)
    assert due_cases.measures(store) == []
    store.set_clock(case.next_due, frozen=True)
    assert due_cases.measures(store) == [("XZ2023", "M4")]
    public_notice.end_notice(store)
    payable = walk.stage.case(case.id)
    assert payable.state == S.PAYABLE
    walk.do(r.Hold, payable, duty=D.HEAD, by=officer(D.HEAD), reason="算例", review_on="2023-12-30")
    look(store, "2023-12-29")
    assert told(store, *LIGHTS) == []


def test_both_persons_hear_when_a_delegation_begins_and_ends_and_its_effect_is_by_row(walk: Walk, store: Store) -> None:
    look(store, "2023-09-04", "12:00:00")
    with store.write() as work:
        work.add(
            Delegation, from_person=officer(D.ACCEPTOR), to_person=officer(D.ACCEPTOR, 1), duty=D.ACCEPTOR, unit=LEAD,
            valid_from=at("2023-09-05", "09:00:00"), valid_to=at("2023-09-06", "18:00:00"), reason="算例出差",
        )  # fmt: skip
        touch(work)
    kinds = ("delegation_begins", "delegation_ends")
    look(store, "2023-09-05", "08:59:59")
    assert told(store, *kinds) == []
    look(store, "2023-09-05", "09:00:00")
    both = [f"person:{officer(D.ACCEPTOR, which)}" for which in (0, 1)]
    assert sorted(message.to for message in told(store, "delegation_begins")) == sorted(both)
    look(store, "2023-09-06", "17:59:59")
    assert told(store, "delegation_ends") == []
    for _ in range(2):
        look(store, "2023-09-06", "18:00:00")
    assert sorted(message.to for message in told(store, "delegation_ends")) == sorted(both)
    assert len(told(store, *kinds)) == 4
    assert told(store, "delegation_ends")[0].content["ends"] == "2023-09-06 18:00"


def test_operators_hear_in_december_that_next_years_working_days_are_missing(walk: Walk, store: Store) -> None:
    look(store, "2023-11-30")
    look(store, "2023-12-08")
    assert told(store, "holidays_missing") == [], "2024 is known"
    year = next(last_known for last_known in count(2024) if not CHINA.knows(last_known + 1))
    store.set_clock(at(f"{year}-12-02"), frozen=True)
    assert next_year_known(store, date(year, 12, 1)).waiting
    first = told(store, "holidays_missing")
    assert {message.content["year"] for message in first} == {year + 1} and all(
        ":administrator" in message.to for message in first
    )
    next_year_known(store, date(year, 12, 1))
    assert len(told(store, "holidays_missing")) == len(first)
    next_year_known(store, date(year, 12, 8))
    assert len(told(store, "holidays_missing")) == 2 * len(first), "every week until it is known"


def test_a_repeated_watch_over_thousands_of_rows_tells_nobody_twice(walk: Walk, store: Store) -> None:
    from casework.calendar_jobs.deadline_watch import watch_deadlines

    with store.write() as work:
        drafts = [walk.stage.draft(work, "M4a", number) for number in range(1, 13)]
    for case in drafts:
        walk.do(r.File, walk.stage.case(case), claim=claim("M4a", 1))
    from casework.applications import automatic_checks

    automatic_checks.submit(store)
    store.set_clock(at("2023-09-12"), frozen=True)
    first = watch_deadlines(store, date(2023, 9, 12))
    assert first.moved == [("期限", "已提示 24")]
    assert watch_deadlines(store, date(2023, 9, 12)).idle


def test_an_inbox_shows_the_light_of_each_task(walk: Walk, store: Store) -> None:
    from casework.views import inbox

    walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    shown = []
    for day in ("2023-09-07", "2023-09-08", "2023-09-12"):
        store.set_clock(at(day), frozen=True)
        shown.append(inbox(store, officer(D.ACCEPTOR))[0].light)
    assert shown == ["green", "amber", "red"]
