"""What payment officers look at: who waits, what is overdue, what the bank said that fits nothing, and the three-way check."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy import case as when
from sqlmodel import col

from casework.conditions.condition_wordings import overridden
from casework.lifecycle.case_changes import load
from casework.shared.fund_key import FundKey
from casework.shared.problem_translations import as_said, in_english
from models import (
    Account,
    BankResult,
    Case,
    Duty,
    Entitlement,
    Fund,
    LedgerEntry,
    OrderState,
    PaymentBatch,
    PaymentOrder,
    Reminder,
    State,
)
from models.clock import business_date
from models.unit_of_work import UnitOfWork

_ON_THE_WAY = (OrderState.RELEASED, OrderState.SENT, OrderState.ACKNOWLEDGED)


@dataclass(frozen=True, kw_only=True)
class PayableCase:
    """A payable case that waits for the allocator or the maker, with what is due on it in fen."""

    case: UUID
    number: str
    payee: UUID
    due_fen: int
    held: bool
    problem: str
    problem_en: str
    overridden: tuple[str, ...] = ()  # the conditions that two people overrode, by name


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """An order of which the bank should have said how it ended; fen, and since when its result is due."""

    number: str
    case: str
    batch: str
    state: str
    amount_fen: int
    due: datetime
    told_at: datetime | None = None
    escalated_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Unmatched:
    """News of the bank that fits no order (unmatched) or contradicts one (refused)."""

    id: UUID
    reference: str
    outcome: str
    amount_fen: int
    reason: str
    match: str
    read_at: datetime
    by_hand: (
        bool  # whether a person may match it: what gave amount and account and did not fit is the bank's to explain
    )


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Where two of the three (orders, ledger, bank results) do not agree, in fen; none is the daily aim.

    Between orders and results, expected is what we ordered (0 where no order is settled), found what the bank said.
    """

    kind: str
    subject: str
    expected_fen: int
    found_fen: int


def waiting(work: UnitOfWork, duty: Duty, *, fund: FundKey) -> list[PayableCase]:
    """The payable cases of a fund whose next action is the allocator's or the maker's, by number."""
    due = (col(Entitlement.approved_fen) - col(Entitlement.paid_fen)).label("due")
    query = (
        select(col(Case.id), col(Case.number), col(Case.party_id), due, col(Case.held), col(Case.problem))
        .join(Entitlement, (col(Entitlement.case_id) == col(Case.id)) & col(Entitlement.ended).is_(False))
        .join(Fund, col(Fund.id) == col(Entitlement.fund_id))
        .where(col(Case.state) == State.PAYABLE, col(Case.next_duty) == duty)
        .where(col(Fund.unit) == fund.unit, col(Fund.year) == fund.year, col(Fund.policy) == fund.policy)
        .order_by(col(Case.number))
    )
    rows = work.execute(query).all()
    said = as_said(work, {row.number: row.problem for row in rows})
    given = overridden(work, load(work, [row.id for row in rows]).values())
    return [
        PayableCase(
            case=r.id, number=r.number, payee=r.party_id, due_fen=r.due, held=r.held, problem=r.problem,
            problem_en=said.get(r.number) or in_english(r.problem),
            overridden=given.get(r.id, ()),
        )
        for r in rows
    ]  # fmt: skip


def overdue(work: UnitOfWork) -> list[Overdue]:
    """Orders on their way whose result is past its due time, longest first; with when somebody was told of it."""
    query: Select[Any] = (
        select(
            col(PaymentOrder.number),
            col(Case.number).label("case"),
            col(PaymentBatch.number).label("batch"),
            col(PaymentOrder.state),
            col(PaymentOrder.amount_fen),
            col(Case.next_due).label("due"),
        )
        .join(Case, col(Case.id) == col(PaymentOrder.case_id))
        .join(PaymentBatch, col(PaymentBatch.id) == col(PaymentOrder.batch_id))
        .where(col(PaymentOrder.state).in_(_ON_THE_WAY), col(Case.next_due) < work.now)
        .order_by(col(Case.next_due), col(PaymentOrder.number))
    )
    found = [Overdue(**row._mapping) for row in work.execute(query)]
    return [_with_told(work, order) for order in found]


def _with_told(work: UnitOfWork, order: Overdue) -> Overdue:
    """When those whose turn it is, and when their head, heard of an order in its present spell."""
    last_day = business_date(order.due - timedelta(microseconds=1)).isoformat()
    query = (
        select(col(Reminder.stage), func.min(Reminder.made_at).label("at"))
        .where(col(Reminder.subject) == order.number, col(Reminder.due) == last_day)
        .group_by(col(Reminder.stage))
    )
    told = {row.stage: row.at for row in work.execute(query)}
    return replace(order, told_at=told.get("overdue"), escalated_at=told.get("escalated"))


def unmatched(work: UnitOfWork) -> list[Unmatched]:
    """What the bank said that fits no order or contradicts one, newest first."""
    unfit = (col(BankResult.match) == "unmatched", col(BankResult.amount_fen) == 0, col(BankResult.account) == "")
    kept = [getattr(BankResult, name) for name in Unmatched.__dataclass_fields__ if name != "by_hand"]
    query = select(*kept, or_(*unfit).label("by_hand")).where(col(BankResult.match) != "matched")
    ordered = query.order_by(col(BankResult.read_at).desc(), col(BankResult.reference))
    return [Unmatched(**{**row._mapping, "by_hand": bool(row.by_hand)}) for row in work.execute(ordered)]


def reconcile(work: UnitOfWork) -> list[Difference]:
    """The three-way check: orders against results, ledger against orders, entitlements against both."""
    return [*_orders_and_results(work), *_funds(work), *_entitlements(work)]


def _orders_and_results(work: UnitOfWork) -> Iterator[Difference]:
    """Each batch order that is settled has a settled result; each settled result has an order that is or was settled."""
    said = (
        select(col(BankResult.order_id))
        .where(col(BankResult.match) == "matched", col(BankResult.outcome) == "settled")
        .scalar_subquery()
    )
    unsaid = select(col(PaymentOrder.number), col(PaymentOrder.amount_fen)).where(
        col(PaymentOrder.channel) == "batch",
        col(PaymentOrder.state) == OrderState.SETTLED,
        col(PaymentOrder.id).not_in(said),
    )
    for row in work.execute(unsaid.order_by(col(PaymentOrder.number))):
        yield Difference(kind="order_without_result", subject=row.number, expected_fen=row.amount_fen, found_fen=0)
    undone: Select[Any] = (
        select(col(PaymentOrder.number), col(PaymentOrder.amount_fen).label("ordered"), col(BankResult.amount_fen))
        .join(PaymentOrder, col(PaymentOrder.id) == col(BankResult.order_id))
        .where(
            col(BankResult.outcome) == "settled",
            col(PaymentOrder.state).not_in((OrderState.SETTLED, OrderState.RETURNED)),
        )
    )
    for row in work.execute(undone.order_by(col(PaymentOrder.number), col(BankResult.amount_fen)).distinct()):
        if row.amount_fen != row.ordered:
            yield Difference(
                kind="amount_differs", subject=row.number, expected_fen=row.ordered, found_fen=row.amount_fen
            )
        else:
            yield Difference(kind="result_without_order", subject=row.number, expected_fen=0, found_fen=row.amount_fen)
    strange = select(col(BankResult.reference), col(BankResult.amount_fen)).where(
        col(BankResult.outcome) == "settled", col(BankResult.match) == "unmatched"
    )
    for row in work.execute(strange.order_by(col(BankResult.reference), col(BankResult.amount_fen))):
        yield Difference(
            kind="result_without_order", subject=row.reference or "—", expected_fen=0, found_fen=row.amount_fen
        )


def _funds(work: UnitOfWork) -> Iterator[Difference]:
    """What the ledger has paid from a fund equals its settled orders, batch and offline."""
    into = when((col(LedgerEntry.target) == Account.PAID, col(LedgerEntry.amount_fen)), else_=0)
    back = when((col(LedgerEntry.source) == Account.PAID, col(LedgerEntry.amount_fen)), else_=0)
    moved = select(col(LedgerEntry.fund_id), func.sum(into - back).label("fen")).group_by(col(LedgerEntry.fund_id))
    settled = (
        select(col(Entitlement.fund_id), func.sum(PaymentOrder.amount_fen).label("fen"))
        .join(Entitlement, col(Entitlement.id) == col(PaymentOrder.entitlement_id))
        .where(col(PaymentOrder.state) == OrderState.SETTLED)
        .group_by(col(Entitlement.fund_id))
    )
    ledger = {row.fund_id: int(row.fen) for row in work.execute(moved)}
    ordered = {row.fund_id: int(row.fen) for row in work.execute(settled)}
    key = (col(Fund.unit), col(Fund.year), col(Fund.policy))
    funds = select(col(Fund.id), *key, col(Fund.paid_fen)).order_by(*key)
    for fund in work.execute(funds):
        expected = ordered.get(fund.id, 0)
        for kind, fen in (("ledger", ledger.get(fund.id, 0)), ("fund", fund.paid_fen)):
            if fen != expected:
                name = FundKey(fund.unit, fund.year, fund.policy).en
                yield Difference(kind=f"{kind}_and_orders", subject=name, expected_fen=expected, found_fen=fen)


def _entitlements(work: UnitOfWork) -> Iterator[Difference]:
    """What is paid of an entitlement equals its settled orders."""
    settled = when((col(PaymentOrder.state) == OrderState.SETTLED, col(PaymentOrder.amount_fen)), else_=0)
    query = (
        select(col(Case.number), col(Entitlement.paid_fen), func.coalesce(func.sum(settled), 0).label("settled"))
        .join(Case, col(Case.id) == col(Entitlement.case_id))
        .join(PaymentOrder, col(PaymentOrder.entitlement_id) == col(Entitlement.id), isouter=True)
        .group_by(col(Case.number), col(Entitlement.id), col(Entitlement.paid_fen))
        .order_by(col(Case.number))
    )
    for row in work.execute(query):
        if row.paid_fen != int(row.settled):
            yield Difference(
                kind="entitlement_and_orders",
                subject=row.number,
                expected_fen=int(row.settled),
                found_fen=row.paid_fen,
            )
