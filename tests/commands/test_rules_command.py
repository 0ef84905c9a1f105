"""Versions of the rules from the command line, and which policy a command is about."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import policies
import policies.xiuzhou_2023
from casework.forms.typed_forms import content
from models import State
from policies import writing
from policies.kit import ByLevel, Money, Policy, Version
from policies.xiuzhou_2023.m04_new_products import AMOUNTS, LOOM, Level
from support.walk import on

XZ2023 = policies.get("XZ2023")
MORE = ByLevel(levels={**AMOUNTS.levels, Level.MUNICIPAL: Money.wan(30), Level.NATIONAL: Money.wan(160)})
SECOND = Version(item="M4a", id="2", since=date(2023, 9, 18), source="测试文件", changes={"shape": MORE})
SISTER = XZ2023.renewed(code="QX2023", opens=XZ2023.opens, closes=XZ2023.closes, changes={})
LATER = XZ2023.renewed(code="XZ2024", opens=date(2024, 7, 1), closes=date(2025, 6, 30), changes={})


@pytest.fixture
def installed() -> Iterator[dict[str, Policy]]:
    """The policies as installed, to be changed; as they were afterwards."""
    before = dict(policies._registered)
    yield policies._registered
    policies._registered.clear()
    policies._registered.update(before)


def test_an_items_versions_are_listed_oldest_first(installed: dict[str, Policy], desk: Any) -> None:
    rules = desk.json("item", "m4a", "--versions")
    assert (rules["item"], rules["policy"], rules["count"], rules["versions"][0]["version"]) == (
        "M4a",
        "XZ2023",
        1,
        "1",
    )
    installed["XZ2023"] = replace(XZ2023, versions=(SECOND,))
    two = desk.json("item", "M4a", "--versions")["versions"]
    assert [(row["version"], row["from"]) for row in two] == [("1", "2023-07-01"), ("2", "2023-09-18")]
    assert [row["digest"] for row in two] == [item.digest for item in installed["XZ2023"].versions_of("M4a")]
    shown = desk("item", "M4a", "--versions")
    assert "测试文件" in shown and "2023-09-18" in shown and "政策：XZ2023" in shown
    assert [row["item"] for row in desk.json("rules", "list")["rules"]] == ["M4a", "M4a"]


def test_an_item_and_a_quote_are_of_the_version_of_their_day(installed: dict[str, Policy], desk: Any) -> None:
    installed["XZ2023"] = replace(XZ2023, versions=(SECOND,))
    facts = desk.write("facts.json", content(LOOM))
    for day, version, fen in (("2023-09-17", "1", 1_500_000_00), ("2023-09-18", "2", 1_600_000_00)):
        found = desk.json("quote", "M4a", "--facts", facts, "--as-of", day)
        assert (found["rule_version"], found["amount_fen"], found["policy"]) == (version, fen, "XZ2023")
    assert desk.json("item", "M4a", "--version", "1")["rule_digest"] == XZ2023.item("M4a").digest
    assert desk.json("item", "M4a")["rule_version"] == "2"
    assert "现有：1、2" in desk.error("item", "M4a", "--version", "3", code=2)["message"]


def test_open_cases_are_compared_and_nothing_is_changed(installed: dict[str, Policy], office: Any) -> None:
    priced = office.case("M4a", 1, State.COMPUTED)
    certified = office.case("M4a", 2, State.CERTIFIED, firm=1)
    office.case("M4a", 3, State.FILED, firm=2)
    office.case("M16", 4, State.COMPUTED, firm=3)
    installed["XZ2023"] = replace(XZ2023, versions=(SECOND,))
    before = office.seen()
    found = office.json("rules", "compare", "--item", "M4a")
    rows = {case["case"]: case for case in found["cases"]}
    assert found["count"] == 3 and (found["total"]["bound_fen"], found["total"]["other_fen"]) == (
        400_000_00,
        600_000_00,
    )
    for number in (priced, certified):
        assert (rows[number]["bound"], rows[number]["bound_fen"]) == ("1", 200_000_00)
        assert (rows[number]["other"], rows[number]["other_fen"], rows[number]["difference_fen"]) == (
            "2",
            300_000_00,
            100_000_00,
        )
    (waits,) = [case for case in found["cases"] if case["case"] not in (priced, certified)]
    assert (waits["bound_fen"], waits["difference_fen"], waits["bound_says"]) == (None, None, "尚未认定")
    whole = office.json("rules", "compare")
    assert whole["count"] == 4 and whole["total"]["difference_fen"] == 200_000_00
    same = office.json("rules", "compare", "--item", "M4a", "--version", "1")
    assert same["total"]["difference_fen"] == 0
    shown = office("rules", "compare")
    assert "1 → 2" in shown and "差额 200,000.00 元" in shown and "未改变任何案件" in shown
    assert "no case was changed" in office("rules", "compare", lang="en")
    assert office.seen() == before
    assert "没有事项有规则版本 9" in office.error("rules", "compare", "--version", "9", code=2)["message"]


def test_a_case_whose_version_is_gone_is_compared_by_name(installed: dict[str, Policy], office: Any) -> None:
    office.store.set_clock(on("2023-09-18"), frozen=True)
    installed["XZ2023"] = replace(XZ2023, versions=(SECOND,))
    office.case("M4a", 1, State.CERTIFIED)
    installed["XZ2023"] = XZ2023
    (row,) = office.json("rules", "compare")["cases"]
    assert row["bound_fen"] is None and "M4a 规则版本 2（摘要" in row["bound_says"] and row["other_fen"] == 200_000_00


def test_a_version_is_added_as_a_small_file_and_a_draft_is_not_read(
    installed: dict[str, Policy], desk: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "district_rules" / "versions"
    given = ("M14b", "--from", "2024-03-01", "--source", "测试文件", "--to", folder)
    made = desk.json("rules", "add", *given, "--ceiling", "350000")
    assert (made["version"], made["draft"], Path(made["file"]).name) == ("2", False, "m14b_2.py")
    assert "不覆盖" in desk.error("rules", "add", *given, "--ceiling", "350000", code=2)["message"]
    assert "下划线" in desk("rules", "add", *given, "--version", "3")
    (folder.parent / "__init__.py").write_text("")
    import sys

    sys.path.append(str(tmp_path))
    try:
        (version,) = policies_versions("district_rules")
    finally:
        sys.path.remove(str(tmp_path))
    grown = replace(XZ2023, versions=(version,))
    assert grown.item_on("M14b", date(2024, 3, 1)).ceiling == Money.wan(35)
    assert grown.item_on("M14b", date(2024, 2, 29)).ceiling == Money.wan(30)


def policies_versions(package: str) -> tuple[Version, ...]:
    from policies.kit import versions_in

    return versions_in(package)


ADD = ("rules", "add", "M14b", "--source", "测试文件", "--from", "2024-03-01", "--ceiling", "350000")
SINGLE = "import policies\nPOLICY = policies.get('XZ2023').renewed(code='{code}', opens=policies.get('XZ2023').opens, "
SINGLE += "closes=policies.get('XZ2023').closes, changes={{}})\n"


def test_a_policy_that_is_one_file_says_how_its_versions_are_read_and_then_reads_them(
    desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "one_file" / "district_single.py"
    file.parent.mkdir()
    file.write_text(SINGLE.format(code="DS2023"), encoding="utf-8")
    monkeypatch.setenv("DUIXIAN_POLICIES", str(file.parent))
    no = desk.error(*ADD, "--policy", "DS2023", code=2)
    assert no["field"] == "--to" and "district_single/__init__.py" in no["message"] and "--to" in no["message"]
    written = desk(*ADD, "--policy", "DS2023", "--to", tmp_path / "else")
    assert "尚未生效" in written and "duixian item M14b --policy DS2023 --versions" in written
    package = tmp_path / "folder" / "district_grown" / "__init__.py"
    package.parent.mkdir(parents=True)
    grown = SINGLE.format(code="DG2023").replace("POLICY", "BEFORE") + "from dataclasses import replace\n"
    grown += "from policies.kit import versions_in\nPOLICY = replace(BEFORE, versions=versions_in(__name__))\n"
    package.write_text(grown, encoding="utf-8")
    monkeypatch.setenv("DUIXIAN_POLICIES", str(package.parents[1]))
    assert desk.json(*ADD, "--policy", "DG2023")["read"] is True
    for name in [module for module in sys.modules if module.startswith("district_grown")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("DUIXIAN_POLICIES", f"{package.parents[1]}{os.pathsep}")  # as another process finds them
    found = desk.json("item", "M14b", "--policy", "DG2023", "--versions")
    assert [version["version"] for version in found["versions"]] == ["1", "2"]


def test_no_version_is_written_into_a_program_that_an_upgrade_replaces(
    desk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "site-packages" / "policies"
    (installed / "xiuzhou_2023").mkdir(parents=True)
    monkeypatch.setattr(writing, "__file__", str(installed / "writing.py"))
    monkeypatch.setattr(policies.xiuzhou_2023, "__file__", str(installed / "xiuzhou_2023" / "__init__.py"))
    no = desk.error(*ADD, code=2)
    assert "升级" in no["message"] and no["field"] == "--to"
    assert not (installed / "xiuzhou_2023" / "versions").exists()
    assert "尚未生效" in desk(*ADD, "--to", tmp_path / "mine")
    (tmp_path / "file").write_text("")
    assert "不能写入" in desk.error(*ADD, "--to", tmp_path / "file" / "v", code=2)["message"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--from", "2023-07-01", "--ceiling", "350000"), "2023-07-01 之后"),
        (("--from", "2024-03-01", "--ceiling", "300000"), "与前一版本相同"),
        (("--from", "2024-03-01", "--ceiling", "many"), "金额"),
        (("--from", "soon", "--ceiling", "1"), "日期"),
        (("--from", "2024-03-01", "--ceiling", "350000", "--version", "1"), "版本号已用"),
    ],
)
def test_what_cannot_be_a_version_is_not_written(desk: Any, tmp_path: Path, more: tuple[str, ...], says: str) -> None:
    no = desk.error("rules", "add", "M14b", "--source", "测试文件", "--to", tmp_path / "v", *more, code=2)
    assert says in no["message"] and not (tmp_path / "v").exists()


def test_of_several_policies_the_one_in_force_on_the_business_date_is_taken_and_named(
    installed: dict[str, Policy], office: Any
) -> None:
    installed["XZ2024"] = LATER
    assert office.json("parameters", "list")["policy"] == "XZ2023"
    assert "政策：XZ2023" in office("settings", "list")
    assert {row["policy"] for row in office.json("measures")} == {"XZ2023"}
    office.store.set_clock(on("2024-07-01"), frozen=True)
    assert office.json("parameters", "list")["policy"] == "XZ2024"
    assert office.json("item", "M4a")["policy"] == "XZ2024"


@pytest.mark.parametrize(
    ("day", "says", "named"),
    [
        ("2025-07-01", "2025-07-01 没有有效的政策", ("XZ2023", "XZ2024", "QX2023")),
        ("2023-09-04", "2023-09-04 有 2 个政策同时有效", ("XZ2023", "QX2023")),
    ],
)
def test_where_none_or_several_are_in_force_the_command_asks_which(
    installed: dict[str, Policy], office: Any, day: str, says: str, named: tuple[str, ...]
) -> None:
    installed |= {"XZ2024": LATER, "QX2023": SISTER}
    office.store.set_clock(on(day), frozen=True)
    for command in (("measures",), ("item", "M4a"), ("parameters", "list"), ("rules", "compare"), ("rates", "list")):
        no = office.error(*command, code=2)
        assert says in no["message"] and "--policy" in no["message"] and no["field"] == "--policy", command
        assert all(name in no["message"] for name in named)
    assert office.json("item", "M4a", "--policy", "qx2023")["policy"] == "QX2023"


def test_a_value_is_never_set_in_a_policy_that_was_not_named(installed: dict[str, Policy], office: Any) -> None:
    installed["XZ2024"] = LATER
    given = ("P16-rate", "0.2", "--citation", "算例文号", "--as", "parameter_author-0")
    for command in ("parameters", "settings"):
        value = given if command == "parameters" else ("P-notice-days", "6", *given[2:])
        no = office.error(command, "set", *value, code=2)
        assert "XZ2023" in no["message"] and "XZ2024" in no["message"] and "--policy" in no["message"]
    made = office.json("parameters", "set", *given, "--policy", "XZ2024")
    assert made["policy"] == "XZ2024"
    assert json.loads(json.dumps(office.json("parameters", "list", "--policy", "XZ2023")))["policy"] == "XZ2023"
    done = office.json("parameters", "confirm", made["proposal"], "--as", "parameter_confirmer-0")
    assert done["status"] == "confirmed", "a proposal's id says its policy"
    stored = {
        parameter["name"]: parameter
        for parameter in office.json("parameters", "list", "--policy", "XZ2024")["parameters"]
    }
    assert stored["P16-rate"]["value"] == "0.2"
