"""`quote`: what an item would pay; every wrong input is named with its field and the way out, and nothing is written."""

import json
from typing import Any

import pytest

import policies
from casework.forms.typed_forms import content
from policies.awards import plain
from policies.known import NOTHING
from policies.measures import Example, Item
from support.bilingual import CHINESE

LOOM = {
    "level": "national",
    "product": "算例织机",
    "model": "SL-1",
    "certificate_no": "算例 1 号",
    "issuer": "算例单位",
    "certified_on": "2023-09-01",
}
STORE = {
    "brand": "算例品牌",
    "venue": "airport",
    "venue_name": "算例机场",
    "opened_on": "2023-12-01",
    "first_store": True,
    "cost_lines": [{"document": "发票 1", "claimed": "100000.01", "recognised": "100000.01"}],
}
PROMISED = {"item", "payable", "amount_yuan", "amount_fen", "refused_because", "missing_parameters", "lines"}
EXAMPLES = [
    pytest.param(item, example, id=f"{item.id}-{number}")
    for item in policies.get("XZ2023")
    for number, example in enumerate(item.examples)
    if not example.prior and example.known == NOTHING  # a quote asks no records
]


def test_a_payable_claim_is_quoted_to_the_fen(desk: Any) -> None:
    answer = desk.json("quote", "M4a", "--facts", desk.write("f.json", LOOM))
    assert set(answer) >= PROMISED
    assert (answer["item"], answer["payable"], answer["amount_yuan"]) == ("M4a", True, "1500000.00")
    assert answer["amount_fen"] == 150_000_000
    assert answer["refused_because"] is None
    assert answer["missing_parameters"] == []
    assert answer["lines"][0]["clause"] == "第 4 条"


def test_a_missing_parameter_is_an_answer_and_no_failure(desk: Any) -> None:
    answer = desk.json("quote", "M16", "--facts", desk.write("f.json", STORE))
    assert (answer["payable"], answer["amount_yuan"], answer["amount_fen"]) == (False, None, None)
    assert answer["missing_parameters"] == ["P16-rate"]
    assert "缺少参数 P16-rate" in desk("quote", "M16", "--facts", desk.write("f.json", STORE))


def test_a_lawful_no_says_its_reason_and_clause(desk: Any) -> None:
    facts = desk.write("f.json", {**LOOM, "certified_on": "2023-06-30"})
    answer = desk.json("quote", "M4a", "--facts", facts)
    assert (answer["payable"], answer["amount_fen"]) == (False, None)
    assert "2023-06-30" in answer["refused_because"]
    assert answer["refusal"]["clause"]


@pytest.mark.parametrize(
    "value", ["0.3", {"value": "0.3", "citation": "算例会议"}, "30%"], ids=["bare", "cited", "percent"]
)
def test_values_of_a_file_are_hypothetical_in_the_trace(desk: Any, value: Any) -> None:
    parameters = desk.write("p.json", {"P16-rate": value})
    answer = desk.json("quote", "M16", "--facts", desk.write("f.json", STORE), "--parameters", parameters)
    assert answer["amount_yuan"] == "30000.00"  # 30000.003 rounded down
    used = [parameter for line in answer["lines"] for parameter in line["parameters"]]
    assert {used_value["origin"] for used_value in used} == {"hypothetical"}
    assert answer["hypothetical"] == ["P16-rate"]
    if isinstance(value, dict):
        assert used[0]["citation"] == "算例会议"


@pytest.mark.parametrize(("item", "example"), EXAMPLES)
def test_every_worked_example_is_quoted_as_it_stands(desk: Any, item: Item, example: Example) -> None:
    facts = desk.write("f.json", content(example.facts))
    parameters = desk.write("p.json", plain(dict(example.parameters)))
    answer = desk.json("quote", item.id, "--facts", facts, "--parameters", parameters)
    award = item.run(example)
    assert answer["payable"] is award.payable
    assert answer["amount_fen"] == (int(award.amount) if award.payable and award.amount else None)
    assert answer["refused_because"] == (award.refused.text if award.refused else None)
    assert tuple(answer["missing_parameters"]) == award.missing


def test_an_item_is_found_in_any_case_of_letters_and_from_standard_input(desk: Any) -> None:
    assert desk.json("quote", "m4A", "--facts", "-", stdin=json.dumps(LOOM))["item"] == "M4a"


def test_an_unknown_item_is_answered_with_those_that_exist(desk: Any) -> None:
    error = desk.error("quote", "M4z", "--facts", desk.write("f.json", LOOM), code=2)
    assert error["field"] == "ITEM"
    assert "M4a" in error["message"]


@pytest.mark.parametrize(("lang", "words"), [("zh", "必填"), ("en", "required")])
def test_all_faults_are_told_at_once_in_both_languages(desk: Any, lang: str, words: str) -> None:
    facts = desk.write("f.json", {"level": "galactic", "colour": "red"})
    error = desk.error("quote", "M4a", "--facts", facts, code=2, lang=lang)
    assert {fault["field"] for fault in error["faults"]} == {
        "level",
        "product",
        "model",
        "certificate_no",
        "certified_on",
        "colour",
    }
    assert words in error["message"]
    assert all(fault["message"] and fault["label"] for fault in error["faults"])


@pytest.mark.parametrize(
    ("amount", "because"),
    [
        ("-1", "claimed"),
        ("0.001", "claimed"),
        (0.5, "claimed"),
        ("1e400", "claimed"),
        ("99999999999999999", "claimed"),
        ("１００万", "claimed"),
        (True, "claimed"),
        (None, "claimed"),
        ("NaN", "claimed"),
    ],
)
def test_a_bad_amount_is_named_by_its_line_and_field(desk: Any, amount: Any, because: str) -> None:
    line = {"document": "发票 1", "claimed": amount, "recognised": "1"}
    error = desk.error("quote", "M16", "--facts", desk.write("f.json", {**STORE, "cost_lines": [line]}), code=2)
    assert f"cost_lines[0].{because}" in {fault["field"] for fault in error["faults"]}


@pytest.mark.parametrize("given", ["2999-01-01", "2023-02-30", "yesterday", 20230901, "2023-09-01T00:00:00"])
def test_a_date_that_is_none_or_lies_ahead_is_refused(desk: Any, given: Any) -> None:
    error = desk.error("quote", "M4a", "--facts", desk.write("f.json", {**LOOM, "certified_on": given}), code=2)
    assert error["field"] == "certified_on"


def test_the_day_of_the_quote_can_be_set(desk: Any) -> None:
    facts = desk.write("f.json", LOOM)
    assert desk.error("quote", "M4a", "--facts", facts, "--as-of", "2023-08-31", code=2)["field"] == "certified_on"
    assert desk.json("quote", "M4a", "--facts", facts, "--as-of", "2023-09-01")["payable"]
    assert desk.error("quote", "M4a", "--facts", facts, "--as-of", "tomorrow", code=2)["field"] == "--as-of"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"level": ', "JSON"),
        ("", "JSON"),
        ("[1, 2]", "对象"),
        ('{"level": NaN}', "NaN"),
        ('{"level": 1, "level": 2}', "重复"),
        ("[" * 100_000, "嵌套"),
        ("1" * 5000, "过长的数字"),
    ],
    ids=["cut off", "empty", "a list", "NaN", "twice", "deep", "long number"],
)
def test_a_file_that_is_no_proper_json_is_refused_with_its_fault(desk: Any, text: str, words: str) -> None:
    error = desk.error("quote", "M4a", "--facts", desk.write("f.json", text), code=2)
    assert words in error["message"]
    assert error["field"] == "--facts"
    english = desk.error("quote", "M4a", "--facts", desk.home / "f.json", code=2, lang="en")["message"]
    assert english != error["message"] and not CHINESE.search(english)


def test_a_file_that_cannot_be_read_is_named(desk: Any) -> None:
    assert "nowhere.json" in desk.error("quote", "M4a", "--facts", "nowhere.json", code=2)["message"]
    folder = desk.write("folder/x", "x").parent
    assert "文件夹" in desk.error("quote", "M4a", "--facts", folder, code=2)["message"]
    path = desk.home / "latin.json"
    path.write_bytes(b'{"level": "\xff\xfe"}')
    assert "UTF-8" in desk.error("quote", "M4a", "--facts", path, code=2)["message"]
    path.write_bytes(b" " * (11 * 1024 * 1024))
    assert "10 MB" in desk.error("quote", "M4a", "--facts", path, code=2)["message"]


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"P99-rate": "0.3"}, "P99-rate"),
        ({"P16-rate": "3"}, "P16-rate"),
        ({"P16-rate": 0.3}, "P16-rate"),
        ({"P16-rate": "0"}, "P16-rate"),
        ({"P16-rate": {"value": "x", "citation": "算例"}}, "P16-rate"),
        ({"P16-scope": "galaxy"}, "P16-scope"),
    ],
)
def test_a_wrong_parameter_is_named(desk: Any, parameters: Any, field: str) -> None:
    given = ("--facts", desk.write("f.json", STORE), "--parameters", desk.write("p.json", parameters))
    error = desk.error("quote", "M16", *given, code=2)
    assert [fault["field"] for fault in error["faults"]] == [field]


def test_wrong_facts_and_wrong_parameters_are_told_together(desk: Any) -> None:
    given = ("--facts", desk.write("f.json", {}), "--parameters", desk.write("p.json", {"P99": "1"}))
    fields = {fault["field"] for fault in desk.error("quote", "M16", *given, code=2)["faults"]}
    assert {"P99", "brand", "cost_lines"} <= fields


def test_quoting_writes_nothing(desk: Any) -> None:
    facts = desk.write("f.json", LOOM)
    desk("quote", "M4a", "--facts", facts)
    desk("item", "M4a")
    desk("measures")
    assert [path.name for path in desk.home.rglob("*")] == ["f.json"]
