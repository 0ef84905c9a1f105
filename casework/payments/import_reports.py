"""Result files read in through a page: the report is kept with the act, so that it can be looked at again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from json import loads
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.read_access import refuse_payments
from casework.lifecycle.receipts import other_act, other_content
from casework.payments import reading
from casework.payments.bank_results import ImportReport, RefusedLine, import_results
from casework.payments.payment_context import at_work
from casework.shared.errors import Refused
from models import AuditEntry, BankResult, PaymentOrder
from models.store import Store
from models.unit_of_work import UnitOfWork

_KEPT = "payments.report"
_NUMBER = re.compile(r"[A-Za-z0-9-]{1,40}")


@dataclass(frozen=True, kw_only=True)
class ResultRow:
    """A line of a file as it is kept: what the bank said, and whether it fitted an order; fen."""

    line: int
    reference: str
    outcome: str
    amount_fen: int
    reason: str
    match: str
    order_state: str | None


@dataclass(frozen=True, kw_only=True)
class KeptReport:
    """What came of a file that was read in, with its lines that are kept under it."""

    report: ImportReport
    at: datetime
    lines: tuple[ResultRow, ...]

    @property
    def news(self) -> bool:
        """Whether anything in it was not known before."""
        return self.report.already_known < self.report.lines or not self.report.lines


def import_and_keep(
    store: Store, path: Path, *, by: UUID, act_id: UUID, signature: str = "", key: bytes | None = None
) -> ImportReport:
    """Books a result file as `import_results` does and keeps its report under the act's id.

    The same file sent again answers with that report; another file under the same id is refused. A process that is cut off between
    the two transactions leaves the lines booked, and the file sent again then says that they were known.
    """
    with store.read() as work:
        kept = _row(work, act_id)
    if kept is not None:
        return _report(kept, by, reading.read(path, signature=signature, key=key).hash)
    report = import_results(store, path, by=by, act_id=act_id, signature=signature, key=key)
    with at_work(store, by) as office:
        if _row(office.work, act_id) is None:
            refused = [{**vars(line), "reference": _order(line.reference)} for line in report.refused]
            content = {
                **vars(report),
                "unmatched": [_order(reference) for reference in report.unmatched],
                "refused": refused,
            }
            office.work.audit(actor=str(by), action=_KEPT, subject=str(act_id), content=content)
    return report


def kept_report(store: Store, act_id: UUID, *, reader: UUID) -> KeptReport:
    """The report of a file that was read in; Refused for who has no part in payments, or where there is none."""
    with store.read() as work:
        refuse_payments(store, work, reader)
        row = _row(work, act_id)
        if row is None:
            raise Refused("unknown_report", "没有这份回单的处理结果", "there is no such report", field="act_id")
        report = _read(loads(row.content))
        return KeptReport(report=report, at=row.at, lines=_lines(work, report.file_hash))


def _row(work: UnitOfWork, act_id: UUID) -> Any:
    query = select(col(AuditEntry.actor), col(AuditEntry.at), col(AuditEntry.content)).where(
        col(AuditEntry.subject) == str(act_id), col(AuditEntry.action) == _KEPT
    )
    return work.execute(query.order_by(col(AuditEntry.seq))).first()


def _report(row: Any, by: UUID, file_hash: str) -> ImportReport:
    if row.actor != str(by):
        raise other_act()
    report = _read(loads(row.content))
    if report.file_hash != file_hash:
        raise other_content()
    return report


def _read(content: Mapping[str, Any]) -> ImportReport:
    plain = {name: value for name, value in content.items() if name != "refused"}
    return ImportReport(**plain, refused=[RefusedLine(**line) for line in content["refused"]])


def _order(reference: str) -> str:
    """A reference as far as it can be an order's: no other text of the file gets into the audit chain."""
    return reference if _NUMBER.fullmatch(reference) else ""


def _lines(work: UnitOfWork, file_hash: str) -> tuple[ResultRow, ...]:
    names = ("line", "reference", "outcome", "amount_fen", "reason", "match")
    query = (
        select(*(getattr(BankResult, name) for name in names), col(PaymentOrder.state).label("order_state"))
        .join(PaymentOrder, col(PaymentOrder.id) == col(BankResult.order_id), isouter=True)
        .where(col(BankResult.file_hash) == file_hash)
        .order_by(col(BankResult.line), col(BankResult.reference))
    )
    return tuple(ResultRow(**row._mapping) for row in work.execute(query))
