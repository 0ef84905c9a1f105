"""Facts that contradict themselves are refused with the field's name, also where pydantic reads them."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

import policies
from policies.forms import CostLine, WrongFacts, document_key, labels
from policies.kit import Money
from policies.xiuzhou_2023.m04_new_products import LOOM, FirstSetFacts
from policies.xiuzhou_2023.m07_standards import NATIONAL
from policies.xiuzhou_2023.m14_trade_fairs import COLOGNE, Fair
from policies.xiuzhou_2023.m15_ecommerce import TRADE

XZ2023 = policies.get("XZ2023")
M4A_JSON = {
    "level": "national",
    "product": "算例织机",
    "model": "SL-1",
    "certificate_no": "2023-1",
    "issuer": "算例单位",
    "certified_on": "2023-09-01",
}
LINE = {"document": "发票 1", "description": "展位", "claimed": "100.00", "recognised": "90", "reason": "无回单"}
M16_JSON = {
    "brand": "算例",
    "venue": "mall",
    "venue_name": "算例商场",
    "opened_on": "2023-12-01",
    "first_store": True,
    "cost_lines": [LINE],
}


def read(form: type, given: dict[str, Any]) -> Any:
    return TypeAdapter(form).validate_python(given)


def test_facts_read_from_natural_json_compute() -> None:
    facts = read(FirstSetFacts, M4A_JSON)
    assert str(XZ2023.item("M4a").award(facts, {}).amount) == "1500000.00"
    assert read(XZ2023.item("M16").facts, M16_JSON).recognised == Money.yuan(90)


@pytest.mark.parametrize("item", [item.id for item in XZ2023])
def test_every_form_has_a_json_schema_and_survives_the_way_there_and_back(item: str) -> None:
    item_ = XZ2023.item(item)
    for form in (item_.claim, item_.facts):
        assert TypeAdapter(form).json_schema()["additionalProperties"] is False
    adapter = TypeAdapter(item_.facts)
    for example in item_.examples:
        assert adapter.validate_json(adapter.dump_json(example.facts)) == example.facts


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"level": "galactic"}, "level"),
        ({"certified_on": "2023-02-30"}, "certified_on"),
        ({"colour": "red"}, "colour"),
        ({"product": "  "}, "product"),
        ({"product": "长" * 501}, "product"),
    ],
)
def test_wrong_facts_are_refused_naming_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(FirstSetFacts, {**M4A_JSON, **change})
    assert field in str(refused.value)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ValidationError, match="level"):
        read(FirstSetFacts, {key: value for key, value in M4A_JSON.items() if key != "level"})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"claimed": "-1", "recognised": "-1"}, "claimed"),
        ({"claimed": 12.5}, "claimed"),
        ({"claimed": "0.001"}, "claimed"),
        ({"claimed": "99999999999999"}, "claimed"),
        ({"recognised": "100.01"}, "recognised"),
        ({"reason": " "}, "reason"),
        ({"document": ""}, "document"),
    ],
)
def test_wrong_cost_lines_are_refused_naming_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        read(XZ2023.item("M16").facts, {**M16_JSON, "cost_lines": [{**LINE, **change}]})


def test_a_line_recognised_in_full_needs_no_reason() -> None:
    line = CostLine(document="1", claimed=Money(5), recognised=Money(5))
    assert line.reason == ""


def test_a_list_of_no_costs_is_refused_where_costs_must_be_listed() -> None:
    with pytest.raises(ValidationError, match="cost_lines"):
        read(XZ2023.item("M16").facts, {**M16_JSON, "cost_lines": []})


def test_one_document_counts_once_however_it_is_typed() -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in "3300231130")
    again = replace(COLOGNE.cost_lines[0], document=f" {wide}-00000001")
    with pytest.raises(WrongFacts, match="重复列示"):
        replace(COLOGNE, cost_lines=(*COLOGNE.cost_lines, again))


def test_lines_of_one_contract_are_different_documents() -> None:
    assert document_key("ht 1/2") == document_key("HT-1-2") != document_key("HT-12")


@given(st.text())
def test_the_identity_of_a_document_is_its_own_identity(text: str) -> None:
    assert document_key(document_key(text)) == document_key(text)


def test_another_fair_needs_its_name() -> None:
    with pytest.raises(WrongFacts, match="fair_name"):
        replace(COLOGNE, fair=Fair.OTHER)


def test_a_completed_standard_needs_its_date() -> None:
    with pytest.raises(WrongFacts, match="completed_on"):
        replace(NATIONAL, completed_on=None)


def test_a_period_cannot_end_before_it_begins() -> None:
    with pytest.raises(WrongFacts, match="period_to"):
        replace(TRADE, period_to=date(2023, 6, 30))


def test_floats_are_refused_where_whole_numbers_count() -> None:
    with pytest.raises(WrongFacts, match="rank"):
        replace(NATIONAL, rank=1.0)


def test_every_label_is_in_two_languages() -> None:
    wordings = labels(type(LOOM))
    assert wordings["level"].zh == "认定级别" and wordings["level"].en == "level"
