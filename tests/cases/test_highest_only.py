"""就高不重复 through real cases: two measures on one invoice, and sums received elsewhere; whatever comes first, the same total."""

from dataclasses import replace
from uuid import UUID

import pytest

from casework import requests as r
from casework import stacking
from casework.cases import CaseView
from casework.registers import benefits
from casework.registers.benefits import NewBenefit
from casework.steps import compute
from models import Duty, State
from models.store import Store
from policies.benefits import KeyKind, Level
from policies.money import Money
from support.stage import VALUES, Stage, claim, facts, named, officer
from support.walk import Walk

INVOICE = "3300231130 00012345"
COST = 100_000_00  # fen
THIRTY_PERCENT = COST * 3 // 10


def computed(walk: Walk, item: str, number: int) -> CaseView:
    """A case on the shared invoice, from its draft to the system's answer."""
    case = walk.open(item, number)
    walk.do(r.File, walk.stage.case(case), claim=claim(item, number, document=INVOICE, fen=COST))
    walk.to(case, State.SCREENED)
    walk.do(r.Certify, walk.stage.case(case), facts=facts(item, number, document=INVOICE, fen=COST))
    while walk.stage.case(case).state == State.UNDER_JOINT_REVIEW:
        walk.forward(case)
    compute.compute(walk.stage.store, cases=[case])
    return walk.stage.case(case)


def office(store: Store, **settings: object) -> Walk:
    """An office in which M16 pays 30 % and M5c what is recognised."""
    return Walk(Stage(store).furnish(values={**VALUES, **settings}))


def live_lines(store: Store) -> set[UUID]:
    """The cases whose line counts as awarded for the invoice."""
    with store.read() as work:
        rows = work.connection.exec_driver_sql("SELECT case_id FROM cost_line WHERE live").all()
    return {UUID(str(row.case_id)) for row in rows}


def outside(fen: int, reference: str = "算例市级文号") -> NewBenefit:
    """A sum from the city on the same invoice."""
    return NewBenefit(
        party=named("firm-0"), kind=KeyKind.INVOICE, basis=INVOICE, source="算例市级政策", level=Level.CITY,
        reference=reference, amount=Money(fen),
    )  # fmt: skip


def test_the_higher_measure_after_the_lower_pays_the_difference(store: Store) -> None:
    walk = office(store)
    assert computed(walk, "M16", 1).amount_fen == THIRTY_PERCENT
    higher = computed(walk, "M5c", 2)
    assert higher.amount_fen == COST - THIRTY_PERCENT
    assert live_lines(store) == {higher.id}


def test_the_lower_measure_after_the_higher_is_refused_with_the_clause(store: Store) -> None:
    walk = office(store)
    higher = computed(walk, "M5c", 1)
    lower = computed(walk, "M16", 2)
    assert (higher.amount_fen, lower.state, lower.amount_fen) == (COST, State.REFUSED, None)
    assert live_lines(store) == {higher.id}


def test_both_in_one_set_come_to_the_same_total(store: Store) -> None:
    walk = office(store)
    cases = [walk.open(item, number) for number, item in enumerate(("M16", "M5c"), start=1)]
    for case, number, item in zip(cases, (1, 2), ("M16", "M5c"), strict=True):
        walk.do(r.File, walk.stage.case(case), claim=claim(item, number, document=INVOICE, fen=COST))
        walk.to(case, State.SCREENED)
        walk.do(r.Certify, walk.stage.case(case), facts=facts(item, number, document=INVOICE, fen=COST))
        while walk.stage.case(case).state == State.UNDER_JOINT_REVIEW:
            walk.forward(case)
    compute.compute(store)
    assert sum(walk.stage.case(case).amount_fen or 0 for case in cases) == COST


def test_stacking_inside_the_plan_can_be_switched_off(store: Store) -> None:
    walk = office(store, **{"P-stack-scope": False})
    assert computed(walk, "M5c", 1).amount_fen == COST
    assert computed(walk, "M16", 2).amount_fen == THIRTY_PERCENT


@pytest.mark.parametrize(
    ("settlement", "paid"), [("difference", COST - THIRTY_PERCENT), ("nothing", None)], ids=["difference", "nothing"]
)
def test_a_lower_sum_from_elsewhere_is_settled_as_set(store: Store, settlement: str, paid: int | None) -> None:
    walk = office(store, **{"P-stack-settlement": settlement})
    benefits.add(store, officer(Duty.FUND_OFFICER), [outside(THIRTY_PERCENT)])
    assert computed(walk, "M5c", 1).amount_fen == paid


def test_a_higher_sum_from_elsewhere_leaves_nothing(store: Store) -> None:
    walk = office(store)
    benefits.add(store, officer(Duty.FUND_OFFICER), [outside(COST + 1)])
    assert computed(walk, "M5c", 1).state == State.REFUSED


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("2023", "2023-01-01", "2023-12-31"), ("2023-03-01/2024-02-29", "2023-03-01", "2024-02-29")],
)
def test_a_stored_period_is_read_as_its_days(text: str, first: str, last: str) -> None:
    period = stacking.period_of(text)
    assert period is not None and (str(period.first), str(period.last)) == (first, last)


def test_no_period_meets_every_period() -> None:
    assert stacking.period_of("") is None


def test_a_swap_waits_until_the_lower_sum_is_given_back_and_then_pays_in_full(store: Store) -> None:
    walk = office(store, **{"P-stack-settlement": "swap"})
    clerk = officer(Duty.FUND_OFFICER)
    benefits.add(store, clerk, [outside(THIRTY_PERCENT)])
    waiting = computed(walk, "M5c", 1)
    assert (waiting.state, waiting.next_duty) == (State.CERTIFIED, Duty.CERTIFIER) and "退回" in waiting.problem
    benefits.set_returned(store, clerk, benefits.listed(store)[0].id, proof="算例退款回单")
    compute.compute(store)
    assert walk.stage.case(waiting.id).amount_fen == COST


def test_a_swap_goes_on_when_what_was_called_the_same_by_hand_is_given_back(store: Store) -> None:
    """The benefit has none of the case's keys: only the certifier's word ties them."""
    walk = office(store, **{"P-stack-settlement": "swap"})
    clerk = officer(Duty.FUND_OFFICER)
    benefits.add(store, clerk, [replace(outside(THIRTY_PERCENT), kind=KeyKind.ENTERPRISE, basis="算例企业0")])
    waiting = computed(walk, "M5c", 1)
    walk.do(r.Compare, waiting, duty=Duty.CERTIFIER, comparison=1, verdict="same", reason="算例理由")
    compute.compute(store)
    assert "退回" in walk.stage.case(waiting.id).problem
    benefits.set_returned(store, clerk, benefits.listed(store)[0].id, proof="算例退款回单")
    compute.compute(store)
    assert walk.stage.case(waiting.id).amount_fen == COST


def test_a_lowered_sum_does_not_rise_again_once_another_case_was_priced_beside_it(store: Store) -> None:
    walk = office(store)
    lower = computed(walk, "M16", 1)
    walk.to(lower.id, State.COMPUTED, Duty.DECIDER)
    walk.do(r.Decide, walk.stage.case(lower.id), amount_fen=COST // 10, reason="算例理由")
    higher = computed(walk, "M5c", 2)
    assert higher.amount_fen == COST - COST // 10
    for which in (0, 1):
        by = officer(Duty.HEAD, which)
        walk.do(r.Undo, walk.stage.case(lower.id), duty=Duty.HEAD, by=by, reason="算例理由")
    compute.compute(store, cases=[lower.id])
    assert sum(walk.stage.case(one.id).amount_fen or 0 for one in (lower, higher)) <= COST
