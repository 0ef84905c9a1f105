"""What payment officers begin with: queues by fund, batches with whose turn they are, payments that came to nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlmodel import col

from casework.lifecycle.case_changes import load
from casework.lifecycle.read_access import Reader, refuse_payments
from casework.payments.allocation import found as funded
from casework.payments.payment_lists import PayableCase, waiting
from casework.shared.fund_key import FundKey
from models import Case, Duty, Entitlement, Fund, OrderState, PaymentBatch, PaymentOrder, State
from models.store import Store
from models.unit_of_work import UnitOfWork

_BEFORE_THE_BANK = (OrderState.PREPARED, OrderState.CHECKED, OrderState.RELEASED)
_AT_THE_BANK = (OrderState.SENT, OrderState.ACKNOWLEDGED)
_CAME_TO_NOTHING = (OrderState.FAILED, OrderState.RETURNED)


@dataclass(frozen=True, kw_only=True)
class FundQueue:
    """Payable cases of a fund that wait for one duty, and what is due on them in fen."""

    key: FundKey
    duty: str
    cases: int
    due_fen: int


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """A batch as listed: its orders by state, and whose turn it is where somebody's it is; sums in fen."""

    number: str
    state: str
    fund: FundKey
    orders: int
    total_fen: int
    made_at: datetime
    by_state: dict[str, int] = field(default_factory=dict)
    turns: tuple[tuple[str, str], ...] = ()  # unit and duty
    due: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PayableRow:
    """A case that waits for the allocator or the maker, with who applies."""

    payable: PayableCase
    applicant: str


@dataclass(frozen=True, kw_only=True)
class FailedPayment:
    """An order that failed or came back, in fen; and how its case stands now."""

    number: str
    case: str
    applicant: str
    batch: str
    fund: FundKey
    state: str
    amount_fen: int
    reason: str
    ended_at: datetime | None
    case_state: str
    next_duty: str | None
    next_unit: str | None
    paid_since: bool  # a later attempt was settled


def queues(store: Store, *, reader: Reader) -> tuple[FundQueue, ...]:
    """What waits for an allocation and for a batch, by fund; Refused for who has no part in payments."""
    due = func.sum(col(Entitlement.approved_fen) - col(Entitlement.paid_fen)).label("due")
    key = (col(Fund.unit), col(Fund.year), col(Fund.policy), col(Case.next_duty))
    query = (
        select(*key, func.count().label("cases"), due)
        .join(Entitlement, (col(Entitlement.case_id) == col(Case.id)) & col(Entitlement.ended).is_(False))
        .join(Fund, col(Fund.id) == col(Entitlement.fund_id))
        .where(col(Case.state) == State.PAYABLE, col(Case.next_duty).in_((Duty.ALLOCATOR, Duty.MAKER)))
        .group_by(*key)
        .order_by(*key)
    )
    with store.read() as work:
        refuse_payments(store, work, reader)
        return tuple(
            FundQueue(
                key=FundKey(row.unit, row.year, row.policy), duty=row.next_duty, cases=row.cases, due_fen=int(row.due)
            )
            for row in work.execute(query)
        )


def queue(store: Store, key: FundKey, duty: Duty, *, reader: Reader) -> tuple[PayableRow, ...]:
    """The cases of one fund that wait for the allocator or the maker, by number."""
    with store.read() as work:
        refuse_payments(store, work, reader)
        funded(work, key)
        rows = waiting(work, duty, fund=key)
        names = {case.id: case.party_name for case in load(work, [row.case for row in rows]).values()}
        return tuple(PayableRow(payable=row, applicant=names[row.case]) for row in rows)


def batch_rows(store: Store, *, reader: Reader, under_way: bool, before: str = "", limit: int) -> list[BatchRow]:
    """The batches, newest first; those under way only, or those whose number comes before one."""
    query: Select[Any] = (
        select(PaymentBatch.__table__, col(Fund.unit), col(Fund.year), col(Fund.policy))  # type: ignore[attr-defined]
        .join(Fund, col(Fund.id) == col(PaymentBatch.fund_id))
        .order_by(col(PaymentBatch.number).desc())
        .limit(limit)
    )
    if under_way:
        sent = select(col(PaymentOrder.id)).where(
            col(PaymentOrder.batch_id) == col(PaymentBatch.id), col(PaymentOrder.state).in_(_AT_THE_BANK)
        )
        query = query.where(or_(col(PaymentBatch.state).in_(_BEFORE_THE_BANK), sent.exists()))
    if before:
        query = query.where(col(PaymentBatch.number) < before)
    with store.read() as work:
        refuse_payments(store, work, reader)
        rows = work.execute(query).all()
        return rows_of(work, rows)


def rows_of(work: UnitOfWork, rows: Sequence[Any]) -> list[BatchRow]:
    """Batches (each with its fund's unit, year and policy) as they are listed."""
    standing = _standing(work, [row.id for row in rows])
    found = []
    for row in rows:
        mine = standing.get(row.id, [])
        alive = [payment for payment in mine if payment.order_state in (*_BEFORE_THE_BANK, *_AT_THE_BANK)]
        by_state: dict[str, int] = {}
        for payment in mine:
            by_state[payment.order_state] = by_state.get(payment.order_state, 0) + payment.orders
        found.append(
            BatchRow(
                number=row.number,
                state=row.state,
                fund=FundKey(row.unit, row.year, row.policy),
                orders=row.orders,
                total_fen=row.total_fen,
                made_at=row.made_at,
                by_state=by_state,
                turns=tuple(
                    dict.fromkeys(
                        (payment.next_unit or "", payment.next_duty) for payment in alive if payment.next_duty
                    )
                ),
                due=min((payment.due for payment in alive if payment.due), default=None),
            )
        )
    return found


def _standing(work: UnitOfWork, batches: Sequence[Any]) -> dict[Any, list[Any]]:
    """By batch: how many of its orders are in which state, with whose turn their cases are and until when."""
    by: Any = (
        col(PaymentOrder.batch_id),
        col(PaymentOrder.state).label("order_state"),
        col(Case.next_unit),
        col(Case.next_duty),
    )
    query = (
        select(*by, func.count().label("orders"), func.min(col(Case.next_due)).label("due"))
        .join(Case, col(Case.id) == col(PaymentOrder.case_id))
        .where(col(PaymentOrder.batch_id).in_(batches))
        .group_by(*by)
    )
    found: dict[Any, list[Any]] = {}
    for row in work.execute(query):
        found.setdefault(row.batch_id, []).append(row)
    return found


def failed_payments(store: Store, *, reader: Reader) -> tuple[FailedPayment, ...]:
    """Every payment that failed or came back, the newest first; what was paid by a later attempt at the end."""
    with store.read() as work:
        refuse_payments(store, work, reader)
        rows = work.execute(_FAILED).all()
        names = {case.id: case.party_name for case in load(work, [row.case_id for row in rows]).values()}
        paid = _settled(work, {row.case_id for row in rows})
        found = [_failed(row, names[row.case_id], paid.get(row.case_id, 0) > row.attempt) for row in rows]
        return tuple(sorted(found, key=lambda fund: fund.paid_since))


def _settled(work: UnitOfWork, cases: Iterable[Any]) -> dict[Any, int]:
    """By case, its last attempt that was settled."""
    query = (
        select(col(PaymentOrder.case_id), func.max(col(PaymentOrder.attempt)).label("attempt"))
        .where(col(PaymentOrder.case_id).in_(list(cases)), col(PaymentOrder.state) == OrderState.SETTLED)
        .group_by(col(PaymentOrder.case_id))
    )
    return {row.case_id: row.attempt for row in work.execute(query)}


_FAILED: Select[Any] = (
    select(
        col(PaymentOrder.number),
        col(PaymentOrder.case_id),
        col(PaymentOrder.attempt),
        col(PaymentOrder.state),
        col(PaymentOrder.amount_fen),
        col(PaymentOrder.reason),
        col(PaymentOrder.ended_at),
        col(Case.number).label("case"),
        col(Case.state).label("case_state"),
        col(Case.next_duty),
        col(Case.next_unit),
        col(PaymentBatch.number).label("batch"),
        col(Fund.unit),
        col(Fund.year),
        col(Fund.policy),
    )
    .join(Case, col(Case.id) == col(PaymentOrder.case_id))
    .join(PaymentBatch, col(PaymentBatch.id) == col(PaymentOrder.batch_id))
    .join(Fund, col(Fund.id) == col(PaymentBatch.fund_id))
    .where(col(PaymentOrder.state).in_(_CAME_TO_NOTHING))
    .order_by(col(PaymentOrder.ended_at).desc(), col(PaymentOrder.number))
)


def _failed(row: Any, applicant: str, paid: bool) -> FailedPayment:
    return FailedPayment(
        number=row.number,
        case=row.case,
        applicant=applicant,
        batch=row.batch,
        fund=FundKey(row.unit, row.year, row.policy),
        state=row.state,
        amount_fen=row.amount_fen,
        reason=row.reason,
        ended_at=row.ended_at,
        case_state=row.case_state,
        next_duty=row.next_duty,
        next_unit=row.next_unit,
        paid_since=paid,
    )
