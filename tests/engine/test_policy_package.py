"""A policy of others as it is used: written, built as a wheel, installed beside the program, a case paid and brought back."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import sysconfig
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support import tree
from support.cluster import TYPED, Machines, wait_for
from support.one_engine import PATIENCE

pytestmark = pytest.mark.slow
NAME, CODE = "lakeshore", "LAKESHORE2026"


def run(*command: object, code: int = 0, **more: object) -> str:
    """A process's output; it must end with this code."""
    done = subprocess.run([str(value) for value in command], capture_output=True, text=True, **more)  # type: ignore[call-overload]
    assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr, done.stderr
    return str(done.stdout)


def duixian(python: object, *arguments: object, code: int = 0, **env: str) -> str:
    command = (python, "-c", "from cli.app import main; main()", *arguments)
    return run(*command, code=code, env={**os.environ, "DUIXIAN_POLICIES": "", **env})


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """The sample, written by `policy new` and built without a network."""
    folder = tmp_path / "written"
    duixian(sys.executable, "policy", "new", NAME, "--to", folder, "--year", "2026")
    offline = ("--no-deps", "--no-index", "--no-build-isolation")
    run(sys.executable, "-m", "pip", "wheel", "-q", *offline, "-w", tmp_path / "wheels", folder)
    [built] = (tmp_path / "wheels").glob("duixian_lakeshore-0.1.0-*.whl")
    return built


def fresh(tmp_path: Path) -> Path:
    """The Python of an environment of its own.

    It sees the program and what the program needs by a `.pth`: to install those anew takes minutes and a network, and nothing of
    them is asked about here. The policy itself is in no place but this environment's own.
    """
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "env")
    python = tmp_path / "env" / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (site / "program.pth").write_text(f"{tree.ROOT}\n{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return python


def served(python: Path, folder: Path, number: str) -> None:
    """`serve` takes a filed case to its acceptor by the package's own flow, through the engine."""
    env = {"DUIXIAN_HOME": str(folder / "home"), "DUIXIAN_POLICIES": "", "DUIXIAN_LANG": "zh"}
    with (folder / "serve.log").open("w") as log:
        command = [str(python), "-c", "from cli.app import main; main()", "serve"]
        serve = subprocess.Popen(command, env={**os.environ, **env}, cwd=folder, stdout=log, stderr=log)
        try:
            wait_for(lambda: f"m01_{NAME}_equipment" in ran(folder / "home" / "engine"), what="a run of its flow")
            case = json.loads(duixian(python, "case", number, "--as", "auditor", "--json", **env))["case"]
        finally:
            serve.send_signal(signal.SIGTERM)
            serve.wait(PATIENCE)
    assert (case["state"], case["next_duty"]) == ("filed", "acceptor"), (folder / "serve.log").read_text()


def ran(engine: Path) -> set[str]:
    """The flows of which the engine has a completed run."""
    query = (
        "SELECT flow.name FROM flow JOIN flow_run ON flow_run.flow_id = flow.id WHERE flow_run.state_type = 'COMPLETED'"
    )
    try:
        with closing(sqlite3.connect(f"file:{engine / 'prefect.db'}?mode=ro", uri=True)) as records:
            return {name for (name,) in records.execute(query)}
    except sqlite3.OperationalError:  # not made yet
        return set()


def paid_by_commands(python: Path, wheel: Path, folder: Path) -> dict[str, Any]:
    """The sample installed, its first case paid by commands, another left waiting; what `sample_paid` says of it."""
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel)
    env = {**os.environ, "DUIXIAN_POLICIES": "", "PYTHONPATH": str(tree.ROOT / "tests")}
    said: dict[str, Any] = json.loads(
        run(python, "-m", "support.sample_paid", CODE, folder, cwd=folder, env=env).splitlines()[-1]
    )
    return said


@pytest.mark.prove
def test_a_sample_installed_from_its_wheel_pays_a_case_by_commands_is_served_and_comes_back_from_a_backup(
    wheel: Path, tmp_path: Path
) -> None:
    python = fresh(tmp_path)
    said = paid_by_commands(python, wheel, tmp_path)
    source = said["source"]
    assert (source["source"], source["package"], source["place"]) == ("package", "duixian-lakeshore 0.1.0", NAME)
    assert Path(source["file"]).is_relative_to(tmp_path / "env") and source["page"] == f"{NAME}.page"
    assert said["checked"] and said["number"].startswith(f"{CODE}-M01-")
    assert (said["states"], said["paid_yuan"]) == (["on_notice", "closed", "closed"], "3.00")
    assert said["verified"]
    assert "安装的程序包" in said["version"] and "site-packages" in "".join(said["version"].split())
    assert said["deployed"] == [f"m01_{NAME}_equipment", f"m02_{NAME}_library", f"m03_{NAME}_training"]
    served(python, tmp_path, said["waiting"])
    # where the package is not, the cases are not brought back without it, and the way out is said
    no = duixian(sys.executable, "restore", said["backup"], "--into", tmp_path / "other", "--json", code=1)
    assert CODE in no and "DUIXIAN_POLICIES" in no and not (tmp_path / "other").exists()
    # the generated tests pass beside the program
    run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tmp_path / "written")


@pytest.mark.prove
def test_a_worker_of_a_pool_runs_the_flow_of_a_sample_that_is_installed_where_it_runs(
    wheel: Path, tmp_path: Path
) -> None:
    python = fresh(tmp_path)
    waiting = paid_by_commands(python, wheel, tmp_path)["waiting"]
    machines = Machines(tmp_path, f"sqlite:///{tmp_path / 'home' / 'duixian.db'}")
    try:
        machines.start_engine()
        run(python, "-c", TYPED, "deploy", "--yes", env=machines.environment("deploying"))
        with machines.api.client(brief=False) as client:
            deployment = client.read_deployment_by_name(f"m01_{NAME}_equipment/duixian")
            made = client.create_flow_run_from_deployment(deployment.id)
        machines.start("worker", "worker", python=python)
        wait_for(lambda: made.id in {done.id for done in machines.completed()}, what="the run")
        env = {"DUIXIAN_HOME": str(tmp_path / "home"), "DUIXIAN_LANG": "zh"}
        case = json.loads(duixian(python, "case", waiting, "--as", "auditor", "--json", **env))["case"]
        assert (case["state"], case["next_duty"]) == ("filed", "acceptor"), machines.log("worker").read_text()
    finally:
        machines.stop()
