"""Tests written once and run over every measure of every policy: a new measure brings no test file."""

import json
from dataclasses import fields

import pytest
from other_policies.lakeside.policy import POLICY as LAKESIDE

import policies
from policies.awards import plain
from policies.conformity import missing
from policies.kit import Chain, Example, Item, Measure

XZ2023 = policies.get("XZ2023")
ITEMS = [pytest.param(item, id=f"{policy.code}-{item.id}") for policy in (XZ2023, LAKESIDE) for item in policy]
EXAMPLES = [
    pytest.param(item, example, id=f"{policy.code}-{item.id}-{example.title}")
    for policy in (XZ2023, LAKESIDE)
    for item in policy
    for example in item.examples
]
MONEY_ITEMS = ["M1", "M2b", "M4a", "M4b", "M5c", "M7", "M14b", "M15a", "M15b", "M16"]


def test_nothing_is_missing_from_any_measure() -> None:
    gaps = missing(XZ2023) + missing(LAKESIDE, package="other_policies.lakeside")
    assert not gaps, "\n".join(gap.en for gap in gaps)


def test_the_plan_has_its_22_measures_in_order_then_safeguards_and_the_final_clause() -> None:
    codes = [measure.code for measure in XZ2023.measures]
    assert codes == [*(f"M{n}" for n in range(1, 23)), "S1", "S2", "S3", "S4", "F"]


def test_ten_items_pay_money() -> None:
    assert [item.id for item in XZ2023 if item.pays] == MONEY_ITEMS


def test_the_items_in_kind_are_those_of_the_plan() -> None:
    assert [item.id for item in XZ2023 if item.chain is Chain.IN_KIND] == ["M2a", "M9", "M11", "M14a", "M22"]


@pytest.mark.parametrize("measure", XZ2023.measures, ids=lambda measure_: measure_.code)
def test_every_measure_names_units_of_the_plan(measure: Measure) -> None:
    assert measure.units and set(measure.units) <= set(XZ2023.units)
    assert measure.title.zh and measure.title.en and measure.clause


@pytest.mark.parametrize(("item", "example"), EXAMPLES)
def test_worked_examples_compute_as_they_say(item: Item, example: Example) -> None:
    award = item.run(example)
    assert example.difference(award) == ""
    json.dumps(plain(award))
    assert award.text


@pytest.mark.parametrize("item", ITEMS)
def test_every_item_describes_itself_as_json(item: Item) -> None:
    described = [plain(declared) for declared in (*item.evidence, item.title, item.applicants, item.access)]
    schemas = [parameter.schema for parameter in (*item.parameters, *item.settings)]
    json.dumps([described, schemas])
    assert item.applicants and item.digest


@pytest.mark.parametrize("item", ITEMS)
def test_every_money_item_shows_a_yes_a_no_and_what_it_still_needs(item: Item) -> None:
    if not item.pays:
        return
    assert any(example.amount for example in item.examples)
    assert any(example.refused for example in item.examples)
    open_points = [parameter for parameter in item.parameters if parameter.required]
    assert not open_points or any(
        set(example.missing) >= {open_point.id for open_point in open_points} for example in item.examples
    )


@pytest.mark.parametrize("item", ITEMS)
def test_parameters_are_named_after_their_measure_and_say_what_they_decide(item: Item) -> None:
    for parameter in item.parameters:
        assert (
            parameter.id.startswith("P")
            and parameter.title.zh
            and parameter.title.en
            and parameter.decides.zh
            and parameter.decides.en
        )
        assert parameter.clause
    ids = [parameter.id for parameter in item.parameters]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("item", ITEMS)
def test_facts_know_every_field_that_the_item_relies_on(item: Item) -> None:
    names = {field.name for field in fields(item.facts)}
    assert {*item.subject, *item.event_dates, *item.further_keys.values()} <= names
    assert item.subject


def test_the_fixed_amounts_of_m4a_need_no_parameter() -> None:
    item = XZ2023.item("M4a")
    assert not [parameter for parameter in item.parameters if parameter.required]
    assert {level.value: str(amount) for level, amount in item.shape.levels.items()} == {  # type: ignore[union-attr]
        "international": "2000000.00",
        "national": "1500000.00",
        "provincial": "500000.00",
        "municipal": "200000.00",
    }


@pytest.mark.parametrize(
    ("item", "yuan"),
    [
        ("M1", 1_000_000),
        ("M2b", None),
        ("M4b", 500_000),
        ("M5c", 1_000_000),
        ("M7", 1_000_000),
        ("M14b", 300_000),
        ("M15a", 3_000_000),
        ("M15b", 500_000),
        ("M16", 500_000),
    ],
)
def test_ceilings_are_those_of_the_text(item: str, yuan: int | None) -> None:
    ceiling = XZ2023.item(item).ceiling
    assert ceiling == (None if yuan is None else yuan * 100)


def test_unknown_names_are_answered_with_those_that_exist() -> None:
    with pytest.raises(LookupError, match="M4a"):
        XZ2023.item("M99")
    with pytest.raises(LookupError, match="XZ2023"):
        policies.get("ZZ")
