"""`cases`, `case`, `inbox`, `status`, `funds`, `notices`: what the lists show, and what they keep to themselves."""

from datetime import timedelta
from typing import Any

import pytest

from models import Duty, State
from support.stage import LEAD, TOWN, named

BOTH = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)


@BOTH
def test_cases_are_filtered_and_paged(office: Any) -> None:
    for n in range(1, 4):
        office.case("M4a", n, State.FILED, Duty.ACCEPTOR, firm=n - 1)
    office.case("M16", 4, State.SCREENED)
    assert office.json("cases")["total"] == 4
    assert office.json("cases", "--measure", "m16")["total"] == 1
    assert office.json("cases", "--item", "m4A")["total"] == 3
    assert office.json("cases", "--state", "待受理")["total"] == 3
    assert office.json("cases", "--duty", "certifier", "--unit", LEAD)["total"] == 1
    assert office.json("cases", "--applicant", "算例企业1")["total"] == 1
    page = office.json("cases", "--limit", 2, "--offset", 2)
    assert (page["total"], page["count"], page["demo"]) == (4, 2, True)
    assert "共 4 件" in office("cases", "--limit", 2)
    assert office.error("cases", "--state", "dreaming", code=2)["field"] == "--state"
    assert office.error("cases", "--limit", "0", code=2)["code"] == "usage"


def test_overdue_and_held_cases_are_found(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    assert office.json("cases", "--overdue")["total"] == 0
    case = office.stage.case(named("case-1"))
    office.store.set_clock(case.next_due + timedelta(seconds=1), frozen=True)
    assert [each_case["number"] for each_case in office.json("cases", "--overdue")["cases"]] == [number]
    office("act", number, "hold", "--as", "head-0", "--reason", "算例", "--review-on", "2023-12-01")
    assert office.json("cases", "--overdue")["total"] == 0
    assert office.json("cases", "--held")["cases"][0]["review_on"] == "2023-12-01"


def test_one_case_shows_claim_and_facts_history_award_and_next_action(office: Any) -> None:
    number = office.case("M16", 1, State.COMPUTED, Duty.AMOUNT_CHECKER)
    found = office.json("case", number)
    assert found["case"]["next_duty"] == "amount_checker"
    assert found["case"]["amount_fen"] == 30_000_00
    assert found["claim"]["brand"] == found["facts"]["brand"]
    assert [decision["action"] for decision in found["history"]][:2] == ["file", "check"]
    assert found["awards"][0]["trace"]["lines"]
    shown = office("case", number.lower())
    assert "演示数据 DEMO" in shown and "办理经过" in shown and "30,000.00" in shown
    assert office.error("case", "XZ2023-M04-999999", code=1)["code"] == "unknown_case"


def test_an_inbox_holds_what_the_person_may_do_and_nothing_else(office: Any) -> None:
    filed = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    office.case("M4a", 2, State.SCREENED)
    tasks = office.json("inbox", "--as", "acceptor-0")["tasks"]
    assert [(task["case"]["number"], task["actions"]) for task in tasks] == [(filed, ["accept", "return", "refuse"])]
    assert office.json("inbox", "--as", "decider-0")["count"] == 0
    assert office.json("inbox", "--as", "auditor-0")["count"] == 0
    assert "accept" in office("inbox", "--as", "acceptor-0")


def test_an_inbox_holds_drafts_and_corrections_of_the_own_firm_only(office: Any) -> None:
    number = office.case("M4a", 1)
    assert office.json("inbox", "--as", "applicant-0-0")["tasks"][0]["case"]["number"] == number
    assert office.json("inbox", "--as", "applicant-1-0")["count"] == 0


def test_an_inbox_holds_what_somebody_stands_in_for(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    span = ("--from", "2023-09-01", "--to", "2023-09-30", "--reason", "算例出差")
    office("delegations", "add", "acceptor-0", "decider-0", "acceptor", LEAD, *span)
    task = office.json("inbox", "--as", "decider-0")["tasks"][0]
    assert (task["case"]["number"], task["on_behalf_of"]) == (number, "算例acceptor-0")
    assert "代 算例acceptor-0" in office("inbox", "--as", "decider-0")


def test_an_inbox_leaves_out_what_the_separation_of_duties_bars(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    office("roles", "add", "acceptor-0", "screener", TOWN)
    office("roles", "add", "acceptor-1", "screener", TOWN)
    office("act", number, "accept", "--as", "acceptor-0")
    assert office.json("inbox", "--as", "acceptor-0")["count"] == 0
    assert office.json("inbox", "--as", "acceptor-1")["count"] == 1


def test_a_joint_unit_finds_the_opinion_that_it_owes_and_not_twice(office: Any) -> None:
    office.case("M5c", 1, State.UNDER_JOINT_REVIEW)
    tasks = office.json("inbox", "--as", "joint_reviewer-0")["tasks"]
    assert tasks[0]["actions"] == ["opine"]
    number = tasks[0]["case"]["number"]
    while office.stage.case(named("case-1")).state == State.UNDER_JOINT_REVIEW:
        office("act", number, "opine", "--as", "joint_reviewer-0")
    assert office.json("inbox", "--as", "joint_reviewer-0")["count"] == 0


def test_the_status_counts_cases_and_money_by_measure(office: Any) -> None:
    office.case("M4a", 1, State.DECIDED)
    office.case("M16", 2, State.FILED)
    found = {measure["measure"]: measure for measure in office.json("status")["measures"]}
    assert found["M4"]["approved_yuan"] == "200000.00"
    assert found["M16"]["by_state"] == {"filed": 1}
    assert list(found) == ["M4", "M16"]
    assert "200,000.00" in office("status")


def test_funds_show_every_part_and_the_payout_rate(office: Any) -> None:
    office.case("M4a", 1, State.DECIDED)
    fund = next(
        each_fund
        for each_fund in office.json("funds")["funds"]
        if (each_fund["unit"], each_fund["year"]) == (LEAD, 2023)
    )
    assert fund["committed_yuan"] == "200000.00"
    assert fund["payout_rate"] == "0.00%"
    parts = ("available_fen", "reserved_fen", "committed_fen", "paid_fen")
    assert sum(fund[name] for name in parts) == fund["budget_fen"]
    assert LEAD in office("funds")


def test_a_notice_is_listed_and_printed_as_text_and_page(office: Any) -> None:
    number = office.case("M4a", 1, State.ON_NOTICE)
    notice = office.json("notices")["notices"][0]
    assert notice["open"] and notice["lines"] == 1
    text = office("notices", notice["number"])
    assert number in text and "200,000.00" in text and "演示数据 DEMO" in text
    path = office.home / "notice.html"
    office("notices", notice["number"], "--to", path)
    page = path.read_text("utf-8")
    assert page.startswith("<!doctype html>") and number in page and "演示数据 DEMO" in page
    assert office.error("notices", "XZ2023-GS-9999", code=1)["code"] == "notice"


def test_the_names_of_natural_persons_are_masked_unless_the_case_is_in_hand(office: Any) -> None:
    from casework.privacy.masking import names_in, without
    from casework.views import dossier, masked_name
    from policies import get

    assert masked_name("张三丰") == "张**"
    item = get("XZ2023").item("M2b")
    stated = {"graduate": "李四光", "other": "x"}
    assert names_in(item, stated, None) == ("李四光",)
    assert without({"a": ["李四光的申报"], "n": 3}, ("李四光",)) == {"a": ["李**的申报"], "n": 3}
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    assert dossier(office.store, number).history[0].who == "算" + "*" * (len("算例applicant-0-0") - 1)
    assert office.json("case", number, "--as", "acceptor-0")["masked"] is False
    assert office.json("case", number, "--as", "decider-0")["masked"] is True
