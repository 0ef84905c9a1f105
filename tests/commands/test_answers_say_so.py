"""Commands that find nothing say so, what is unknown is refused with what is known, and a last day is shown as that day."""

from pathlib import Path
from typing import Any

import pytest

from models import Duty, State
from support.stage import LEAD, TOWN, claim


def test_an_unknown_measure_is_refused_with_those_known(office: Any) -> None:
    for command in ("cases", "notices"):
        no = office.error(command, "--measure", "M99", code=2)
        assert no["field"] == "--measure" and "M99" in no["message"] and "M22" in no["message"]
    assert office.json("cases", "--measure", "m4")["count"] >= 0


def test_a_fund_a_kind_and_a_case_that_are_not_there_are_named(office: Any) -> None:
    assert "1999" in office.error("payments", "waiting", "--fund", f"{LEAD}:1999", code=1)["message"]
    assert "区无名局" in office.error("payments", "waiting", "--fund", "区无名局:2023", code=1)["message"]
    assert office.error("messages", "list", "--kind", "nonsense", code=2)["field"] == "--kind"
    assert "XZ2023-M04-999999" in office.error("messages", "list", "--case", "XZ2023-M04-999999", code=1)["message"]


def test_nothing_found_is_said(office: Any) -> None:
    assert "没有差异" in office("payments", "reconcile")
    assert "没有符合条件的消息" in office("messages", "list", "--kind", "rate_below")
    assert "2023 年没有登记的日期" in office("holidays", "list", "--year", "2023")
    assert "duixian holidays import" in office("holidays", "list", "--year", "2051")


def test_a_right_that_ends_shows_its_last_day(office: Any) -> None:
    office("roles", "add", "decider-0", Duty.DELIVERER, LEAD, "--to", "2030-06-30")
    shown = office("roles", "list", "--person", "decider-0")
    assert "2030-06-30" in shown and "2030-07-01" not in shown


@pytest.mark.parametrize("share", ["30%"])
def test_a_quote_knows_the_parameters_that_are_confirmed_here(office: Any, share: str) -> None:
    from support.stage import facts

    file = office.write("facts.json", __import__("json").dumps(facts("M16", 1), ensure_ascii=False))
    found = office.json("quote", "M16", "--facts", file, "--as-of", "2023-09-04")
    assert found["missing_parameters"] == [] and found["payable"] and found["hypothetical"] == []


def test_what_is_wrong_is_said_in_the_readers_language_and_leads_to_what_works(office: Any, tmp_path: Path) -> None:
    who = ("--as", "applicant-0-0")
    assert "按级别" in office("parameters", "form", "P7-shape") and "by level" in office(
        "parameters", "form", "P7-shape", lang="en"
    )
    said = office("roles", "add", "decider-0", Duty.DELIVERER, LEAD)
    assert "deliverer" not in said and f"decider-0 现为{LEAD}的" in said
    for given, says in (
        ('{"level": "x"}', "这里应写文件名"),
        ("none.json", "没有这个文件"),
        ("@none.json", "没有这个文件"),
    ):
        no = office.error("file", "M4a", "--claim", given, *who, code=2)["message"]
        assert says in no and "No such" not in no, given
    stated = office.write("claim.json", claim("M4a", 1))
    assert office.json("file", "M4a", "--claim", f"@{stated}", "--draft", *who)["state"] == "draft"
    no = office.error("file", "M4a", "--claim", stated, "--paper", "certificate=none.pdf", *who, code=2)
    assert "没有这个文件" in no["message"]
    wrong = ("parameters", "set", "P7-shape", '{"shape": "by_level", "amounts": {}}', "--citation", "算例")
    assert "可写：levels" in office.error(*wrong, "--as", "parameter_author-0", code=1)["message"]
    author = ("--citation", "算例", "--as", "parameter_author-0")
    no = office.error("parameters", "set", "P-exclusions", '["9133"]', *author, code=1)["message"]
    assert '["9133"]' in no and "['9133']" not in no
    version = (
        "rules",
        "add",
        "M14b",
        "--source",
        "测试",
        "--from",
        "2020-03-01",
        "--ceiling",
        "350000",
        "--to",
        tmp_path / "v",
    )
    assert "(" not in office.error(*version, code=2)["message"].replace("（", "")
    assert "inside the policy's term" in office.error(*version, code=2, lang="en")["message"]


def test_who_may_do_what_needs_no_turn_is_named_by_its_own_unit(office: Any) -> None:
    number = office.case("M4a", 1, State.ACCEPTED, Duty.SCREENER)
    waive = ("--check", "exclusion", "--reason-code", "lifted", "--reason", "算例", "--paper", "算例")
    no = office.error("act", number, "waive", *waive, "--as", "acceptor-0", code=1)["message"]
    assert f"（{LEAD}）" in no and TOWN not in no, no


def test_in_production_a_refusal_names_the_token_and_not_what_is_refused_there(production: Any) -> None:
    no = production.error("inbox", code=2)["message"]
    assert "--token" in no and "DUIXIAN_TOKEN" in no and "--as" not in no
    production("units", "add", LEAD)
    no = production.error("budgets", "add", LEAD, "2026", "1", "--document", "算例", code=1)["message"]
    assert "--token" in no and "以个人账号" in no
