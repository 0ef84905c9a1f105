"""Reads result files into the orders: each line counts once, in whatever file and order it comes; odd ones are listed."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView, load
from casework.payments import reading
from casework.payments.bank_result_store import (
    KnownResult,
    known,
    matched_late,
    remember,
    remember_refused,
    remember_unmatched,
    unmatched_line,
)
from casework.payments.booking import book
from casework.payments.entitlement_balance import Order, orders
from casework.payments.payment_context import PaymentContext, at_work
from casework.payments.reading.result_line import ResultLine
from casework.payments.status_transitions import Effect, StatusTransition, judge
from casework.shared.errors import Problem, Refused, Retryable
from models import Duty, PaymentBatch, PaymentOrder
from models.store import Store

CHUNK = 500
TRIES = 3
log = logging.getLogger("duixian.payments")


@dataclass(frozen=True, kw_only=True)
class RefusedLine:
    """A line that moved nothing because it is unreadable, does not fit its order, or its reader may not book it."""

    line: int
    reference: str
    code: str
    zh: str
    en: str


@dataclass(kw_only=True)
class ImportReport:
    """What came of a file: how many lines had which effect, and those that a person has to look at."""

    file_hash: str
    lines: int
    settled: int = 0
    failed: int = 0
    returned: int = 0
    acknowledged: int = 0
    without_effect: int = 0
    already_known: int = 0
    unmatched: list[str] = field(default_factory=list)
    refused: list[RefusedLine] = field(default_factory=list)

    def add(self, other: "ImportReport") -> None:
        """Both together."""
        for name in ("settled", "failed", "returned", "acknowledged", "without_effect", "already_known"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.unmatched += other.unmatched
        self.refused += other.refused

    @property
    def moved(self) -> int:
        """How many lines moved a case."""
        return self.settled + self.failed + self.returned


def import_results(
    store: Store, path: Path, *, by: UUID, act_id: UUID, signature: str = "", key: bytes | None = None
) -> ImportReport:
    """Books a result file (pain.002, CSV or XLSX; columns in `casework.payments.reading`) as the reconciler `by`.

    Lines are booked in transactions of `CHUNK`. The same file, or the same line in another file, changes nothing; so a
    killed import is simply repeated. A line whose amount or account is not the order's is refused and listed, and moves
    nothing. With a `key` the file's HMAC-SHA256 must be given as `signature`.
    """
    _may_read(store, by)
    file = reading.read(path, signature=signature, key=key)
    report = ImportReport(file_hash=file.hash, lines=len(file.lines) + len(file.unreadable))
    for start in range(0, len(file.lines), CHUNK):
        report.add(_chunk(store, file.lines[start : start + CHUNK], file.hash, by, act_id))
    said = _unless_all_listed(store, file)
    report.refused += [RefusedLine(**vars(line)) for line in said]
    return report


def _unless_all_listed(store: Store, file: reading.ResultFile) -> list[reading.Unreadable]:
    """What could not be read; a rejection of a whole batch says nothing new where each of its orders has its own line."""
    listed = {line.reference for line in file.lines}
    said = []
    with store.read() as work:
        for bad_line in file.unreadable:
            number = select(col(PaymentBatch.id)).where(col(PaymentBatch.number) == bad_line.reference)
            mine = select(col(PaymentOrder.number)).where(col(PaymentOrder.batch_id).in_(number))
            orders_ = set(work.execute(mine).scalars()) if bad_line.code == "group_status" and file.lines else set()
            if not orders_ or orders_ - listed:
                said.append(bad_line)
    return said


def match_by_hand(
    store: Store,
    *,
    result: UUID,
    order: str,
    by: UUID,
    act_id: UUID,
    reason: str,
    amount_fen: int | None = None,
    account: str = "",
) -> ImportReport:
    """Books a result that fitted nothing on the order to which it belongs, as the reconciler found.

    Amount and account must be the order's. Where the bank's file gave none, the reconciler states them from its statement.
    """
    if not reason.strip():
        raise Refused("reason", "请写明匹配依据", "say why they belong together", field="reason")
    _may_read(store, by)
    with at_work(store, by) as context:
        stored, line = unmatched_line(context.work, result, order, amount_fen, account)
        report = ImportReport(file_hash=stored.fingerprint, lines=1)
        by_number, cases = _locked(context, [order])
        if order not in by_number:
            raise Refused("order", f"没有支付指令 {order}", f"there is no order {order}", field="order")
        found = by_number[order]
        fit = (line, found, cases[found.case_id], judge(found, line))
        for _, _, why in book(context, [fit], uuid5(act_id, stored.fingerprint)):
            raise why
        matched_late(context, stored, found)
        _count(report, fit[3], line)
        stated = {"amount": amount_fen is not None, "account": bool(account)}
        content = {"result": str(result), "order": order, "reason": reason.strip(), "stated": stated}
        content["act_id"] = str(act_id)
        context.work.audit(actor=str(by), action="payments.match", subject=order, content=content)
        return report


def _may_read(store: Store, by: UUID) -> None:
    """Only somebody who reconciles somewhere; each case is guarded again for itself."""
    with at_work(store, by) as context:
        if context.reference.holding(by, Duty.RECONCILER, None, context.work.now) is None:
            says = f"{context.who.name} 不是对账人，不能导入回单"
            raise Refused("no_duty", says, f"{context.who.name} is no reconciler", field="by")


def _chunk(store: Store, lines: Sequence[ResultLine], file_hash: str, by: UUID, act_id: UUID) -> ImportReport:
    """One transaction; when it fails as a whole, its lines are tried one by one, and a lost race is tried again."""
    for attempt in range(1, TRIES + 1):
        try:
            with at_work(store, by) as context:
                report = ImportReport(file_hash=file_hash, lines=len(lines))
                for one_each in rounds(lines):
                    _round(context, one_each, report, act_id)
                _note(context, report, act_id)
                return report
        except Retryable:
            if attempt == TRIES and len(lines) == 1:
                raise
        except Problem as trouble:
            if len(lines) == 1:
                log.error("line %d of %s: %s", lines[0].line, file_hash, trouble.en)
                return _failed(lines[0], file_hash, trouble)
            break
    total = ImportReport(file_hash=file_hash, lines=len(lines))
    for line in lines:
        total.add(_chunk(store, [line], file_hash, by, act_id))
    return total


def _failed(line: ResultLine, file_hash: str, trouble: Problem) -> ImportReport:
    """A line that the database itself refused."""
    no = RefusedLine(line=line.line, reference=line.reference, code=trouble.code, zh=trouble.zh, en=trouble.en)
    return ImportReport(file_hash=file_hash, lines=1, refused=[no])


def rounds(lines: Sequence[ResultLine]) -> Iterator[list[ResultLine]]:
    """The lines in rounds, each case at most once a round: what is later in the file is booked later."""
    waiting = list(lines)
    while waiting:
        now: dict[str, ResultLine] = {}
        later: list[ResultLine] = []
        for line in waiting:
            case = line.reference.rsplit("-A", 1)[0]
            if now.setdefault(case, line) is not line:
                later.append(line)
        yield list(now.values())
        waiting = later


def _round(context: PaymentContext, lines: Sequence[ResultLine], report: ImportReport, act_id: UUID) -> None:
    """Lines of different orders: what is known is passed over, the rest judged and booked as a set."""
    work = context.work
    by_number, cases = _locked(context, [line.reference for line in lines])
    before = known(work, [line.fingerprint for line in lines])
    fit: list[tuple[ResultLine, Order, CaseView, StatusTransition]] = []
    for line in lines:
        order = by_number.get(line.reference)
        earlier = before.get(line.fingerprint)
        if earlier is not None and (earlier.match == "matched" or order is None):
            report.already_known += 1
            continue
        if order is None:
            remember_unmatched(context, line, report.file_hash)
            report.unmatched.append(line.reference)
            continue
        try:
            fit.append((line, order, cases[order.case_id], judge(order, line)))
        except Refused as no:
            _refuse(context, line, order, cases[order.case_id].version, no, report)
    barred = book(context, fit, uuid5(act_id, report.file_hash))
    for line, order, why in barred:
        _refuse(context, line, order, cases[order.case_id].version, why, report)
    out = {line.line for line, _, _ in barred}
    for line, order, case, verdict in fit:
        if line.line in out:
            continue
        _remember(context, line, order, case.version, before.get(line.fingerprint), report.file_hash)
        _count(report, verdict, line)
    work.flush()


def _locked(context: PaymentContext, numbers: Sequence[str]) -> tuple[dict[str, Order], dict[UUID, CaseView]]:
    """The orders of these numbers and their cases; cases are locked before the orders are read."""
    wanted = col(PaymentOrder.number).in_(numbers)
    holders = set(context.work.execute(select(col(PaymentOrder.case_id)).where(wanted)).scalars())
    cases = load(context.work, sorted(holders))
    return {order.number: order for order in orders(context.work, wanted, lock=True)}, cases


def _remember(
    context: PaymentContext, line: ResultLine, order: Order, version: int, earlier: KnownResult | None, file_hash: str
) -> None:
    if earlier is not None:
        matched_late(context, earlier, order)
    else:
        remember(context, line, order, version, file_hash)


def _refuse(
    context: PaymentContext, line: ResultLine, order: Order, version: int, no: Problem, report: ImportReport
) -> None:
    remember_refused(context, line, order, version, report.file_hash)
    listed = RefusedLine(line=line.line, reference=line.reference, code=no.code, zh=no.zh, en=no.en)
    report.refused.append(listed)


def _count(report: ImportReport, verdict: StatusTransition, line: ResultLine) -> None:
    if verdict.effect is Effect.NOTHING:
        report.without_effect += 1
    else:
        setattr(report, line.outcome, getattr(report, line.outcome) + 1)


def _note(context: PaymentContext, report: ImportReport, act_id: UUID) -> None:
    """One audit row a transaction that read something new."""
    figures = {name: value for name, value in vars(report).items() if isinstance(value, int)}
    listed = {"unmatched": len(report.unmatched), "refused": len(report.refused)}
    if report.already_known < report.lines:
        content = {**figures, **listed, "act_id": str(act_id)}
        context.work.audit(
            actor=str(context.who.id), action="payments.import", subject=report.file_hash, content=content
        )
