"""Reopening brings back what was filed; it is no second way to file."""

import pytest

from casework.applications import automatic_checks
from casework.lifecycle import commands as r
from casework.shared.errors import Refused
from models import Duty, State
from models.store import Store
from support.rehearsal import written
from support.stage import CLOSES, Stage, officer
from support.walk import Walk


def test_a_draft_that_lapsed_is_not_filed_by_reopening_it_after_the_window(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    identity = walk.open("M4a", 1)
    store.set_clock(CLOSES, frozen=True)
    automatic_checks.lapse(store)
    before = written(store)
    with pytest.raises(Refused) as no:
        walk.do(r.Reopen, walk.stage.case(identity), duty=Duty.HEAD, reason="算例理由")
    assert (no.value.code, written(store)) == ("never_filed", before)


def test_a_refused_case_comes_back_when_two_people_want_it(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.FILED, Duty.ACCEPTOR)
    walk.do(r.Refuse, case, reason="算例理由")
    for which in (0, 1):
        walk.do(r.Reopen, walk.stage.case(case.id), duty=Duty.HEAD, by=officer(Duty.HEAD, which), reason="算例理由")
    assert walk.to(case.id, State.CLOSED).amount_fen == 200_000_00
