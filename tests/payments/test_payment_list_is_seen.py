"""Checker and releaser see whom they pay, to which account, before they say yes; others do not, and each look is audited."""

from json import loads
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.payments.batch_list import batch_list
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from casework.staff import duty_grants
from models import AuditEntry, Duty, PaymentOrder
from models.store import Store
from support.paying import EACH, Paying
from support.rehearsal import written
from support.stage import TREASURY, applicant, officer


def prepared(store: Store, folder: Path) -> tuple[Paying, str]:
    paying = Paying(store, folder).furnish(3)
    paying.allocate()
    return paying, paying.prepare().number


def orders(store: Store) -> list[tuple[str, str, int]]:
    query = select(col(PaymentOrder.payee_name), col(PaymentOrder.payee_account), col(PaymentOrder.amount_fen))
    with store.read() as work:
        return [(str(r[0]), str(r[1]), r[2]) for r in work.execute(query.order_by(col(PaymentOrder.number)))]


@pytest.mark.parametrize("duty", [Duty.CHECKER, Duty.RELEASER, Duty.MAKER])
def test_who_answers_for_a_batch_sees_every_account_in_full_before_release(
    store: Store, tmp_path: Path, duty: Duty
) -> None:
    _, batch = prepared(store, tmp_path)
    sheet = batch_list(store, batch.lower(), by=officer(duty))
    assert [(line.payee, line.account, line.amount_fen) for line in sheet.lines] == orders(store)
    assert (sheet.count, sheet.total_fen, sheet.full) == (3, 3 * EACH, True)
    assert sum(line.amount_fen for line in sheet.lines) == sheet.total_fen
    with store.read() as work:
        row = work.execute(select(AuditEntry.__table__).where(col(AuditEntry.action) == "payments.show")).one()  # type: ignore[attr-defined]
    assert (row.actor, row.subject) == (str(officer(duty)), batch)
    assert not any(line.account in row.content for line in sheet.lines) and loads(row.content)["lines"] == 3


def test_an_auditor_compares_by_the_last_four_digits(store: Store, tmp_path: Path) -> None:
    _, batch = prepared(store, tmp_path)
    sheet = batch_list(store, batch, by=officer(Duty.AUDITOR))
    assert not sheet.full
    assert [line.account for line in sheet.lines] == [f"****{account[-4:]}" for _, account, _ in orders(store)]


@pytest.mark.parametrize("who", ["acceptor", "applicant"])
def test_nobody_else_sees_payees(store: Store, tmp_path: Path, who: str) -> None:
    _, batch = prepared(store, tmp_path)
    before = written(store)
    with pytest.raises(Refused) as no:
        batch_list(store, batch, by=applicant(0) if who == "applicant" else officer(Duty.ACCEPTOR))
    assert (no.value.code, written(store)) == ("no_duty", before)


def test_a_checker_of_another_unit_sees_nothing(store: Store, tmp_path: Path) -> None:
    paying, batch = prepared(store, tmp_path)
    with store.write() as work:
        stranger = paying.stage.person(work, "elsewhere")
    duty_grants.add(store, SYSTEM, person="elsewhere", duty=Duty.CHECKER, unit="区经商局")
    with pytest.raises(Refused):
        batch_list(store, batch, by=stranger)
    duty_grants.add(store, SYSTEM, person="elsewhere", duty=Duty.CHECKER, unit=TREASURY)
    assert batch_list(store, batch, by=stranger).full


def test_an_unknown_batch_is_named(store: Store, tmp_path: Path) -> None:
    prepared(store, tmp_path)
    with pytest.raises(Refused, match="没有拨付批次 ZF2023-09999"):
        batch_list(store, "ZF2023-09999", by=officer(Duty.CHECKER))
