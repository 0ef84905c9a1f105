"""Every state × act × duty: done exactly where the transition table says so, refused without a trace everywhere else."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from casework.applications import automatic_checks
from casework.awards import computation, public_notice
from casework.lifecycle import case_closing
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Action
from casework.lifecycle.transitions import TABLE, WHILE_CONTESTED, WHILE_HELD
from casework.shared.errors import Problem
from models import Duty, State
from models.store import Store
from support.attempts import ATTEMPTS, KEPT, Attempt
from support.rehearsal import Rehearsal, written
from support.situations import SITUATIONS, Situation
from support.stage import Stage, applicant, named, officer
from support.walk import OrderView, Walk, firm_of, order_of

STEPS = {
    Action.CHECK: automatic_checks.submit,
    Action.COMPUTE: computation.compute,
    Action.ANNOUNCE: public_notice.announce,
    Action.END_NOTICE: public_notice.end_notice,
    Action.CLOSE: case_closing.close,
}
IN_BATCH = (Duty.CHECKER, Duty.HEAD, Duty.RELEASER)  # whose turn it is while an order waits for its release


# What an order must be before the bank's word of it can move the case.
ANSWERABLE = {Action.SETTLE: "sent", Action.FAIL: "sent", Action.TAKE_BACK: "settled"}


def allowed(case: CaseView, order: OrderView | None, action: Action, duty: Duty) -> bool:
    """What the table says of one triple, beside the flags that the contract names."""
    if action in ANSWERABLE and (order is None or (order.channel, order.state) != ("batch", ANSWERABLE[action])):
        return False
    if duty is Duty.SYSTEM:
        return False
    if (
        action is Action.WAIVE
    ):  # elsewhere there is nothing to override: tests/cases/test_conditions_overridden.py has it
        return duty is Duty.HEAD and "不予支持名单" in case.problem
    if (case.held and action not in WHILE_HELD) or (case.contested and action not in WHILE_CONTESTED):
        return False
    if action is Action.COMPARE:  # nothing here is open: tests/cases/test_comparisons.py does what it does
        return False
    if action is Action.ANSWER and not case.contested:
        return False
    if action is Action.OBJECT and case.next_duty == Duty.DELIVERER:  # its notice is over
        return False
    if action is Action.UNHOLD and not case.held:
        return False
    if action is Action.REJECT_BATCH and case.state == State.ORDERED:
        if order is None or (order.channel, order.state) != ("batch", "released"):
            return False
    elif action is Action.REJECT_BATCH and case.next_duty not in IN_BATCH:
        return False
    if action is Action.PAY_OFFLINE and case.next_duty in IN_BATCH:
        return False
    return any(
        row.source == case.state and row.duty is duty and (not row.turn or row.duty == case.next_duty)
        for row in TABLE
        if row.action is action
    )


def duties(action: Action, backend: str) -> list[Duty]:
    """All of them; where each attempt costs more, those that the table gives the act to anywhere, and a few others."""
    named_in_table = {row.duty for row in TABLE if row.action is action}
    others = {Duty.SYSTEM, Duty.APPLICANT, Duty.DECIDER, Duty.AUDITOR}
    return [duty for duty in Duty if backend == "sqlite" or duty in named_in_table | others]


def holder(case: CaseView, duty: Duty) -> UUID:
    """Somebody who holds this duty and no other, and had no part in the case; for `system` somebody without any."""
    if duty is Duty.APPLICANT:
        return applicant(firm_of(case), 1)
    return named("nobody") if duty is Duty.SYSTEM else officer(duty, 2)


def tried(store: Store, attempt: Attempt, case: CaseView, by: UUID) -> Problem | None:
    """The refusal of one attempt, or None where it is done."""
    try:
        attempt(store, case, by)
    except Problem as no:
        return no
    return None


# The same table on the other database is a long search: `make prove` makes it.
BOTH = pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.prove)], indirect=True
)


@pytest.fixture
def stage(make_store: Callable[..., Store]) -> Stage:
    made = Stage(make_store()).furnish(firms=1)
    with made.store.write() as work:
        made.person(work, "nobody")
    return made


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_an_act_is_done_exactly_where_the_table_has_it(
    stage: Stage, situation: Situation, backend: str, proven: Callable[[str], None]
) -> None:
    case = situation.reach(Walk(stage))
    order = order_of(stage.store, case.id)
    rehearsal, wrong, triples, done = Rehearsal(stage.store.url), [], 0, 0
    for action, attempt in ATTEMPTS.items():
        before = written(stage.store)
        for duty in duties(action, backend):
            wanted = allowed(case, order, action, duty)
            refusal = tried(rehearsal if wanted or action in KEPT else stage.store, attempt, case, holder(case, duty))
            triples, done = triples + 1, done + wanted
            if (refusal is None) is not wanted:
                wrong.append(f"{action} by {duty}: {refusal or 'done'}")
        if written(stage.store) != before:
            wrong.append(f"{action}: a refusal wrote something")
    rehearsal.close()
    assert not wrong, "\n".join(wrong)
    proven(f"{triples} triples, {done} done, {triples - done} refused with nothing written")


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_a_step_moves_a_case_only_where_it_is_the_systems_turn(stage: Stage, situation: Situation) -> None:
    case = situation.reach(Walk(stage))
    with stage.store.read() as work:
        turn = case.next_duty == Duty.SYSTEM and case.next_due is not None and case.next_due <= work.now
    for action, step in STEPS.items():
        rehearsal = Rehearsal(stage.store.url)
        outcome: Any = step(rehearsal, cases=[case.id])
        rehearsal.close()
        wanted = turn and not case.held and any(row.source == case.state for row in TABLE if row.action is action)
        assert not outcome.failed
        assert bool(outcome.moved or outcome.waiting or outcome.refused) is wanted, f"{action}: {outcome}"


def test_every_state_is_reached() -> None:
    assert {situation.state for situation in SITUATIONS} == set(State)
