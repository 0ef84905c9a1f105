"""What the calendar does, each by a flow of its own: declared once, one for each job, and harmless late, twice or by hand."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from prefect import Flow, get_client
from prefect._internal.ast_utils import find_flow_functions_in_file
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.server.schemas.schedules import CronSchedule
from sqlalchemy import select
from sqlmodel import col

from casework.calendar_jobs import job_registry, job_runner
from casework.operations.heartbeat import JOBS, SWEEP, last
from casework.shared.home import Home
from casework.shared.run_summary import RunSummary
from deployments.runner import Runner
from flows import scheduled
from flows.pages import calendar_flow, on_page, scheduled_flow
from flows.schedule import GRACE, SHANGHAI, Schedule, schedules
from flows.scheduled import deadlines, notices_end, sweep, window_closes
from models import Duty, JobClaim, State
from models.clock import SHANGHAI as ZONE
from models.store import Store
from support import tree
from support.calendar_jobs import Notebook, at, told
from support.season import filed
from support.walk import Walk

PAGE = Path("flows/scheduled.py")
SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
Through = Callable[[], AbstractContextManager[None]]
FOR_ROWS = {"sweep", "deliver", "lapse_unanswered", "notices_end"}  # what is due is a row, and the row is the claim
ROWS = pytest.mark.parametrize("row", schedules(), ids=lambda row: row.flow)


def claims(store: Store, kind: str) -> dict[str, tuple[str, int]]:
    """Business date → how it ended, and by which attempt."""
    query = select(col(JobClaim.business_date), col(JobClaim.status), col(JobClaim.attempts))
    with store.read() as work:
        rows = work.execute(query.where(col(JobClaim.kind) == kind).order_by(col(JobClaim.business_date)))
        return {row.business_date: (row.status, row.attempts) for row in rows}


# The page


def test_the_engines_own_search_finds_every_flow_and_each_has_its_schedule() -> None:
    found = asyncio.run(find_flow_functions_in_file(anyio.Path(tree.ROOT / PAGE)))
    names = [flow_["function_name"] for flow_ in found]
    assert names == [row.flow for row in schedules()] == list(on_page(scheduled))


def test_each_job_and_each_moment_has_one_flow_and_no_flow_has_none() -> None:
    kinds = [each_job.kind for each_job in (*job_registry.JOBS, *job_registry.MOMENTS)]
    assert sorted(row.kind for row in schedules() if row.kind) == sorted(kinds)
    assert {row.flow for row in schedules() if not row.kind} == FOR_ROWS
    for kind in kinds:
        assert isinstance(calendar_flow(kind), Flow)
    dated = {job.kind for job in job_registry.JOBS}
    for row in schedules():
        assert bool(scheduled_flow(row.flow).parameters.properties) == (row.kind in dated), row.flow


@ROWS
def test_a_flow_says_its_name_in_both_languages_its_tags_and_its_limits(row: Schedule) -> None:
    flow = scheduled_flow(row.flow)
    assert flow.name == flow.fn.__name__ == row.flow
    zh, en = str(flow.description).split("\n\n")
    name, colon, what = zh.partition("：")
    assert (zh, en) == (row.zh, row.en) and name and colon and what and en.isascii()
    assert row.title == f"{name} {row.flow}"
    assert row.tags[0] == "calendar" and len(set(row.tags)) == len(row.tags) >= 2
    assert (row.timezone, row.concurrency, flow.timeout_seconds) == (SHANGHAI, 1, row.timeout_seconds)
    assert flow.retries == 0 and flow.on_failure_hooks and flow.on_crashed_hooks


def ticks(row: Schedule, start: datetime, days: int) -> list[datetime]:
    """When the engine's clock starts a flow, in Asia/Shanghai."""
    schedule, end = CronSchedule(cron=row.cron, timezone=row.timezone), start + timedelta(days=days)
    found = asyncio.run(schedule.get_dates(n=60 * 24 * days, start=start, end=end))
    return [moment.astimezone(ZONE) for moment in found if moment < end]


@ROWS
def test_the_clock_starts_a_job_on_its_dates_and_before_the_sweep_makes_it_up(row: Schedule) -> None:
    if row.kind not in {job.kind for job in job_registry.JOBS}:
        assert row.cron == scheduled.EVERY_MINUTE or len(ticks(row, datetime(2023, 9, 4, tzinfo=ZONE), 1)) in (1, 24)
        return
    first, days = date(2023, 9, 1), 366
    found = ticks(row, datetime(2023, 9, 1, tzinfo=ZONE), days)
    assert all(timedelta(hours=moment.hour, minutes=moment.minute) < GRACE / 2 for moment in found)
    due = job_registry.job(row.kind).due(first - timedelta(days=1), first + timedelta(days=days - 1))
    every_day = [first + timedelta(days=ahead) for ahead in range(days)]
    assert [moment.date() for moment in found] == (list(due) or every_day), (
        "what only the records know is asked for each day"
    )


@ROWS
def test_a_flow_asks_for_its_own_job_and_its_step_carries_out_that_job(
    row: Schedule, walk: Walk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, carried_out = [], []

    def run_due(store: Store, only: str, day: date | None = None, verb: job_runner.Verb | None = None) -> RunSummary:
        asked.append(only)
        assert verb is not None
        return verb(date(2023, 9, 4))

    def named(kind: str) -> Any:
        return SimpleNamespace(run=lambda store, day: carried_out.append((kind, day)) or RunSummary())

    monkeypatch.setattr(job_runner, "run_due", run_due)
    monkeypatch.setattr(job_registry, "named", named)
    if row.kind:
        scheduled_flow(row.flow).fn()
        assert (asked, carried_out) == ([row.kind], [(row.kind, date(2023, 9, 4))])


# A run


@SQLITE
def test_without_a_date_what_was_missed_is_made_up_and_a_second_run_does_nothing(
    walk: Walk, home: Home, store: Store
) -> None:
    job_runner.run_due(store)
    store.set_clock(at("2023-09-07"), frozen=True)
    first = deadlines.fn()
    assert not first.failed and claims(store, "deadlines")["2023-09-07"] == ("done", 1)
    assert claims(store, "deadlines")["2023-09-06"] == ("skipped", 1), "the newest makes up for the others"
    before = claims(store, "rankings")
    assert deadlines.fn() == RunSummary() and claims(store, "deadlines")["2023-09-07"] == ("done", 1)
    assert "2023-09-07" not in before, "the others are left to their own flows"


@SQLITE
def test_a_person_starts_a_flow_for_a_date_and_once_is_enough(walk: Walk, home: Home, store: Store) -> None:
    store.set_clock(at("2024-07-03"), frozen=True)
    draft = walk.open("M4a", 1)
    done = window_closes.fn(date(2024, 7, 1))
    assert not done.failed and claims(store, "window_closes") == {"2024-07-01": ("done", 1)}
    assert walk.stage.case(draft).state == State.LAPSED
    again = window_closes.fn(date(2024, 7, 1))
    [(about, words)] = again.refused
    assert about == "window_closes 2024-07-01" and "--again" in words and not again.moved
    assert claims(store, "window_closes") == {"2024-07-01": ("done", 1)}
    early = window_closes.fn(date(2024, 7, 4))
    assert early.refused == [("window_closes 2024-07-04", "2024-07-04 尚未到来，不能提前办理")]
    assert set(claims(store, "window_closes")) == {"2024-07-01"}


@SQLITE
def test_a_step_that_fails_is_noted_tried_again_and_told(
    walk: Walk, home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> RunSummary:
        raise RuntimeError("算例")

    jobs = [replace(job, run=broken) if job.kind == "deadlines" else job for job in job_registry.JOBS]
    monkeypatch.setattr(job_registry, "JOBS", tuple(jobs))
    store.set_clock(at("2023-09-04"), frozen=True)
    assert deadlines.fn().failed == [("deadlines 2023-09-04", "系统处理出错（RuntimeError）")]
    assert claims(store, "deadlines") == {"2023-09-04": ("failed", 1)}
    assert deadlines.fn() == RunSummary(), "not before its pause is over"


@SQLITE
def test_a_step_that_the_engine_cuts_off_is_done_without_it(
    walk: Walk, home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: dict[str, Any] = {"__name__": "prefect.client"}  # whose code raises it is what tells
    exec("def gone(*_): raise OSError('the connection was lost')", engines)
    monkeypatch.setattr("flows.sweeping.call", engines["gone"])
    store.set_clock(at("2023-09-04"), frozen=True)
    assert not deadlines.fn().failed
    assert claims(store, "deadlines") == {"2023-09-04": ("done", 1)}


def test_notices_that_are_over_end_whatever_their_measure(walk: Walk, home: Home, store: Store) -> None:
    case = walk.to(filed(walk, "M4a", 1)[0], State.ON_NOTICE)
    assert notices_end.fn() == RunSummary(), "it is not over"
    assert case.next_due is not None
    store.set_clock(case.next_due, frozen=True)
    assert [number for number, _ in notices_end.fn().moved] == [case.number]
    assert walk.stage.case(case.id).state == State.PAYABLE
    assert notices_end.fn() == RunSummary()


# What the sweep makes up


@SQLITE
def test_the_sweep_leaves_todays_dates_to_the_clock_and_makes_up_the_others(
    walk: Walk, home: Home, store: Store
) -> None:
    job_runner.run_due(store)
    store.set_clock(at("2023-09-06", "00:00:00") + GRACE - timedelta(microseconds=1), frozen=True)
    sweep.fn()
    assert "2023-09-06" not in claims(store, "deadlines") and "2023-09-06" not in claims(store, "rankings")
    store.set_clock(at("2023-09-06", "00:00:00") + GRACE, frozen=True)
    sweep.fn()
    for job in job_registry.JOBS:
        dates = job.due(date(2023, 9, 5), date(2023, 9, 6))
        assert all(claims(store, job.kind)[f"{day}"] == ("done", 1) for day in dates), job.kind
    assert last(store, SWEEP) is not None and last(store, JOBS) is not None
    assert job_runner.waiting(store) == []


@SQLITE
def test_a_job_without_a_flow_is_told_and_stops_no_other(
    walk: Walk, home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Notebook().job("of_nobody")
    monkeypatch.setattr(job_registry, "JOBS", (other, *job_registry.JOBS))
    store.set_clock(at("2023-09-05"), frozen=True)
    for done in (sweep.fn(), Runner(home, lambda: None).until_idle()):
        [(about, words)] = done.failed
        assert about == "of_nobody" and "flows.scheduled" in words
    assert claims(store, "deadlines")["2023-09-05"] == ("done", 1) and not claims(store, "of_nobody")


@SQLITE
def test_a_day_without_the_clock_is_made_up_in_the_order_of_its_jobs(walk: Walk, home: Home, store: Store) -> None:
    ran = []

    class Noting(Runner):
        def run(self, flow, given=None, begun=None):  # type: ignore[no-untyped-def]
            ran.append((flow.name, given))
            return super().run(flow, given, begun)

    store.set_clock(at("2023-09-05"), frozen=True)
    Noting(home, lambda: None).until_idle()
    daily = [job.kind for job in job_registry.JOBS if date(2023, 9, 5) in job.due(date(2023, 9, 4), date(2023, 9, 5))]
    assert ran == [(kind, {"business_date": date(2023, 9, 5)}) for kind in daily]
    assert job_runner.waiting(store) == []


@SQLITE
@pytest.mark.slow
def test_through_the_engine_a_run_shows_its_step_its_date_its_tags_and_its_artifact(
    walk: Walk, home: Home, store: Store, through: Through
) -> None:
    late = walk.to(walk.open("M4a", 1), State.FILED, Duty.ACCEPTOR)
    store.set_clock(at("2024-07-01"), frozen=True)
    with through():
        done = deadlines(date(2024, 7, 1))
        assert [message.content["case"] for message in told(store, "deadline_escalated")] == [late.number]
        with get_client(sync_client=True) as client:
            wanted = ArtifactFilter(key=ArtifactFilterKey(any_=["deadlines"]))
            newest = max(
                client.read_artifacts(artifact_filter=wanted, limit=200), key=lambda artifact: str(artifact.created)
            )
            run = client.read_flow_run(newest.flow_run_id)
    assert run.parameters == {"business_date": "2024-07-01"} and run.state_name == "Completed"
    assert str(newest.data).startswith("## 办理期限巡查 deadlines") and newest.description == str(done)
