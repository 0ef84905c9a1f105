"""Forms refuse everything that is not exactly what they ask for, and say all of it at once."""

import time
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import jsonschema
import pytest

import policies
from casework.forms.typed_forms import WrongForm, claim_of, content, facts_of, parse, schema
from policies.forms import CostsClaimed
from policies.measures import Item
from policies.money import Money
from policies.programme import Plan

POLICY = policies.get("XZ2023")
STAND = POLICY.item("M14b")
GOOD = {
    "fair": "canton_fair",
    "opened_on": "2023-10-15",
    "exhibitors": 6,
    "members": ["算例一厂", "算例二厂"],
    "cost_lines": [{"document": "3300231130 00000001", "description": "展位费", "claimed": "120000.50"}],
}


def wrong(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


def line(**changes: Any) -> dict[str, Any]:
    return wrong(cost_lines=[{**GOOD["cost_lines"][0], **changes}])  # type: ignore[index]


def faults_of(values: Any, item: Item = STAND, today: date | None = None) -> dict[str, str]:
    with pytest.raises(WrongForm) as refusal:
        claim_of(item, values, today=today)
    assert all(fault.zh and fault.en for fault in refusal.value.faults)
    return {fault.field: fault.zh for fault in refusal.value.faults}


def test_a_good_form_becomes_the_laws_own_value():
    claim = claim_of(STAND, GOOD, today=date(2023, 10, 15))
    assert claim.cost_lines[0].claimed == Money.yuan("120000.50")
    assert claim.opened_on == date(2023, 10, 15)
    assert content(claim)["cost_lines"][0]["claimed"] == "120000.50"


@pytest.mark.parametrize("item", tuple(POLICY), ids=lambda item: item.id)
def test_what_is_written_is_read_back_as_it_was(item):
    for example in item.examples:
        assert facts_of(item, content(example.facts)) == example.facts


@pytest.mark.parametrize("item", tuple(POLICY), ids=lambda item: item.id)
def test_every_schema_is_valid_and_accepts_the_worked_examples(item):
    for form in (item.claim, item.facts):
        jsonschema.Draft202012Validator.check_schema(schema(form))
        assert all(property_["title"] for property_ in schema(form)["properties"].values())
    validator = jsonschema.Draft202012Validator(schema(item.facts))
    for example in item.examples:
        validator.validate(content(example.facts))


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        (wrong(fair="expo"), "fair", "应为下列之一"),
        (wrong(fair=None), "fair", "应为下列之一"),
        (wrong(opened_on="2024-02-30"), "opened_on", "2023-09-01"),
        (wrong(opened_on="20231015"), "opened_on", "2023-09-01"),
        (wrong(opened_on="0001-01-01"), "opened_on", "1900"),
        (wrong(opened_on=datetime(2023, 10, 15)), "opened_on", "2023-09-01"),  # noqa: DTZ001
        (wrong(exhibitors=True), "exhibitors", "应为整数"),
        (wrong(exhibitors="6"), "exhibitors", "应为整数"),
        (wrong(exhibitors=6.0), "exhibitors", "应为整数"),
        (wrong(exhibitors=-1), "exhibitors", "应在 0 至"),
        (wrong(exhibitors=10**10), "exhibitors", "应在 0 至"),
        (wrong(members="甲、乙"), "members", "应为列表"),
        (wrong(members=["甲"] * 1001), "members", "最多 1000 项"),
        (wrong(members=[3]), "members[0]", "应为文字"),
        (wrong(fair_name="字" * 501), "fair_name", "最多 500 字"),
        (wrong(fair_name="a\x00b"), "fair_name", "控制字符"),
        (wrong(fair_name="\ud800"), "fair_name", "控制字符"),
        (wrong(colour="red"), "colour", "没有此字段"),
        (wrong(cost_lines=[]), "cost_lines", "至少一项"),
        (wrong(cost_lines=[7]), "cost_lines[0]", "应为一组字段"),
        (line(document="  "), "cost_lines[0].document", "必填"),
        (line(claimed=120000.5), "cost_lines[0].claimed", "不接受浮点数"),
        (line(claimed=float("nan")), "cost_lines[0].claimed", "不接受浮点数"),
        (line(claimed="NaN"), "cost_lines[0].claimed", "最多 2 位小数"),
        (line(claimed="1e5"), "cost_lines[0].claimed", "最多 2 位小数"),
        (line(claimed="0.001"), "cost_lines[0].claimed", "最多 2 位小数"),
        (line(claimed=True), "cost_lines[0].claimed", "不接受浮点数"),
        (line(claimed=None), "cost_lines[0].claimed", "最多 2 位小数"),
        (line(claimed="-1.00"), "cost_lines[0].claimed", "应在 0.00 至"),
        (line(claimed="1" + "0" * 12 + ".01"), "cost_lines[0].claimed", "不过大"),
        (line(claimed="9" * 5000), "cost_lines[0].claimed", "不过大"),
        (wrong(fair="other"), "fair_name", "其他展会须写明名称"),
    ],
)
def test_a_wrong_value_is_refused_by_its_field_with_the_way_out(values, field, words):
    found = faults_of(values)
    assert field in found and words in found[field]


def test_digits_typed_in_full_width_are_the_same_number():
    wide = "120.00".translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    assert claim_of(STAND, line(claimed=wide)).cost_lines[0].claimed == Money.yuan("120")


def test_all_faults_are_said_at_once():
    values = {
        "fair": 1,
        "exhibitors": "6",
        "cost_lines": [{"claimed": 1.5}, {"document": "x", "claimed": "-1"}],
        "z": 0,
    }
    assert set(faults_of(values)) == {
        "fair", "opened_on", "exhibitors", "cost_lines[0].document", "cost_lines[0].claimed",
        "cost_lines[1].claimed", "z",
    }  # fmt: skip


def test_the_same_document_twice_is_refused():
    twice = [{"document": "3300231130 00000001", "claimed": "1"}, {"document": "330023113000000001", "claimed": "2"}]
    assert "重复列示" in faults_of(wrong(cost_lines=twice))["cost_lines"]


def test_an_event_after_today_is_refused_and_one_of_today_is_not():
    assert "之后" in faults_of(GOOD, today=date(2023, 10, 14))["opened_on"]
    claim_of(STAND, GOOD, today=date(2023, 10, 15))


def test_a_plan_may_lie_in_the_future():
    item = replace(STAND, claim=Plan, event_dates=())
    plan = {"name": "计划", "starts": "2099-01-01", "ends": "2099-02-01", "summary": "内容"}
    assert claim_of(item, plan, today=date(2023, 7, 1)).starts == date(2099, 1, 1)


@pytest.mark.parametrize("values", [None, [], "x", 3, [("fair", "canton_fair")]])
def test_a_form_that_is_no_object_is_refused(values):
    assert "对象" in faults_of(values)[""]


def test_a_message_never_repeats_a_users_text_at_length():
    found = faults_of(wrong(**{"k" * 9000: 1, "opened_on": "x" * 9000}))
    assert all(len(words) < 600 for words in found.values())


def test_both_languages_are_given():
    with pytest.raises(WrongForm) as refusal:
        parse(CostsClaimed, {})
    assert "必填" in refusal.value.words("zh") and "required" in refusal.value.words("en")
    assert refusal.value.field == "cost_lines"


def test_reading_a_form_is_fast_enough_for_the_hot_path():
    values = content(STAND.examples[0].facts)
    best = min(_seconds(lambda: facts_of(STAND, values)) for _ in range(5))
    assert best < 0.5e-3, f"{best * 1e6:.0f} µs a form"


def _seconds(call: Any) -> float:
    began = time.thread_time()
    for _ in range(200):
        call()
    return (time.thread_time() - began) / 200
