"""Above a threshold the head of the paying unit approves too; a threshold that cannot be read lets nothing through."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from casework.payments import third_approval
from casework.shared.errors import Refused
from casework.shared.reference import touch
from models import Duty, PartyAccount, State
from models.store import Store
from support.paying import EACH, Paying
from support.rehearsal import written


def set_threshold(paying: Paying, value: Any) -> None:
    with paying.store.write() as work:
        paying.stage.value(work, third_approval.SETTING, value)
        touch(work)


def change_threshold(store: Store, value: Any) -> None:
    with store.write() as work:
        work.connection.exec_driver_sql(
            "UPDATE parameter_value SET status = 'ended' WHERE parameter = 'P-release-threshold'"
        )
        touch(work)
    if value is not None:
        paying = Paying(store, Path())
        from support.stage import Stage

        paying.stage = Stage(store)
        set_threshold(paying, value)


def made(store: Store, folder: Path, limit: Any) -> tuple[Paying, str]:
    """A batch of one order under a threshold."""
    paying = Paying(store, folder).furnish(1)
    if limit is not None:
        set_threshold(paying, limit)
    paying.allocate()
    return paying, paying.prepare().number


def test_above_the_threshold_the_head_approves_before_release(store: Store, tmp_path: Path) -> None:
    paying, batch = made(store, tmp_path, "199999.99")
    paying.check(batch)
    assert paying.view().next_duty == Duty.HEAD
    with pytest.raises(Refused, match="不到“拨付放行”这一步"):
        paying.release(batch)
    paying.approve(batch)
    paying.release(batch)
    assert paying.view().state == State.ORDERED


def test_the_head_approves_nothing_whose_payee_changed(store: Store, tmp_path: Path) -> None:
    paying, batch = made(store, tmp_path, "199999.99")
    paying.check(batch)
    with store.write() as work:
        work.execute(update(PartyAccount).values(status="replaced"))
    with pytest.raises(Refused, match="收款账户已变更"):
        paying.approve(batch)
    assert paying.view().next_duty == Duty.HEAD


def test_at_the_threshold_it_does_not_take_the_head(store: Store, tmp_path: Path) -> None:
    paying, batch = made(store, tmp_path, "200000.00")
    paying.check(batch)
    assert paying.view().next_duty == Duty.RELEASER
    with pytest.raises(Refused, match="不到“拨付复核”这一步"):
        paying.approve(batch)


def test_the_head_gives_a_batch_back(store: Store, tmp_path: Path) -> None:
    paying, batch = made(store, tmp_path, "1.00")
    paying.check(batch)
    paying.reject(batch, Duty.HEAD)
    assert paying.view().next_duty == Duty.MAKER


@pytest.mark.parametrize("nonsense", ["a lot", 12.5, {"yuan": 1}, ["1"], "-5", True])
def test_an_unreadable_threshold_lets_nothing_through(store: Store, tmp_path: Path, nonsense: Any) -> None:
    paying, batch = made(store, tmp_path, nonsense)
    before = written(store)
    with pytest.raises(Refused, match="无法读取") as no:
        paying.check(batch)
    assert no.value.code == "threshold"
    assert written(store) == before
    change_threshold(store, None)
    paying.check(batch)
    set_threshold(paying, nonsense)
    with pytest.raises(Refused, match="无法读取"):
        paying.release(batch)
    assert paying.view().state == State.PAYABLE


def test_a_threshold_lowered_after_the_check_asks_for_the_head(store: Store, tmp_path: Path) -> None:
    paying, batch = made(store, tmp_path, "300000")
    paying.check(batch)
    change_threshold(store, "100")
    with pytest.raises(Refused, match="未经单位负责人加批"):
        paying.release(batch)
    paying.reject(batch, Duty.RELEASER)
    again = paying.prepare().number
    paying.check(again)
    paying.approve(again)
    paying.release(again)
    assert paying.order().amount_fen == EACH


def test_the_heads_approval_of_an_earlier_batch_in_the_same_instant_is_not_that_of_this_one(
    store: Store, tmp_path: Path
) -> None:
    paying, first = made(store, tmp_path, "100")
    paying.check(first)
    paying.approve(first)
    paying.reject(first, Duty.RELEASER)
    change_threshold(store, "300000")
    second = paying.prepare().number
    paying.check(second)
    change_threshold(store, "100")
    with pytest.raises(Refused, match="未经单位负责人加批"):
        paying.release(second)
    assert paying.view().state == State.PAYABLE
