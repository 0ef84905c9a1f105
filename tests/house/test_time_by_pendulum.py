"""The house takes time from Pendulum, in one place; the law stays pure, and the tests' own models reckon by other means."""

import ast
import os
import zoneinfo
from pathlib import Path

import pendulum
import pytest

from models.clock import SHANGHAI
from notifications.channels.sandbox import time_zone_folders
from support import tree

CLOCK, BORDER = Path("models/clock.py"), Path("models/columns.py")
FOLDERS = (*(package for package in tree.PACKAGES if package != "policies"), "benchmarks", "scripts")
ZONES = {"zoneinfo", "pytz", "dateutil", "tzlocal", "calendar"}
READS = {"now", "utcnow", "today"}


def breaches(found: ast.AST) -> list[str]:
    """Time zones and clocks taken from elsewhere, and zones made by hand."""
    told = []
    for node in ast.walk(found):
        match node:
            case ast.Import(names=names):
                told += [name.name for name in names if name.name.split(".")[0] in ZONES]
            case ast.ImportFrom(module=str(module), names=names, level=0):
                told += [module] if module.split(".")[0] in ZONES else []
                told += [name.name for name in names if module == "datetime" and name.name == "timezone"]
            case ast.Call(func=ast.Name(id="timedelta"), keywords=[ast.keyword(arg="hours", value=hours)]):
                told += ["timedelta(hours=8)"] if ast.unparse(hours) in {"8", "-8"} else []
            case ast.Call(func=ast.Attribute(attr="astimezone")):
                told.append("astimezone")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="datetime" | "date" as kind), attr=word)) if (
                word in READS
            ):
                told.append(f"{kind}.{word}")
            case ast.Call(func=ast.Attribute(attr="replace"), keywords=[ast.keyword(arg="tzinfo", value=zone)]):
                told += ["replace(tzinfo)"] if ast.unparse(zone) != "None" else []
    return told


def test_time_zones_and_the_machines_clock_are_asked_of_one_module() -> None:
    looked = [path for path in tree.sources(*FOLDERS) if path not in (CLOCK, BORDER)]
    assert len(looked) > 300
    found = {str(path): told for path in looked if (told := breaches(tree.tree(path)))}
    assert not found, "ask models.clock, which asks Pendulum"


def test_that_module_and_the_column_kinds_make_no_zone_by_hand_either() -> None:
    for path in (CLOCK, BORDER):
        assert set(breaches(tree.tree(path))) <= {"astimezone"}, path
    assert isinstance(SHANGHAI, pendulum.Timezone)
    assert "import pendulum" in tree.text(CLOCK)


def test_the_law_stays_pure() -> None:
    assert not [path for path in tree.sources("policies") if "pendulum" in tree.text(path)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("from zoneinfo import ZoneInfo", "zoneinfo"),
        ("import zoneinfo", "zoneinfo"),
        ("from datetime import UTC, timezone", "timezone"),
        ("x = y + timedelta(hours=8)", "timedelta(hours=8)"),
        ("x = y.astimezone(z)", "astimezone"),
        ("x = datetime.now(UTC)", "datetime.now"),
        ("x = date.today()", "date.today"),
        ("x = y.replace(tzinfo=UTC)", "replace(tzinfo)"),
    ],
)
def test_the_search_finds(words: str, told: str) -> None:
    assert breaches(ast.parse(words)) == [told]


def test_the_sandbox_knows_the_folders_of_the_time_zones() -> None:
    assert time_zone_folders() == list(zoneinfo.TZPATH)


def test_no_relative_folder_is_opened_to_a_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONTZPATH", os.pathsep.join(("/usr/share/zoneinfo", "", "here")))
    assert time_zone_folders() == ["/usr/share/zoneinfo"]
