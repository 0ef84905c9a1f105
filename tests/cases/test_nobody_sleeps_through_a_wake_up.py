"""On PostgreSQL what a case waits for comes in at the very moment in which it is made to wait: it is woken all the same.

The step is stopped with its work done and not yet visible (it waits for the end of the audit chain, which a third session
holds); the entry is made beside it; then both go on. So with what comes back by an act, and with acts on those who wait.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from casework.awards import computation, external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.command_handler import act
from casework.funds import budget_register
from casework.lifecycle import commands as r
from casework.lifecycle import step_runner
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from models import Duty, State
from models.store import Store
from models.unit_of_work import AUDIT_LOCK
from policies.benefits import KeyKind, Level
from policies.money import Money
from policies.parameters import Origin
from support.beside import PATIENCE, Beside, waits
from support.stage import LEAD, NOON, VALUES, Stage, claim, facts, named, officer, payable
from support.walk import Walk

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("backend", ["postgresql"], indirect=True)]
GROSS = 200_000_00
CITY = 80_000_00


def while_a_step_ends(store: Store, step: Callable[[], object], entry: Callable[[], object]) -> None:
    """The step is done but for its commit, the entry is made, then the step commits."""
    with store.engine.connect().execution_options(writes=True) as other, other.begin() as transaction:
        other.execute(text(f"SELECT pg_advisory_xact_lock({AUDIT_LOCK})"))
        first = Beside(step)
        waits(store)
        second = Beside(entry)
        waits(store, 2)
        transaction.rollback()
    for beside in (first, second):
        assert not isinstance(beside.end(), Exception), beside.found


def city(kind: KeyKind, basis: str) -> NewBenefit:
    return NewBenefit(
        party=named("firm-0"), kind=kind, basis=basis, source="算例市级政策", level=Level.CITY,
        reference="算例市级文号", amount=Money(CITY),
    )  # fmt: skip


def certified(walk: Walk, item: str = "M4a") -> UUID:
    case = walk.open(item, 1)
    walk.do(r.File, walk.stage.case(case), claim=claim(item, 1))
    walk.to(case, State.SCREENED)
    walk.do(r.Certify, walk.stage.case(case), facts=facts(item, 1))
    return case


def money_comes(store: Store) -> None:
    """The fund officer enters what the case needs."""
    more = Money(GROSS)
    budget_register.appropriate(
        store, officer(Duty.FUND_OFFICER), unit=LEAD, year=2023, amount=more, document="算例追加"
    )


def test_money_that_comes_while_the_case_is_computed(store: Store) -> None:
    stage = Stage(store).furnish(firms=1, budget=1)
    case = certified(Walk(stage))
    while_a_step_ends(
        store,
        lambda: computation.compute(store),
        lambda: money_comes(store),
    )
    computation.compute(store)
    assert (stage.case(case).state, stage.case(case).amount_fen) == (State.COMPUTED, GROSS), stage.case(case).problem


def test_a_parameter_that_is_confirmed_while_the_case_is_computed(store: Store) -> None:
    stage = Stage(store).furnish(firms=1, values={k: v for k, v in VALUES.items() if k != "P16-rate"})
    case = certified(Walk(stage), "M16")
    new = Proposal(policy="XZ2023", name="P16-rate", value="0.3", citation="算例", origin=Origin.DEMO)
    made = parameter_register.propose(store, officer(Duty.PARAMETER_AUTHOR), new)
    while_a_step_ends(
        store,
        lambda: computation.compute(store),
        lambda: parameter_register.confirm(store, officer(Duty.PARAMETER_CONFIRMER), made),
    )
    computation.compute(store)
    assert stage.case(case).state == State.COMPUTED, stage.case(case).problem


def test_a_benefit_that_is_entered_while_the_case_is_computed(store: Store) -> None:
    """Not seen by the pricing, it stops the priced case."""
    stage = Stage(store).furnish(firms=1)
    case = certified(Walk(stage))
    while_a_step_ends(
        store,
        lambda: computation.compute(store),
        lambda: external_benefits.add(store, officer(Duty.FUND_OFFICER), [city(KeyKind.DEVICE, "算例织机1 | A")]),
    )
    after = stage.case(case)
    assert (after.state, after.next_duty) == (State.COMPUTED, Duty.CERTIFIER) and "比对" in after.problem


def test_an_entry_begun_first_is_seen_by_the_step_that_begins_after(store: Store) -> None:
    """The other way round: the entry is done but for its commit, and the step waits for it."""
    stage = Stage(store).furnish(firms=1, budget=1)
    case = certified(Walk(stage))
    while_a_step_ends(
        store,
        lambda: money_comes(store),
        lambda: computation.compute(store),
    )
    assert stage.case(case).state == State.COMPUTED, stage.case(case).problem


# money that comes back by an act


def withdrawal(walk: Walk, case: UUID) -> r.Act:
    """The applicant takes the case back."""
    return r.Withdraw(case=case, by=walk.applicant(walk.stage.case(case)), act_id=uuid4())


def queue(store: Store, *items: str, budget: int = GROSS) -> tuple[Walk, list[UUID]]:
    """Cases of firms of their own, filed an hour apart and certified; the first is computed and holds what the fund has."""
    walk = Walk(Stage(store).furnish(firms=len(items), budget=budget))
    cases: list[UUID] = []
    for number, item in enumerate(items):
        store.set_clock(NOON + timedelta(hours=number), frozen=True)
        cases.append(walk.open(item, number, firm=number))
        walk.to(cases[-1], State.CERTIFIED)
        if not number:
            computation.compute(store)
    return walk, cases


ORDERS = pytest.mark.parametrize("first", ["the step", "the act"])


def one_after_the_other(store: Store, first: str, step: Callable[[], object], entry: Callable[[], object]) -> None:
    while_a_step_ends(store, *((step, entry) if first == "the step" else (entry, step)))


@ORDERS
def test_money_that_comes_back_while_the_case_is_computed(store: Store, first: str) -> None:
    walk, (holder, later) = queue(store, "M4a", "M16")
    back = withdrawal(walk, holder)
    one_after_the_other(store, first, lambda: computation.compute(store, cases=[later]), lambda: act(store, back))
    computation.compute(store)
    assert walk.stage.case(later).amount_fen == payable("M16"), walk.stage.case(later).problem


@ORDERS
def test_somebody_leaves_the_queue_while_the_case_behind_is_computed(store: Store, first: str) -> None:
    walk, (_, large, small) = queue(store, "M4a", "M4a", "M16", budget=GROSS + payable("M16"))
    computation.compute(store, cases=[large])
    gone = withdrawal(walk, large)
    one_after_the_other(store, first, lambda: computation.compute(store, cases=[small]), lambda: act(store, gone))
    computation.compute(store)
    assert walk.stage.case(small).amount_fen == payable("M16"), walk.stage.case(small).problem


def test_money_that_comes_back_while_somebody_has_the_waiting_case_in_hand(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """The act that gives it back looks again until that case is free: no lock is waited for in the wrong order."""
    walk, (holder, later) = queue(store, "M4a", "M16")
    computation.compute(store)
    caplog.set_level(logging.INFO, logger="duixian.acts")
    hold = r.Hold(case=later, by=officer(Duty.HEAD), act_id=uuid4(), reason="算例", review_on="2030-01-01")
    back = withdrawal(walk, holder)
    with store.engine.connect().execution_options(writes=True) as other, other.begin() as transaction:
        other.execute(text(f"SELECT pg_advisory_xact_lock({AUDIT_LOCK})"))
        first = Beside(lambda: act(store, hold))
        waits(store)
        second = Beside(lambda: act(store, back))
        ends = time.monotonic() + PATIENCE
        while "looks again" not in caplog.text and time.monotonic() < ends:
            time.sleep(0.02)
        transaction.rollback()
    for beside in (first, second):
        assert not isinstance(beside.end(), Exception), beside.found
    found = walk.stage.case(later)
    assert (found.held, found.next_duty, found.next_unit) == (True, Duty.SYSTEM, LEAD)


def test_two_who_leave_a_queue_at_the_same_moment_do_not_wait_for_each_other(store: Store) -> None:
    walk, (_, large, other_large, small) = queue(store, "M4a", "M4a", "M4a", "M16", budget=GROSS + payable("M16"))
    computation.compute(store)
    with store.engine.connect().execution_options(writes=True) as other, other.begin() as transaction:
        other.execute(text("SELECT 1 FROM fund FOR UPDATE"))
        gone = [withdrawal(walk, case) for case in (large, other_large)]
        both = [Beside(lambda request=each_case: act(store, request)) for each_case in gone]
        waits(store, 2)
        transaction.rollback()
    for beside in both:
        assert not isinstance(beside.end(), Exception), beside.found
    computation.compute(store)
    assert walk.stage.case(small).amount_fen == payable("M16"), walk.stage.case(small).problem


def test_money_that_is_added_while_somebody_leaves_the_queue(store: Store) -> None:
    """Adding takes the waiting cases before the fund, as leaving does."""
    walk, (_, large, small) = queue(store, "M4a", "M4a", "M16")
    computation.compute(store)
    gone = withdrawal(walk, large)
    with store.engine.connect().execution_options(writes=True) as other, other.begin() as transaction:
        other.execute(text("SELECT 1 FROM fund FOR UPDATE"))
        first = Beside(lambda: money_comes(store))
        waits(store)
        second = Beside(lambda: act(store, gone))
        waits(store, 2)
        transaction.rollback()
    for beside in (first, second):
        assert not isinstance(beside.end(), Exception), beside.found
    computation.compute(store)
    assert walk.stage.case(small).amount_fen == payable("M16"), walk.stage.case(small).problem


class InHand:
    """Somebody has a case in hand: a session of its own holds a lock on its row until it is released."""

    def __init__(self, store: Store, case: UUID) -> None:
        self._session = store.engine.connect().execution_options(writes=True)
        self._session.execute(text("SELECT 1 FROM case_file WHERE id = :id FOR UPDATE"), {"id": case})

    def release(self) -> None:
        self._session.rollback()
        self._session.close()


def one_leaves_the_queue_for_another(store: Store) -> tuple[Walk, UUID, UUID, UUID]:
    """A large claim that is woken, a small one that waits behind it, and another for the money of another unit."""
    walk, (_, large, small, other) = queue(store, "M4a", "M4a", "M16", "M5c", budget=GROSS + payable("M16"))
    computation.compute(store, cases=[large])
    computation.compute(store, cases=[small])
    money_comes(store)
    computation.compute(store, cases=[small])
    assert [walk.stage.case(case).next_duty for case in (large, small)] == [Duty.SYSTEM, Duty.FUND_OFFICER]
    return walk, large, small, other


def test_what_is_priced_together_is_kept_where_somebody_has_a_case_in_hand_that_is_to_be_woken(store: Store) -> None:
    """Only the one that leaves the queue looks again until that case is free."""
    walk, large, small, other = one_leaves_the_queue_for_another(store)
    hand = InHand(store, small)
    beside = Beside(lambda: computation.compute(store))
    ends = time.monotonic() + PATIENCE
    while walk.stage.case(other).amount_fen is None and time.monotonic() < ends:
        time.sleep(0.02)
    priced = walk.stage.case(other).amount_fen
    hand.release()
    assert not isinstance(beside.end(), Exception) and not beside.found.failed, beside.found
    assert priced == payable("M5c"), "it waits for nobody"
    computation.compute(store)
    assert [walk.stage.case(case).amount_fen for case in (large, small)] == [GROSS, payable("M16")]


def test_what_stays_in_hand_for_long_keeps_one_case_waiting_and_flags_none(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_runner, "TRIES", 2)
    walk, large, small, other = one_leaves_the_queue_for_another(store)
    before = walk.stage.case(large)
    hand = InHand(store, small)
    done = computation.compute(store)
    hand.release()
    assert [number for number, _ in done.moved] == [walk.stage.case(other).number] and not done.failed
    assert walk.stage.case(large) == before, "it is due as it was"
    computation.compute(store)
    computation.compute(store)
    assert [walk.stage.case(case).amount_fen for case in (large, small)] == [GROSS, payable("M16")]
