"""On PostgreSQL what a case waits for comes in at the very moment in which it is made to wait: it is woken all the same.

The step is stopped with its work done and not yet visible (it waits for the end of the audit chain, which a third session
holds); the entry is made beside it; then both go on.
"""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import text

from casework import requests as r
from casework.registers import benefits, budgets, parameters
from casework.registers.benefits import NewBenefit
from casework.registers.parameters import Proposal
from casework.steps import compute
from models import Duty, State
from models.store import Store
from models.work import AUDIT_LOCK
from policies.benefits import KeyKind, Level
from policies.money import Money
from policies.parameters import Origin
from support.beside import Beside, waits
from support.stage import LEAD, VALUES, Stage, claim, facts, named, officer
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
    budgets.appropriate(store, officer(Duty.FUND_OFFICER), unit=LEAD, year=2023, amount=more, document="算例追加")


def test_money_that_comes_while_the_case_is_computed(store: Store) -> None:
    stage = Stage(store).furnish(firms=1, budget=1)
    case = certified(Walk(stage))
    while_a_step_ends(
        store,
        lambda: compute.compute(store),
        lambda: money_comes(store),
    )
    compute.compute(store)
    assert (stage.case(case).state, stage.case(case).amount_fen) == (State.COMPUTED, GROSS), stage.case(case).problem


def test_a_parameter_that_is_confirmed_while_the_case_is_computed(store: Store) -> None:
    stage = Stage(store).furnish(firms=1, values={k: v for k, v in VALUES.items() if k != "P16-rate"})
    case = certified(Walk(stage), "M16")
    new = Proposal(policy="XZ2023", name="P16-rate", value="0.3", citation="算例", origin=Origin.DEMO)
    made = parameters.propose(store, officer(Duty.PARAMETER_AUTHOR), new)
    while_a_step_ends(
        store,
        lambda: compute.compute(store),
        lambda: parameters.confirm(store, officer(Duty.PARAMETER_CONFIRMER), made),
    )
    compute.compute(store)
    assert stage.case(case).state == State.COMPUTED, stage.case(case).problem


def test_a_benefit_that_is_entered_while_the_case_is_computed(store: Store) -> None:
    """Not seen by the pricing, it stops the priced case."""
    stage = Stage(store).furnish(firms=1)
    case = certified(Walk(stage))
    while_a_step_ends(
        store,
        lambda: compute.compute(store),
        lambda: benefits.add(store, officer(Duty.FUND_OFFICER), [city(KeyKind.DEVICE, "算例织机1 | A")]),
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
        lambda: compute.compute(store),
    )
    assert stage.case(case).state == State.COMPUTED, stage.case(case).problem
