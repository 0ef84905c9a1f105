"""Flows as runs of a real embedded engine: what an operator sees, what strangers may not, what may die without harm."""

import base64
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest
from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey, FlowFilter, FlowRunFilter, TaskRunFilter
from prefect.client.schemas.objects import FlowRun, TaskRun

from casework.shared.home import Home
from casework.shared.run_summary import RunSummary
from deployments.engine import Engine
from deployments.runner import Runner
from flows.options import version
from policies import get
from support import tree
from support.one_engine import PATIENCE, client_environment
from support.season import by_the_engine, certified, filed, to_the_end
from support.walk import Walk

Through = Callable[[], AbstractContextManager[None]]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("home")]
SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
CHUNK = 30
SCHEDULED = 500.0  # 15 s on an idle machine: every scheduled run is a process of its own


def runs_of(flow: str) -> list[FlowRun]:
    """The engine's runs of a flow, newest first."""
    with get_client(sync_client=True) as client:
        named = FlowFilter.model_validate({"name": {"any_": [flow]}})
        found = client.read_flow_runs(flow_filter=named, limit=200)
    return sorted(found, key=lambda run: str(run.created), reverse=True)


def ask(url: str, *, secret: str = "", origin: str = "") -> tuple[int, dict[str, str]]:
    """Status and headers of a request for the number of flows."""
    request = urllib.request.Request(url, data=b"{}", method="POST", headers={"Content-Type": "application/json"})
    if secret:
        request.add_header("Authorization", "Basic " + base64.b64encode(secret.encode()).decode())
    if origin:
        request.add_header("Origin", origin)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as refused:
        return refused.code, {name.lower(): value for name, value in refused.headers.items()}


def test_a_case_goes_from_filing_to_its_end_by_runs_that_an_operator_can_read(walk: Walk, through: Through) -> None:
    case = walk.open("M4a", 1)
    with through():
        done = to_the_end(walk, [case], by_the_engine)
        assert walk.stage.case(case).state == "closed" and not done.failed
        runs = runs_of("m04_new_products")
        newest = runs[0]
        assert newest.state_name == "Completed"
        assert newest.flow_version == version(get("XZ2023").measure(4))
        assert {"M4", "区经商局", "cash_grant"} <= set(newest.tags)
        assert newest.parameters == {"cases": None}, "ids only"
        with get_client(sync_client=True) as client:
            wanted = ArtifactFilter(key=ArtifactFilterKey(any_=["m04-new-products"]))
            artifacts = client.read_artifacts(artifact_filter=wanted, limit=200)
        of_newest = [artifact for artifact in artifacts if artifact.flow_run_id == newest.id]
        assert len(of_newest) == 1, "each run leaves one"
        number = walk.stage.case(case).number
        assert f"| {number} | 已办结 |" in str(of_newest[0].data)
        assert of_newest[0].description == "推进 1，等待 0，不予支持 0，失败 0"


@SQLITE
def test_the_steps_are_recorded_as_task_runs(walk: Walk, through: Through) -> None:
    """The engine's recorder is fed by events that may be lost on a busy machine, so a few runs are looked at."""
    wanted = {"submit", "certify", "compute", "announce", "pay"}
    with through():
        for number in (1, 2, 3):
            filed(walk, "M4a", number)
            by_the_engine("M4")
            newest = runs_of("m04_new_products")[0]
            if recorded(newest, wanted) == wanted:
                assert {frozenset(step.tags) for step in steps_of(newest)} == {frozenset({"M4", "区经商局", "M4a"})}
                return
    raise AssertionError("no run of three has its steps in the engine's history")


def recorded(run: FlowRun, wanted: set[str]) -> set[str]:
    """The steps that the engine noted of a run; its recorder writes every two seconds."""
    names: set[str] = set()
    ends = time.monotonic() + 60
    while time.monotonic() < ends and names != wanted:
        names = {step.name.rsplit("-", 1)[0] for step in steps_of(run)}
        time.sleep(0.5)
    return names


def steps_of(run: FlowRun) -> list[TaskRun]:
    """The task runs of a run, as far as the engine has noted them."""
    with get_client(sync_client=True) as client:
        of_run = FlowRunFilter.model_validate({"id": {"any_": [run.id]}})
        return client.read_task_runs(flow_run_filter=of_run, task_run_filter=TaskRunFilter())


@SQLITE
def test_the_engine_answers_nobody_without_its_password_and_no_foreign_page(engine: Engine) -> None:
    url, secret = f"{engine.url}/flows/count", engine.files.secret()
    assert ask(url)[0] == 401
    assert ask(url, secret="operator:guess")[0] == 401
    assert ask(url, secret=secret)[0] == 200
    _, headers = ask(url, secret=secret, origin="http://elsewhere.example")
    assert "access-control-allow-origin" not in headers
    own = f"http://127.0.0.1:{engine.port}"
    assert ask(url, secret=secret, origin=own)[1]["access-control-allow-origin"] == own
    assert (engine.files.folder / "secret").stat().st_mode & 0o777 == 0o600
    sockets = psutil.Process(engine.pid).net_connections(kind="tcp")
    assert {socket.laddr.ip for socket in sockets if socket.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def test_two_runs_at_once_move_each_case_once(walk: Walk, through: Through) -> None:
    cases = certified(walk, "M4a", 60)
    outcomes: list[RunSummary] = []

    def run() -> None:
        with through():
            outcomes.append(by_the_engine("M4"))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 2
    moved = sorted(number for outcome in outcomes for number, _ in outcome.moved)
    assert moved == sorted(walk.stage.case(case).number for case in cases)


def run_in_a_process(engine: Engine, home: Home, killed_at: str = "") -> subprocess.CompletedProcess[str]:
    """A measure's flow in a process of its own, which may be told to die."""
    environment = {
        **os.environ,
        **home.environment(),
        **client_environment(engine.files, engine.port),
        "DUIXIAN_KILL_AT": killed_at,
    }
    command = f"import casework.lifecycle.step_runner as steps; steps.CHUNK = {CHUNK}; "
    command += "from flows.pages import flow_of; print(flow_of('XZ2023', 'M4')())"
    return subprocess.run(
        [sys.executable, "-c", command], cwd=tree.ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.prove
def test_a_killed_run_leaves_nothing_half_done_and_the_next_completes_it(
    walk: Walk, home: Home, engine: Engine, through: Through
) -> None:
    cases = certified(walk, "M4a", 50)
    died = run_in_a_process(engine, home, killed_at="before-commit:4")
    # Two chunks are looked at for `submit` and have nothing; then `compute` commits the first and dies with the second.
    assert died.returncode == -signal.SIGKILL, died.stderr[-2000:]
    states = [walk.stage.case(case).state for case in cases]
    assert states.count("computed") == CHUNK, "the first chunk was committed, the second was not"
    with through():
        done = by_the_engine("M4")
    assert len(done.moved) == 50 - CHUNK
    assert {walk.stage.case(case).state for case in cases} == {"computed"}


@pytest.mark.prove
@SQLITE
def test_a_dead_server_and_a_lost_database_of_the_engine_delay_nobody_and_come_back(
    walk: Walk, home: Home, engine: Engine
) -> None:
    runner = Runner(home, lambda: engine if engine.up else None)
    half = certified(walk, "M4a", 3)
    with engine.in_use(), home.in_use():
        by_the_engine("M9")
    assert count_runs(engine) > 0
    killed = engine.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    for path in engine.files.folder.glob("prefect.db*"):
        path.unlink()
    started = time.monotonic()
    assert len(runner.until_idle().moved) == 3
    assert time.monotonic() - started < 110, "it did not wait for the engine"
    while engine.pid == killed and time.monotonic() - started < PATIENCE:
        time.sleep(0.1)  # the work may be done before anybody noticed that the server is gone
    assert engine.wait(PATIENCE)
    assert count_runs(engine) == 0, "rebuilt"
    with engine.in_use(), home.in_use():
        done = to_the_end(walk, half, by_the_engine)
    assert not done.failed and {walk.stage.case(case).state for case in half} == {"closed"}
    assert count_runs(engine) > 0, "through the engine again"


def count_runs(engine: Engine) -> int:
    """How many flow runs the engine's own database holds."""
    connection = sqlite3.connect(engine.files.database)
    (count,) = connection.execute("SELECT count(*) FROM flow_run").fetchone()
    connection.close()
    return int(count)


@SQLITE
def test_a_scheduled_run_really_executes_and_moves_a_case(walk: Walk, home: Home, engine: Engine) -> None:
    """The scheduler, not we, starts it: with a wrong release of its database library it is well and starts nothing."""
    case = filed(walk, "M4a", 1)[0]
    environment = {**os.environ, **home.environment(), **client_environment(engine.files, engine.port)}
    environment["PREFECT_RUNNER_POLL_FREQUENCY"] = "2"
    command = "from flows.scheduled import sweep; sweep.serve(name='tick', interval=10, limit=1)"
    with (home.directory.parent / "serve.log").open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, "-c", command],
            cwd=tree.ROOT, env=environment, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
    try:
        ends = time.monotonic() + SCHEDULED
        while time.monotonic() < ends and walk.stage.case(case).next_duty == "system":
            time.sleep(0.5)
        assert walk.stage.case(case).next_duty == "acceptor", Path(said.name).read_text(encoding="utf-8")[-3000:]
        with engine.in_use():
            assert any(run.auto_scheduled for run in runs_of("sweep"))
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
