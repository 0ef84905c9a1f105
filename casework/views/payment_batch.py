"""One batch as its page shows it: where its orders stand, what was done with it by whom, what may be done, the files sent.

And one allocation document: its control totals and what it left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView, load
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import procedure_of
from casework.lifecycle.read_access import refuse_payments
from casework.lifecycle.receipts import Excluded
from casework.payments.bank_export import MAY_EXPORT
from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from casework.shared.reference import is_installed, reference
from casework.views.case_acts import PossibleAct, acts_of
from casework.views.payment_desk import BatchRow, rows_of
from models import Allocation, AuditEntry, Case, Duty, Fund, OrderState, PaymentBatch, PaymentOrder, Person, State
from models.store import Store
from models.unit_of_work import UnitOfWork

_SHOWN = "payments.show"  # who looked is in the audit chain; it is no step of the batch
_IN_PAYMENT = (State.PAYABLE, State.ORDERED)
_GIVEN_BACK = (OrderState.PREPARED, OrderState.CHECKED, OrderState.RELEASED)


@dataclass(frozen=True, kw_only=True)
class PaymentStep:
    """What was done with a batch: `prepare`, `check_batch`, `approve`, `release`, `reject_batch`, `export`."""

    act: str
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class OrderStanding:
    """An order of a batch: its state, and the bank's or an officer's reason."""

    number: str
    case: str
    state: str
    amount_fen: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class BatchFile:
    """A batch with its history. `files`: SHA-256 by name, once it was exported; `left_out`: what its maker could not include."""

    row: BatchRow
    list_hash: str
    orders: tuple[OrderStanding, ...]
    steps: tuple[PaymentStep, ...]
    left_out: tuple[Excluded, ...]
    acts: Mapping[str, PossibleAct]  # check_batch, release, reject_batch, as a case of it allows them
    empty: bool  # none of its cases is in payment any more: a maker may put it away
    head: bool  # it waits for the head of the paying unit
    may_export: bool
    files: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class AllocationFile:
    """An allocation document, its sum in fen, and the cases that it left out."""

    number: str
    fund: FundKey
    budget_line: str
    lines: int
    total_fen: int
    list_hash: str
    made_by: str
    made_at: datetime
    left_out: tuple[Excluded, ...]


def batch_file(store: Store, number: str, *, reader: UUID) -> BatchFile:
    """Everything about a batch but the accounts (`batch_list` shows those); Refused for who has no part in payments."""
    with store.read() as work:
        refuse_payments(store, work, reader)
        batch = _batch(work, number)
        orders = _orders(work, batch.id)
        alive = [order.case_id for order in orders if order.state != OrderState.CANCELLED]
        cases = [case for case in load(work, alive).values() if is_installed(case.policy)]
        history = _history(work, batch.number)
        acts = _acts(store, work, batch.state, cases, reader)
        row = rows_of(work, [batch])[0]
        exported = [loads(entry.content) for entry in history if entry.action == "payments.export"]
        return BatchFile(
            row=row,
            list_hash=batch.list_hash,
            orders=tuple(
                OrderStanding(number=o.number, case=o.case, state=o.state, amount_fen=o.amount_fen, reason=o.reason)
                for o in orders
            ),
            steps=_steps(work, history),
            left_out=_left_out(history),
            acts=acts,
            empty=batch.state in _GIVEN_BACK and not any(case.state in _IN_PAYMENT for case in cases),
            head=any(duty == Duty.HEAD for _, duty in row.turns),
            may_export=_may_export(store, work, cases, reader),
            files=exported[-1]["files"] if exported else {},
        )


def allocation_file(store: Store, identity: UUID, *, reader: UUID) -> AllocationFile:
    """An allocation by its id, which is its act's; Refused for who has no part in payments."""
    query = (
        select(Allocation.__table__, col(Fund.unit), col(Fund.year), col(Fund.policy), col(Person.name))  # type: ignore[attr-defined]
        .join(Fund, col(Fund.id) == col(Allocation.fund_id))
        .join(Person, col(Person.id) == col(Allocation.made_by))
        .where(col(Allocation.id) == identity)
    )
    with store.read() as work:
        refuse_payments(store, work, reader)
        row = work.execute(query).first()
        if row is None:
            raise Refused("unknown_allocation", "没有这份资金下达文件", "there is no such allocation", field="number")
        return AllocationFile(
            number=row.number,
            fund=FundKey(row.unit, row.year, row.policy),
            budget_line=row.budget_line,
            lines=row.lines,
            total_fen=row.total_fen,
            list_hash=row.list_hash,
            made_by=str(row.name),
            made_at=row.made_at,
            left_out=_left_out(_history(work, row.number)),
        )


def _batch(work: UnitOfWork, number: str) -> Any:
    query = (
        select(PaymentBatch.__table__, col(Fund.unit), col(Fund.year), col(Fund.policy))  # type: ignore[attr-defined]
        .join(Fund, col(Fund.id) == col(PaymentBatch.fund_id))
        .where(col(PaymentBatch.number) == number)
    )
    found = work.execute(query).first()
    if found is None:
        raise Refused("unknown_batch", f"没有拨付批次 {number}", f"there is no batch {number}", field="batch")
    return found


def _orders(work: UnitOfWork, batch: UUID) -> list[Any]:
    names = ("number", "case_id", "state", "amount_fen", "reason")
    query = (
        select(*(getattr(PaymentOrder, name) for name in names), col(Case.number).label("case"))
        .join(Case, col(Case.id) == col(PaymentOrder.case_id))
        .where(col(PaymentOrder.batch_id) == batch)
        .order_by(col(PaymentOrder.number))
    )
    return list(work.execute(query))


def _history(work: UnitOfWork, number: str) -> list[Any]:
    """The audit rows of a batch or a document."""
    query = select(col(AuditEntry.action), col(AuditEntry.actor), col(AuditEntry.at), col(AuditEntry.content)).where(
        col(AuditEntry.subject) == number, col(AuditEntry.action).like("payments.%"), col(AuditEntry.action) != _SHOWN
    )
    return list(work.execute(query.order_by(col(AuditEntry.seq))))


def _steps(work: UnitOfWork, history: Iterable[Any]) -> tuple[PaymentStep, ...]:
    rows = list(history)
    ids = {UUID(row.actor) for row in rows}
    query = select(col(Person.id), col(Person.name)).where(col(Person.id).in_(ids))
    names = {row.id: str(row.name) for row in work.execute(query)}
    return tuple(
        PaymentStep(act=row.action.removeprefix("payments."), by=names.get(UUID(row.actor), ""), at=row.at)
        for row in rows
    )


def _left_out(history: Iterable[Any]) -> tuple[Excluded, ...]:
    """What the maker's or the allocator's act left out, as its receipt says."""
    made = [loads(row.content) for row in history if row.action in ("payments.prepare", "payments.allocate")]
    return tuple(Excluded(**case) for case in made[0]["excluded"]) if made else ()


def _acts(store: Store, work: UnitOfWork, state: str, cases: list[CaseView], reader: UUID) -> Mapping[str, PossibleAct]:
    """What the batch allows, asked of one case that is still in payment; the act itself asks each of them again."""
    if state not in _GIVEN_BACK or not cases:
        return {}
    first = min(cases, key=lambda case: (case.state not in _IN_PAYMENT, case.next_duty == Duty.CERTIFIER, case.number))
    wanted = (Action.CHECK_BATCH, Action.RELEASE, Action.REJECT_BATCH)
    return {act.action: act for act in acts_of(store, work, first, reader).acts if act.action in wanted}


def _may_export(store: Store, work: UnitOfWork, cases: list[CaseView], reader: UUID) -> bool:
    facts = reference(store, work)
    units = {procedure_of(facts, case, work.today).treasury for case in cases}
    return all(any(facts.holding(reader, duty, unit, work.now) for duty in MAY_EXPORT) for unit in units)
