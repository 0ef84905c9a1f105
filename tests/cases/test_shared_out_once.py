"""`P-shortage` in proportion: a budget is shared out once, among all who wait for it; money that comes back is no budget."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from casework.awards import computation
from casework.funds import budget_register
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.failed_runs import FIRST, set_back
from casework.lifecycle.step_runner import StepContext, over
from models import AuditEntry, Duty, Fund, State
from models.migrate import downgrade, head, upgrade
from models.store import Store
from models.verify import verify
from policies.money import Money
from support.stage import LEAD, NOON, VALUES, Stage, officer, payable
from support.walk import Walk, answer, order_of

S, D = State, Duty
ONE = payable("M4a")
SMALL = payable("M16")
WHY = "算例理由"


class Office:
    """A unit that shares out: claims an hour after each other, each of a firm of its own, and what becomes of them."""

    def __init__(self, store: Store, budget: int) -> None:
        self.store = store
        self.stage = Stage(store).furnish(firms=6, budget=budget, values={**VALUES, "P-shortage": "pro_rata"})
        self.walk = Walk(self.stage)
        self.count = 0

    def claims(self, *items: str) -> list[UUID]:
        """Claims of these items, certified and not priced yet."""
        made = []
        for item in items:
            self.store.set_clock(NOON + timedelta(hours=self.count), frozen=True)
            case = self.walk.open(item, self.count, firm=self.count)
            self.count += 1
            self.walk.to(case, S.CERTIFIED)
            made.append(case)
        return made

    def sums(self, *cases: UUID) -> list[int | None]:
        """Fen of each case, None while it waits."""
        return [self.stage.case(case).amount_fen for case in cases]

    def price(self, *cases: UUID) -> list[int | None]:
        """Prices what is due; fen of each of these."""
        computation.compute(self.store)
        return self.sums(*cases)

    def give(self, fen: int, year: int = 2023) -> None:
        """More money, by a document of its own."""
        more = {"unit": LEAD, "year": year, "amount": Money(fen), "document": f"算例 {uuid4()}"}
        budget_register.appropriate(self.store, officer(D.FUND_OFFICER), **more)

    def case(self, case: UUID) -> CaseView:
        return self.stage.case(case)


def lowered(office: Office, case: UUID) -> None:
    office.walk.do(r.Decide, office.walk.to(case, S.COMPUTED, D.DECIDER), amount_fen=ONE - SMALL, reason=WHY)


def upheld(office: Office, case: UUID) -> None:
    office.walk.do(r.Object, office.walk.to(case, S.ON_NOTICE), duty=D.CLERK, reason=WHY)
    office.walk.do(r.AnswerObjection, office.case(case), upheld=True, reason=WHY)


def sent_back(office: Office, case: UUID) -> None:
    """The bank sends the payment of what was lowered back, and the applicant wants it no more."""
    lowered(office, case)
    office.walk.to(case, S.PAID)
    answer(office.store, order_of(office.store, case), "returned", by=officer(D.RECONCILER), act_id=uuid4())
    office.walk.do(r.Withdraw, office.case(case), duty=D.APPLICANT)


RETURNS: dict[str, tuple[Callable[[Office, UUID], None], int]] = {
    "decided lower": (lowered, SMALL),
    "an objection is upheld": (upheld, ONE),
    "a payment comes back": (sent_back, ONE),
}


@pytest.mark.parametrize("way", RETURNS)
def test_money_that_comes_back_is_never_the_whole_award_of_one_who_needs_more(store: Store, way: str) -> None:
    """Two wait for twice what comes back at most: neither gets a part of it, and both say why they wait."""
    comes_back, fen = RETURNS[way]
    office = Office(store, ONE)
    (holder,) = office.claims("M4a")
    assert office.price(holder) == [ONE]
    waiting = office.claims("M4a", "M4a")
    assert office.price(*waiting) == [None, None]
    comes_back(office, holder)
    assert office.price(*waiting) == [None, None]
    problem = office.case(waiting[0]).problem
    assert f"{Money(fen).grouped} 元为退回款" in problem and "不再按比例安排" in problem
    assert office.case(waiting[0]).next_duty == D.FUND_OFFICER
    office.give(SMALL)
    assert office.price(*waiting) == [SMALL // 2, SMALL // 2], (
        "what a document adds is shared out, and nothing beside it"
    )


def test_money_that_comes_back_serves_where_it_is_enough_for_all_who_wait(store: Store) -> None:
    office = Office(store, ONE)
    (holder,) = office.claims("M4a")
    assert office.price(holder) == [ONE]
    (later,) = office.claims("M16")
    assert office.price(later) == [None]
    lowered(office, holder)
    assert office.price(later) == [SMALL], "nobody got a part, and there is no shortage any more"


def test_where_somebody_got_a_part_money_that_comes_back_pays_nobody_in_full(store: Store) -> None:
    office = Office(store, ONE)
    first, second = office.claims("M4a", "M4a")
    assert office.price(first, second) == [ONE // 2, ONE // 2]
    (late,) = office.claims("M16")
    assert office.price(late) == [None]
    office.walk.do(r.Withdraw, office.case(second), duty=D.APPLICANT)
    assert office.price(first, late) == [ONE // 2, None], "one part for all of a budget, or a decision"
    assert "不再按比例安排" in office.case(late).problem


def test_what_rounding_leaves_over_is_nobodys_award(store: Store) -> None:
    office = Office(store, ONE + 2)
    cases = office.claims("M4a", "M4a", "M4a")
    assert office.price(*cases) == [(ONE + 2) // 3] * 3
    (late,) = office.claims("M4a")
    assert office.price(late) == [None]


def test_the_budget_of_the_new_year_is_shared_out_among_those_who_wait(store: Store) -> None:
    office = Office(store, ONE)
    first, second = office.claims("M4a", "M4a")
    office.price()
    (late,) = office.claims("M16")
    assert office.price(late) == [None]
    store.set_clock(NOON.replace(year=2024, month=1, day=3), frozen=True)
    office.give(1, year=2024)
    assert office.price(first, second, late) == [ONE // 2, ONE // 2, SMALL]


def test_the_parts_do_not_turn_on_which_measure_is_priced_first(store: Store) -> None:
    office = Office(store, 100_000_00)
    cases = office.claims("M4a", "M16", "M4a")
    computation.compute(store, cases=[cases[1]])
    wanted = 2 * ONE + SMALL
    parts = [100_000_00 * ONE // wanted, 100_000_00 * SMALL // wanted, 100_000_00 * ONE // wanted]
    assert office.sums(*cases) == parts
    with store.read() as work:
        rows = work.execute(select(col(AuditEntry.content)).where(col(AuditEntry.action) == "funds.share_out"))
        assert len(rows.all()) == 1, "once"


def test_who_is_put_off_when_money_comes_gets_its_part(store: Store) -> None:
    office = Office(store, 1)
    cases = office.claims("M4a", "M16")
    office.price()
    (third,) = office.claims("M4a")
    assert office.price(*cases, third)[1:] == [None, None]
    office.give(100_000_00)
    assert set_back(store, [("XZ2023", "M4")], RuntimeError()) == 2
    assert office.price(*cases) == [None, None]
    assert office.case(cases[0]).number in office.case(cases[1]).problem
    store.set_clock(NOON + timedelta(hours=2) + FIRST, frozen=True)
    wanted = 2 * ONE + SMALL
    assert office.price(*cases) == [100_000_00 * ONE // wanted, 100_000_00 * SMALL // wanted]


def test_a_case_on_hold_gets_its_part_when_it_goes_on_and_the_others_with_it(store: Store) -> None:
    office = Office(store, 1)
    held, other = office.claims("M4a", "M4a")
    office.price()
    office.walk.do(r.Hold, office.case(held), duty=D.HEAD, reason=WHY, review_on="2030-01-01")
    office.give(ONE)
    assert office.price(held, other) == [None, None]
    office.walk.do(r.Unhold, office.case(held), duty=D.HEAD)
    assert office.price(held, other) == [ONE // 2, ONE // 2]


def test_a_set_that_failed_as_a_whole_is_shared_out_without_the_case_that_it_failed_for(store: Store) -> None:
    office = Office(store, 100_000_00)
    bad, *good = office.claims("M16", "M4a", "M4a")

    def step(bench: StepContext, cases: Sequence[CaseView]) -> None:
        if any(case.id == bad for case in cases):
            raise RuntimeError
        computation._compute(bench, cases)

    ways: dict[str, Any] = {"states": frozenset({S.CERTIFIED})}
    done = over(store, step, **ways)
    assert [number for number, _ in done.failed] == [office.case(bad).number]
    assert office.sums(*good) == [None, None]
    store.set_clock(NOON + timedelta(hours=2) + FIRST, frozen=True)
    assert office.price(*good) == [50_000_00, 50_000_00]
    assert office.sums(bad) == [None]


@pytest.mark.slow
def test_a_fund_that_was_shared_out_before_an_upgrade_shares_nothing_more(store: Store) -> None:
    office = Office(store, ONE)
    assert office.price(*office.claims("M4a", "M4a")) == [ONE // 2, ONE // 2]

    def known() -> list[tuple[int | None, int]]:
        with store.read() as work:
            rows = work.execute(
                select(col(Fund.shareable_fen), col(Fund.shared_fen)).where(col(Fund.budget_fen) == ONE)
            )
            return sorted(tuple(row) for row in rows if row.shared_fen)

    assert known() == [(0, ONE)]
    store.engine.dispose()
    downgrade(store.url, "0019")
    assert upgrade(store.url) == head()
    assert known() == [(0, ONE)]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_nobody_is_left_out_who_is_in_somebodys_hands(store: Store) -> None:
    office = Office(store, 1)
    first, second = office.claims("M4a", "M4a")
    office.price()
    office.give(ONE)
    with store.engine.connect().execution_options(writes=True) as other, other.begin() as transaction:
        other.execute(text("SELECT 1 FROM case_file WHERE id = :id FOR UPDATE"), {"id": second})
        computation.compute(store)
        assert office.sums(first) == [None]
        transaction.rollback()
    assert office.price(first, second) == [ONE // 2, ONE // 2]
    assert verify(store).ok
