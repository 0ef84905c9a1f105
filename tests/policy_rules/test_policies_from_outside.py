"""Policies from outside: named by DUIXIAN_POLICIES, or installed with an entry point; what is wrong is told and stops no other."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import policies
from policies.finding import WrongPolicies, places, roots, search
from support.passing_modules import forget_passing
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

    def pointed(*named: object) -> None:
        monkeypatch.setenv("DUIXIAN_POLICIES", os.pathsep.join(map(str, named)))
        policies.search_again()

    yield pointed
    policies.search_again()
    sys.path[:] = path
    forget_passing(modules)


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
    assert [policy.code for policy in policies.all_policies()][:2] == ["XZ2023", "TWO"]
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
    assert {code: outside.page for code, outside in policies.outside().items()} == {
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
    written(tmp_path, "zz_neighbour/good.py", RENEWED.format(code="GOOD"))
    point(tmp_path, tmp_path / "zz_neighbour")
    (wrong,) = policies.unusable()
    assert said in wrong.zh and str(tmp_path) in wrong.zh and str(tmp_path) in wrong.en
    with pytest.raises(policies.NoPolicy) as caught:
        policies.get("NOT-THERE")
    assert wrong.zh in caught.value.zh and wrong.en in caught.value.en and "GOOD" in caught.value.en
    assert [policy.code for policy in policies.all_policies()] == ["XZ2023", "GOOD"], "the others go on working"
    with pytest.raises(WrongPolicies):
        list(search(str(tmp_path)))


@pytest.mark.parametrize("place", ["/no/such/folder", "./nor/this", "no.such.module", "nor this"])
def test_a_place_that_is_not_there_is_named(point: Point, place: str) -> None:
    point(place)
    (wrong,) = policies.unusable()
    assert "DUIXIAN_POLICIES" in wrong.zh and Path(place).name in wrong.en
    assert policies.outside() == {}


def test_a_place_that_may_not_be_read_is_named_and_leaves_the_others_alone(
    point: Point, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, real = str(tmp_path / "closed" / "lake"), os.stat
    written(tmp_path / "open", "c_good.py", RENEWED.format(code="GOOD"))

    def stat(path: Any, *more: Any, **named: Any) -> os.stat_result:
        if str(path).startswith(closed):
            raise PermissionError(errno.EACCES, "Permission denied", closed)
        return real(path, *more, **named)

    monkeypatch.setattr(os, "stat", stat)  # root, as whom tests may run, is denied nothing
    point(closed, tmp_path / "open")
    (wrong,) = policies.unusable()
    assert "Permission denied" in wrong.en and "lake" in wrong.en
    assert set(policies.outside()) == {"GOOD"}


def test_a_broken_file_leaves_its_neighbours_in_the_folder_alone(point: Point, tmp_path: Path) -> None:
    written(tmp_path, "a_broken.py", "POLICY = (")
    written(tmp_path, "b_leaves.py", "raise SystemExit('gone')\nPOLICY = 1")
    written(tmp_path, "c_good.py", RENEWED.format(code="GOOD"))
    point(tmp_path)
    assert set(policies.outside()) == {"GOOD"}
    assert ["a_broken.py" in policies.unusable()[0].en, "gone" in policies.unusable()[1].en] == [True, True]


def test_two_policies_cannot_share_a_code(point: Point, tmp_path: Path) -> None:
    written(tmp_path, "a/left.py", RENEWED.format(code="SAME"))
    written(tmp_path, "b/right.py", RENEWED.format(code="SAME"))
    written(tmp_path, "b/third.py", RENEWED.format(code="THIRD"))
    point(tmp_path / "a", tmp_path / "b")
    assert set(policies.outside()) == {"THIRD"}, "which of the two holds is not guessed"
    (wrong,) = policies.unusable()
    for file in ("left.py", "right.py"):
        assert file in wrong.zh and file in wrong.en
    assert "SAME" in wrong.zh and "SAME" in wrong.en


def package(folder: Path, name: str, points: str, **files: str) -> Path:
    """What an installer leaves of a package: its files, and its metadata with entry points."""
    info = folder / f"{name}-1.2.dist-info"
    written(info, "METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    written(info, "entry_points.txt", f"[duixian.policies]\n{points}\n")
    for file, text in files.items():
        written(folder, f"{file}.py", text)
    return folder


def test_an_installed_package_is_found_by_its_entry_point(
    point: Point, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = RENEWED.format(code="PACKED")
    site = package(tmp_path / "site", "district-policy", "packed = packed_district", packed_district=text)
    package(site, "another", "other = other_district:POLICY", other_district=RENEWED.format(code="OTHER"))
    renewal = written(tmp_path, "own/renewal.py", RENEWED.format(code="AGAIN").replace("XZ2023", "PACKED"))
    monkeypatch.syspath_prepend(str(site))
    point(renewal.parent)
    assert policies.unusable() == ()
    assert set(policies.outside()) == {"PACKED", "OTHER", "AGAIN"}, "a place may renew what is installed"
    found = policies.outside()["PACKED"]
    assert (found.origin.package, found.place, found.module) == ("district-policy 1.2", "packed", "packed_district")
    assert policies.outside()["AGAIN"].origin.package == ""
    assert roots() == [str(tmp_path / "own")], "what is installed needs no path of its own"


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ("broken = no_such_module", "no_such_module"),
        ("broken = two words", "two words"),
        ("broken = empty_district", "empty_district"),
        ("broken = takes_ours", "XZ2023"),
    ],
)
def test_an_entry_point_that_cannot_be_used_is_told_with_its_package_and_leaves_the_others(
    point: Point, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, points: str, said: str
) -> None:
    good = f"good = good_district\n{points}"
    modules = {"empty_district": "", "takes_ours": RENEWED.format(code="XZ2023")}
    package(tmp_path, "mixed", good, good_district=RENEWED.format(code="GOOD"), **modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    point()
    assert [policy.code for policy in policies.all_policies()] == ["XZ2023", "GOOD"]
    (wrong,) = policies.unusable()
    assert "mixed 1.2" in wrong.zh and "mixed 1.2" in wrong.en and "broken" in wrong.zh
    assert said in wrong.zh and said in wrong.en and "DUIXIAN_POLICIES" not in wrong.zh


def test_one_file_that_is_installed_and_named_is_one_policy(
    point: Point, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path, "once", "once = once_district", once_district=RENEWED.format(code="ONCE"))
    monkeypatch.syspath_prepend(str(tmp_path))
    point(tmp_path / "once_district.py")
    assert (set(policies.outside()), policies.unusable()) == ({"ONCE"}, ())


def test_the_example_says_wherever_it_is_shown_that_nobody_issued_it(point: Point) -> None:
    point(EXAMPLES)
    (found,) = policies.outside().values()
    assert (found.policy.opens, found.policy.closes) == (date(2026, 7, 1), date(2027, 6, 30))
    assert "任何政府均未发布" in found.policy.title.zh and "issued by no government" in found.policy.title.en
    assert "AN EXAMPLE THAT NO GOVERNMENT ISSUED" in found.file.read_text(encoding="utf-8")
