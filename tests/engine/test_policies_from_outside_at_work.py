"""Policies from outside at work: another district's own page of flows in other processes, and broken ones that stop nobody else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import policies
from casework.shared.home import Home
from deployments.declared import declared, measure_flows
from deployments.examining.filing_windows import installed
from flows.carriers import carriers
from flows.pages import NoFlow, flow_of
from models import Duty
from policies.finding import roots
from support import tree
from support.cluster import wait_for
from support.one_engine import PATIENCE, OneEngine
from support.season import filed
from support.walk import Walk

LAKESIDE = "other_policies.lakeside.policy"
PROGRAM = """
from importlib import import_module
import policies
from flows.pages import flow_of
print(policies.get("LS2023").title.zh, flow_of("LS2023", "M1").fn.__module__)
"""


def test_a_home_tells_other_processes_where_its_policies_are(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "DUIXIAN_POLICIES" not in home.environment()
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUIXIAN_POLICIES", f"./mine{os.pathsep}{LAKESIDE}")
    assert home.environment()["DUIXIAN_POLICIES"] == f"{tmp_path / 'mine'}{os.pathsep}{LAKESIDE}"


@pytest.mark.prove
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_another_districts_folder_with_its_page_is_found_by_a_process_in_another_folder(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "districts" / "lakeside_copy"
    folder.mkdir(parents=True)
    for path in (tree.ROOT / "tests" / "other_policies" / "lakeside").glob("*.py"):
        text = path.read_text(encoding="utf-8").replace("other_policies.lakeside", "lakeside_copy")
        (folder / path.name).write_text(text, encoding="utf-8")
    (folder / "__init__.py").write_text("from lakeside_copy.policy import POLICY\n", encoding="utf-8")
    monkeypatch.setenv("DUIXIAN_POLICIES", str(folder.parent))
    assert roots() == [str(folder.parent)]
    env = {**os.environ, **home.environment(), "PYTHONPATH": str(tree.ROOT)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "lakeside_copy.page"
    # a run is a process that imports its flow by name, as the worker's path lets it
    env["PYTHONPATH"] = os.pathsep.join([str(tree.ROOT), *roots()])
    again = [sys.executable, "-c", "import lakeside_copy.page as page; print(page.m01_solar_roofs.name)"]
    done = subprocess.run(again, env=env, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, "m01_solar_roofs"), done.stderr


SERVE = (
    "from casework.shared.home import Home; from deployments.local import Service; "
    "Service(Home.from_environment()).run_forever()"
)
NEXT = """
import policies
from datetime import date
POLICY = policies.get("XZ2023").renewed(code="NEXT", opens=date(2026, 7, 1), closes=date(2027, 6, 30), changes={})
"""
TWIN = """
from prefect import flow
@flow(name="m04_new_products")
def m04_new_products(cases=None):
    raise AssertionError("not the plan's")
"""


def broken_places(folder: Path) -> list[str]:
    """A place that is not there, a policy that raises, a page that does not import, and a page with a flow of the plan's name."""
    for name, policy, page in (
        ("broken", "POLICY = 1 / 0\n", ""),
        ("pageless", NEXT, "import nothing_of_the_kind\n"),
        ("twinned", NEXT.replace("NEXT", "TWINNED"), TWIN),
    ):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(policy, encoding="utf-8")
        (folder / name / "page.py").write_text(page, encoding="utf-8")
    return ["/no/such/place", *(str(folder / name) for name in ("broken", "pageless", "twinned"))]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_service_says_what_cannot_be_used_and_moves_the_cases_of_the_others(
    walk: Walk, home: Home, one_engine: OneEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_engine.lend_database(home)
    monkeypatch.setenv("DUIXIAN_POLICIES", os.pathsep.join(broken_places(tmp_path)))
    case = filed(walk, "M4a", 1)[0]
    env = {**os.environ, **home.environment()}
    with (tmp_path / "service.log").open("w+") as said:
        serve = subprocess.Popen([sys.executable, "-c", SERVE], cwd=tree.ROOT, env=env, stdout=said, stderr=said)
        try:
            wait_for(lambda: walk.stage.case(case).next_duty == Duty.ACCEPTOR, what="the plan's case moves")
        finally:
            serve.send_signal(signal.SIGTERM)
            serve.wait(PATIENCE)
    log = (tmp_path / "service.log").read_text(encoding="utf-8")
    for place in ("/no/such/place", "ZeroDivisionError", "nothing_of_the_kind", "twinned.page"):
        assert place in log, log
    assert "Traceback" not in log, log
    assert flow_of("XZ2023", "M4").fn.__module__ == "flows.xiuzhou_2023"
    with pytest.raises(NoFlow, match="两个政策页面") as caught:
        flow_of("TWINNED", "M4")
    assert "two pages" in caught.value.en
    assert [policy.code for policy, _ in carriers(policies.get("XZ2023").measure(4))] == ["XZ2023", "NEXT"]
    assert flow_of("NEXT", "M4") is flow_of("XZ2023", "M4"), "it renews the plan, and its own page adds nothing"
    said = "\n".join(finding.zh for finding in installed(home) if finding.level == "fail")
    assert said.count("twinned.page") >= 1 and "ZeroDivisionError" in said and "nothing_of_the_kind" in said
    assert ("TWINNED", "M4") not in measure_flows() and measure_flows()["NEXT", "M4"] == "m04_new_products"
    assert [deployment.entrypoint for deployment in declared() if deployment.flow_name == "m04_new_products"] == [
        "flows.xiuzhou_2023.m04_new_products"
    ]
