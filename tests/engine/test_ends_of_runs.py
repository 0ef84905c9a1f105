"""How a run's process ends in a worker: cancelled before it began, over its time, with its worker, and with all that it started."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelling, Completed, Pending
from sqlalchemy.engine import make_url

from casework.operations.alarms import lasting
from casework.shared.home import Home
from deployments.cluster import declared_worker
from deployments.cluster.cluster_settings import SECRET, URL, Cluster
from deployments.cluster.declared_worker import DeclaredConfiguration, DeclaredWorker, Ended, end_process
from deployments.cluster.shared_engine import Shared
from deployments.declared import NAME, POOL
from deployments.deploying import apply, plan
from flows.options import TIMEOUT_SECONDS
from models import Duty
from models.store import Store
from support import tree
from support.cluster import TYPED, wait_for
from support.one_engine import OneEngine
from support.season import filed
from support.walk import Walk

pytestmark = [pytest.mark.prove, pytest.mark.parametrize("backend", ["sqlite"], indirect=True)]
FLOW = "m04_new_products"
Answer = TypeVar("Answer")


@pytest.fixture
def shared(one_engine: OneEngine) -> Iterator[Shared]:
    """An engine with the pool and one deployment; afterwards without."""
    engine = one_engine()
    made = Shared(engine.files.folder, Cluster(url=engine.url, secret=engine.files.secret()))
    wanted = plan(made)
    few = [change for change in wanted.changes if change.name in (FLOW, POOL)]
    apply(made, type(wanted)(changes=few, surplus=[], ids={}))
    yield made
    with made.client(brief=False) as client:
        for deployment in client.read_deployments():
            client.delete_deployment(deployment.id)
        client.delete_work_pool(POOL)


def taken(shared: Shared) -> FlowRun:
    """A run that a worker has taken, and whose process is about to start."""
    with shared.client(brief=False) as client:
        deployment = client.read_deployment_by_name(f"{FLOW}/{NAME}")
        made = client.create_flow_run_from_deployment(deployment.id)
        client.set_flow_run_state(made.id, Pending(), force=True)
        client.update_flow_run(made.id, infrastructure_pid="1")
        return client.read_flow_run(made.id)


def state_of(shared: Shared, run: FlowRun) -> str:
    """The name of its state in the engine."""
    with shared.client(brief=False) as client:
        return str(client.read_flow_run(run.id).state_name)


def sockets() -> set[int]:
    """The descriptors of this process's open TCP connections."""
    return {connection.fd for connection in psutil.Process().net_connections("tcp")}


def by_worker(shared: Shared, home: Home, use: Callable[[DeclaredWorker], Awaitable[Answer]]) -> Answer:
    """What a worker in this process answers.

    A worker ends without waiting for the engine to answer the close of its channel: the loop goes on until both sides have closed.
    """

    async def answered() -> Answer:
        before = sockets()
        async with DeclaredWorker(work_pool_name=POOL, create_pool_if_not_found=False) as worker:
            worker.told(home, shared.cluster)
            answer = await use(worker)
        async with asyncio.timeout(60):
            while sockets() - before:
                await asyncio.sleep(0.02)
        return answer

    with shared.in_use():
        return asyncio.run(answered())


def run_by_worker(shared: Shared, home: Home, run: FlowRun) -> Ended:
    """The end of a run that a worker in this process starts."""
    return by_worker(shared, home, lambda worker: worker.run(run, DeclaredConfiguration(name=run.name)))


@contextmanager
def records_locked(home: Home) -> Iterator[sqlite3.Connection]:
    """Somebody holds the records, so that a run waits; given free at the end, or before by a rollback."""
    holder = sqlite3.connect(str(make_url(home.database_url).database), isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield holder
    finally:
        holder.close()


def processes_of_runs(parent: psutil.Process) -> list[psutil.Process]:
    """The processes of runs below a process; one that has just ended is none."""
    found = []
    for child in parent.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # a zombie too
            if declared_worker.MODULE in " ".join(child.cmdline()):
                found.append(child)
    return found


def test_a_run_that_is_cancelled_while_its_process_starts_is_cancelled_and_no_crash(
    walk: Walk, store: Store, home: Home, shared: Shared
) -> None:
    case, run = filed(walk, "M4a", 1)[0], taken(shared)
    with shared.client(brief=False) as client:
        client.set_flow_run_state(run.id, Cancelling())
    assert state_of(shared, run) == "Cancelling"
    assert run_by_worker(shared, home, run).status_code == 0
    assert state_of(shared, run) == "Cancelled"
    assert lasting(store) == [], "nobody is told of a crash"
    assert walk.stage.case(case).next_duty == Duty.SYSTEM, "nothing was run"


def test_a_run_that_carries_a_result_before_it_began_is_refused_and_no_crash(
    walk: Walk, store: Store, home: Home, shared: Shared
) -> None:
    run = taken(shared)
    with shared.client(brief=False) as client:
        state = {"type": "PENDING", "data": {"put": "before"}}  # the client's own call leaves the data out
        client._client.post(f"/flow_runs/{run.id}/set_state", json={"state": state, "force": True}).raise_for_status()
    assert run_by_worker(shared, home, run).status_code == 0
    assert state_of(shared, run) == "Refused" and lasting(store) == []


def test_a_run_that_somebody_ended_meanwhile_keeps_its_end(
    walk: Walk, store: Store, home: Home, shared: Shared
) -> None:
    run = taken(shared)
    with shared.client(brief=False) as client:
        client.set_flow_run_state(run.id, Completed(), force=True)
    assert run_by_worker(shared, home, run).status_code == 0
    assert state_of(shared, run) == "Completed" and lasting(store) == []


def test_a_run_over_its_time_is_ended_from_outside_and_the_operators_hear_of_it(
    walk: Walk, store: Store, home: Home, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(declared_worker, "GRACE_SECONDS", 8 - TIMEOUT_SECONDS)
    filed(walk, "M4a", 1)
    run, here = taken(shared), psutil.Process()

    async def until_free(holder: sqlite3.Connection) -> None:
        while not processes_of_runs(here):
            await asyncio.sleep(0.05)
        while processes_of_runs(here):
            await asyncio.sleep(0.05)
        holder.rollback()

    async def both(worker: DeclaredWorker) -> Ended:
        freeing = asyncio.create_task(until_free(holder))
        ended = await worker.run(run, DeclaredConfiguration(name=run.name))
        await freeing
        return ended

    with records_locked(home) as holder:
        assert by_worker(shared, home, both).status_code == -signal.SIGKILL
    assert lasting(store) == [f"run_crashed/{FLOW}"]


def test_a_runs_process_ends_with_its_worker_killed_or_told_to_stop(
    walk: Walk, home: Home, shared: Shared, tmp_path: Path
) -> None:
    given = {URL: shared.url, SECRET: shared.cluster.secret}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    env = {**clean, **home.environment(), **given, "PYTHONPATH": str(tree.ROOT), "NO_PROXY": "127.0.0.1"}
    filed(walk, "M4a", 1)
    for how in (signal.SIGKILL, signal.SIGTERM):
        with (
            records_locked(home),
            shared.client(brief=False) as client,
            (tmp_path / f"{how.name}.log").open("wb") as log,
        ):
            run = client.create_flow_run_from_deployment(client.read_deployment_by_name(f"{FLOW}/{NAME}").id)
            worker = subprocess.Popen(
                [sys.executable, "-c", TYPED, "worker"], cwd=tmp_path, env=env, stdout=log, stderr=log
            )
            try:
                wait_for(lambda run=run: state_of(shared, run) == "Running", what="the run")  # type: ignore[misc]
                [process] = processes_of_runs(psutil.Process(worker.pid))
                worker.send_signal(how)
                worker.wait(60)
                wait_for(lambda process=process: not process.is_running(), 60, "its end")  # type: ignore[misc]
            finally:
                worker.kill()
                worker.wait()
            client.delete_flow_run(run.id)


@pytest.mark.usefixtures("home")
def test_what_a_runs_process_started_ends_with_it() -> None:
    async def started_and_ended() -> tuple[psutil.Process, int]:
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", "sleep 600 & echo $!; wait",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        below = psutil.Process(int(await process.stdout.readline()))
        end_process(process)
        return below, await process.wait()

    below, status = asyncio.run(started_and_ended())
    assert status == -signal.SIGKILL
    wait_for(lambda: not below.is_running() or below.status() == psutil.STATUS_ZOMBIE, 30, "the end of what it started")
