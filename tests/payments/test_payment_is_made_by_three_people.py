"""Maker, checker and releaser are three natural persons; nobody is let through by a second account or a delegation."""

from datetime import timedelta
from pathlib import Path

import pytest

from casework.payments.payment_context import AllExcluded
from casework.shared.errors import Refused
from casework.shared.reference import touch
from models import Delegation, Duty, State
from models.store import Store
from support import payment_acts
from support.paying import EACH, Paying
from support.rehearsal import written
from support.stage import BEFORE, TREASURY, named, officer


def person(paying: Paying, login: str, *duties: Duty, key: str = "") -> None:
    """A further account."""
    with paying.store.write() as work:
        paying.stage.person(work, login, *duties, key=key)
        touch(work)


def test_the_maker_does_not_check(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    person(paying, "both", Duty.MAKER, Duty.CHECKER)
    paying.allocate()
    batch = paying.prepare(by=named("both")).number
    before = written(store)
    with pytest.raises(Refused, match="职责分离") as no:
        paying.check(batch, by=named("both"))
    assert no.value.code == "separation_of_duties"
    assert written(store) == before


def test_nor_through_a_second_account(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    person(paying, "second", Duty.CHECKER, Duty.RELEASER, key=f"{Duty.MAKER}-0")
    paying.allocate()
    batch = paying.prepare().number
    with pytest.raises(Refused, match="职责分离"):
        paying.check(batch, by=named("second"))
    paying.check(batch)
    with pytest.raises(Refused, match="职责分离"):
        paying.release(batch, by=named("second"))


@pytest.mark.parametrize("towards", ["maker", "from maker"])
def test_nor_through_a_delegation(store: Store, tmp_path: Path, towards: str) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    maker, checker = officer(Duty.MAKER), officer(Duty.CHECKER)
    person(paying, "deputy", Duty.MAKER)
    with store.write() as work:
        principal, deputy = (checker, maker) if towards == "maker" else (checker, named("deputy"))
        work.add(
            Delegation, from_person=principal, to_person=deputy, duty=Duty.CHECKER, unit=TREASURY,
            valid_from=BEFORE, valid_to=work.now + timedelta(days=90),
        )  # fmt: skip
        touch(work)
    paying.allocate()
    batch = paying.prepare(by=maker if towards == "maker" else named("deputy")).number
    with pytest.raises(Refused, match="职责分离"):
        paying.check(batch, by=deputy)


def test_a_delegate_with_clean_hands_checks_and_is_shown_as_such(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    person(paying, "deputy")
    with store.write() as work:
        work.add(
            Delegation, from_person=officer(Duty.CHECKER), to_person=named("deputy"), duty=Duty.CHECKER, unit=TREASURY,
            valid_from=BEFORE, valid_to=work.now + timedelta(days=90),
        )  # fmt: skip
        touch(work)
    paying.allocate()
    paying.check(paying.prepare().number, by=named("deputy"))
    with store.read() as work:
        query = "SELECT COUNT(*) FROM decision WHERE action = 'check_batch' AND on_behalf_of IS NOT NULL"
        assert work.connection.exec_driver_sql(query).scalar() == 1


def test_who_decided_the_case_does_not_pay_it(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    person(paying, "decider-again", Duty.MAKER, key=f"{Duty.DECIDER}-0")
    paying.allocate()
    with pytest.raises(AllExcluded, match="职责分离"):
        paying.prepare(by=named("decider-again"))


def test_who_released_does_not_reconcile_and_who_made_may(store: Store, tmp_path: Path) -> None:
    from casework.payments.bank_status import BankStatus

    paying = Paying(store, tmp_path).furnish(1)
    person(paying, "releaser-again", Duty.RECONCILER, key=f"{Duty.RELEASER}-0")
    person(paying, "maker-again", Duty.RECONCILER, key=f"{Duty.MAKER}-0")
    paying.sent()
    said = paying.say((0, BankStatus.SETTLED))
    report = paying.read(said, by=named("releaser-again"))
    assert [refusal.code for refusal in report.refused] == ["separation_of_duties"]
    assert paying.view().state == State.ORDERED
    assert paying.read(said, by=named("maker-again")).settled == 1


def test_somebody_without_the_duty_or_in_another_unit_is_refused(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    person(paying, "nobody")
    with pytest.raises(AllExcluded, match="无权"):
        paying.allocate(by=named("nobody"))
    with pytest.raises(AllExcluded, match="无权"):
        paying.allocate(by=officer(Duty.MAKER))
    with pytest.raises(Refused, match="不是对账人"):
        paying.read(tmp_path / "none.csv", by=named("nobody"))


def test_steps_out_of_order_are_refused(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    with pytest.raises(AllExcluded, match="不到“拨付制单”这一步"):
        paying.prepare()
    paying.allocate()
    with pytest.raises(AllExcluded, match="不到“资金下达”这一步"):
        paying.allocate(number="算例财 2023-2 号")
    batch = paying.prepare().number
    for early in (paying.release, paying.approve, paying.export):
        with pytest.raises(Refused, match="已制单"):
            early(batch)
    with pytest.raises(Refused, match="没有拨付批次"):
        paying.check("ZF2023-99999")


def test_the_same_act_again_gives_the_same_receipt(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    ids = [paying.act_id() for _ in range(5)]
    paying.hold(1)
    made = paying.allocate(act_id=ids[0])
    assert [(case.case, case.code) for case in made.excluded] == [(paying.view(1).number, "held")]
    assert paying.allocate(act_id=ids[0]) == made
    assert paying.allocate(act_id=ids[0]).repeated
    batch = paying.prepare(paying.cases[:1], act_id=ids[1])
    assert paying.prepare(paying.cases[:1], act_id=ids[1]) == batch
    checked = paying.check(batch.number, act_id=ids[2])
    released = paying.release(batch.number, act_id=ids[3])
    before = written(store)
    assert paying.check(batch.number, act_id=ids[2]) == checked
    assert paying.release(batch.number, act_id=ids[3]) == released
    assert written(store) == before
    with pytest.raises(Refused, match="操作编号"):
        paying.release(batch.number, act_id=ids[2])
    with pytest.raises(Refused, match="操作编号"):
        paying.check(batch.number, act_id=ids[2], by=officer(Duty.CHECKER, 1))


def test_a_list_that_is_not_the_one_looked_at_is_refused(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.allocate()
    batch = paying.prepare()
    with pytest.raises(Refused, match="不是您看到的"):
        paying.check(batch.number, seen="0" * 64)
    assert paying.check(batch.number, seen=batch.list_hash).total_fen == EACH


@pytest.mark.tampers
def test_totals_that_are_not_the_makers_are_refused(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.allocate()
    batch = paying.prepare()
    with store.write() as work:
        work.connection.exec_driver_sql("UPDATE payment_batch SET total_fen = total_fen + 1")
    with pytest.raises(Refused, match="笔数、金额或清单") as no:
        payment_acts.check(store, batch=batch.number, by=officer(Duty.CHECKER), act_id=paying.act_id())
    assert no.value.code == "totals"
