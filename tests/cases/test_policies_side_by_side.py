"""Two policies in one store that share every code: no award, value, number, job or listing of one is the other's."""

from collections.abc import Iterator
from datetime import date
from json import loads

import pytest
from sqlalchemy import select
from sqlmodel import col

import policies
from casework import views
from casework.awards import computation
from casework.calendar_jobs import filing_periods
from casework.lifecycle import commands as r
from casework.policy_settings import parameter_register
from casework.shared.policies_in_use import of_store
from casework.staff import unit_register
from models import AwardRecord, Duty, Reminder, State
from models.store import Store
from models.verify import verify
from policies.kit import Origin
from support.stage import Stage, claim, facts, officer
from support.two_policies import XZ2023, draft, installed
from support.walk import Walk, on

S, D = State, Duty


@pytest.fixture(autouse=True)
def both() -> Iterator[None]:
    """Both are installed until the store was looked over."""
    with installed():
        yield


@pytest.fixture
def walk(both: None, store: Store) -> Walk:
    return Walk(Stage(store).furnish(firms=3))


def test_an_earlier_award_under_one_policy_is_no_earlier_award_under_the_other(walk: Walk) -> None:
    product = claim("M4a", 1)
    amounts = []
    for policy, number in (("XZ2023", 1), ("QX2023", 2)):
        made = draft(walk, policy, "M4a", number)
        walk.do(r.File, walk.stage.case(made), claim={**product, "product": f"算例织机{number}"})
        case = walk.to(made, S.SCREENED)
        walk.do(
            r.Certify,
            case,
            facts={**facts("M4a", 1), "product": f"算例织机{number}", "certificate_no": f"算例 {number}"},
        )
        amounts.append(walk.to(made, S.COMPUTED).amount_fen)
    assert amounts == [200_000_00, 90_000_00]
    with walk.stage.store.read() as work:
        inputs = [
            loads(row)
            for row in work.execute(select(col(AwardRecord.inputs)).order_by(col(AwardRecord.computed_at))).scalars()
        ]
    assert [each_input["prior"] for each_input in inputs] == [[], []], "neither is an earlier award of the other"
    assert verify(walk.stage.store).ok


def test_one_product_under_both_is_paid_the_highest_once_however_the_plan_treats_its_own(walk: Walk) -> None:
    stated = claim("M4a", 1)
    first, second = draft(walk, "XZ2023", "M4a", 1), draft(walk, "QX2023", "M4a", 2)
    for made in (first, second):
        walk.do(r.File, walk.stage.case(made), claim=stated)
        walk.do(r.Certify, walk.to(made, S.SCREENED), facts=facts("M4a", 1))
        case = walk.stage.case(made)
        while case.next_duty == D.JOINT_REVIEWER:
            case = walk.forward(made)
        computation.compute(walk.stage.store, cases=[made])
    assert walk.stage.case(first).amount_fen == 200_000_00
    lower = walk.stage.case(second)
    assert (lower.state, lower.amount_fen) == (S.REFUSED, None)
    assert verify(walk.stage.store).ok


def test_a_value_of_one_policy_says_nothing_in_the_other(walk: Walk) -> None:
    """The stage's rate of M16 is XZ2023's."""
    found = []
    for policy, number in (("XZ2023", 1), ("QX2023", 2)):
        made = draft(walk, policy, "M16", number, firm=number)
        walk.do(r.File, walk.stage.case(made), claim=claim("M16", number))
        walk.do(r.Certify, walk.to(made, S.SCREENED), facts=facts("M16", number))
        while walk.stage.case(made).next_duty == D.JOINT_REVIEWER:
            walk.forward(made)
        computation.compute(walk.stage.store, cases=[made])
        found.append(walk.stage.case(made))
    paid, waiting = found
    assert paid.amount_fen == 30_000_00
    assert (waiting.amount_fen, waiting.next_duty) == (None, D.PARAMETER_AUTHOR) and "P16-rate" in waiting.problem


def test_confirming_a_value_wakes_the_cases_of_its_policy_only(walk: Walk) -> None:
    store = walk.stage.store
    stopped = {}
    for policy, number in (("QX2023", 1), ("QX2023", 2)):
        stopped[number] = draft(walk, policy, "M16", number, firm=number)
    for number, made in stopped.items():
        walk.do(r.File, walk.stage.case(made), claim=claim("M16", number))
        walk.do(r.Certify, walk.to(made, S.SCREENED), facts=facts("M16", number))
        while walk.stage.case(made).next_duty == D.JOINT_REVIEWER:
            walk.forward(made)
        computation.compute(store, cases=[made])
        assert walk.stage.case(made).next_duty == D.PARAMETER_AUTHOR
    for policy, woken in (("XZ2023", 0), ("QX2023", 2)):
        new = parameter_register.Proposal(
            policy=policy,
            name="P16-rate",
            value="0.2",
            citation="算例文号二",
            valid_from=XZ2023.opens,
            origin=Origin.DEMO,
        )
        proposal = parameter_register.propose(store, officer(D.PARAMETER_AUTHOR), new)
        assert parameter_register.confirm(store, officer(D.PARAMETER_CONFIRMER), proposal) == woken, policy


def test_lists_are_narrowed_to_a_policy(walk: Walk) -> None:
    for policy, number in (("XZ2023", 1), ("QX2023", 2)):
        draft(walk, policy, "M4a", number)
    store = walk.stage.store
    assert [row.policy for row in views.cases(store, measure="M4").rows] == ["QX2023", "XZ2023"]
    assert [case.number for case in views.cases(store, measure="M4", policy="QX2023").rows] == ["QX2023-M04-000002"]


def test_a_policy_that_the_store_does_not_work_with_has_no_jobs_in_it(walk: Walk) -> None:
    store = walk.stage.store
    assert {each_policy.code for each_policy in of_store(store)} >= {"XZ2023", "QX2023"}, "nothing is noted yet"
    unit_register.sync(store, policy=XZ2023)
    assert [each_policy.code for each_policy in of_store(store)] == ["XZ2023"]
    store.set_clock(on("2023-07-01"), frozen=True)
    assert [policy for policy, _ in filing_periods.window_opens(store, XZ2023.opens).moved] == ["XZ2023"]
    draft(walk, "QX2023", "M4a", 1)
    assert [each_policy.code for each_policy in of_store(store)] == ["XZ2023", "QX2023"], "a case of it is work with it"
    assert [policy for policy, _ in filing_periods.window_opens(store, XZ2023.opens).moved] == ["XZ2023", "QX2023"]
    with store.read() as work:
        told = work.execute(select(col(Reminder.subject)).where(col(Reminder.kind) == "window_opens")).scalars().all()
    assert set(told) == {"XZ2023", "QX2023"}, "neither stands in for the other"


def test_windows_of_other_policies_are_no_dates_of_the_store(walk: Walk) -> None:
    far = XZ2023.renewed(code="FX2030", opens=date(2030, 1, 1), closes=date(2030, 12, 31), changes={})
    policies._registered[far.code] = far
    try:
        store = walk.stage.store
        unit_register.sync(store, policy=XZ2023)
        assert filing_periods.opening_days(store) == [XZ2023.opens]
        assert filing_periods.closing_days(store) == [date(2024, 7, 1)]
    finally:
        del policies._registered[far.code]
