"""A newcomer's half-finished measure is named, with the lines that finish it."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from other_policies.lakeside.policy import POLICY

from policies.conformity import missing
from policies.kit import Chain, Item, Policy

PACKAGE = "other_policies.lakeside"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of one registered file, whose name others may stand beside."""
    folder = tmp_path / "half_done"
    folder.mkdir()
    (folder / "m01_solar_roofs.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    sys.modules.pop("half_done", None)


def with_item(**changes: object) -> Policy:
    """The lakeside policy with its item altered."""
    return replace(POLICY, measures=(replace(POLICY.measures[0], items=(replace(roof(), **changes),)),))  # type: ignore[arg-type]


def roof() -> Item:
    return POLICY.item("M1")


def test_a_file_that_is_not_registered_is_named_with_its_line(package: Path) -> None:
    (package / "m02_wind.py").write_text("")
    (gap,) = missing(POLICY, package="half_done")
    assert gap.en == 'm02_wind.py is not registered; add to MODULES of half_done:\n    "m02_wind",'


def test_a_missing_flow_is_printed_ready_to_paste() -> None:
    (gap,) = missing(POLICY, package=PACKAGE, flows=())
    assert gap.en.splitlines()[1:] == [
        "@flow(**options(M[1]))",
        "def m01_solar_roofs(cases: list[UUID] | None = None) -> RunSummary:",
        "    return chain(M[1], cases, submit, certify, compute, announce, pay)",
    ]
    assert missing(POLICY, package=PACKAGE, flows=("m01_solar_roofs",)) == []


def test_where_items_go_different_ways_each_is_printed() -> None:
    measure = POLICY.measures[0]
    items = (replace(roof(), id="M1a", chain=Chain.IN_KIND), replace(roof(), id="M1b", chain=Chain.PROGRAMME))
    policy = replace(POLICY, measures=(replace(measure, items=items),))
    [gap] = [gap for gap in missing(policy, package=PACKAGE, flows=()) if "has no flow" in gap.en]
    assert gap.en.splitlines()[3:] == [
        "    return chains(",
        "        M[1],",
        "        cases,",
        "        a=(submit, certify, compute, announce, deliver),",
        "        b=(submit, certify, compute, report),",
        "    )",
    ]


def test_a_gap_in_the_numbers_is_named() -> None:
    third = replace(POLICY.measures[0], code="M3", flow="m03_x", items=(replace(roof(), id="M3"),))
    gaps = missing(replace(POLICY, measures=(*POLICY.measures, third)), package=PACKAGE)
    assert [gap.en for gap in gaps] == ["measure 2 has no file; write lakeside/m02_<slug>.py with a MEASURE"]


def test_a_file_whose_measure_has_another_number_is_named() -> None:
    gaps = missing(replace(POLICY, measures=(replace(POLICY.measures[0], code="M2"),)), package=PACKAGE)
    assert 'm01_solar_roofs.py holds M2; set code="M1",' in [gap.en for gap in gaps]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"examples": ()}, "0 worked examples of at least 3"),
        ({"evidence": ()}, "no evidence"),
        ({"evidence": roof().evidence * 2}, "two evidence slots are called connection"),
        ({"subject": ("attic",)}, "no field attic"),
        ({"event_dates": ()}, "no date of the event"),
        ({"claim": str}, "is no form"),
    ],
)
def test_what_an_item_lacks_is_named(changes: dict[str, object], words: str) -> None:
    assert any(words in gap.en for gap in missing(with_item(**changes), package=PACKAGE))


def test_a_field_without_a_wording_is_named() -> None:
    @dataclass
    class Bare:
        roof: str

    gaps = missing(with_item(claim=Bare), package=PACKAGE)
    assert 'M1: Bare.roof has no wording; write label("…", "…")' in [gap.en for gap in gaps]
