"""A fund that runs short: first filed first, in proportion, or from next year's money; the same setting, the same result."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from casework.awards import computation
from casework.funds import budget_register
from casework.lifecycle import commands as r
from casework.lifecycle.failed_runs import FIRST, set_back
from casework.lifecycle.step_runner import TRY_AGAIN, over
from models import Duty, State
from models.store import Store
from policies.money import Money
from support.stage import LEAD, NOON, VALUES, Stage, named, officer, payable
from support.walk import Walk

ONE = 200_000_00  # fen of a municipal first set


def certified(store: Store, budget: int, **values: object) -> tuple[Stage, list[object]]:
    """Three cases of equal worth, certified in their order, in an office with so much money a fund and year."""
    stage = Stage(store).furnish(budget=budget, values={**VALUES, **values})
    walk = Walk(stage)
    cases = [walk.open("M4a", number, firm=number) for number in range(3)]
    for case in cases:
        walk.to(case, State.CERTIFIED)
    return stage, list(cases)


def amounts(stage: Stage, cases: list[object]) -> list[int | None]:
    """Fen of each case, None while it waits."""
    return [stage.case(case).amount_fen for case in cases]  # type: ignore[arg-type]


def test_first_filed_is_first_served_and_the_others_wait_with_the_reason(store: Store) -> None:
    stage, cases = certified(store, budget=ONE * 3 // 2)
    outcome = computation.compute(store)
    assert amounts(stage, cases) == [ONE, None, None]
    waiting = stage.case(named("case-1"))
    assert (waiting.state, waiting.next_duty, waiting.next_unit) == ("certified", Duty.FUND_OFFICER, LEAD)
    assert "专项资金不足" in waiting.problem and len(outcome.waiting) == 2


def test_a_topped_up_fund_wakes_the_queue_in_its_order(store: Store) -> None:
    stage, cases = certified(store, budget=ONE)
    computation.compute(store)
    budget_register.appropriate(
        store, officer(Duty.FUND_OFFICER), unit=LEAD, year=2023, amount=Money(ONE), document="算例追加"
    )
    computation.compute(store)
    assert amounts(stage, cases) == [ONE, ONE, None]


def queue_of_two(store: Store) -> tuple[Stage, UUID, UUID]:
    """A large claim waits for money, and a small one of another measure, filed an hour later, behind it."""
    stage = Stage(store).furnish(budget=1)
    walk = Walk(stage)
    large, small = walk.open("M4a", 1), walk.open("M16", 2, firm=1)
    walk.to(large, State.FILED)
    store.set_clock(NOON + timedelta(hours=1), frozen=True)
    for case in (large, small):
        walk.to(case, State.CERTIFIED)
        computation.compute(store, cases=[case])
    return stage, large, small


def top_up(store: Store, fen: int) -> None:
    """More money, by a document of its own."""
    more = {"unit": LEAD, "year": 2023, "amount": Money(fen), "document": f"算例追加 {uuid4()}"}
    budget_register.appropriate(store, officer(Duty.FUND_OFFICER), **more)


def test_a_smaller_claim_of_another_measure_does_not_pass_one_that_was_filed_before(store: Store) -> None:
    """Both are woken; the later one is looked at first, because its measure's flow is."""
    stage, large, small = queue_of_two(store)
    top_up(store, payable("M16"))
    computation.compute(store, cases=[small])
    computation.compute(store, cases=[large])
    assert amounts(stage, [large, small]) == [None, None]
    assert stage.case(large).number in stage.case(small).problem, "who is before it"


def test_who_waited_behind_another_is_looked_at_again_when_that_one_has_its_money(store: Store) -> None:
    stage, large, small = queue_of_two(store)
    top_up(store, ONE + payable("M16"))
    computation.compute(store, cases=[small])
    assert amounts(stage, [large, small]) == [None, None]
    computation.compute(store, cases=[large])
    assert stage.case(small).next_duty == Duty.SYSTEM, "nobody else has to do anything for it"
    computation.compute(store)
    assert amounts(stage, [large, small]) == [ONE, payable("M16")]


def flow_fails(store: Store, _case: UUID) -> None:
    """The flow of its measure fails as a whole."""
    assert set_back(store, [("XZ2023", "M4")], RuntimeError()) == 1


def step_fails(store: Store, case: UUID) -> None:
    """A step fails on the case."""

    def broken(*_: object) -> None:
        raise RuntimeError

    assert over(store, broken, states=frozenset({State.CERTIFIED}), cases=[case]).failed


FAILURES = pytest.mark.parametrize(("fails", "pause"), [(flow_fails, FIRST), (step_fails, TRY_AGAIN)])


@FAILURES
def test_who_is_put_off_after_a_failure_keeps_its_place_in_the_queue(
    store: Store, fails: Callable[[Store, UUID], None], pause: timedelta
) -> None:
    stage, large, small = queue_of_two(store)
    waited = stage.case(large).due_from
    top_up(store, ONE + payable("M16") - 1)
    fails(store, large)
    after = stage.case(large)
    assert (after.next_duty, after.next_unit, after.due_from) == (Duty.SYSTEM, LEAD, waited)
    computation.compute(store)
    assert amounts(stage, [large, small]) == [None, None], "the later one does not pass"
    assert stage.case(large).number in stage.case(small).problem
    store.set_clock(NOON + timedelta(hours=1) + pause, frozen=True)
    computation.compute(store)
    assert amounts(stage, [large, small]) == [ONE, None]
    assert stage.case(small).next_duty == Duty.SYSTEM, "who was before it has its money"
    top_up(store, 1)
    computation.compute(store)
    assert amounts(stage, [large, small]) == [ONE, payable("M16")]


@FAILURES
def test_who_waits_behind_one_that_was_put_off_is_looked_at_again_when_that_one_ends(
    store: Store, fails: Callable[[Store, UUID], None], pause: timedelta
) -> None:
    stage, large, small = queue_of_two(store)
    top_up(store, payable("M16"))
    fails(store, large)
    computation.compute(store)
    assert stage.case(small).next_duty == Duty.FUND_OFFICER
    Walk(stage, seed="later").do(r.Withdraw, stage.case(large), duty=Duty.APPLICANT)
    assert stage.case(small).next_duty == Duty.SYSTEM
    computation.compute(store)
    assert stage.case(small).amount_fen == payable("M16")


def test_in_proportion_everybody_gets_the_same_share_rounded_down(store: Store) -> None:
    stage, cases = certified(store, budget=ONE + 1, **{"P-shortage": "pro_rata"})
    computation.compute(store)
    assert amounts(stage, cases) == [(ONE + 1) // 3] * 3
    assert sum(amount or 0 for amount in amounts(stage, cases)) <= ONE + 1


def test_next_years_money_carries_what_this_years_cannot(store: Store) -> None:
    stage, cases = certified(store, budget=ONE, **{"P-shortage": "next_year"})
    computation.compute(store)
    assert amounts(stage, cases) == [ONE, ONE, None]


@pytest.mark.parametrize("reading", ["queue", "pro_rata", "next_year"])
def test_nothing_is_ever_reserved_beyond_the_funds(store: Store, reading: str) -> None:
    stage, cases = certified(store, budget=ONE // 2, **{"P-shortage": reading})
    computation.compute(store)
    assert sum(amount or 0 for amount in amounts(stage, cases)) <= ONE  # both years together
