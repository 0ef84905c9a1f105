"""A batch in which something comes to light: given back by whoever finds it, and not written for the bank beside a failed check."""

from datetime import timedelta
from pathlib import Path

import pytest

from casework.awards import external_benefits
from casework.lifecycle import commands as r
from casework.shared.errors import Refused
from casework.shared.reference import touch
from models import Duty, OrderState, State
from models.store import Store
from policies.benefits import KeyKind
from support.comparing import received
from support.paying import Paying
from support.stage import officer
from support.walk import exclude, take_off

D = Duty


def found(paying: Paying, which: int) -> None:
    """A benefit of a case's firm comes to light: the case waits for its certifier."""
    with paying.store.read() as work:
        now = work.now
    paying.store.set_clock(now + timedelta(minutes=1), frozen=True)
    new = received(KeyKind.ENTERPRISE, f"算例企业{which}", firm=which)
    external_benefits.add(paying.store, officer(D.FUND_OFFICER), [new])
    assert paying.view(which).next_duty == D.CERTIFIER


@pytest.mark.parametrize("duty", [D.CHECKER, D.RELEASER])
@pytest.mark.parametrize("stopped", [(1,), (0, 1)], ids=["one", "all"])
def test_whose_turn_a_batch_is_gives_it_back_while_a_case_waits_for_its_certifier(
    store: Store, tmp_path: Path, duty: Duty, stopped: tuple[int, ...]
) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.allocate()
    batch = paying.prepare().number
    if duty is D.RELEASER:
        paying.check(batch)
    for which in stopped:
        found(paying, which)
    with pytest.raises(Refused):
        paying.reject(batch, D.RECONCILER)
    paying.reject(batch, duty)
    assert [paying.order(which).state for which in (0, 1)] == [OrderState.CANCELLED] * 2
    for which in (0, 1):
        case = paying.view(which)
        assert (case.state, case.next_duty) == (State.PAYABLE, D.CERTIFIER if which in stopped else D.MAKER)
        if which in stopped:
            paying.walk.do(r.Compare, case, comparison=1, verdict="different", reason="算例理由")
            assert paying.view(which).next_duty == D.MAKER, "after the word the order is made anew"
    assert paying.prepare().count == 2


def test_a_checker_who_had_another_part_in_the_stopped_case_does_not_give_it_back(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.allocate()
    batch = paying.prepare().number
    found(paying, 0)
    with store.write() as work:
        paying.stage.grant(work, "certifier-0", D.CHECKER, "区财政局")
        touch(work)
    with pytest.raises(Refused):
        paying.reject(batch, by=officer(D.CERTIFIER))


def test_a_check_that_fails_after_the_release_keeps_the_batch_from_the_bank(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.allocate()
    batch = paying.prepare().number
    paying.check(batch)
    paying.release(batch)
    exclude(paying.stage, 1)
    with pytest.raises(Refused, match="payments reject") as no:
        paying.export(batch)
    assert paying.view(1).number in no.value.zh and paying.view(0).number not in no.value.zh
    assert "算例失信" in no.value.zh and not list(tmp_path.rglob("*.xml"))
    assert {order.state for order in paying.orders()} == {OrderState.RELEASED}
    take_off(paying.stage)
    assert not paying.export(batch).again
    exclude(paying.stage, 1)
    assert paying.export(batch).again, "what is on its way is written once more as it was"


def test_a_batch_that_a_failed_check_stops_is_given_back_and_goes_on_without_that_case(
    store: Store, tmp_path: Path
) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.allocate()
    batch = paying.prepare().number
    paying.check(batch)
    paying.release(batch)
    exclude(paying.stage, 1)
    paying.reject(batch, D.RELEASER)
    again = paying.prepare()
    assert (again.count, [case.case for case in again.excluded]) == (1, [paying.view(1).number])
    paying.check(again.number)
    paying.release(again.number)
    assert not paying.export(again.number).again
