"""Changing a rule means adding a version: the old one stays runnable, and a case is bound to that of its filing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import policies
from policies.conformity import missing
from policies.kit import ByLevel, Money, Text, Version, versions_in
from policies.versions import NotInstalled
from policies.xiuzhou_2023.m04_new_products import AMOUNTS, LOOM, Level

XZ2023 = policies.get("XZ2023")
MORE = ByLevel(levels={**AMOUNTS.levels, Level.NATIONAL: Money.wan(160)})
DAY = date(2024, 1, 1)


def later(id: str = "2", since: date = DAY, changes: Mapping[str, Any] | None = None, item: str = "M4a") -> Version:
    given = {"shape": MORE} if changes is None else changes
    return Version(item=item, id=id, since=since, source="测试文件 2024 年 1 号", changes=given)


def test_both_versions_stay_runnable_and_the_day_of_filing_says_which_binds() -> None:
    policy = replace(XZ2023, versions=(later(),))
    first, second = policy.versions_of("M4a")
    assert (first.version, second.version, second.since) == ("1", "2", DAY)
    assert first.award(LOOM, {}).amount == Money.wan(150)
    assert second.award(LOOM, {}).amount == Money.wan(160)
    assert policy.item_on("M4a", date(2023, 12, 31)) is first
    assert policy.item_on("M4a", DAY) is policy.item_on("M4a", date(2025, 1, 1)) is second
    assert policy.versions_of("M4b") == (policy.item("M4b"),)


def test_a_version_leaves_the_digest_of_the_one_before_it_as_it_was() -> None:
    policy = replace(XZ2023, versions=(later(),))
    first, second = policy.versions_of("M4a")
    assert first.digest == XZ2023.item("M4a").digest != second.digest


@pytest.mark.parametrize(
    "changes",
    [
        {"known_by": ()},
        {"days": ("certified_on",)},
        {"evidence": XZ2023.item("M4a").evidence[:1]},
        {"soft": ("sector",)},
        {"reviewed_jointly": False},
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_version_may_change_what_no_figure_of_the_rule_shows_and_is_told_from_the_one_before(
    changes: Mapping[str, Any],
) -> None:
    """By what the subject is known, for which days it is paid, which papers it needs and who looks at it."""
    first, second = replace(XZ2023, versions=(later(changes=changes),)).versions_of("M4a")
    assert second.digest != first.digest == XZ2023.item("M4a").digest


@pytest.mark.parametrize(
    "changes",
    [{"known_by": ()}, {"days": ("certified_on",)}, {"evidence": XZ2023.item("M4a").evidence[:1]}],
    ids=lambda given: next(iter(given)),
)
def test_an_edit_of_what_is_set_off_or_needed_changes_the_digest(changes: Mapping[str, Any]) -> None:
    item = XZ2023.item("M4a")
    assert replace(item, **changes).digest != item.digest


def test_what_a_later_version_lacks_is_told_as_of_the_first() -> None:
    grown = replace(XZ2023, versions=(later(changes={"days": ("begun_on",)}),))
    assert [gap.en for gap in missing(grown, "policies.xiuzhou_2023")] == ["M4a: FirstSetFacts has no field begun_on"]


def test_a_bound_version_is_found_by_id_and_digest_and_nothing_stands_in_for_it() -> None:
    policy = replace(XZ2023, versions=(later(),))
    first, second = policy.versions_of("M4a")
    assert policy.bound_item("M4a", "1", first.digest) is first
    assert policy.bound_item("M4a", "2", second.digest) is second
    with pytest.raises(NotInstalled, match="M4a 规则版本 2（摘要"):
        XZ2023.bound_item("M4a", "2", second.digest)
    with pytest.raises(NotInstalled, match="M4a 规则版本 1 与申报时不同"):
        policy.bound_item("M4a", "1", second.digest)


def test_a_third_version_builds_on_the_second() -> None:
    second, third = later(), later("2024-b", date(2024, 3, 1), {"ceiling": Money.wan(155)})
    found = replace(XZ2023, versions=(second, third)).versions_of("M4a")[-1]
    assert found.shape == MORE and found.ceiling == Money.wan(155)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (later(item="M99"), "没有事项 M99"),
        (later("1"), "版本号已用"),
        (later(" "), "为空"),
        (later(since=date(2023, 7, 1)), "2023-07-01 之后"),
        (later(since=date(2024, 7, 1)), "2024-06-30 以前"),
        (later(changes={"celing": Money.wan(1)}), "不能变更 celing"),
        (later(changes={"id": "M4z"}), "不能变更 id"),
        (later(changes={}), "与前一版本相同"),
        (later(changes={"title": Text("新名", "new name")}), "与前一版本相同"),
        (later(changes={"ceiling": XZ2023.item("M4a").ceiling, "days": ()}), "与前一版本相同"),
        (replace(later(), source=" "), "依据文件"),
    ],
)
def test_what_cannot_be_a_version_is_refused_when_the_policy_is_made(wrong: Version, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(XZ2023, versions=(wrong,))


def test_two_versions_of_one_day_or_one_id_are_refused() -> None:
    other = later("3", changes={"ceiling": Money.wan(155)})
    with pytest.raises(ValueError, match="晚于前一版本"):
        replace(XZ2023, versions=(later(), other))
    with pytest.raises(ValueError, match="版本号已用"):
        replace(XZ2023, versions=(later(), replace(other, id="2", since=date(2024, 2, 1))))


def test_a_renewal_starts_from_the_newest_version() -> None:
    renewed = replace(XZ2023, versions=(later(),)).renewed(
        code="X2024", opens=date(2024, 7, 1), closes=date(2025, 6, 30), changes={}
    )
    (only,) = renewed.versions_of("M4a")
    assert (only.version, only.since, only.shape) == ("1", None, MORE)


def test_versions_are_small_files_under_the_policys_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "district_example" / "versions"
    folder.mkdir(parents=True)
    (tmp_path / "district_example" / "__init__.py").write_text("")
    assert versions_in("policies") == ()
    (folder / "__init__.py").write_text("")
    text = (
        "from datetime import date\nfrom policies.kit import Version, Money\n"
        'VERSION = Version(item="M14b", id="{id}", since=date(2024, {month}, 1), source="例",\n'
        '    changes={{"ceiling": Money.wan({n})}})\n'
    )
    for name, month in (("a_later", 5), ("b_earlier", 2)):
        (folder / f"{name}.py").write_text(text.format(id=name, month=month, n=month))
    monkeypatch.syspath_prepend(tmp_path)
    found = versions_in("district_example")
    assert [benefit.id for benefit in found] == ["b_earlier", "a_later"]
    assert replace(XZ2023, versions=found).item_on("M14b", date(2024, 6, 1)).ceiling == Money.wan(5)
