"""A case that ends or goes back while its payment order waits for release takes the order with it."""

import pytest

from casework.lifecycle import commands as r
from casework.shared.errors import Refused
from models import Duty, State
from models.store import Store
from support import payment_acts
from support.stage import Stage, named, officer
from support.walk import Walk, batch_of


def order_states(store: Store) -> list[str]:
    with store.read() as work:
        return [row.state for row in work.connection.exec_driver_sql("SELECT state FROM payment_order")]


def waiting(store: Store) -> Walk:
    """A case whose order waits for the releaser."""
    walk = Walk(Stage(store).furnish(firms=1))
    walk.to(walk.open("M4a", 1), State.PAYABLE, Duty.RELEASER)
    return walk


def test_a_withdrawal_cancels_the_order_that_waits_for_release(store: Store) -> None:
    walk = waiting(store)
    walk.do(r.Withdraw, walk.stage.case(named("case-1")), duty=Duty.APPLICANT)
    assert order_states(store) == ["cancelled"]


def test_an_undone_decision_cancels_the_order_that_waits_for_release(store: Store) -> None:
    walk = waiting(store)
    for which in (0, 1):
        case = walk.stage.case(named("case-1"))
        walk.do(r.Undo, case, duty=Duty.HEAD, by=officer(Duty.HEAD, which), reason="算例理由")
    assert walk.stage.case(named("case-1")).state == State.COMPUTED
    assert order_states(store) == ["cancelled"]


def test_a_batch_from_which_a_case_withdrew_is_given_back_and_not_released(store: Store) -> None:
    walk = waiting(store)
    case = walk.stage.case(named("case-1"))
    walk.do(r.Withdraw, case, duty=Duty.APPLICANT)
    number = batch_of(store, case)
    with pytest.raises(Refused):
        payment_acts.release(store, batch=number, by=officer(Duty.RELEASER), act_id=walk.act_id())
    payment_acts.reject_batch(store, batch=number, by=officer(Duty.MAKER), act_id=walk.act_id(), reason="算例理由")


def test_only_the_maker_gives_back_a_batch_that_every_case_has_left(store: Store) -> None:
    walk = waiting(store)
    case = walk.stage.case(named("case-1"))
    walk.do(r.Withdraw, case, duty=Duty.APPLICANT)
    number = batch_of(store, case)
    with pytest.raises(Refused):
        payment_acts.reject_batch(
            store, batch=number, by=officer(Duty.SCREENER), act_id=walk.act_id(), reason="算例理由"
        )
    payment_acts.reject_batch(store, batch=number, by=officer(Duty.MAKER), act_id=walk.act_id(), reason="算例理由")
