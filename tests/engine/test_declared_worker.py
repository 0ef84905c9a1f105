"""A worker runs what the source declares, whatever the engine says: no command, environment, image or code of a run's own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.client.schemas.objects import FlowRun

from casework.shared.home import Home
from deployments.cluster.cluster_settings import SECRET, URL, Cluster
from deployments.cluster.declared_worker import open_environment, withheld
from deployments.cluster.shared_engine import Shared
from deployments.declared import NAME, POOL, declared_flow, names
from deployments.deploying import apply, plan
from models import Duty
from support import tree
from support.cluster import TYPED, wait_for
from support.one_engine import OneEngine
from support.season import filed
from support.walk import Walk

KEY = "key-of-a-channel-0123456789"
FLOWS = ("m04_new_products", "rankings")  # what is deployed here


@pytest.fixture
def engine_of_all(one_engine: OneEngine) -> Iterator[Shared]:
    """An engine with the pool and two of our deployments; afterwards without."""
    engine = one_engine()
    shared = Shared(engine.files.folder, Cluster(url=engine.url, secret=engine.files.secret()))
    wanted = plan(shared)
    few = [change for change in wanted.changes if change.name in (*FLOWS, POOL)]
    apply(shared, type(wanted)(changes=few, surplus=[], ids={}))
    yield shared
    with shared.client(brief=False) as client:
        for deployment in client.read_deployments():
            client.delete_deployment(deployment.id)
        client.delete_work_pool(POOL)


@pytest.fixture
def worker(engine_of_all: Shared, home: Home, tmp_path: Path) -> Iterator[psutil.Process]:
    """`duixian worker`, told its secrets by its environment."""
    given = {URL: engine_of_all.url, SECRET: engine_of_all.cluster.secret, "DUIXIAN_CHANNEL_OFFICE_TOKEN": KEY}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    env = {**clean, **home.environment(), **given, "PYTHONPATH": str(tree.ROOT), "NO_PROXY": "127.0.0.1"}
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", TYPED, "worker", "--name", "w"], cwd=tmp_path, env=env, stdout=log, stderr=log
        )
        yield psutil.Process(process.pid)
        process.terminate()
        process.wait(60)


def state_of(shared: Shared, run: UUID) -> FlowRun:
    """The run as the engine has it."""
    with shared.client(brief=False) as client:
        return client.read_flow_run(run)


def test_only_declared_flows_have_a_name_to_run_by() -> None:
    assert {*FLOWS, "sweep"} <= names()
    for strange in ("run_jobs", "os.system", "flows.scheduled.sweep", "flow_of", ""):
        with pytest.raises(LookupError):
            declared_flow(strange)


def test_no_secret_is_in_the_environment_of_a_run_and_none_that_it_needs_is_lost() -> None:
    given = {
        "PATH": "/bin", "LC_ALL": "C", "TZ": "UTC", "DUIXIAN_DATABASE_URL": "postgresql://a:b@c/d", "PREFECT_API_URL": "x",
        "DUIXIAN_ENGINE_SECRET": "operator:x", "DUIXIAN_ENGINE_DATABASE_URL": "y", "DUIXIAN_OBSERVE_TOKEN": "z",
        "DUIXIAN_CHANNEL_OFFICE_TOKEN": KEY, "DUIXIAN_IDENTITY_KEY": "/run/keys/identity", "HTTPS_PROXY": "http://a:b@c",
    }  # fmt: skip
    assert open_environment(given) == {"PATH": "/bin", "LC_ALL": "C", "TZ": "UTC"}
    assert set(withheld(given)) == {"DUIXIAN_CHANNEL_OFFICE_TOKEN", "DUIXIAN_IDENTITY_KEY", "HTTPS_PROXY"}


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_whatever_the_engine_says_a_worker_starts_our_process_with_our_settings(
    walk: Walk, home: Home, engine_of_all: Shared, worker: psutil.Process, tmp_path: Path
) -> None:
    case, mark = filed(walk, "M4a", 1)[0], tmp_path / "mark"
    told = f"touch {mark}"
    with engine_of_all.client(brief=False) as client:
        m04 = client.read_deployment_by_name(f"m04_new_products/{NAME}")
        template = {"job_configuration": {"command": told, "env": {"A": "B"}}, "variables": {"properties": {}}}
        client.update_work_pool(POOL, WorkPoolUpdate(base_job_template=template))
        client.create_deployment(
            m04.flow_id, NAME, entrypoint="os.system", path="/", work_pool_name=POOL,
            job_variables={"command": told, "env": {"PYTHONSTARTUP": str(mark)}, "image": "evil"},
            pull_steps=[{"prefect.deployments.steps.run_shell_script": {"script": told}}],
        )  # fmt: skip
        ours = client.create_flow_run_from_deployment(m04.id, job_variables={"command": told, "env": {"X": "Y"}})
        strange = client.create_deployment(client.create_flow_from_name("run_jobs"), NAME, work_pool_name=POOL)
        other = client.create_flow_run_from_deployment(strange)
        rankings = client.read_deployment_by_name(f"rankings/{NAME}")
        client.update_deployment(rankings.id, enforce_parameter_schema(False))
        wrong = client.create_flow_run_from_deployment(rankings.id, parameters={"business_date": "soon"})
    seen: dict[str, str] = {}

    def over() -> bool:
        for child in worker.children(recursive=True):
            try:
                seen.update(child.environ())
            except psutil.Error:
                continue
        states = [state_of(engine_of_all, run.id).state for run in (ours, other, wrong)]
        return all(state is not None and state.is_final() for state in states)

    wait_for(over, what="the three runs")
    done = state_of(engine_of_all, ours.id)
    assert done.state_name == "Completed", (tmp_path / "worker.log").read_text()
    assert {state_of(engine_of_all, run.id).state_name for run in (other, wrong)} == {"Refused"}
    assert walk.stage.case(case).next_duty == Duty.ACCEPTOR, "the case moved"
    assert not mark.exists(), "nothing of what the engine said was run"
    assert seen and set(seen) == set(open_environment(seen)) and not {"A", "X", "PYTHONSTARTUP"} & set(seen)
    secrets = (engine_of_all.cluster.secret, home.database_url, KEY)
    assert not [secret for secret in secrets if secret in json.dumps(seen)]
    assert not [secret for secret in secrets if secret in (tmp_path / "worker.log").read_text()]
    assert done.start_time is not None and done.expected_start_time is not None
    print(
        f"from the trigger to the start of the run: {(done.start_time - done.expected_start_time).total_seconds():.1f} s"
    )


def enforce_parameter_schema(on: bool) -> object:
    """The engine looks at parameters, or not."""
    from prefect.client.schemas.actions import DeploymentUpdate

    return DeploymentUpdate(enforce_parameter_schema=on)
