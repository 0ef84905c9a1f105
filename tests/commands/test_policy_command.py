"""`duixian policy`: where each policy comes from, a new one's package, what is missing; in words, never a traceback."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands.conftest import Desk

import policies
from support.passing_modules import forget_passing


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """What a test imports or finds does not stay."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    policies.search_again()
    sys.path[:] = path
    forget_passing(modules)


def written(desk: Desk, folder: Path, name: str) -> Path:
    desk("policy", "new", name, "--to", folder / name, "--year", "2026")
    return folder / name


def test_a_policy_says_where_it_comes_from_and_what_cannot_be_used_is_listed(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = written(desk, tmp_path, "listed_lake")
    monkeypatch.setenv("DUIXIAN_POLICIES", f"{place}{os.pathsep}/no/such/place")
    found = desk.json("policy", "list")
    assert [(policy["code"], policy["source"]) for policy in found["policies"]] == [
        ("XZ2023", "program"),
        ("LISTED-LAKE2026", "place"),
    ]
    own = found["policies"][1]
    assert (own["place"], own["page"]) == (str(place), "listed_lake.page")
    assert "/no/such/place" in found["unusable"][0]["message"]
    for lang, words in (("zh", "随程序安装"), ("en", "came with the")):
        shown = desk("policy", "list", lang=lang)
        assert words in shown and "✗" in shown and "/no/such/place" in shown
    page = desk("policy", "show", "listed-lake2026")
    assert str(place) in "".join(page.split()) and "m03_listed_lake_training" in page and "不得用于正式办理" in page
    assert desk.json("policy", "show", "XZ2023")["page"] == "flows.xiuzhou_2023"
    no = desk.error("policy", "show", "NOPE", code=2)
    assert "/no/such/place" in no["message"] and no["field"] == "--policy"
    assert desk.json("measures", "--policy", "XZ2023"), "the others go on working"


def test_a_sample_passes_its_check_and_each_fault_is_told_in_words(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = written(desk, tmp_path, "checked_lake")
    assert desk.json("policy", "check", place) == {
        "ok": True, "count": 0,
        "policies": [{
            "code": "CHECKED-LAKE2026", "where": str(place / "checked_lake" / "__init__.py"), "ok": True, "faults": [],
            "notes": ["CHECKED-LAKE2026 标明为虚构或示例：据所发文件改写以前，不得用于正式办理"],
        }],
    }  # fmt: skip
    other = written(desk, tmp_path, "broken_lake")
    page = other / "broken_lake" / "page.py"
    page.write_text(page.read_text(encoding="utf-8").replace("announce, pay)", "announce, deliver)"), encoding="utf-8")
    monkeypatch.setenv("DUIXIAN_POLICIES", os.pathsep.join(map(str, (place, other, "/no/such/place"))))
    for lang, words in (("zh", "环节应为"), ("en", "its steps are")):
        said = desk("policy", "check", code=1, lang=lang)
        assert words in said and "/no/such/place" in said and "CHECKED-LAKE2026" in said
    assert desk.json("policy", "check", "BROKEN-LAKE2026", code=1)["count"] == 1
    assert desk.json("policy", "check", "checked-lake2026")["ok"]


def test_a_page_that_does_not_load_or_takes_a_flows_name_is_told(desk: Desk, tmp_path: Path) -> None:
    gone = written(desk, tmp_path, "gone_lake")
    page = gone / "gone_lake" / "page.py"
    page.write_text("import nothing_of_the_kind\n" + page.read_text(encoding="utf-8"), encoding="utf-8")
    (said,) = (
        fault for fault in desk.json("policy", "check", gone, code=1)["policies"][0]["faults"] if "不能载入" in fault
    )
    assert "nothing_of_the_kind" in said
    twin = written(desk, tmp_path, "twin_lake")
    page = twin / "twin_lake" / "page.py"
    extra = '\n\n@flow(name="m04_new_products")\ndef other(cases: list[UUID] | None = None) -> None:\n    return None\n'
    page.write_text(page.read_text(encoding="utf-8") + extra, encoding="utf-8")
    faults = desk.json("policy", "check", twin, code=1)["policies"][0]["faults"]
    assert any("m04_new_products" in fault and "flows.xiuzhou_2023" in fault for fault in faults)


@pytest.mark.parametrize("name", ["/no/such/place", "no_such_module", "NOPE2026"])
def test_what_is_not_there_is_said(desk: Desk, name: str) -> None:
    for lang in ("zh", "en"):
        assert name in desk("policy", "check", name, code=1, lang=lang)


def test_a_new_policy_is_not_written_over_anything_nor_under_a_name_that_is_taken(desk: Desk, tmp_path: Path) -> None:
    place = written(desk, tmp_path, "once_lake")
    assert desk.error("policy", "new", "once_lake", "--to", place, code=2)["field"] == "--to"
    assert desk.error("policy", "new", "json", "--to", tmp_path / "json", code=2)["field"] == "NAME"
    assert (
        desk.error("policy", "new", "lakes", "--to", tmp_path / "lakes", "--code", "XZ2023", code=2)["field"]
        == "--code"
    )
    made = desk.json("policy", "new", "coded", "--to", tmp_path / "coded", "--code", "CD1", "--year", "2027")
    assert made["code"] == "CD1" and len(made["files"]) == 9
