"""The clock of the engine only ticks: sweep and jobs as flows, by the running service, and by the timer outside."""

import configparser
import shlex
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from casework.operations.heartbeat import JOBS, SWEEP, WATCH, last
from casework.shared.home import Home
from casework.shared.run_summary import RunSummary
from deployments.local import advance
from deployments.watchdog import look, silence
from flows.pages import scheduled_flow
from flows.schedule import schedules
from flows.scheduled import deliver, sweep
from models import Duty, Heartbeat, JobClaim, State, StoreMark
from models.clock import real_now
from models.store import Store
from support import tree
from support.calendar_jobs import at, told
from support.walk import Walk

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
Through = Callable[[], AbstractContextManager[None]]


def dates_done(store: Store) -> set[tuple[str, str]]:
    """Kinds and dates that ran."""
    with store.read() as work:
        rows = work.execute(
            select(col(JobClaim.kind), col(JobClaim.business_date)).where(col(JobClaim.status) == "done")
        )
        return {(row.kind, row.business_date) for row in rows}


def silent_for(store: Store, minutes: int) -> None:
    """As if the last sweep had been so long ago."""
    with store.write() as work:
        earlier = real_now() - timedelta(minutes=minutes)
        work.execute(update(Heartbeat).where(col(Heartbeat.kind) == SWEEP).values(at=earlier))


@pytest.mark.slow
@SQLITE
def test_jobs_and_sweep_run_as_flows_and_leave_their_marks(walk: Walk, store: Store, through: Through) -> None:
    case = walk.to(walk.open("M4a", 1), State.FILED, Duty.ACCEPTOR)
    draft = walk.open("M4a", 2, firm=1)
    store.set_clock(at("2024-07-01", "00:00:00"), frozen=True)
    with through():
        done = RunSummary()
        for row in schedules():
            done.add(scheduled_flow(row.flow)() if row.kind else RunSummary())
        swept = sweep()
    assert not done.failed and walk.stage.case(draft).state == State.LAPSED
    assert any("申报截止" in words for _, words in done.moved)
    assert [message.content["case"] for message in told(store, "deadline_escalated")] == [case.number]
    assert ("window_closes", "2024-07-01") in dates_done(store)
    assert isinstance(swept, RunSummary) and last(store, SWEEP) is not None and last(store, JOBS) is not None


@SQLITE
def test_one_pass_by_hand_runs_the_jobs_without_an_engine(walk: Walk, home: Home, store: Store) -> None:
    store.set_clock(at("2023-12-01"), frozen=True)
    done = advance(home)
    assert ("next_year_holidays", "2023-12-01") in dates_done(store) and not done.failed
    assert not home.engine.exists(), "no engine for a few functions"
    assert advance(home).idle
    assert advance(home, "M4").idle


def test_the_look_from_outside_moves_what_is_due_and_alarms_once_a_spell(walk: Walk, home: Home, store: Store) -> None:
    sweep.fn()
    assert not look(home).silent and told(store, "sweep_silent", "alarm_over") == []
    filed = walk.to(walk.open("M4a", 1), State.FILED, Duty.SYSTEM)
    silent_for(store, 4)
    assert not look(home).silent
    assert walk.stage.case(filed.id).next_duty == Duty.ACCEPTOR, "the same sweep"
    silent_for(store, 6)
    found = look(home)
    assert found.silent and found.silent_seconds >= 360
    first = told(store, "sweep_silent")
    assert first and all(message.content["minutes"] == 6 and message.to.endswith(":administrator") for message in first)
    silent_for(store, 9)
    look(home)
    assert told(store, "sweep_silent") == first, "once while it lasts"
    assert last(store, WATCH) is not None
    assert silence(store) > timedelta(minutes=8), "looks from outside are no sweeps"
    sweep.fn()
    assert not look(home).silent
    assert len(told(store, "alarm_over")) == len(first)
    silent_for(store, 6)
    look(home)
    assert len(told(store, "sweep_silent")) == 2 * len(first), "a new spell"


def test_where_no_sweep_ever_finished_the_silence_counts_from_the_stores_beginning(
    walk: Walk, home: Home, store: Store
) -> None:
    for minutes, silent in ((0, False), (7, True)):  # said, for the tests copy a store that may be older than they are
        with store.write() as work:
            work.execute(update(StoreMark).values(made_at=real_now() - timedelta(minutes=minutes)))
        assert look(home).silent is silent


def test_a_clock_that_stands_still_does_not_silence_the_alarm(walk: Walk, home: Home, store: Store) -> None:
    store.set_clock(at("2023-09-04"), frozen=True)
    sweep.fn()
    store.set_clock(at("2023-10-04"), frozen=True)
    assert not look(home).silent, "business time moved, the machine did not stop"
    silent_for(store, 6)
    assert look(home).silent


@SQLITE
def test_delivery_by_the_clock_sends_by_the_channels_of_the_home(walk: Walk, home: Home, store: Store) -> None:
    assert deliver.fn().idle, "without a channel messages wait"
    home.directory.mkdir(parents=True, exist_ok=True)
    (home.directory / "channels.toml").write_text('[channels.archive]\nkind = "folder"\npath = "outgoing"\n')
    walk.to(walk.open("M4a", 1), State.FILED, Duty.ACCEPTOR)
    ((about, words),) = deliver.fn().moved
    assert about == "消息" and words.startswith("routed ")
    assert deliver.fn().idle


def test_units_and_cron_line_start_the_command_each_minute_and_end_one_that_hangs() -> None:
    folder = tree.ROOT / "deployments" / "systemd"
    service, timer = configparser.ConfigParser(strict=False), configparser.ConfigParser(strict=False)
    for parser in (service, timer):
        parser.optionxform = str  # type: ignore[assignment,method-assign]
    service.read(folder / "duixian-watch.service", encoding="utf-8")
    timer.read(folder / "duixian-watch.timer", encoding="utf-8")
    assert shlex.split(service["Service"]["ExecStart"])[1:] == ["jobs", "watch"]
    assert service["Service"]["Type"] == "oneshot" and int(service["Service"]["TimeoutStartSec"]) == 300
    assert timer["Timer"]["OnCalendar"] == "*-*-* *:*:00"
    line = (folder / "duixian-watch.cron").read_text(encoding="utf-8").splitlines()[-1]
    assert line.startswith("* * * * * duixian ") and "flock -n" in line and "timeout 300" in line
    assert line.split("timeout 300 ")[1].split()[1:3] == ["jobs", "watch"]


def test_jobs_of_many_days_are_dates_of_shanghai(walk: Walk, home: Home, store: Store) -> None:
    advance(home)
    store.set_clock(at("2023-09-05", "00:00:00") - timedelta(microseconds=1), frozen=True)
    advance(home)
    assert ("deadlines", "2023-09-05") not in dates_done(store)
    store.set_clock(at("2023-09-05", "00:00:00"), frozen=True)
    advance(home)
    assert ("deadlines", date(2023, 9, 5).isoformat()) in dates_done(store)
