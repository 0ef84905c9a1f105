"""What a payment order is made of, read for many cases at once: the promise, earlier attempts, what the bank said of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from casework.lifecycle.commands import Action
from casework.payments.bank_status import Category, category
from models import BankResult, Decision, Entitlement, OrderState, PaymentOrder
from models.payments import ENDED_ORDERS
from models.unit_of_work import UnitOfWork

_OVER = {*ENDED_ORDERS, OrderState.SETTLED}
_ACCOUNT_FAULTS = frozenset({Category.ACCOUNT, Category.NAME, Category.CLEARING})


class Order(NamedTuple):
    """A stored order."""

    id: UUID
    number: str
    entitlement_id: UUID
    case_id: UUID
    batch_id: UUID | None
    attempt: int
    channel: str
    state: str
    amount_fen: int
    account_id: UUID | None
    payee_name: str
    payee_bank: str
    payee_account: str
    clearing_code: str
    reason: str
    made_at: datetime


@dataclass(kw_only=True)
class EntitlementBalance:
    """One case's entitlement in force with the orders made on the case so far, oldest first."""

    entitlement: UUID
    fund: UUID
    party: UUID
    due_fen: int
    orders: list[Order] = field(default_factory=list)
    contradicted: bool = False  # the bank reported an order settled that had failed or was cancelled

    @property
    def attempt(self) -> int:
        """The number of the next attempt; it counts on over all entitlements of the case, so no number comes twice."""
        return max((order.attempt for order in self.orders), default=0) + 1

    @property
    def under_way(self) -> bool:
        """Whether an order is alive and not yet settled."""
        return any(order.state not in _OVER for order in self.orders)

    @property
    def bad_account(self) -> UUID | None:
        """The account on which the last attempt failed because of the account itself."""
        last = self.orders[-1] if self.orders else None
        if last is None or last.state not in (OrderState.FAILED, OrderState.RETURNED):
            return None
        return last.account_id if category(last.reason) in _ACCOUNT_FAULTS else None


def orders(work: UnitOfWork, *which: object, lock: bool = False) -> list[Order]:
    """The orders that meet conditions, by number; locked where rows can be locked and `lock` asks for it."""
    columns = [getattr(PaymentOrder, name) for name in Order._fields]
    query = select(*columns).where(*which).order_by(col(PaymentOrder.number))  # type: ignore[arg-type]
    return [Order._make(row) for row in work.execute(query.with_for_update() if lock else query)]


def lines(work: UnitOfWork, cases: Sequence[UUID]) -> dict[UUID, EntitlementBalance]:
    """The lines of cases that have an entitlement in force."""
    due = (col(Entitlement.approved_fen) - col(Entitlement.paid_fen)).label("due")
    query = select(
        col(Entitlement.case_id), col(Entitlement.id), col(Entitlement.fund_id), col(Entitlement.party_id), due
    ).where(col(Entitlement.case_id).in_(cases), col(Entitlement.ended).is_(False))
    made = {
        row.case_id: EntitlementBalance(entitlement=row.id, fund=row.fund_id, party=row.party_id, due_fen=row.due)
        for row in work.execute(query)
    }
    for order in sorted(orders(work, col(PaymentOrder.case_id).in_(cases)), key=lambda order_row: order_row.attempt):
        if order.case_id in made:
            made[order.case_id].orders.append(order)
    for case in contradicted(work, cases):
        if case in made:
            made[case].contradicted = True
    return made


def contradicted(work: UnitOfWork, cases: Sequence[UUID], *, lately: bool = False) -> frozenset[UUID]:
    """The cases with an order that ended unpaid and that the bank then called settled; `lately`: since the newest order was made.

    That goes by the case's version: the clock may have been set back.
    """
    query = (
        select(col(PaymentOrder.case_id))
        .join(BankResult, col(BankResult.order_id) == col(PaymentOrder.id))
        .where(
            col(PaymentOrder.case_id).in_(cases),
            col(PaymentOrder.state).in_((OrderState.FAILED, OrderState.CANCELLED)),
            col(BankResult.match) == "refused",
            col(BankResult.outcome) == "settled",
            col(BankResult.amount_fen) == col(PaymentOrder.amount_fen),
        )
    )
    if lately:
        of_case = select(func.max(Decision.version)).where(col(Decision.case_id) == col(PaymentOrder.case_id))
        prepared = of_case.where(col(Decision.action) == Action.PREPARE).correlate(PaymentOrder).scalar_subquery()
        query = query.where(col(BankResult.version) >= prepared)
    return frozenset(work.execute(query).scalars())
