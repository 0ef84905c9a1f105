"""`measures` and `item`: the policy as data for programs and readable for people."""

import json
from typing import Any

import pytest

import policies

POLICY = policies.get("XZ2023")
ITEMS = [item.id for item in POLICY]


def test_there_are_exactly_22_measures_with_what_was_promised(desk: Any) -> None:
    found = desk.json("measures")
    assert [measure["number"] for measure in found] == list(range(1, 23))
    for schedule in found:
        assert {"number", "title", "lead_unit", "joint_units", "chain", "items", "flow"} <= set(schedule)
        assert schedule["title"] and schedule["lead_unit"] and schedule["items"] and schedule["flow"]
    assert found[3]["items"] == ["M4a", "M4b"]
    assert {item["chain"] for item in found} == {"cash_grant", "in_kind", "programme"}


def test_safeguards_and_the_final_clause_are_reached_with_all(desk: Any) -> None:
    codes = [row["code"] for row in desk.json("measures", "--all")]
    assert codes[:22] == [f"M{n}" for n in range(1, 23)]
    assert {"S1", "S2", "S3", "S4"} < set(codes)


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_shows_its_schemas_papers_examples_deadlines_and_disclaimers(desk: Any, name: str) -> None:
    found = desk.json("item", name)
    item = POLICY.item(name)
    for schema in (found["claim"], found["facts"], found["parameters"]):
        assert schema["type"] == "object"
        assert set(schema["required"]) <= set(schema["properties"])
    assert set(found["parameters"]["properties"]) == {parameter.id for parameter in item.parameters}
    assert len(found["examples"]) == len(item.examples)
    assert [paper["id"] for paper in found["evidence"]] == [slot.id for slot in item.evidence]
    assert [condition["id"] for condition in found["conditions"]] == [condition.id for condition in item.conditions]
    assert all(deadline["ours"] for deadline in found["deadlines"]) and found["deadlines"]
    assert found["disclaimers"]
    assert found["ceiling_yuan"] == (item.ceiling.yuan_text if item.ceiling else None)


@pytest.mark.parametrize("name", ITEMS)
def test_the_example_facts_of_an_item_can_be_quoted_as_printed(desk: Any, name: str) -> None:
    example = desk.json("item", name)["examples"][0]
    facts, parameters = desk.write("f.json", example["facts"]), desk.write("p.json", example["parameters"])
    answer = desk.json("quote", name, "--facts", facts, "--parameters", parameters)
    assert answer["amount_yuan"] == example["amount_yuan"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables_fit_eighty_columns(desk: Any, lang: str) -> None:
    from cli.help import width

    for arguments in (["measures", "--all"], ["item", "M16"], ["item", "M22"], ["item", "M12"]):
        too_wide = [line for line in desk(*arguments, lang=lang).splitlines() if width(line) > 80]
        assert not [line for line in too_wide if "·" not in line], too_wide


def test_a_measure_with_one_item_stands_for_it_and_one_with_several_asks_which(desk: Any) -> None:
    assert desk.json("item", "m16")["id"] == "M16"
    error = desk.error("item", "M4", code=2)
    assert "M4a" in error["message"] and "M4b" in error["message"] and "M16" not in error["message"]


def test_an_unknown_policy_is_answered_in_both_languages(desk: Any) -> None:
    assert "XZ2023" in desk.error("measures", "--policy", "XZ1999", code=2)["message"]
    assert desk.error("measures", "--policy", "XZ1999", code=2, lang="en")["message"].isascii()


def test_the_english_table_speaks_english(desk: Any) -> None:
    assert "new products" in desk("measures", lang="en")
    assert json.loads(desk("item", "M4a", "--json", lang="en"))["title_en"]


def test_a_programmes_sheet_shows_its_milestones_indicators_and_targets(desk: Any) -> None:
    sheet = desk.json("item", "M12")
    assert sheet["planned_by"] == "lead" and [milestone["due"] for milestone in sheet["milestones"]] == [
        "2023-09-30",
        "2023-12-31",
        "2024-03-31",
        "2024-06-30",
    ]
    (fairs, *_) = sheet["indicators"]
    assert fairs["id"] == "M12-fairs"
    assert fairs["targets"] == [{"at_least": "3", "by": "2024-06-30", "baseline": False}]
    printed = desk("item", "M12")
    assert "M12-fairs" in printed and "≥ 3" in printed and "2023-09-30" in printed
    baseline, target = desk.json("item", "M19")["indicators"][0]["targets"]
    assert (baseline["baseline"], target["baseline"]) == (True, False)


def test_the_self_check_and_the_last_paragraph_are_shown(desk: Any) -> None:
    sheet = desk.json("item", "M3")
    assert len(sheet["self_check"]) == 4 and sheet["self_check"][0] in desk("item", "M3")
    whole = desk.json("item", "F")
    assert [clause["code"] for clause in whole["clauses"]] == ["F1", "F2", "F3", "F4"]
    assert all(clause["runs"] for clause in whole["clauses"])
    assert "就高不重复" in desk("item", "f2") and "P-stack-scope" in desk("item", "F2")
    assert desk.json("item", "F3")["clauses"][0]["settings"] == ["P-shortage"]
    listed = {row["code"]: row for row in desk.json("measures", "--all")}
    assert len(listed["F"]["clauses"]) == 4 and listed["M1"]["clauses"] == []


def test_an_item_that_reports_a_result_says_which(desk: Any) -> None:
    assert desk.json("item", "M2a")["results"] == ["selected", "not_selected"]
    assert "results" not in desk.json("item", "M9")


def test_an_item_lists_its_conditions_with_weight_act_and_who_may_override(desk: Any) -> None:
    found = {condition["id"]: condition for condition in desk.json("item", "M4a")["conditions"]}
    assert found["exclusion"]["override"]["asked_by"] == found["exclusion"]["override"]["confirmed_by"] == "head"
    assert (found["exclusion"]["hard"], found["exclusion"]["needed_from"]) == (True, "accept")
    assert (found["event"]["needed_from"], found["event"]["override"]) == ("certify", None)
    assert found["twice"]["hard"] is False
    shown = desk("item", "M4a")
    assert "不予支持名单" in shown and "不得例外" in shown and "提醒" in shown


def test_the_form_of_a_claim_says_how_each_field_is_written(desk: Any) -> None:
    zh, en = desk("item", "M7"), desk("item", "M7", lang="en")
    assert "军用标准不上传" in zh and "not if military" not in zh
    assert "not if military" in en and "军用标准不上传" not in en
    zh, en = desk("item", "M16"), desk("item", "M16", lang="en")
    for words in ("airport（大型机场）", '日期，如 "2023-09-01"', "整数", "列表 […]", "document（凭证编号）", "必填"):
        assert words in zh, words
    assert "a list […]" in en and "required" in en and "airport (" in en
    optional = next(line for line in desk("item", "M4a").splitlines() if "paper:product_photos" in line)
    assert "列为必备时" in optional
