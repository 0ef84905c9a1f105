"""Payment for tests: cases of a stage brought to the payable state, batches by the stage's officers, and result files."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from lxml import etree
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView, load
from casework.lifecycle.commands import Hold
from casework.lifecycle.receipts import BatchReceipt
from casework.payments import bank_results
from casework.payments.bank_export import Exported, export
from casework.payments.bank_results import ImportReport
from casework.payments.bank_status import BankStatus
from casework.payments.entitlement_balance import Order, orders
from casework.shared.fund_key import FundKey
from models import Duty, PaymentOrder, State
from models.store import Store
from policies.money import Money
from support import payment_acts
from support.payment_acts import allocate, prepare
from support.stage import LEAD, Stage, named, officer
from support.walk import Walk

FUND = FundKey(LEAD, 2023)
EACH = 200_000_00  # what M4a grants at the municipal level, in fen
PAIN002 = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"
_STATUS = {
    BankStatus.ACKNOWLEDGED: "ACSP",
    BankStatus.PENDING: "PDNG",
    BankStatus.SETTLED: "ACSC",
    BankStatus.FAILED: "RJCT",
    BankStatus.RETURNED: "RJCT",
}


@dataclass
class Paying:
    """A stage whose cases are paid; every act has a fresh id unless one is given."""

    store: Store
    folder: Path
    cases: list[UUID] = field(default_factory=list)
    numbers: Any = field(default_factory=count)

    def furnish(self, cases: int = 1, firms: int | None = None, **more: Any) -> "Paying":
        """A stage with so many cases that wait for the allocator; each of its own firm unless there are fewer firms."""
        firms = cases if firms is None else firms
        self.stage = Stage(self.store).furnish(firms=firms, **more)
        self.walk = Walk(self.stage)
        self.cases = [self.walk.open("M4a", number, number % firms) for number in range(cases)]
        for state, duty in ((State.ON_NOTICE, Duty.SYSTEM), (State.PAYABLE, Duty.ALLOCATOR)):  # all notices run at once
            for case in self.cases:
                self.walk.to(case, state, duty)
        return self

    def act_id(self) -> UUID:
        """A fresh act id."""
        return named(f"paying:{next(self.numbers)}")

    def view(self, which: int = 0) -> CaseView:
        """A case as stored."""
        with self.store.read() as work:
            return load(work, [self.cases[which]])[self.cases[which]]

    def hold(self, which: int) -> None:
        """Puts a case on hold by the head of its unit."""
        case = self.view(which)
        self.walk.do(Hold, case, duty=Duty.HEAD, reason="算例理由", review_on="2030-01-01")

    def allocate(
        self, cases: Sequence[UUID] | None = None, number: str = "算例财 2023-1 号", **more: Any
    ) -> BatchReceipt:
        """The allocation document over all cases, or some."""
        chosen = self.cases if cases is None else cases
        ways = {"fund": FUND, "by": officer(Duty.ALLOCATOR), "act_id": self.act_id(), **more}
        return allocate(self.store, number=number, cases=chosen, **ways)

    def prepare(self, cases: Sequence[UUID] | None = None, **more: Any) -> BatchReceipt:
        """A batch over all cases, or some."""
        chosen = self.cases if cases is None else cases
        ways = {"fund": FUND, "by": officer(Duty.MAKER), "act_id": self.act_id(), **more}
        return prepare(self.store, cases=chosen, **ways)

    def check(self, batch: str, **more: Any) -> BatchReceipt:
        """The checker's act."""
        return self._on(payment_acts.check, batch, Duty.CHECKER, more)

    def approve(self, batch: str, **more: Any) -> BatchReceipt:
        """The head's act."""
        return self._on(payment_acts.approve, batch, Duty.HEAD, more)

    def release(self, batch: str, **more: Any) -> BatchReceipt:
        """The releaser's act."""
        return self._on(payment_acts.release, batch, Duty.RELEASER, more)

    def reject(self, batch: str, duty: Duty = Duty.CHECKER, **more: Any) -> BatchReceipt:
        """The batch is given back."""
        return self._on(payment_acts.reject_batch, batch, duty, {"reason": "算例理由", **more})

    def export(self, batch: str, **more: Any) -> Exported:
        """The files of a batch."""
        ways = {"folder": self.folder / "out", "by": officer(Duty.RELEASER), **more}
        return export(self.store, batch=batch, **ways)

    def sent(self, cases: Sequence[UUID] | None = None, *, allocate: bool = True, **more: Any) -> str:
        """A batch that went out: allocated, prepared, checked, released, exported; its number."""
        if allocate:
            self.allocate(cases)
        batch = self.prepare(cases, **more).number
        self.check(batch)
        self.release(batch)
        self.export(batch)
        return batch

    def read(self, path: Path, **more: Any) -> ImportReport:
        """Imports a result file as the reconciler."""
        ways = {"by": officer(Duty.RECONCILER), "act_id": self.act_id(), **more}
        return bank_results.import_results(self.store, path, **ways)

    def orders(self, *which: object) -> list[Order]:
        """Stored orders, by number."""
        with self.store.read() as work:
            return orders(work, *which)

    def order(self, which: int = 0) -> Order:
        """The newest order of a case."""
        return max(self.orders(col(PaymentOrder.case_id) == self.cases[which]), key=lambda order: order.attempt)

    def money(self) -> tuple[int, int, int, int]:
        """The fund's available, reserved, committed and paid fen."""
        with self.store.read() as work:
            row = work.connection.exec_driver_sql(
                f"SELECT available_fen, reserved_fen, committed_fen, paid_fen FROM fund"
                f" WHERE unit = '{FUND[0]}' AND year = {FUND[1]}"
            ).one()
        return (row[0], row[1], row[2], row[3])

    def say(self, *news: tuple[int, BankStatus], reason: str = "", name: str = "") -> Path:
        """A CSV of the bank about the newest orders of cases."""
        rows = [row(self.order(which), outcome, reason) for which, outcome in news]
        return listed(self.folder / (name or f"result-{next(self.numbers)}.csv"), rows)

    def _on(self, act: Callable[..., BatchReceipt], batch: str, duty: Duty, more: dict[str, Any]) -> BatchReceipt:
        ways = {"by": officer(duty), "act_id": self.act_id(), **more}
        return act(self.store, batch=batch, **ways)


HEADER = ("指令编号", "结果", "金额", "收款账号", "原因")
Row = tuple[str, str, str, str, str]


def row(order: Order, outcome: BankStatus, reason: str = "") -> Row:
    """A line of a list about an order."""
    return (order.number, outcome.value, Money(order.amount_fen).yuan_text, order.payee_account, reason)


def listed(path: Path, rows: Sequence[Row], header: Sequence[str] = HEADER, encoding: str = "utf-8-sig") -> Path:
    """A CSV list."""
    with path.open("w", newline="", encoding=encoding) as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def pain002(path: Path, news: Sequence[tuple[Order, BankStatus, str]]) -> Path:
    """A payment status report; returned money carries the proprietary reason RETURN."""
    root = etree.Element(f"{{{PAIN002}}}Document", nsmap={None: PAIN002})  # type: ignore[dict-item]
    report = _sub(root, "CstmrPmtStsRpt")
    _sub(report, "GrpHdr/MsgId", path.stem)
    original = _sub(report, "OrgnlGrpInfAndSts")
    _sub(original, "OrgnlMsgId", "ZF")
    payment = _sub(report, "OrgnlPmtInfAndSts")
    for order, outcome, reason in news:
        transaction = _sub(payment, "TxInfAndSts")
        _sub(transaction, "OrgnlEndToEndId", order.number)
        _sub(transaction, "TxSts", _STATUS[outcome])
        if outcome is BankStatus.RETURNED:
            _sub(transaction, "StsRsnInf/Rsn/Prtry", "RETURN")
        elif reason:
            why = _sub(transaction, "StsRsnInf")
            _sub(why, "Rsn/Cd", reason.split()[0])
            _sub(why, "AddtlInf", reason)
        about = _sub(transaction, "OrgnlTxRef")
        _sub(about, "Amt/InstdAmt", Money(order.amount_fen).yuan_text).set("Ccy", "CNY")
        _sub(about, "CdtrAcct/Id/Othr/Id", order.payee_account)
    path.write_bytes(bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)))
    return path


def _sub(parent: etree._Element, path: str, text: str | None = None) -> etree._Element:
    """New elements along a path; the last one holds the text."""
    for name in path.split("/"):
        parent = etree.SubElement(parent, f"{{{PAIN002}}}{name}")
    parent.text = text
    return parent
