"""Policies from outside at work: another district's own page of flows in other processes, and a broken one refused at the start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from casework.home import Home
from deployments.local import Service
from models.store import Store
from policies.finding import WrongPolicies, roots
from support import tree

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


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("place", ["/no/such/place", "broken", "pageless"])
def test_a_service_does_not_start_on_policies_that_cannot_be_used(
    store: Store, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    base = "import policies\nfrom datetime import date\nPOLICY = policies.get('XZ2023').renewed(code='NEXT',"
    base += " opens=date(2026, 7, 1), closes=date(2027, 6, 30), changes={})\n"
    if not place.startswith("/"):
        folder = tmp_path / place
        (folder / f"{place}_policy").mkdir(parents=True)
        text = "POLICY = 1 / 0\n" if place == "broken" else base
        (folder / f"{place}_policy" / "__init__.py").write_text(text, encoding="utf-8")
        (folder / f"{place}_policy" / "page.py").write_text("import nothing_of_the_kind\n", encoding="utf-8")
        place = str(folder)
    monkeypatch.setenv("DUIXIAN_POLICIES", place)
    service = Service(home)
    with pytest.raises(WrongPolicies, match=place):
        service.start()
    assert not home.engine.exists(), "nothing was started"
