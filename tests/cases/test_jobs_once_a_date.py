"""A job runs once a business date: made up when missed, never twice, taken over from the dead, whatever the clock does."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest

from casework.calendar_jobs import job_claims, job_runner
from casework.calendar_jobs.cadence import on, weekly, yearly
from casework.calendar_jobs.job_claims import Held, claim, fail, finish, held
from casework.operations.heartbeat import JOBS, last
from models import JobStatus
from models.store import Store
from support import apart
from support.calendar_jobs import Notebook, at, let_leases_end, only, told
from support.stage import Stage

DAY = timedelta(days=1)
FIFTH = date(2023, 9, 5)


def stored(store: Store, kind: str = "noted") -> list[Held]:
    with store.read() as work:
        return held(work, kind)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch, store: Store) -> Notebook:
    """The only job there is, from 5 September on; the store's first look was the day before."""
    made = Notebook()
    only(monkeypatch, [made.job()])
    store.set_clock(at("2023-09-04"), frozen=True)
    job_runner.run_due(store)
    made.ran.clear()
    store.set_clock(at("2023-09-05", "00:00:00"), frozen=True)
    return made


def test_a_job_runs_at_the_first_look_of_its_date_and_not_again(store: Store, notebook: Notebook) -> None:
    assert job_runner.anything_due(store)
    assert job_runner.run_due(store).moved == [("算例", "2023-09-05")]
    assert not job_runner.anything_due(store)
    assert job_runner.run_due(store).idle
    assert notebook.ran == [FIFTH]
    assert stored(store)[0].status == JobStatus.DONE and stored(store)[0].outcome == "算例 2023-09-05"
    assert last(store, JOBS) is not None


def test_a_machine_that_was_off_over_a_month_end_makes_up_every_date_oldest_first(
    store: Store, notebook: Notebook
) -> None:
    store.set_clock(at("2023-10-03"), frozen=True)
    job_runner.run_due(store)
    assert notebook.ran == [FIFTH + n * DAY for n in range(29)]
    assert notebook.ran[-1] == date(2023, 10, 3)


def test_a_job_that_looks_at_the_present_makes_up_only_the_newest_and_says_so(
    monkeypatch: pytest.MonkeyPatch, store: Store, notebook: Notebook
) -> None:
    only(monkeypatch, [notebook.job(catch_up=False)])
    store.set_clock(at("2023-09-08"), frozen=True)
    job_runner.run_due(store)
    assert notebook.ran == [date(2023, 9, 8)]
    passed = [
        (message.business_date, message.reason) for message in stored(store) if message.status == JobStatus.SKIPPED
    ]
    assert passed == [(f"2023-09-0{day}", "由 2023-09-08 的一次一并办理") for day in (7, 6, 5)]
    assert not job_runner.anything_due(store)


def test_a_clock_that_steps_back_runs_nothing_again_and_goes_on_where_it_was(store: Store, notebook: Notebook) -> None:
    job_runner.run_due(store)
    store.set_clock(at("2023-09-01"), frozen=True)
    assert job_runner.run_due(store).idle and not job_runner.anything_due(store)
    store.set_clock(at("2023-09-05", "23:59:59"), frozen=True)
    assert job_runner.run_due(store).idle
    store.set_clock(at("2023-09-06", "00:00:00"), frozen=True)
    job_runner.run_due(store)
    assert notebook.ran == [FIFTH, FIFTH + DAY]


def test_a_clock_that_stepped_ahead_and_came_back_leaves_nothing_out(store: Store, notebook: Notebook) -> None:
    store.set_clock(at("2023-09-20"), frozen=True)
    job_runner.run_due(store)
    store.set_clock(at("2023-09-05"), frozen=True)
    for day in range(5, 26):
        store.set_clock(at(f"2023-09-{day:02d}"), frozen=True)
        job_runner.run_due(store)
    assert notebook.ran == [FIFTH + n * DAY for n in range(21)]


def test_the_date_is_shanghais_wherever_the_machine_stands(
    store: Store, notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    for zone, clock in (("UTC", "23:59:59"), ("America/Los_Angeles", "23:59:59"), ("Asia/Shanghai", "23:59:59")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        store.set_clock(at("2023-09-05", clock), frozen=True)
        job_runner.run_due(store)
        assert notebook.ran == [FIFTH]
    store.set_clock(at("2023-09-06", "00:00:00"), frozen=True)
    job_runner.run_due(store)
    monkeypatch.undo()
    time.tzset()
    assert notebook.ran == [FIFTH, FIFTH + DAY]


def test_schedules_doubled_by_a_redeploy_act_once(store: Store, notebook: Notebook) -> None:
    barrier, outcomes = Barrier(4), []

    def sweep() -> None:
        barrier.wait()
        outcomes.append(job_runner.run_due(store))

    store.set_clock(at("2023-09-14"), frozen=True)
    threads = [Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(notebook.ran) == [FIFTH + n * DAY for n in range(10)]
    assert sum(len(outcome.moved) for outcome in outcomes) == 10 and not any(outcome.failed for outcome in outcomes)
    assert {message.attempts for message in stored(store)} == {1}


@pytest.mark.slow
def test_a_process_killed_in_the_middle_is_followed_after_its_lease(store: Store, notebook: Notebook) -> None:
    assert apart.run("support.calendar_jobs", url=store.url, kind="noted", day="2023-09-05")["killed"]
    assert job_runner.run_due(store).idle, "the lease is the dead process's still"
    assert stored(store)[0].status == JobStatus.RUNNING
    let_leases_end(store)
    assert job_runner.run_due(store).moved
    done = stored(store)[0]
    assert (done.status, done.attempts, notebook.ran) == (JobStatus.DONE, 2, [FIFTH])


def test_who_lost_the_claim_cannot_finish_it(store: Store, notebook: Notebook) -> None:
    first = claim(store, "noted", FIFTH)
    assert first == 1 and claim(store, "noted", FIFTH) is None
    let_leases_end(store)
    second = claim(store, "noted", FIFTH)
    assert second == 2
    assert not finish(store, "noted", FIFTH, first, "late")
    assert not fail(store, "noted", FIFTH, first, "late")
    assert finish(store, "noted", FIFTH, second, "in time")
    assert stored(store)[0].outcome == "in time"
    assert notebook.ran == []


def test_a_job_that_fails_stops_no_other_is_tried_again_and_is_told_of_at_the_third_time(
    store: Store, notebook: Notebook
) -> None:
    Stage(store).furnish()
    notebook.trouble = lambda day: day == FIFTH
    store.set_clock(at("2023-09-06"), frozen=True)
    done = job_runner.run_due(store)
    assert done.failed == [("noted 2023-09-05", "系统处理出错（RuntimeError）")]
    assert notebook.ran == [FIFTH, FIFTH + DAY]
    assert job_runner.run_due(store).idle, "it waits for its pause"
    for _ in range(3):
        let_leases_end(store)
        job_runner.run_due(store)
    assert notebook.ran.count(FIFTH) == 4 and stored(store)[1].attempts == 4
    alarms = told(store, "job_failed")
    assert {alarm.content["day"] for alarm in alarms} == {"2023-09-05"}
    assert len(alarms) == len({alarm.to for alarm in alarms}) and all(":administrator" in alarm.to for alarm in alarms)
    notebook.trouble = lambda _day: False
    let_leases_end(store)
    assert job_runner.run_due(store).moved == [("算例", "2023-09-05")]
    assert not job_runner.anything_due(store)


def test_the_pause_between_attempts_grows() -> None:
    assert list(job_claims.PAUSES) == sorted(job_claims.PAUSES) and job_claims.PAUSES[0] < job_claims.PAUSES[-1]


def test_a_kind_that_is_new_in_this_version_begins_today(
    monkeypatch: pytest.MonkeyPatch, store: Store, notebook: Notebook
) -> None:
    job_runner.run_due(store)
    younger = Notebook()
    only(monkeypatch, [notebook.job(), younger.job("younger")])
    store.set_clock(at("2023-11-05"), frozen=True)
    job_runner.run_due(store)
    assert younger.ran == [date(2023, 11, 5)]
    store.set_clock(at("2023-11-07"), frozen=True)
    job_runner.run_due(store)
    assert younger.ran == [date(2023, 11, 5), date(2023, 11, 6), date(2023, 11, 7)]


def test_a_production_store_makes_up_what_is_due_since_it_was_made(
    make_store: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = make_store(demo=False)  # type: ignore[operator]
    notebook = Notebook()
    only(monkeypatch, [notebook.job()])
    job_runner.run_due(real)
    with real.read() as work:
        assert notebook.ran == [work.today]


def test_dates_that_only_the_records_know_are_run_too(
    monkeypatch: pytest.MonkeyPatch, store: Store, notebook: Notebook
) -> None:
    from dataclasses import replace

    recorded = [FIFTH + DAY]
    only(monkeypatch, [replace(notebook.job(due=on()), recorded=lambda _store: recorded)])
    store.set_clock(at("2023-09-10"), frozen=True)
    job_runner.run_due(store)
    recorded.append(FIFTH + 2 * DAY)  # entered late, for a date that is over
    job_runner.run_due(store)
    recorded.append(date(2023, 8, 1))  # from before this was looked after
    job_runner.run_due(store)
    assert notebook.ran == [FIFTH + DAY, FIFTH + 2 * DAY]


def test_cadences_name_the_dates_after_one_and_up_to_another() -> None:
    first, end = date(2023, 12, 25), date(2024, 1, 15)
    assert weekly(0)(first, end) == [date(2024, 1, 1), date(2024, 1, 8), date(2024, 1, 15)]
    assert on(first, end, end)(first, end) == [end]
    assert yearly((1, 1), (12, 29))(first, end) == [date(2023, 12, 29), date(2024, 1, 1)]
    assert [cadence(end, first) for cadence in (weekly(0), on(first), yearly((1, 1)))] == [[], [], []]
