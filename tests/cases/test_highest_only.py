"""就高不重复 through real cases: two measures on one invoice, and sums received elsewhere; whatever comes first, the same total."""

from dataclasses import replace
from uuid import UUID

import pytest

from casework.awards import computation, external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.lifecycle import commands as r
from casework.stacking import stacking_basis
from casework.views import inbox
from cli.cases import _may_do
from cli.todo import commands
from models import Duty, State
from models.store import Store
from policies.benefits import KeyKind, Level
from policies.money import Money
from support.shared_invoice import COST, INVOICE, certified, priced
from support.stage import VALUES, Stage, named, officer
from support.walk import Walk

THIRTY_PERCENT = COST * 3 // 10


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
    assert priced(walk, "M16", 1).amount_fen == THIRTY_PERCENT
    higher = priced(walk, "M5c", 2)
    assert higher.amount_fen == COST - THIRTY_PERCENT
    assert live_lines(store) == {higher.id}


def test_the_lower_measure_after_the_higher_is_refused_with_the_clause(store: Store) -> None:
    walk = office(store)
    higher = priced(walk, "M5c", 1)
    lower = priced(walk, "M16", 2)
    assert (higher.amount_fen, lower.state, lower.amount_fen) == (COST, State.REFUSED, None)
    assert live_lines(store) == {higher.id}


def test_both_in_one_set_come_to_the_same_total(store: Store) -> None:
    walk = office(store)
    cases = [certified(walk, item, number) for number, item in enumerate(("M16", "M5c"), start=1)]
    computation.compute(store)
    assert sum(walk.stage.case(case).amount_fen or 0 for case in cases) == COST


def test_stacking_inside_the_plan_can_be_switched_off(store: Store) -> None:
    walk = office(store, **{"P-stack-scope": False})
    assert priced(walk, "M5c", 1).amount_fen == COST
    assert priced(walk, "M16", 2).amount_fen == THIRTY_PERCENT


@pytest.mark.parametrize(
    ("settlement", "paid"), [("difference", COST - THIRTY_PERCENT), ("nothing", None)], ids=["difference", "nothing"]
)
def test_a_lower_sum_from_elsewhere_is_settled_as_set(store: Store, settlement: str, paid: int | None) -> None:
    walk = office(store, **{"P-stack-settlement": settlement})
    external_benefits.add(store, officer(Duty.FUND_OFFICER), [outside(THIRTY_PERCENT)])
    assert priced(walk, "M5c", 1).amount_fen == paid


def test_a_higher_sum_from_elsewhere_leaves_nothing(store: Store) -> None:
    walk = office(store)
    external_benefits.add(store, officer(Duty.FUND_OFFICER), [outside(COST + 1)])
    assert priced(walk, "M5c", 1).state == State.REFUSED


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("2023", "2023-01-01", "2023-12-31"), ("2023-03-01/2024-02-29", "2023-03-01", "2024-02-29")],
)
def test_a_stored_period_is_read_as_its_days(text: str, first: str, last: str) -> None:
    period = stacking_basis.period_of(text)
    assert period is not None and (str(period.first), str(period.last)) == (first, last)


def test_no_period_meets_every_period() -> None:
    assert stacking_basis.period_of("") is None


def test_a_swap_waits_until_the_lower_sum_is_given_back_and_then_pays_in_full(store: Store) -> None:
    walk = office(store, **{"P-stack-settlement": "swap"})
    clerk = officer(Duty.FUND_OFFICER)
    external_benefits.add(store, clerk, [outside(THIRTY_PERCENT)])
    waiting = priced(walk, "M5c", 1)
    assert (waiting.state, waiting.next_duty) == (State.CERTIFIED, Duty.CERTIFIER) and "退回" in waiting.problem
    (task,) = inbox(store, officer(Duty.CERTIFIER))
    assert (task.actions, task.actions_zh) == (("set_returned",), ("登记退回",)), "there is nothing to compare"
    assert _may_do(task).startswith("登记退回")
    given_back = external_benefits.listed(store)[0].id
    told = commands(store, [task], "certifier-0")[waiting.number]
    assert told == [f"duixian benefits returned {given_back} --proof PROOF --as certifier-0"]
    external_benefits.set_returned(store, clerk, external_benefits.listed(store)[0].id, proof="算例退款回单")
    computation.compute(store)
    assert walk.stage.case(waiting.id).amount_fen == COST


def test_a_swap_goes_on_when_what_was_called_the_same_by_hand_is_given_back(store: Store) -> None:
    """The benefit has none of the case's keys: only the certifier's word ties them."""
    walk = office(store, **{"P-stack-settlement": "swap"})
    clerk = officer(Duty.FUND_OFFICER)
    external_benefits.add(store, clerk, [replace(outside(THIRTY_PERCENT), kind=KeyKind.ENTERPRISE, basis="算例企业0")])
    waiting = priced(walk, "M5c", 1)
    walk.do(r.Compare, waiting, duty=Duty.CERTIFIER, comparison=1, verdict="same", reason="算例理由")
    computation.compute(store)
    assert "退回" in walk.stage.case(waiting.id).problem
    external_benefits.set_returned(store, clerk, external_benefits.listed(store)[0].id, proof="算例退款回单")
    computation.compute(store)
    assert walk.stage.case(waiting.id).amount_fen == COST


def test_a_lowered_sum_does_not_rise_again_once_another_case_was_priced_beside_it(store: Store) -> None:
    walk = office(store)
    lower = priced(walk, "M16", 1)
    walk.to(lower.id, State.COMPUTED, Duty.DECIDER)
    walk.do(r.Decide, walk.stage.case(lower.id), amount_fen=COST // 10, reason="算例理由")
    higher = priced(walk, "M5c", 2)
    assert higher.amount_fen == COST - COST // 10
    for which in (0, 1):
        by = officer(Duty.HEAD, which)
        walk.do(r.Undo, walk.stage.case(lower.id), duty=Duty.HEAD, by=by, reason="算例理由")
    computation.compute(store, cases=[lower.id])
    assert sum(walk.stage.case(case.id).amount_fen or 0 for case in (lower, higher)) <= COST
