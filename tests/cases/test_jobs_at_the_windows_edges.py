"""申报期: it opens and closes at its exact edges; people hear of it, drafts end with a reason, filed cases go on."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from casework.applications.automatic_checks import lapse
from casework.calendar_jobs import job_runner
from casework.calendar_jobs.filing_reminders import stage_on
from casework.command_handler import act
from casework.lifecycle import commands as r
from casework.shared.errors import Refused
from models import Duty, State
from models.store import Store
from support.calendar_jobs import at, told
from support.stage import LEAD, Stage, applicant, claim, named
from support.walk import Walk

SECOND = timedelta(seconds=1)
OPENS = datetime(2023, 6, 30, 16, tzinfo=UTC)  # 2023-07-01 00:00 in Shanghai
CLOSES = datetime(2024, 6, 30, 16, tzinfo=UTC)  # 2024-06-30 24:00 in Shanghai
ZONES = ("UTC", "Asia/Shanghai", "America/Los_Angeles")


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish())


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The zone of the machine on which somebody files."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def file(walk: Walk, number: int) -> State:
    """Somebody files the draft now; where the case stands then."""
    case = walk.stage.case(named(f"case-{number}"))
    walk.do(r.File, case, claim=claim(case.item, number))
    return State(walk.stage.case(case.id).state)


def look(store: Store, moment: datetime) -> None:
    """The calendar's look at a moment."""
    store.set_clock(moment, frozen=True)
    job_runner.run_due(store)


def test_both_edges_are_exact_to_the_second_in_every_zone(walk: Walk, store: Store, zone: str) -> None:
    for number, moment in enumerate((OPENS - SECOND, OPENS, CLOSES - SECOND, CLOSES), start=1):
        store.set_clock(OPENS - SECOND, frozen=True)
        walk.open("M4a", number)
        here = moment.astimezone()  # as the client's own clock would give it
        store.set_clock(here, frozen=True)
        if OPENS <= moment < CLOSES:
            assert file(walk, number) is State.FILED, zone
        else:
            with pytest.raises(Refused, match="尚未开始" if moment < OPENS else "截止"):
                file(walk, number)
    look(store, CLOSES - SECOND)
    assert walk.stage.case(named("case-1")).state == State.DRAFT
    assert told(store, "lapsed", "window_closed") == []
    look(store, CLOSES)
    ended = [walk.stage.case(named(f"case-{n}")).state for n in (1, 2, 3, 4)]
    assert ended == [State.LAPSED, State.FILED, State.FILED, State.LAPSED]


def test_the_opening_is_announced_at_its_first_second_and_once(walk: Walk, store: Store) -> None:
    look(store, OPENS - timedelta(days=1))
    look(store, OPENS - SECOND)
    assert told(store, "window_opens") == []
    look(store, OPENS)
    look(store, OPENS + SECOND)
    found = told(store, "window_opens")
    assert {f"party:{named(f'firm-{n}')}" for n in range(4)} < {message.to for message in found}
    assert {f"unit:{LEAD}:{duty}" for duty in (Duty.HEAD, Duty.ACCEPTOR)} < {message.to for message in found}
    assert len(found) == len({message.to for message in found})
    assert {(message.content["opens_on"], message.content["closes_on"]) for message in found} == {
        ("2023-07-01", "2024-06-30")
    }


def test_the_closing_ends_drafts_with_a_reason_reports_to_each_unit_and_lets_filed_cases_go_on(
    walk: Walk, store: Store
) -> None:
    paid = walk.to(walk.open("M4a", 1, firm=0), State.CLOSED)
    going = walk.to(walk.open("M4a", 2, firm=1), State.FILED, Duty.ACCEPTOR)
    other_unit = walk.to(walk.open("M5c", 3, firm=1), State.FILED, Duty.ACCEPTOR)
    draft = walk.open("M4a", 4, firm=2)
    look(store, CLOSES - timedelta(hours=1))
    look(store, CLOSES)
    assert walk.stage.case(draft).state == State.LAPSED
    lapsed = told(store, "lapsed")
    assert [(message.to, message.content["case"]) for message in lapsed] == [
        (f"party:{named('firm-2')}", "XZ2023-M04-000004")
    ]
    assert "未在期限内提交" in lapsed[0].content["reason"]
    assert [message.to for message in told(store, "window_closed")] == [f"party:{named('firm-1')}"]

    reports = {message.to: message.content for message in told(store, "closing_report")}
    mine = next(line for line in reports[f"unit:{LEAD}:head"]["lines"] if line.startswith("M4 "))
    assert "提交 2 件（在办 1、办结 1、不予支持 0、撤回或终止 0），未提交而终止 1 件" in mine
    assert "审定 200,000.00 元，已拨付 200,000.00 元" in mine
    theirs = [line for line in reports["unit:区市场监管局:head"]["lines"] if line.startswith("M5 ")]
    assert "提交 1 件（在办 1" in theirs[0]
    assert "2 filed (1 under way, 1 closed" in " ".join(reports[f"unit:{LEAD}:head"]["lines_en"])

    assert walk.stage.case(paid.id).state == State.CLOSED
    for case in (going, other_unit):
        assert walk.stage.case(case.id).version == case.version
    assert walk.to(going.id, State.COMPUTED).amount_fen == 200_000_00
    job_runner.run_due(store)
    assert len(told(store, "closing_report")) == len(reports)


def test_a_machine_that_was_off_at_the_end_closes_the_window_when_it_is_back(walk: Walk, store: Store) -> None:
    draft = walk.open("M4a", 1)
    look(store, CLOSES - timedelta(days=3))
    look(store, CLOSES + timedelta(days=9, hours=5))
    assert walk.stage.case(draft).state == State.LAPSED
    assert [message.content["closes_on"] for message in told(store, "closing_report")][:1] == ["2024-06-30"]
    assert len(told(store, "lapsed")) == 1


@pytest.mark.slow
def test_a_notice_that_puts_off_the_end_moves_reminders_drafts_and_the_closing(walk: Walk, store: Store) -> None:
    draft = walk.open("M4a", 1)
    look(store, at("2024-06-20"))
    with store.write() as work:
        walk.stage.value(work, "P-filing-deadline", "2024-07-31")
        from casework.shared.reference import touch

        touch(work)
    look(store, at("2024-06-29"))
    assert [message.content["days"] for message in told(store, "filing_reminder")] == [10, 32]
    look(store, CLOSES)
    assert lapse(store).idle, "the draft waits for the new end"
    assert walk.stage.case(draft).state == State.DRAFT
    assert told(store, "closing_report") == []
    store.set_clock(at("2024-07-15"), frozen=True)
    assert file(walk, 1) is State.FILED
    look(store, at("2024-08-01", "00:00:00"))
    assert {message.content["closes_on"] for message in told(store, "closing_report")} == {"2024-07-31"}


def test_a_put_off_draft_lapses_at_the_new_end(walk: Walk, store: Store) -> None:
    draft = walk.open("M4a", 1)
    with store.write() as work:
        walk.stage.value(work, "P-filing-deadline", "2024-07-31")
        from casework.shared.reference import touch

        touch(work)
    look(store, CLOSES)
    lapse(store)
    assert walk.stage.case(draft).next_due == at("2024-08-01", "00:00:00")
    look(store, at("2024-08-01", "00:00:00"))
    assert walk.stage.case(draft).state == State.LAPSED
    assert len(told(store, "lapsed")) == 1


@pytest.mark.slow
def test_reminders_go_to_those_who_have_not_filed_at_each_stage_once(walk: Walk, store: Store) -> None:
    mine, filed = walk.open("M4a", 1, firm=0), walk.open("M4a", 2, firm=1)
    act(store, r.File(case=filed, by=applicant(1), act_id=named("file"), seen=1, claim=claim("M4a", 2)))
    stages = [date(2024, 6, 30) - timedelta(days=days) for days in (61, 60, 59, 30, 14, 13, 7, 3, 1, 0, -1)]
    for day in stages:
        for clock in ("00:00:01", "12:00:00"):
            look(store, at(day.isoformat(), clock))
    found = told(store, "filing_reminder")
    assert {(message.to, message.content["case"]) for message in found} == {
        (f"party:{named('firm-0')}", "XZ2023-M04-000001")
    }
    assert sorted(message.content["days"] for message in found) == [1, 3, 7, 14, 30, 60], "each stage on its day"
    assert walk.stage.case(mine).state == State.LAPSED


def test_a_reminder_whose_day_was_missed_is_sent_late_with_the_days_that_are_left(walk: Walk, store: Store) -> None:
    walk.open("M4a", 1)
    look(store, at("2024-05-20"))
    look(store, at("2024-06-20"))
    walk.open("M4a", 2, firm=1)  # began today: was not there when the fourteenth day came
    look(store, at("2024-06-21"))
    assert [(message.content["case"], message.content["days"]) for message in told(store, "filing_reminder")] == [
        ("XZ2023-M04-000001", 10), ("XZ2023-M04-000001", 41),
    ]  # fmt: skip


def test_the_stage_reached_is_the_last_one_and_none_after_the_end() -> None:
    last, days = date(2024, 6, 30), [60, 30, 14, 7, 3, 1]
    assert stage_on(last, date(2024, 4, 30), days) is None
    assert stage_on(last, date(2024, 5, 1), days) == 60
    assert stage_on(last, date(2024, 6, 16), days) == 14
    assert stage_on(last, last, days) == 1
    assert stage_on(last, date(2024, 7, 1), days) is None
