"""Auditors and administrators decide nothing while they hold that duty; afterwards they may."""

from datetime import timedelta

import pytest

from casework.lifecycle import commands as r
from casework.shared.errors import Refused
from casework.shared.reference import reference, touch
from models import Duty, Grant, State
from models.store import Store
from support.stage import Stage, officer
from support.walk import Walk

ONLOOKERS = [Duty.AUDITOR, Duty.ADMINISTRATOR]


@pytest.mark.parametrize("duty", ONLOOKERS)
def test_who_looks_on_today_decides_nothing_and_tomorrow_may(store: Store, duty: Duty) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.to(walk.open("M4a", 1), State.FILED, Duty.ACCEPTOR)
    acceptor = officer(Duty.ACCEPTOR)
    with store.write() as work:
        since, until = work.now - timedelta(days=9), work.now + timedelta(days=1)
        unit = str(case.next_unit)
        work.add(Grant, person_id=acceptor, duty=duty, unit=unit, valid_from=since, valid_to=until)
        touch(work)
    with pytest.raises(Refused) as no:
        walk.do(r.Accept, case)
    assert no.value.code == "onlooker"
    store.set_clock(until, frozen=True)
    assert walk.do(r.Accept, case).state == State.ACCEPTED


def test_reference_data_of_an_undone_transaction_are_forgotten(store: Store) -> None:
    Stage(store).furnish()
    person, key = officer(Duty.ACCEPTOR), f"{Duty.ACCEPTOR}-0"
    with pytest.raises(RuntimeError), store.write() as work:
        work.add(Grant, person_id=person, duty=Duty.AUDITOR, unit="区经商局", valid_from=work.now)
        work.flush()
        touch(work)
        assert reference(store, work).only_looks_on(key, work.now)
        raise RuntimeError("the power goes")
    with store.write() as work:
        touch(work)
    with store.read() as work:
        assert not reference(store, work).only_looks_on(key, work.now)
