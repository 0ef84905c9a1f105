"""One description of each act's form, the same for pages, lists and options: all faults at once, in both languages."""

import re
from typing import Any
from uuid import uuid4

import pytest

from casework.act_forms import CASE_FORMS, PAYMENT_FORMS, WrongForm, parse, parse_payment
from casework.act_list_workbook import COLUMNS
from casework.composition import HANDLERS
from casework.forms.act_values import READERS
from casework.lifecycle.commands import Action, Decide, Opine, ReportMilestone, ReturnForCorrection
from casework.payments.commands import AllocateFund
from casework.shared.fund_key import FundKey
from cli.act_options import OPTIONS

CHINESE = re.compile(r"[一-鿿]")
FORMS = [*CASE_FORMS.values(), *PAYMENT_FORMS.values()]
BY, CASE = uuid4(), uuid4()


def wrong(action: str, raw: dict[str, Any]) -> WrongForm:
    with pytest.raises(WrongForm) as caught:
        parse(action, raw, by=BY, case=CASE)
    return caught.value


def test_every_act_of_a_person_has_one_form_and_its_handler() -> None:
    assert set(CASE_FORMS) == {str(action) for action in HANDLERS}
    of_people = {*HANDLERS, *(form.command.action for form in PAYMENT_FORMS.values())}
    of_the_system = {
        "open",
        "check",
        "compute",
        "announce",
        "end_notice",
        "close",
        "lapse",
        "settle",
        "fail",
        "take_back",
    }
    assert {str(action) for action in Action} - {str(action) for action in of_people} == of_the_system


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.word)
def test_every_field_says_in_two_languages_what_it_asks_and_can_be_read(form: Any) -> None:
    for text in (form.label, *(field.label for field in form.fields)):
        assert CHINESE.search(text.zh) and text.en and not CHINESE.search(text.en)
    assert all(bool(field.hint.zh) == bool(field.hint.en) for field in form.fields)
    assert {field.kind for field in form.fields} <= set(READERS)
    assert next(field.name for field in form.fields if field.hidden) == "act_id"


@pytest.mark.parametrize("form", CASE_FORMS.values(), ids=lambda form: form.word)
def test_what_a_form_asks_is_an_option_of_the_command_line_and_a_column_of_a_list(form: Any) -> None:
    columns = {column.key for column in COLUMNS}
    for field in form.fields:
        name = field.contrary or field.name
        assert name in columns
        assert OPTIONS[name].field.kind == field.kind


def test_text_as_a_browser_sends_it_becomes_the_command() -> None:
    act_id = uuid4()
    raw = {"amount": "\uff1150,000.50", "reason": " 核减 ", "minutes": "", "seen": "7", "act_id": str(act_id)}
    assert parse("decide", raw, by=BY, case=CASE) == Decide(
        by=BY, case=CASE, act_id=act_id, seen=7, reason="核减", amount_fen=15_000_050
    )
    returned = parse("return", {"missing": "营业执照；发票\n合同"}, by=BY, case=CASE)
    assert isinstance(returned, ReturnForCorrection) and returned.missing == ("营业执照", "发票", "合同")
    raw = {"milestone": "1", "text": "完成", "indicators": "new_firms=3\nvisits@甲=4"}
    reported = parse("report", raw, by=BY, case=CASE)
    assert isinstance(reported, ReportMilestone) and reported.indicators == {"new_firms": "3", "visits@甲": "4"}


@pytest.mark.parametrize(
    ("raw", "positive"),
    [
        ({"positive": "不同意"}, False), ({"positive": "同意"}, True), ({"positive": "no"}, False),
        ({"negative": "是"}, False), ({"negative": False}, True), ({}, True),
    ],
)  # fmt: skip
def test_a_flag_is_said_either_way_round(raw: dict[str, Any], positive: bool) -> None:
    opinion = parse("opine", raw, by=BY, case=CASE)
    assert isinstance(opinion, Opine) and opinion.positive is positive
    assert wrong("opine", {"negative": "不同意"}).field == "negative"


def test_all_faults_are_told_at_once_in_both_languages() -> None:
    no = wrong("compare", {"amount": "5", "verdict": "vielleicht", "seen": "neu", "act_id": "x", "reason": " "})
    assert {fault.field for fault in no.faults} == {"amount", "verdict", "seen", "act_id", "reason", "comparison"}
    assert {fault.field for fault in no.faults if fault.missing} == {"reason", "comparison"}
    read = [fault for fault in no.faults if fault.field != "amount"]  # the unknown name is repeated as it was given
    assert all(CHINESE.search(fault.zh) and not CHINESE.search(fault.en) for fault in read)
    hold = wrong("hold", {"reason": "核查", "review_on": "明天"})
    assert [fault.field for fault in hold.faults] == ["review_on"]


@pytest.mark.parametrize("value", ["0", "-5", "0.001", "1e99", "NaN", "many"])
def test_an_amount_that_is_none_is_a_fault(value: str) -> None:
    assert wrong("decide", {"amount": value}).field == "amount"


def test_who_acts_and_on_which_case_is_never_read_from_a_form() -> None:
    no = wrong("accept", {"by": str(uuid4()), "case": str(uuid4())})
    assert {fault.field for fault in no.faults} == {"by", "case"}


def test_an_act_on_many_cases_is_read_the_same_way() -> None:
    cases = (uuid4(), uuid4())
    raw = {"number": "演示 2024-1 号", "fund": "区经商局：2024", "cases": [str(case) for case in cases]}
    made = parse_payment("allocate", raw, by=BY)
    assert isinstance(made, AllocateFund)
    assert (made.fund, made.cases, made.budget_line) == (FundKey("区经商局", 2024), cases, "")
    with pytest.raises(WrongForm) as caught:
        parse_payment("allocate", {"fund": "区经商局", "cases": ["x"]}, by=BY)
    assert {fault.field for fault in caught.value.faults} == {"number", "fund", "cases"}
