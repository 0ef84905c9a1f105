"""The running system as a process of its own: it follows acts at once, is alone, and stops without leaving anything."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from prefect import get_client
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from sqlalchemy import text

from casework.calendar_jobs.job_control import history
from casework.lifecycle import commands as r
from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.shared.run_summary import RunSummary
from deployments.doctor import doctor
from deployments.engine_client import Connection
from deployments.local import Service, advance
from deployments.locks import FileLock
from deployments.runner import Runner
from deployments.settings import EngineFiles
from flows.pages import flow_of, found
from flows.scheduled import sweep
from models import Duty
from models.store import Store
from support import tree
from support.calendar_jobs import at
from support.one_engine import PATIENCE, OneEngine
from support.season import filed
from support.stage import applicant, claim
from support.walk import Walk

pytestmark = pytest.mark.slow
SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
RUN = "from casework.shared.home import Home; from deployments.local import Service; Service(Home.from_environment()).run_forever()"
EACH_MINUTE = (
    "from dataclasses import replace; from flows.schedule import enter, schedules;"
    "[enter(replace(row, cron='* * * * *')) for row in schedules() if row.flow == 'deadlines'];"
)
STOPPED = 200.0


@contextmanager
def serving(home: Home, *, up: bool = True, before: str = "") -> Iterator[subprocess.Popen[str]]:
    """The system, running until the end of the block or of itself; `before`: what its process does first."""
    said = (home.directory.parent / "service.log").open("w")
    environment = {**os.environ, **home.environment()}
    process = subprocess.Popen(
        [sys.executable, "-c", before + RUN],
        cwd=tree.ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=said,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert "系统已启动" in process.stdout.readline(), Path(said.name).read_text(encoding="utf-8")[-3000:]
        files = EngineFiles.of(home)
        wait_for(lambda: not up or files.status().get("engine") == "up", PATIENCE)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=STOPPED)
        said.close()


def wait_for(reached: Callable[[], bool], seconds: float) -> float:
    """How long it took; fails where it never came."""
    started = time.monotonic()
    while not reached():
        assert time.monotonic() - started < seconds, "it never came"
        time.sleep(0.02)
    return time.monotonic() - started


def runs(home: Home) -> int:
    """How many runs of measures' flows the engine has recorded."""
    files = EngineFiles.of(home)
    connection = Connection(files, files.last_port())
    of_measures = FlowFilter.model_validate({"name": {"any_": sorted(found())}})
    with connection.in_use(), get_client(sync_client=True) as client:
        return len(client.read_flow_runs(flow_filter=of_measures, limit=200))


def of_flow(home: Home, flow: str, *states: str) -> list[FlowRun]:
    """The runs of a flow that are in one of these states."""
    files = EngineFiles.of(home)
    with Connection(files, files.last_port()).in_use(), get_client(sync_client=True) as client:
        state = FlowRunFilter.model_validate({"state": {"type": {"any_": list(states)}}})
        name = FlowFilter.model_validate({"name": {"any_": [flow]}})
        return client.read_flow_runs(flow_filter=name, flow_run_filter=state, limit=200)


BUSY = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend' AND xact_start IS NOT NULL"
)


@contextmanager
def stopped(process: subprocess.Popen[str], store: Store, home: Home) -> Iterator[None]:
    """The service does nothing until the end of the block; it is stopped where it holds nothing and no sweep is under way."""
    while not (halted(process, store) and not of_flow(home, "sweep", "PENDING", "RUNNING")):
        process.send_signal(signal.SIGCONT)
        time.sleep(0.05)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def halted(process: subprocess.Popen[str], store: Store) -> bool:
    """Stops the service; whether it holds nothing in the database."""
    if store.url.startswith("postgresql"):
        process.send_signal(signal.SIGSTOP)
        return not in_transactions(store)
    with store.write():
        process.send_signal(signal.SIGSTOP)
    return True


def in_transactions(store: Store) -> int:
    """How many connections to the store's database are in a transaction, but for the one that asks."""
    with store.read() as work:
        return int(work.execute(BUSY).scalar_one())


def gone(pid: int) -> bool:
    """Whether a process has ended (one that waits to be collected has)."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_it_follows_acts_at_once_takes_many_together_is_alone_and_stops_cleanly(
    walk: Walk, home: Home, one_engine: OneEngine
) -> None:
    one_engine.lend_database(home)
    stage = walk.stage
    with serving(home) as process:
        wait_for(lambda: EngineFiles.of(home).status().get("swept_at") is not None, 200)
        before = runs(home)
        with stopped(process, stage.store, home):
            first = walk.open("M4a", 500)
            walk.forward(first)
        wait_for(lambda: stage.case(first).next_duty == Duty.ACCEPTOR, 200)

        # Thirty acts, one by one, while the service does nothing: what has come meanwhile is taken together.
        with stopped(process, stage.store, home):
            many = [walk.open("M4a", number) for number in range(30)]
            for number, case in enumerate(many):
                walk.do(r.File, stage.case(case), claim=claim("M4a", number), by=applicant(0))
        wait_for(lambda: all(stage.case(case).next_duty == Duty.ACCEPTOR for case in many), 300)
        assert 2 <= runs(home) - before <= 15, "coalesced"

        # The engine's clock starts the sweep, and this process carries its run out.
        wait_for(lambda: any(run.auto_scheduled for run in of_flow(home, "sweep", "COMPLETED")), 300)

        files = EngineFiles.of(home)
        assert files.lock.read_text() == str(process.pid)
        with pytest.raises(Refused, match=f"已在运行（进程 {process.pid}"):
            Service(home).start()
        assert files.status().get("swept_at") is not None
        levels = {finding.id: finding.level for finding in doctor(home)}
        assert {levels[name] for name in ("engine", "engine-password", "engine-origins", "sweep")} == {"ok"}

        server = int(files.status()["server_pid"])
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=STOPPED)
        assert process.returncode == 0 and out.splitlines()[-1] == "已停止。"
        assert gone(server), "the server went with it"
        assert FileLock(files.lock).holder() is None


@pytest.mark.prove
@SQLITE
def test_a_dated_flow_of_the_calendar_is_carried_out_by_its_own_schedule(
    walk: Walk, home: Home, store: Store, one_engine: OneEngine
) -> None:
    one_engine.lend_database(home)
    # Right after midnight the sweep leaves the dates of today to their own flows; this one's cron comes each minute.
    store.set_clock(at("2023-09-06", "00:05:00"), frozen=True)
    with serving(home, before=EACH_MINUTE):
        wait_for(lambda: any(run.auto_scheduled for run in of_flow(home, "deadlines", "COMPLETED")), 300)
        run = next(run for run in of_flow(home, "deadlines", "COMPLETED") if run.auto_scheduled)
    assert not run.parameters.get("business_date"), "the schedule names no date, the records do"
    claims = {claim.business_date: (claim.status, claim.attempts) for claim in history(store, "deadlines")}
    assert claims["2023-09-06"] == ("done", 1)


@pytest.mark.prove
@SQLITE
def test_a_killed_service_leaves_no_server_and_the_next_one_goes_on(
    walk: Walk, home: Home, one_engine: OneEngine
) -> None:
    one_engine.lend_database(home)
    files = EngineFiles.of(home)
    with serving(home, up=False) as process:
        server = int(files.status()["server_pid"])
        process.kill()
        process.wait()
        wait_for(lambda: gone(server), STOPPED)
    case = filed(walk, "M4a", 1)[0]
    assert advance(home).moved == [(walk.stage.case(case).number, "filed")]
    assert FileLock(files.lock).holder() is None
    assert files.status()["engine"] == "down", "what was started for one pass is stopped after it"


@SQLITE
def test_an_engine_that_cannot_start_stops_no_case(
    walk: Walk, home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("deployments.engine.sys.executable", str(home.directory / "no-python"))
    case = filed(walk, "M4a", 1)[0]
    assert [number for number, _ in advance(home).moved] == [walk.stage.case(case).number]
    assert "cases move on without it" in caplog.text


@SQLITE
def test_advance_uses_the_engine_that_is_there_and_moves_only_the_measure_named(
    walk: Walk, home: Home, one_engine: OneEngine
) -> None:
    engine = one_engine()
    lent = EngineFiles.of(home)
    lent.folder.mkdir(parents=True)
    (lent.folder / "secret").write_text(engine.files.secret())
    lent.say(port=engine.port)
    holder = FileLock(lent.lock)
    assert holder.take(), "as if a service were running here"
    try:
        money, place = filed(walk, "M4a", 1)[0], filed(walk, "M9", 1, first=5)[0]
        before = runs(home)
        assert [number for number, _ in advance(home, "4").moved] == [walk.stage.case(money).number]
        assert walk.stage.case(place).next_duty == Duty.SYSTEM
        assert runs(home) == before + 1
        assert [number for number, _ in advance(home, "m09_flexible_production").moved] == [
            walk.stage.case(place).number
        ]
    finally:
        holder.release()


@SQLITE
def test_nothing_due_starts_nothing(walk: Walk, home: Home) -> None:
    assert advance(home).idle
    assert not home.engine.exists(), "one query, and no engine"


@SQLITE
def test_a_sweep_runs_each_measures_flow_by_itself_so_that_its_killed_runs_are_counted(walk: Walk, home: Home) -> None:
    ran: list[str] = []

    class Noting(Runner):
        def _carried_out(self, flow: Any, given: Any, begun: Any) -> RunSummary:
            ran.append(flow.name)
            return super()._carried_out(flow, given, begun)

    service = Service(home)
    service.runner = Noting(home, lambda: None)
    filed(walk, "M4a", 1)
    service._first_sweep()
    assert ran[0] == "m04_new_products" and ran[-1] == "sweep"
    filed(walk, "M9", 1, first=5)
    due = [(sweep, {}, None)]
    service._clock.take = lambda: due.pop() if due else None  # type: ignore[method-assign]
    ran.clear()
    assert service._by_the_clock() and ran == ["m09_flexible_production", "sweep"]


@SQLITE
def test_an_unknown_measure_is_refused_with_those_that_exist(walk: Walk, home: Home) -> None:
    with pytest.raises(Refused, match=r"没有举措 M99；可用：M1、M2、"):
        advance(home, "M99")


@SQLITE
def test_a_lock_is_free_when_its_holder_was_killed(tmp_path: Path, store: object) -> None:
    path = tmp_path / "lock"
    command = (
        f"from pathlib import Path; from deployments.locks import FileLock; FileLock(Path({str(path)!r})).take(); "
    )
    command = command.replace("FileLock(Path", "one = FileLock(Path").replace(").take()", "); one.take()")
    command += "print(1, flush=True); import time; time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", command], cwd=tree.ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline()
    lock = FileLock(path)
    assert not lock.take() and lock.holder() == process.pid
    process.kill()
    process.communicate()
    assert lock.holder() is None and lock.take()
    lock.release()


@SQLITE
def test_the_flow_of_every_measure_is_what_a_person_may_name(walk: Walk, home: Home) -> None:
    from deployments.runner import flow_name

    assert flow_name("m4") == flow_name("4") == flow_name("m04_new_products") == flow_of("XZ2023", "M4").name
    assert flow_name("S2") == "s2_town_specialty" and flow_name(None) is None


def test_the_settings_say_what_was_measured(home: Home) -> None:
    from deployments.settings import client_settings, server_environment

    files = EngineFiles.of(home)
    server, client = server_environment(files, 4200), client_settings(files, "http://127.0.0.1:4200/api")
    assert server["PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE"] == "200"
    assert server["PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE"] == "500"
    assert "*" not in server["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"]
    assert client["flows.heartbeat_frequency"] is None and client["server.ephemeral.enabled"] is False
    assert json.dumps(server), "texts only"
