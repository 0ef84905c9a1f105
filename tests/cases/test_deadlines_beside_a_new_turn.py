"""A deadline that is counted anew beside a case that passes to somebody else leaves the new turn's deadline alone.

On PostgreSQL alone: on SQLite one writes at a time.
"""

from datetime import date, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from casework.lifecycle.case_changes import load, set_waiting
from casework.lifecycle.procedure import Next
from casework.lifecycle.provisional_deadlines import recompute_provisional
from models import Case, Duty, State
from models.store import Store
from support.beside import Beside, waits
from support.stage import LEAD, Stage
from support.walk import Walk


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_deadline_of_a_turn_that_passes_on_meanwhile_is_its_own(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.FILED, Duty.ACCEPTOR)
    with store.write() as work:
        work.execute(update(Case).where(col(Case.id) == case.id).values(due_provisional=True))
        its_own = work.now + timedelta(days=77)
    with store.write() as work:
        held = load(work, [case.id])[case.id]
        counting = Beside(lambda: recompute_provisional(store))
        waits(store)
        set_waiting(work, held, Next(Duty.CERTIFIER, LEAD, its_own, False, date(2023, 9, 4), "P-certify-days"), "算例")
    counting.end()
    after = walk.stage.case(case.id)
    assert (after.next_duty, after.next_due) == (Duty.CERTIFIER, its_own)
