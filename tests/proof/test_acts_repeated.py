"""An act sent again with its id is answered again and does nothing, whatever happened since."""

from collections.abc import Callable
from typing import Any

import pytest

from casework import requests as r
from casework.acting import act
from casework.errors import Refused
from casework.payments import batches
from models import Duty, State
from models.store import Store
from support.rehearsal import written
from support.stage import Stage, named, officer
from support.walk import Walk, batch_of


def test_a_release_repeated_after_the_export_is_answered_again(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.PAYABLE, Duty.RELEASER)
    sent: dict[str, Any] = {"batch": batch_of(store, case), "by": officer(Duty.RELEASER), "act_id": named("release")}
    first = batches.release(store, **sent)
    walk.to(case.id, State.CLOSED)
    before = written(store)
    again = batches.release(store, **sent)
    assert (again, again.repeated, written(store)) == (first, True, before)


@pytest.fixture
def decided(store: Store) -> Callable[[], Any]:
    """Sends one and the same decision."""
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.COMPUTED, Duty.DECIDER)
    request = r.Decide(case=case.id, by=officer(Duty.DECIDER), act_id=named("decide"), seen=case.version)
    return lambda: act(store, request)


def test_a_decision_repeated_is_one_decision(store: Store, decided: Callable[[], Any]) -> None:
    first = decided()
    before = written(store)
    for _ in range(3):
        again = decided()
        assert (again.version, again.state, again.repeated) == (first.version, first.state, True)
    assert written(store) == before


def test_another_act_on_an_exported_batch_is_refused_in_words(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.CLOSED)
    with pytest.raises(Refused):
        batches.reject_batch(
            store, batch=batch_of(store, case), by=officer(Duty.MAKER), act_id=named("late"), reason="算例理由"
        )
