"""Payment orders: their number, the attempt they stand for, and the one change of state that each act makes."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select, update
from sqlmodel import col

from casework.shared.errors import Broken, Refused, Retryable
from models import Entitlement, OrderState, PaymentOrder
from models.payments import ENDED_ORDERS
from models.statements import Prepared, given
from models.unit_of_work import UnitOfWork

LONGEST_NUMBER = 35  # EndToEndId in ISO 20022
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]*", re.ASCII)
# Spelled out: a prepared statement holds no IN list.
_UNDER_WAY = and_(*(col(PaymentOrder.state) != state for state in (*sorted(ENDED_ORDERS), OrderState.SETTLED)))

_PROMISED = Prepared(
    select(
        col(Entitlement.id),
        col(Entitlement.fund_id),
        col(Entitlement.approved_fen),
        col(Entitlement.paid_fen),
        select(func.max(PaymentOrder.attempt))
        .where(col(PaymentOrder.case_id) == col(Entitlement.case_id))
        .scalar_subquery()
        .label("attempts"),
        select(func.count())
        .where(col(PaymentOrder.entitlement_id) == col(Entitlement.id), _UNDER_WAY)
        .scalar_subquery()
        .label("under_way"),
    ).where(col(Entitlement.case_id) == bindparam("wanted"), col(Entitlement.ended).is_(False))
)
_PAID = Prepared(
    update(Entitlement)
    .where(col(Entitlement.id) == bindparam("wanted"))
    .values(paid_fen=col(Entitlement.paid_fen) + bindparam("fen"))
)
_PAID_AT_ONCE = Prepared(
    update(Entitlement)
    .where(col(Entitlement.id) == bindparam("wanted"))
    .values(paid_fen=col(Entitlement.paid_fen) + bindparam("fen"), attempts=bindparam("new_attempt"))
)
_ATTEMPTED = Prepared(
    update(Entitlement).where(col(Entitlement.id) == bindparam("wanted")).values(attempts=bindparam("new_attempt"))
)
_MOVE = Prepared(
    update(PaymentOrder)
    .where(col(PaymentOrder.id) == bindparam("wanted"), col(PaymentOrder.state) == bindparam("seen"))
    .values(
        state=bindparam("new_state"),
        reason=bindparam("new_reason"),
        ended_at=given("new_end", PaymentOrder.ended_at),
    )
)


class Promised(NamedTuple):
    """The entitlement in force of one case, with the attempts made so far and whether one is under way."""

    id: UUID
    fund_id: UUID
    approved_fen: int
    paid_fen: int
    attempts: int | None
    under_way: int

    @property
    def due_fen(self) -> int:
        """What is still to be paid."""
        return self.approved_fen - self.paid_fen

    @property
    def attempt(self) -> int:
        """The number of the next attempt; it counts on over all entitlements of the case, so no number comes twice."""
        return (self.attempts or 0) + 1


class OrderStep(NamedTuple):
    """One order from one state to another, with the bank's or the officer's reason."""

    order: UUID
    seen: str
    state: OrderState
    reason: str = ""


def number(case: str, attempt: int) -> str:
    """`XZ2023-M04-000123-A1`: the reference under which the bank answers."""
    made = f"{case}-A{attempt}"
    if len(made) > LONGEST_NUMBER or not _NUMBER.fullmatch(made):
        raise Broken("order_number", f"指令编号不合规：{made}", f"{made} is no lawful order number")
    return made


def promised(work: UnitOfWork, case: UUID) -> Promised | None:
    """The case's entitlement in force."""
    found = work.rows(_PROMISED, wanted=case)
    return Promised._make(found[0]) if found else None


def payable(found: Promised | None, case: str) -> Promised:
    """The entitlement if money is due on it and no attempt is under way; Refused otherwise."""
    if found is None:
        raise Refused("no_entitlement", f"案件 {case} 没有可兑付的审定结果", f"case {case} has no entitlement in force")
    if found.under_way:
        raise Refused("under_way", f"案件 {case} 已有一笔支付指令在办", f"case {case} has an order under way")
    if found.due_fen <= 0:
        raise Refused("nothing_due", f"案件 {case} 已全额支付", f"nothing is due on case {case}")
    return found


def book(work: UnitOfWork, sums: Sequence[tuple[UUID, int]]) -> None:
    """Adds fen (takes them off, where negative) to what is paid of entitlements; a CHECK keeps paid within approved."""
    if work.run_many(_PAID, [{"wanted": entitlement, "fen": fen} for entitlement, fen in sums]) != len(sums):
        raise Broken("entitlement", "兑付权益不存在", "an entitlement is gone")


def book_at_once(work: UnitOfWork, entitlement: UUID, fen: int, attempt: int) -> None:
    """Books a payment together with its attempt, for a payment that is over when it is registered."""
    work.run(_PAID_AT_ONCE, wanted=entitlement, fen=fen, new_attempt=attempt)


def count_attempts(work: UnitOfWork, attempts: Sequence[tuple[UUID, int]]) -> None:
    """Notes the newest attempt on entitlements."""
    work.run_many(_ATTEMPTED, [{"wanted": entitlement, "new_attempt": attempt} for entitlement, attempt in attempts])


def move(work: UnitOfWork, steps: Sequence[OrderStep]) -> None:
    """Moves orders on, each from the state in which it was seen; Retryable when somebody else moved one meanwhile."""
    if work.run_many(_MOVE, [_arguments(work, step) for step in steps]) != len(steps):
        raise Retryable("stale", "支付指令已被他人更新，请重新查看后再试", "an order was changed meanwhile: look again")


def _arguments(work: UnitOfWork, step: OrderStep) -> dict[str, Any]:
    ended = step.state in ENDED_ORDERS or step.state is OrderState.SETTLED
    return {
        "wanted": step.order,
        "seen": step.seen,
        "new_state": step.state,
        "new_reason": step.reason,
        "new_end": work.now if ended else None,
    }
