"""Policies that DUIXIAN_POLICIES names: folders, files, packages and modules; what is wrong is said with its place."""

import os
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

import policies
from policies.finding import WrongPolicies, places, roots
from support.tree import ROOT

EXAMPLES = ROOT / "docs" / "examples" / "policies"
RENEWED = """
from datetime import date
import policies
POLICY = policies.get("XZ2023").renewed(code="{code}", opens=date(2026, 7, 1), closes=date(2027, 6, 30), changes={{}})
"""
Point = Callable[..., None]


@pytest.fixture
def point(monkeypatch: pytest.MonkeyPatch) -> Iterator[Point]:
    """Points DUIXIAN_POLICIES at places; afterwards nothing that was imported for it stays."""
    path, modules = list(sys.path), set(sys.modules)
    yield lambda *named: monkeypatch.setenv("DUIXIAN_POLICIES", os.pathsep.join(map(str, named)))
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_named_finds_nothing_and_the_built_in_plan_stays(point: Point) -> None:
    point()
    assert policies.outside() == {}
    assert policies.get("XZ2023").code == "XZ2023"


def test_a_folder_holds_policies_as_files_and_as_packages(point: Point, tmp_path: Path) -> None:
    written(tmp_path, "one_file.py", RENEWED.format(code="ONE"))
    written(tmp_path, "a_package/__init__.py", "from a_package.terms import POLICY\n")
    written(tmp_path, "a_package/terms.py", RENEWED.format(code="TWO"))
    written(tmp_path, "spread_out/policy.py", RENEWED.format(code="THREE"))
    written(tmp_path, "helper.py", "raise AssertionError('not a policy: never imported')\n")
    written(tmp_path, "notes.txt", "POLICY = nothing")
    point(tmp_path)
    assert set(policies.outside()) == {"ONE", "TWO", "THREE"}
    assert [one.code for one in policies.all_policies()][:2] == ["XZ2023", "TWO"]
    assert policies.get("ONE").opens == date(2026, 7, 1)


@pytest.mark.parametrize("named", ["own", "own/__init__.py"])
def test_one_package_may_be_named_by_its_folder_or_its_file(point: Point, tmp_path: Path, named: str) -> None:
    written(tmp_path, "own/__init__.py", RENEWED.format(code="OWN"))
    point(tmp_path / named)
    assert policies.get("OWN").measure(4).flow == "m04_new_products"
    assert roots() == [str(tmp_path)]


def test_a_module_is_named_with_dots_and_several_places_as_in_path(point: Point, tmp_path: Path) -> None:
    written(tmp_path, "x.py", RENEWED.format(code="X"))
    point(tmp_path, "", "other_policies.lakeside.policy")
    assert {code: one.page for code, one in policies.outside().items()} == {
        "X": "",
        "LS2023": "other_policies.lakeside.page",
    }


def test_one_policy_reached_twice_is_one(point: Point, tmp_path: Path) -> None:
    file = written(tmp_path, "twice.py", RENEWED.format(code="TWICE"))
    point(tmp_path, file)
    assert set(policies.outside()) == {"TWICE"}


def test_a_policy_may_renew_one_that_is_found_before_it(point: Point, tmp_path: Path) -> None:
    written(tmp_path, "first.py", RENEWED.format(code="FIRST"))
    written(tmp_path, "second.py", RENEWED.format(code="SECOND").replace("XZ2023", "FIRST"))
    point(tmp_path)
    assert set(policies.outside()) == {"FIRST", "SECOND"}


def test_relative_places_become_absolute_for_other_processes(
    point: Point, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "mine/x.py", RENEWED.format(code="X"))
    monkeypatch.chdir(tmp_path)
    point("./mine", "some.module")
    assert places() == [str(tmp_path / "mine"), "some.module"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("broken.py", "POLICY = (", "读不懂"),
        ("raises.py", "POLICY = 1 / 0", "ZeroDivisionError"),
        ("lacks.py", "import nothing_like_this\nPOLICY = None", "nothing_like_this"),
        ("other.py", "POLICY = 'XZ'", "没有 POLICY = Policy"),
        ("json.py", RENEWED.format(code="J"), "同名"),
        ("flows.py", RENEWED.format(code="F"), "同名"),
        ("pytest.py", RENEWED.format(code="P"), "同名"),
        ("no-name.py", RENEWED.format(code="N"), "不能作模块名"),
        ("small.py", RENEWED.format(code="small"), "大写"),
        ("built_in.py", RENEWED.format(code="XZ2023"), "XZ2023 已由 duixian 使用"),
        ("backwards.py", RENEWED.format(code="B").replace("2027", "2025"), "早于起始日"),
        ("pageless.py", RENEWED.format(code="G") + "PAGE = 'no.such.page'", "没有流程页面"),
        ("empty.py", "policy = 1", "没有政策"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place_in_both_languages(
    point: Point, tmp_path: Path, name: str, text: str, said: str
) -> None:
    written(tmp_path, name, text)
    point(tmp_path)
    with pytest.raises(WrongPolicies, match=said) as caught:
        policies.all_policies()
    assert str(tmp_path) in caught.value.zh and str(tmp_path) in caught.value.en
    with pytest.raises(WrongPolicies):
        policies.get("NOT-THERE")
    assert policies.get("XZ2023").code == "XZ2023"


@pytest.mark.parametrize("place", ["/no/such/folder", "./nor/this", "no.such.module", "nor this"])
def test_a_place_that_is_not_there_is_named(point: Point, place: str) -> None:
    point(place)
    with pytest.raises(WrongPolicies, match="DUIXIAN_POLICIES"):
        policies.outside()


def test_two_policies_cannot_share_a_code(point: Point, tmp_path: Path) -> None:
    written(tmp_path, "a/left.py", RENEWED.format(code="SAME"))
    written(tmp_path, "b/right.py", RENEWED.format(code="SAME"))
    point(tmp_path / "a", tmp_path / "b")
    with pytest.raises(WrongPolicies, match=f"SAME 已由 {tmp_path / 'a'} 使用"):
        policies.outside()


def test_the_example_says_wherever_it_is_shown_that_nobody_issued_it(point: Point) -> None:
    point(EXAMPLES)
    (found,) = policies.outside().values()
    assert (found.policy.opens, found.policy.closes) == (date(2026, 7, 1), date(2027, 6, 30))
    assert "任何政府均未发布" in found.policy.title.zh and "issued by no government" in found.policy.title.en
    assert "AN EXAMPLE THAT NO GOVERNMENT ISSUED" in found.file.read_text(encoding="utf-8")
