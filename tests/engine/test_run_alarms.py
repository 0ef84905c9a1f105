"""Runs that fail, crash or come late reach the operators through the outbox: once while it lasts, with an all-clear."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from prefect import get_client
from prefect.client.schemas.filters import FlowRunFilter
from sqlalchemy import select
from sqlmodel import col

from casework.operations.alarms import Alarm, clear, lasting, settle, sound
from casework.shared.home import Home
from deployments.cluster.cluster_settings import Cluster
from deployments.cluster.shared_engine import Shared
from deployments.engine import Engine as Server
from deployments.observe.alarms import Watcher, end_of_the_gone, wrong_in_records
from deployments.observe.health import Examiner
from deployments.observe.reading import HealthReading, Kept, read
from deployments.observe.runs import EngineRuns, FoundRun, Run
from deployments.runner import Runner
from flows.pages import flow_of
from models import Case, Duty, Message, State
from models.store import Store
from support import tree
from support.one_engine import client_environment
from support.season import filed
from support.stage import NOON
from support.walk import Walk

Through = Callable[[], AbstractContextManager[None]]
SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
FLOW = "m04_new_products"


def told(store: Store) -> list[tuple[str, str]]:
    """The alarms in the outbox, in their order: kind and what it is about."""
    with store.read() as work:
        rows = work.execute(select(col(Message.kind), col(Message.content), col(Message.recipient), col(Message.once)))
        found = [(row.once, row.kind, json.loads(row.content), row.recipient) for row in rows]
    alarms = [each_row for each_row in found if each_row[1] in ALARMS]
    assert all(recipient.endswith(f":{Duty.ADMINISTRATOR}") for *_, recipient in alarms)
    keys = {
        (kind, str(content.get("job") or content.get("kind") or content.get("count") or ""))
        for _, kind, content, _ in alarms
    }
    return sorted(keys)


ALARMS = {
    "run_failed",
    "run_crashed",
    "runs_late",
    "work_late",
    "sweep_silent",
    "cases_failing",
    "alarm_over",
    "engine_away",
}


@pytest.fixture
def engine(engine: Server) -> Server:
    """The engine that the tests share, without the runs that another test left unfinished: a watcher would find them dead."""
    unfinished = {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}}
    with engine.in_use(), get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=FlowRunFilter.model_validate(unfinished), limit=200):
            client.delete_flow_run(run.id)
    return engine


def watcher(home: Home, server: Server | None) -> Watcher:
    """One that looks when told to, with figures that are never stale."""
    examiner = Examiner(home)
    examiner._kept = Kept(lambda: read(home), seconds=0)
    return Watcher(home, examiner, lambda: EngineRuns(server) if server else None)


def test_an_alarm_is_told_once_a_spell_and_once_more_when_it_is_over(walk: Walk, store: Store) -> None:
    alarm = Alarm(kind="run_failed", about=FLOW, content={"job": FLOW, "at": "12:00"})
    assert [sound(store, alarm) for _ in range(3)] == [True, False, False]
    assert lasting(store) == [f"run_failed/{FLOW}"]
    assert [clear(store, alarm.name) for _ in range(2)] == [True, False]
    assert lasting(store) == []
    before = len(messages(store))
    assert sound(store, alarm), "a new spell is told anew"
    assert len(messages(store)) > before
    assert not clear(store, "run_failed/another")


def messages(store: Store) -> list[str]:
    """Every key of the outbox."""
    with store.read() as work:
        return list(work.execute(select(col(Message.once))).scalars())


def test_many_that_notice_it_at_the_same_moment_tell_it_once(walk: Walk, store: Store) -> None:
    alarm = Alarm(kind="work_late", content={"count": 1, "minutes": 20})
    with ThreadPoolExecutor(6) as several:
        assert sorted(several.map(lambda _: sound(store, alarm), range(6))) == [False] * 5 + [True]
        assert sorted(several.map(lambda _: clear(store, alarm.name), range(6))) == [False] * 5 + [True]


def test_what_was_found_settles_alarms_of_its_kinds_and_leaves_the_others(walk: Walk, store: Store) -> None:
    other = Alarm(kind="run_failed", about=FLOW, content={"job": FLOW, "at": "12:00"})
    sound(store, other)
    late = Alarm(kind="work_late", content={"count": 1, "minutes": 20})
    settle(store, frozenset({"work_late", "disk_low"}), {late.name: late})
    settle(store, frozenset({"work_late", "disk_low"}), {late.name: late})
    assert lasting(store) == [other.name, late.name]
    settle(store, frozenset({"work_late", "disk_low"}), {})
    assert lasting(store) == [other.name]


@pytest.mark.slow
def test_a_flow_that_raises_is_told_at_once_and_its_next_good_run_clears_it(
    walk: Walk, home: Home, through: Through, engine: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow, store = flow_of("XZ2023", "M4"), walk.stage.store
    look = watcher(home, engine)

    def broken(*_: object) -> None:
        raise RuntimeError("户名 算例企业0 账号 6222000000000001")

    with through():
        monkeypatch.setattr("flows.chains.due_cases.cases", broken)
        for _ in range(2):
            with pytest.raises(RuntimeError):
                flow()
        assert told(store) == [("run_failed", FLOW)]
        look.look()
        assert told(store) == [("run_failed", FLOW)], "the watcher sees the same spell"
        monkeypatch.undo()
        flow()
        look.look()
    assert [kind for kind, _ in told(store)] == ["alarm_over", "run_failed"] and lasting(store) == []
    assert not [content for content in contents(store) if "6222" in content or "算例企业" in content], (
        "no word of the exception goes out"
    )


def contents(store: Store) -> list[str]:
    """What every message of the outbox holds."""
    with store.read() as work:
        return list(work.execute(select(col(Message.content))).scalars())


RUN_AND_WAIT = """
import time
import flows.chains
from casework.shared.home import Home
from deployments.locks import FileLock
from deployments.settings import EngineFiles
from flows.pages import flow_of

def wait(*_):
    print("running", flush=True)
    time.sleep(600)

flows.chains.due_cases.cases = wait
with FileLock(EngineFiles.of(Home.from_environment()).turn).held():
    flow_of("XZ2023", "M4")()
"""


@pytest.mark.prove
@SQLITE
def test_a_run_that_was_killed_is_found_by_looking(walk: Walk, home: Home, engine: Server, through: Through) -> None:
    store, look = walk.stage.store, watcher(home, engine)
    environment = {**os.environ, **home.environment(), **client_environment(engine.files, engine.port)}
    command = [sys.executable, "-c", RUN_AND_WAIT]
    with subprocess.Popen(command, cwd=tree.ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "running\n"
            look.look()
            assert told(store) == [], "while it lives it is left alone"
        finally:  # or a failure would wait for what waits
            process.send_signal(signal.SIGKILL)
            process.wait()
    look.look()
    look.look()
    assert told(store) == [("run_crashed", FLOW)]
    assert not EngineRuns(engine).look().dead, "and the engine knows now"
    with through():
        flow_of("XZ2023", "M4")()
    look.look()
    assert [kind for kind, _ in told(store)] == ["alarm_over", "run_crashed"]


def test_runs_that_do_not_begin_are_told_with_how_many_and_how_late(walk: Walk, store: Store) -> None:
    from deployments.observe.alarms import tell_of_runs

    late = [
        Run(id=str(n), flow=FLOW, state="SCHEDULED", at=datetime.now(UTC) - timedelta(minutes=12 - n)) for n in range(3)
    ]
    for _ in range(2):
        tell_of_runs(store, FoundRun(late=late))
    assert told(store) == [("runs_late", "3")]
    assert any('"minutes":12' in content for content in contents(store))
    tell_of_runs(store, FoundRun())
    assert lasting(store) == []


def test_overdue_work_is_seen_in_the_records_without_any_engine(walk: Walk, home: Home, store: Store) -> None:
    filed(walk, "M4a", 1)
    look = watcher(home, None)
    look.look()
    assert lasting(store) == []
    store.set_clock(NOON + timedelta(minutes=20), frozen=True)
    look.look()
    look.look()
    assert "work_late" in lasting(store) and told(store) == [("work_late", "1")]
    Runner(home, lambda: None).until_idle()
    look.look()
    assert [kind for kind, _ in told(store)] == ["alarm_over", "work_late"] and "work_late" not in lasting(store)


def test_a_case_that_fails_is_told_by_count_and_never_by_name(walk: Walk, home: Home, store: Store) -> None:
    case = filed(walk, "M4a", 1)[0]
    with store.write() as work:
        work.execute(Case.__table__.update().where(col(Case.id) == case).values(problem="系统处理出错"))  # type: ignore[attr-defined]
    look = watcher(home, None)
    look.look()
    assert told(store) == [("cases_failing", "1")]
    assert walk.stage.case(case).number not in "".join(content for content in contents(store) if '"count"' in content)


def test_silence_counts_only_after_a_while_and_whatever_the_engine_says() -> None:
    quiet = HealthReading(
        at=NOON, demo=True, schema_current=True, cases={State.DRAFT: 1}, failing=0, held=0, overdue=0, due=0, due_age=0,
        messages={}, waiting=0, waiting_age=0, dispatches={}, decisions={}, audit=0, orders={}, funds={}, beats={}, sweeps=0,
        jobs_late={}, alarms=[], disk_free=10**12,
    )  # fmt: skip
    assert not wrong_in_records(quiet, up_seconds=100)
    assert set(wrong_in_records(quiet, up_seconds=400)) == {"sweep_silent"}
    heard = HealthReading(**{**vars(quiet), "beats": {"sweep": 20.0}})
    assert not wrong_in_records(heard, up_seconds=4000)
    bad = HealthReading(
        **{**vars(quiet), "beats": {"sweep": 900.0}, "disk_free": 1, "waiting": 2, "waiting_age": 1000.0}
    )
    assert set(wrong_in_records(bad, up_seconds=4000)) == {"sweep_silent", "disk_low", "outbox_late"}
    for lost, names in (((3, 30), set()), ((4, 30), {"messages_lost"}), ((23, 32), {"messages_lost"})):
        assert set(wrong_in_records(HealthReading(**{**vars(heard), "lost": lost}), up_seconds=4000)) == names


@pytest.mark.parametrize("there", [True, False])
def test_an_engine_that_is_away_is_told_after_a_while_and_stops_no_look(
    walk: Walk, home: Home, store: Store, there: bool
) -> None:
    look = watcher(home, None)
    silent = Shared(home.engine, Cluster(url="http://127.0.0.1:9/api", secret="operator:nobody-is-there"))
    look._engine = lambda: EngineRuns(silent) if there else None
    look.look()
    assert lasting(store) == []
    look._answered -= 600
    look.look()
    assert lasting(store) == ["engine_away"]


def test_a_run_of_another_machine_is_dead_only_when_its_time_is_over(home: Home) -> None:
    here, elsewhere = watcher(home, None), Watcher(home, Examiner(home), lambda: None, here=False)
    assert not here._may_run(datetime.now(UTC)), "nobody holds the turn of this home"
    assert elsewhere._may_run(datetime.now(UTC))


def test_an_alarm_about_a_flow_that_there_is_no_more_ends_and_no_other(walk: Walk, store: Store) -> None:
    for flow in ("run_jobs", FLOW):
        sound(store, Alarm(kind="run_failed", about=flow, content={"job": flow, "at": "12:00"}))
    sound(store, Alarm(kind="work_late", content={"count": 1, "minutes": 20}))
    assert end_of_the_gone(store) == ["run_failed/run_jobs"]
    assert lasting(store) == [f"run_failed/{FLOW}", "work_late"] and end_of_the_gone(store) == []
