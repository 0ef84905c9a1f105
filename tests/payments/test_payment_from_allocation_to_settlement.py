"""The whole life of a payment: allocated, made, checked, released, exported, settled; failed and returned; paid again."""

from pathlib import Path

import pytest

from casework.lifecycle import case_closing
from casework.parties import payee_accounts
from casework.parties.payee_accounts import NewAccount
from casework.payments import payment_lists
from casework.payments.bank_status import BankStatus
from casework.payments.payment_context import AllExcluded
from casework.shared.errors import Refused
from models import Duty, OrderState, State
from models.store import Store
from support.paying import EACH, Paying
from support.rehearsal import written
from support.stage import BUDGET, named, officer


def test_money_goes_from_allocation_to_settlement(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(3)
    assert paying.money() == (BUDGET - 3 * EACH, 0, 3 * EACH, 0)
    document = paying.allocate()
    assert (document.count, document.total_fen, document.excluded) == (3, 3 * EACH, ())
    batch = paying.prepare()
    assert (batch.number, batch.count, batch.total_fen) == ("ZF2023-00001", 3, 3 * EACH)
    assert [order.number for order in paying.orders()] == [f"XZ2023-M04-{n:06d}-A1" for n in range(3)]
    paying.check(batch.number, seen=batch.list_hash)
    paying.release(batch.number)
    assert {paying.view(which).state for which in range(3)} == {State.ORDERED}
    paying.export(batch.number)
    assert {order.state for order in paying.orders()} == {OrderState.SENT}
    report = paying.read(paying.say(*((which, BankStatus.SETTLED) for which in range(3))))
    assert (report.settled, report.refused, report.unmatched) == (3, [], [])
    assert {paying.view(which).state for which in range(3)} == {State.PAID}
    assert paying.money() == (BUDGET - 3 * EACH, 0, 0, 3 * EACH)
    with store.read() as work:
        assert payment_lists.reconcile(work) == []


def test_sent_or_acknowledged_is_not_paid(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.sent()
    report = paying.read(paying.say((0, BankStatus.ACKNOWLEDGED), (0, BankStatus.PENDING)))
    assert (report.acknowledged, report.without_effect) == (1, 1)
    assert (paying.view().state, paying.order().state) == (State.ORDERED, OrderState.ACKNOWLEDGED)
    assert paying.money()[3] == 0


def test_a_failed_payment_is_paid_again_as_the_second_attempt(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.sent()
    assert paying.read(paying.say((0, BankStatus.FAILED), reason="AM04 付款账户余额不足")).failed == 1
    case = paying.view()
    assert (case.state, case.next_duty) == (State.PAYABLE, Duty.MAKER)
    assert "余额不足" in case.problem
    assert paying.money()[2:] == (EACH, 0)
    paying.sent(allocate=False)
    assert paying.order().number.endswith("-A2")
    paying.read(paying.say((0, BankStatus.SETTLED)))
    assert paying.view().state == State.PAID
    assert [order.state for order in paying.orders()] == [OrderState.FAILED, OrderState.SETTLED]
    assert paying.money()[2:] == (0, EACH)


@pytest.mark.parametrize("closed", [False, True])
def test_money_that_comes_back_is_paid_again(store: Store, tmp_path: Path, closed: bool) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.sent()
    paying.read(paying.say((0, BankStatus.SETTLED)))
    if closed:
        case_closing.close(store, cases=paying.cases)
        assert paying.view().state == State.CLOSED
    assert paying.read(paying.say((0, BankStatus.RETURNED), reason="其他")).returned == 1
    assert (paying.view().state, paying.order().state) == (State.PAYABLE, OrderState.RETURNED)
    assert paying.money()[2:] == (EACH, 0)
    paying.sent(allocate=False)
    paying.read(paying.say((0, BankStatus.SETTLED)))
    assert paying.money()[2:] == (0, EACH)
    assert paying.view().state == State.PAID


def test_after_a_fault_of_the_account_the_same_account_is_not_paid_again_unseen(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.sent()
    paying.read(paying.say((0, BankStatus.FAILED), reason="AC04 账户已销户"))
    with pytest.raises(AllExcluded) as no:
        paying.prepare()
    assert [(case.code, case.category) for case in no.value.excluded] == [("account_unchanged", "payee")]
    new = NewAccount(number="6222009999999", bank="算例银行")
    made = payee_accounts.enter(store, officer(Duty.CLERK), named("firm-0"), new)
    with pytest.raises(AllExcluded, match="已核验"):
        paying.prepare()
    payee_accounts.verify(store, officer(Duty.FUND_OFFICER), made, paper="算例证明")
    paying.sent(allocate=False)
    assert paying.order().payee_account == "6222009999999"


def test_an_account_changed_after_release_does_not_change_the_order(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.allocate()
    batch = paying.prepare().number
    paying.check(batch)
    paying.release(batch)
    before = paying.order()
    new = NewAccount(number="6222008888888", bank="算例银行")
    made = payee_accounts.enter(store, officer(Duty.CLERK), named("firm-0"), new)
    payee_accounts.verify(store, officer(Duty.FUND_OFFICER), made, paper="算例证明")
    first = paying.export(batch)
    assert paying.order()._replace(state=before.state) == before
    assert before.payee_account.encode() in first.files[0][0].read_bytes()
    paying.read(paying.say((0, BankStatus.SETTLED)))
    assert paying.view().state == State.PAID


def test_an_account_changed_before_release_stops_the_batch(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.allocate()
    batch = paying.prepare().number
    paying.check(batch)
    payee_accounts.enter(
        store, officer(Duty.CLERK), named("firm-0"), NewAccount(number="6222008888888", bank="算例银行")
    )
    before = written(store)
    with pytest.raises(Refused, match="收款账户已变更") as no:
        paying.release(batch)
    assert no.value.code == "account_changed"
    assert written(store) == before


def test_an_account_in_its_waiting_time_is_not_paid(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.allocate()
    with store.write() as work:
        work.connection.exec_driver_sql("UPDATE party_account SET usable_from = '2033-01-01T00:00:00.000000Z'")
    with pytest.raises(AllExcluded) as no:
        paying.prepare()
    assert no.value.excluded[0].code == "account_waits"


def test_a_batch_given_back_is_made_again(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.allocate()
    batch = paying.prepare().number
    with pytest.raises(Refused, match="理由"):
        paying.reject(batch, reason=" ")
    paying.reject(batch)
    assert {order.state for order in paying.orders()} == {OrderState.CANCELLED}
    assert {paying.view(which).next_duty for which in range(2)} == {Duty.MAKER}
    again = paying.prepare()
    assert again.number == "ZF2023-00002"
    assert paying.order().number.endswith("-A2")
    with pytest.raises(Refused, match="已取消"):
        paying.check(batch)


def test_the_maker_takes_a_batch_back_before_its_release_and_not_after(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.allocate()
    batch = paying.prepare().number
    paying.check(batch)
    paying.reject(batch, Duty.MAKER)
    again = paying.prepare().number
    paying.check(again)
    paying.release(again)
    with pytest.raises(Refused, match="已放行"):
        paying.reject(again, Duty.MAKER)


def test_overdue_orders_are_listed(store: Store, tmp_path: Path) -> None:
    from datetime import timedelta

    paying = Paying(store, tmp_path).furnish(1)
    batch = paying.sent()
    due = paying.view().next_due
    assert due is not None
    with store.read() as work:
        assert payment_lists.overdue(work) == []
    store.set_clock(due + timedelta(seconds=1), frozen=True)
    with store.read() as work:
        late = payment_lists.overdue(work)
    assert [(order.number, order.batch, order.amount_fen) for order in late] == [(paying.order().number, batch, EACH)]


def test_cases_wait_for_the_allocator_then_for_the_maker(store: Store, tmp_path: Path) -> None:
    from support.paying import FUND

    paying = Paying(store, tmp_path).furnish(2)
    with store.read() as work:
        assert [case.due_fen for case in payment_lists.waiting(work, Duty.ALLOCATOR, fund=FUND)] == [EACH, EACH]
    paying.allocate(paying.cases[:1])
    with store.read() as work:
        assert [case.case for case in payment_lists.waiting(work, Duty.MAKER, fund=FUND)] == paying.cases[:1]
