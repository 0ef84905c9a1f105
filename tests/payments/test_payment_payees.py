"""The wrong payee and the double payee are left out, each with its reason, unless somebody confirms with a reason."""

from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from casework.lifecycle.receipts import Excluded
from casework.payments.payment_context import AllExcluded
from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from models import Duty, OrderState, Party, PartyAccount, State
from models.store import Store
from support.paying import EACH, Paying
from support.stage import BEFORE, MARKET, named


def codes(excluded: tuple[Excluded, ...]) -> list[tuple[str, str]]:
    """Case and code of each."""
    return [(refused_case.case[-1], refused_case.code) for refused_case in excluded]


def new_number(store: Store, firm: int, number: str) -> None:
    """A firm gets another verified account, entered behind the registers' back."""
    party = named(f"firm-{firm}")
    with store.write() as work:
        mine = col(PartyAccount.party_id) == party
        work.execute(update(PartyAccount).where(mine).values(status="replaced"))
        work.add(
            PartyAccount, party_id=party, version=2, holder=f"算例企业{firm}", bank="算例银行", number=number,
            status="verified", entered_at=BEFORE, usable_from=BEFORE, verified_by="system",
        )  # fmt: skip


def test_one_account_of_two_applicants_is_paid_only_when_confirmed(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(3)
    new_number(store, 1, "6222-0000 0000")
    paying.allocate()
    batch = paying.prepare()
    assert (batch.count, codes(batch.excluded)) == (1, [("0", "shared_account"), ("1", "shared_account")])
    assert {case.category for case in batch.excluded} == {"duplicate"}
    number = paying.view(0).number
    again = paying.prepare(paying.cases[:2], confirmed={number: "核对开户许可证后确认"})
    assert (again.count, codes(again.excluded)) == (1, [("1", "shared_account")])
    with store.read() as work:
        reason = work.connection.exec_driver_sql(
            "SELECT d.reason FROM decision d JOIN case_file c ON c.id = d.case_id"
            f" WHERE c.number = '{number}' AND d.action = 'prepare'"
        ).scalar()
    assert reason == "核对开户许可证后确认"


def test_the_same_payee_and_sum_twice_in_a_batch_is_paid_only_when_confirmed(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2, firms=1)
    paying.allocate()
    with pytest.raises(AllExcluded) as no:
        paying.prepare()
    assert codes(no.value.excluded) == [("0", "same_twice"), ("1", "same_twice")]
    why = {paying.view(which).number: "两个产品，均已认定" for which in range(2)}
    assert paying.prepare(confirmed=why).total_fen == 2 * EACH


def test_a_holder_other_than_the_applicant_is_paid_only_when_confirmed(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.allocate()
    with store.write() as work:
        work.execute(update(Party).values(name="算例企业更名0"))
    with pytest.raises(AllExcluded) as no:
        paying.prepare()
    assert codes(no.value.excluded) == [("0", "payee_differs")]
    with pytest.raises(AllExcluded):
        paying.prepare(confirmed={paying.view().number: "  "})
    assert paying.prepare(confirmed={paying.view().number: "已提供更名通知书"}).count == 1


def test_what_no_bank_could_read_never_becomes_an_order(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    new_number(store, 0, "6222'0000=1")
    paying.allocate()
    with pytest.raises(AllExcluded, match="账号") as no:
        paying.prepare()
    assert no.value.excluded[0].category == "payee"


def test_held_foreign_and_unknown_cases_are_left_out_and_shown(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(3)
    paying.hold(1)
    nobody = paying.act_id()
    document = paying.allocate([*paying.cases, nobody])
    assert document.total_fen == 2 * EACH
    assert {(case.case, case.code) for case in document.excluded} == {
        (paying.view(1).number, "held"),
        (str(nobody), "unknown_case"),
    }
    with pytest.raises(Refused, match="年度的专项资金"):
        paying.prepare(fund=FundKey("区经商局", 1999))
    with pytest.raises(AllExcluded, match="不在此专项资金内"):
        paying.prepare(fund=FundKey(MARKET, 2023), cases=paying.cases[:1])


def test_a_document_number_is_used_once(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.allocate(paying.cases[:1])
    with pytest.raises(Refused, match="已使用"):
        paying.allocate(paying.cases[1:])
    with pytest.raises(Refused, match="文号"):
        paying.allocate(paying.cases[1:], number="  ")


def test_a_held_case_stops_a_batch_which_can_be_given_back(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.allocate()
    batch = paying.prepare().number
    paying.check(batch)
    paying.hold(1)
    with pytest.raises(Refused, match="已暂停"):
        paying.release(batch)
    paying.reject(batch, Duty.RELEASER)
    assert {order.state for order in paying.orders()} == {OrderState.CANCELLED}
    assert {paying.view(which).next_duty for which in range(2)} == {Duty.MAKER}
    assert paying.prepare().count == 1


def test_what_the_bank_did_is_booked_on_a_held_case(store: Store, tmp_path: Path) -> None:
    from casework.payments.bank_status import BankStatus

    paying = Paying(store, tmp_path).furnish(1)
    paying.sent()
    paying.hold(0)
    assert paying.read(paying.say((0, BankStatus.SETTLED))).settled == 1
    assert (paying.view().state, paying.view().held) == (State.PAID, True)
