"""Payments made elsewhere are registered under the same guards, in the same table, and move the same money."""

from pathlib import Path

import pytest
from sqlalchemy import update

from casework.command_handler import act
from casework.lifecycle.commands import RegisterOffline
from casework.payments import payment_lists
from casework.shared.errors import Refused
from models import Duty, OrderState, PartyAccount, State
from models.store import Store
from support.paying import EACH, Paying
from support.rehearsal import written
from support.stage import BUDGET, CLOSES, officer


def register(paying: Paying, **more: object) -> RegisterOffline:
    """The maker registers case 0 as paid."""
    ways = {"by": officer(Duty.MAKER), "act_id": paying.act_id(), "document": "算例凭证 1", **more}
    return RegisterOffline(case=paying.cases[0], **ways)  # type: ignore[arg-type]


def test_it_needs_no_allocation_and_no_batch(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    asked = register(paying)
    receipt = act(store, asked)
    assert (receipt.state, act(store, asked).repeated) == (State.PAID, True)
    order = paying.order()
    assert (order.channel, order.state, order.amount_fen) == ("offline", OrderState.SETTLED, EACH)
    assert (order.number, order.reason) == ("XZ2023-M04-000000-A1", "算例凭证 1")
    assert order.payee_account == "622200000000"
    assert paying.money() == (BUDGET - EACH, 0, 0, EACH)
    with store.read() as work:
        assert payment_lists.reconcile(work) == []


@pytest.mark.parametrize("status", ["replaced", "unverified"])
def test_without_a_verified_account_nothing_is_allocated_or_paid_elsewhere(
    store: Store, tmp_path: Path, status: str
) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    with store.write() as work:
        work.execute(update(PartyAccount).values(status=status))
    before = written(store)
    with pytest.raises(Refused, match="收款账户"):
        act(store, register(paying))
    with pytest.raises(Refused, match="收款账户"):
        paying.allocate()
    assert written(store) == before


def test_an_account_that_may_not_be_used_yet_is_not_paid_elsewhere(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    with store.write() as work:
        work.execute(update(PartyAccount).values(usable_from=CLOSES))
    with pytest.raises(Refused, match="等待期"):
        act(store, register(paying))


def test_the_voucher_is_required(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    before = written(store)
    with pytest.raises(Refused, match="凭证号"):
        act(store, register(paying, document=" "))
    assert written(store) == before


def test_what_has_an_order_under_way_is_not_paid_elsewhere(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.allocate()
    batch = paying.prepare().number
    with pytest.raises(Refused, match="支付指令在办"):
        act(store, register(paying))
    paying.reject(batch)
    act(store, register(paying))
    assert [order.state for order in paying.orders()] == [OrderState.CANCELLED, OrderState.SETTLED]
    with pytest.raises(Refused):
        act(store, register(paying))
    assert paying.money()[3] == EACH


def test_only_the_payment_maker_registers(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    for duty in (Duty.CHECKER, Duty.DECIDER, Duty.AUDITOR):
        with pytest.raises(Refused):
            act(store, register(paying, by=officer(duty)))
    assert paying.money()[3] == 0
