"""The automatic checks say ok, fail or no data of each point, and only of points that the item or a parameter raises."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from casework.applications.case_opening import NewCase, open_case
from casework.conditions.condition_checks import CaseFacts, OffLine, check, results
from casework.lifecycle.case_changes import load
from casework.lifecycle.findings import Result
from casework.lifecycle.procedure import procedure_on
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.reference import reference
from models import Duty, PartyKind
from policies.forms import Text
from support.office import POLICY, TOWN, Office, code

ITEM = POLICY.item("M5c")
PAPERS = frozenset(slot.id for slot in ITEM.evidence)
DAY = Text("举办日期", "held on")
GOOD = CaseFacts(
    item=ITEM, kind=PartyKind.ENTERPRISE, code=code(1), town=TOWN, sector="毛衫", account="verified", slots=PAPERS,
    inside=True, event=(date(2023, 9, 25), DAY), earlier="",
)  # fmt: skip
SOUND = dict.fromkeys(("applicant", "window", "code", "event", "subject", "account"), "ok")
IN_PLACE = {f"paper:{slot.id}": "ok" for slot in ITEM.evidence if slot.required}
MISSING = dict.fromkeys(IN_PLACE, "no_data")


def found(facts: CaseFacts) -> dict[str, str]:
    answers = results(facts)
    assert all(answer.words.zh and answer.words.en and answer.text == answer.words.zh for answer in answers)
    return {answer.id: answer.result for answer in answers}


def test_nothing_is_wrong_with_a_good_case_and_nothing_unasked_is_checked():
    assert found(GOOD) == {**SOUND, **IN_PLACE}


@pytest.mark.parametrize(
    ("changes", "id", "result"),
    [
        ({"kind": PartyKind.UNIT}, "applicant", "fail"),
        ({"code": code(1)[:-1] + "_"}, "code", "fail"),
        ({"account": None}, "account", "no_data"),
        ({"inside": False}, "window", "fail"),
        ({"event": (date(2023, 6, 30), DAY)}, "event", "fail"),
        ({"event": (date(2024, 7, 1), DAY)}, "event", "fail"),
        ({"event": (date(2024, 6, 30), DAY)}, "event", "ok"),
        ({"event": (None, DAY)}, "event", "no_data"),
        ({"earlier": None}, "subject", "no_data"),
        ({"earlier": "算例"}, "subject", "fail"),
        ({"earlier": None, "lacks": ("P4a-upgrade",)}, "subject", "no_data"),
        ({"others": ("XZ2023-M05-000001",)}, "twice", "fail"),
        ({"account": "unverified"}, "account", "no_data"),
        ({"slots": PAPERS - {"contract"}}, "paper:contract", "no_data"),
        ({"values": {"P-sectors": {"M5c": ("毛衫", "家具")}}}, "sector", "ok"),
        ({"values": {"P-sectors": {"M5c": ("家具",)}}}, "sector", "fail"),
        ({"values": {"P-sectors": {"M5c": ("家具",)}}, "sector": ""}, "sector", "no_data"),
        ({"values": {"P-registration": ("M5c",)}}, "registration", "ok"),
        ({"values": {"P-registration": ("M5c",)}, "town": None}, "registration", "no_data"),
        ({"values": {"P-exclusions": {code(1): "算例原因"}}}, "exclusion", "fail"),
        ({"values": {"P-exclusions": {code(2): "算例原因"}}}, "exclusion", "ok"),
    ],
)
def test_each_point_is_found(changes, id, result):
    assert found(replace(GOOD, **changes))[id] == result


def test_parameters_that_name_other_items_raise_nothing():
    assert "sector" not in found(replace(GOOD, values={"P-sectors": {"M4a": ("家具",)}}))
    assert "registration" not in found(replace(GOOD, values={"P-registration": ("M4a",)}))


def test_an_association_has_no_sector_and_a_person_no_credit_code():
    stand = replace(GOOD, item=POLICY.item("M14b"), kind=PartyKind.ASSOCIATION, values={"P-sectors": {"M14b": ("x",)}})
    assert "sector" not in found(stand)
    graduate = replace(GOOD, item=POLICY.item("M2b"), kind=PartyKind.PERSON, code="id:0")
    assert "code" not in found(graduate)


def test_what_is_checked_off_line_is_left_to_a_person():
    for item in POLICY:
        for slot in item.evidence:
            if not slot.upload:
                asked, id = replace(GOOD, item=item, required=(slot,)), f"paper:{slot.id}"
                assert found(asked)[id] == Result.NO_DATA
                for says in ("ok", "fail"):
                    seen = {slot.id: OffLine(found=says, note="算例", by=uuid4())}
                    assert found(replace(asked, offline=seen))[id] == says


def test_items_without_money_ask_for_no_account():
    quota = next(item for item in POLICY if not item.pays)
    assert "account" not in found(replace(GOOD, item=quota, account=None))


def test_a_stored_case_is_checked_against_the_registers(store):
    store.set_clock(datetime(2023, 10, 9, 4, tzinfo=UTC), frozen=True)
    office = Office(store)
    clerk = office.person("clerk", Duty.CLERK)
    author, confirmer = office.person("a", Duty.PARAMETER_AUTHOR), office.person("b", Duty.PARAMETER_CONFIRMER)
    value = {"P-exclusions": {code(1): "算例原因"}, "P-sectors": {"M5c": ["毛衫"]}}
    for name, inner in value.items():
        starts = date(2023, 7, 1) if name == "P-exclusions" else date(2024, 1, 1)
        new = Proposal(policy=POLICY.code, name=name, value=inner, citation="算例文号", valid_from=starts)
        parameter_register.confirm(store, confirmer, parameter_register.propose(store, author, new))
    claim = {
        "event": "paris", "season": "春夏", "brand": "算例牌", "held_on": "2023-09-25",
        "cost_lines": [{"document": "3300231130 00000001", "claimed": "1"}],
    }  # fmt: skip
    new_case = NewCase(act_id=uuid4(), policy=POLICY.code, item="M5c", party=office.party(1), claim=claim)
    opened = open_case(store, clerk, new_case)
    with store.read() as work:
        facts = reference(store, work)
        case = load(work, [opened.case])[opened.case]
        found = check(work, facts, lambda case_: procedure_on(facts, POLICY, case_.item, work.today), [case])
        answers = {finding.id: finding.result for finding in found[case.id]}
    sound = {"applicant": "ok", "code": "ok", "event": "ok"}
    assert answers == {**sound, "exclusion": "fail", "subject": "no_data", "account": "no_data", **MISSING}


def test_a_code_that_two_officers_entered_is_one_whatever_its_check_character():
    assert found(replace(GOOD, code=code(1)[:-1] + ("1" if code(1)[-1] != "1" else "2")))["code"] == "ok"
    assert found(replace(GOOD, code=code(1)[:-1]))["code"] == "fail"
