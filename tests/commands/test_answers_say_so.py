"""Commands that find nothing say so, what is unknown is refused with what is known, and a last day is shown as that day."""

from typing import Any

import pytest

from models import Duty
from support.stage import LEAD


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
