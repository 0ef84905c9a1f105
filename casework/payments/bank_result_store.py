"""Bank results as kept: each piece of news once, refused ones once a file and line, unmatched ones until their order is known."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from casework.payments.bank_status import BankStatus
from casework.payments.entitlement_balance import Order
from casework.payments.payment_context import PaymentContext
from casework.payments.reading.result_line import ResultLine
from casework.shared.errors import Refused, Retryable
from models import BankResult
from models.sealing import sealed_like
from models.unit_of_work import UnitOfWork


class KnownResult(NamedTuple):
    """A stored result."""

    id: UUID
    fingerprint: str
    match: str
    amount_fen: int


def known(work: UnitOfWork, fingerprints: Sequence[str]) -> dict[str, KnownResult]:
    """What is stored under these fingerprints."""
    columns = [getattr(BankResult, name) for name in KnownResult._fields]
    query = select(*columns).where(col(BankResult.fingerprint).in_(fingerprints))
    return {row.fingerprint: KnownResult._make(row) for row in work.execute(query)}


def remember(context: PaymentContext, line: ResultLine, order: Order, version: int, file_hash: str) -> None:
    """Keeps a line that was booked or has no effect, and its case's version; where the bank gave no amount, the order's own."""
    amount = line.amount_fen if line.amount_fen is not None else order.amount_fen
    _keep(context, line, line.fingerprint, file_hash, match="matched", amount=amount, order=order, version=version)


def remember_unmatched(context: PaymentContext, line: ResultLine, file_hash: str) -> None:
    """Keeps a line whose order is unknown."""
    _keep(context, line, line.fingerprint, file_hash, match="unmatched", amount=line.amount_fen or 0, order=None)


def remember_refused(context: PaymentContext, line: ResultLine, order: Order, version: int, file_hash: str) -> None:
    """Keeps a refused line under its file and place, with its case's version: the same news may still be booked when it fits."""
    place = hashlib.sha256(f"{file_hash}:{line.line}:{line.fingerprint}".encode()).hexdigest()
    if not known(context.work, [place]):
        amount = line.amount_fen or 0
        _keep(context, line, place, file_hash, match="refused", amount=amount, order=order, version=version)


def unmatched_line(
    work: UnitOfWork, result: UUID, order: str, amount_fen: int | None, account: str
) -> tuple[KnownResult, ResultLine]:
    """A stored result that fitted nothing, read as a line of the order to which a person says it belongs.

    A refused one can be read so only where the bank left out amount or account; what it did say is never replaced.
    """
    query = select(BankResult.__table__).where(col(BankResult.id) == result)  # type: ignore[attr-defined]
    row = work.execute(query.with_for_update()).first()
    incomplete = row is not None and row.match == "refused" and not (row.amount_fen and row.account)
    if row is None or (row.match != "unmatched" and not incomplete) or (incomplete and row.reference != order):
        raise Refused("result", "没有这条未匹配的回单", "there is no such unmatched result", field="result")
    line = ResultLine(
        line=row.line,
        reference=order,
        outcome=BankStatus(row.outcome),
        amount_fen=row.amount_fen or amount_fen,
        account=row.account or account,
        reason=row.reason,
    )
    return KnownResult(row.id, row.fingerprint, row.match, row.amount_fen), line


def matched_late(context: PaymentContext, earlier: KnownResult, order: Order) -> None:
    """An unmatched line has found its order. News without an amount stays as it was kept: it moved nothing."""
    if earlier.match != "unmatched" or earlier.amount_fen != order.amount_fen:
        return
    where = (col(BankResult.id) == earlier.id, col(BankResult.match) == "unmatched")
    statement = update(BankResult).where(*where).values(match="matched", order_id=order.id)
    if context.work.execute(statement).rowcount != 1:
        raise Retryable("stale", "回单已被他人处理，请重新导入", "the result was matched meanwhile: import again")


def _keep(
    context: PaymentContext,
    line: ResultLine,
    fingerprint: str,
    file_hash: str,
    *,
    match: str,
    amount: int,
    order: Order | None,
    version: int = 1,
) -> None:
    context.work.add(
        BankResult,
        fingerprint=fingerprint,
        file_hash=file_hash,
        line=line.line,
        reference=line.reference,
        outcome=line.outcome.value,
        amount_fen=amount,
        account=sealed_like(order.payee_account, line.account) if order else line.account,
        reason=line.reason,
        match=match,
        order_id=order.id if order else None,
        version=version,
        read_by=context.who.id,
        read_at=context.work.now,
    )
