"""What a paper states, read from rows that do not change: the message, the decision of its version, the order that paid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any, Self
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.shared.errors import Broken
from casework.shared.reference import policy_of
from models import AwardRecord, Decision, PaymentOrder, State
from models.clock import business_date
from models.statements import Prepared
from models.unit_of_work import UnitOfWork
from policies.awards import AwardUnit
from policies.measures import Item, Measure
from policies.policy import Policy

_DECISION = Prepared(
    select(
        col(Decision.unit), col(Decision.reason), col(Decision.clause), col(Decision.decided_at), col(Decision.outcome)
    ).where(col(Decision.case_id) == bindparam("wanted"), col(Decision.version) == bindparam("version"))
)
_PAID = Prepared(
    select(col(Decision.content), col(Decision.decided_at))
    .where(
        col(Decision.case_id) == bindparam("wanted"),
        col(Decision.version) <= bindparam("version"),
        col(Decision.to_state) == State.PAID.value,
    )
    .order_by(col(Decision.version).desc())
    .limit(1)
)
_ORDER = Prepared(
    select(
        col(PaymentOrder.number), col(PaymentOrder.amount_fen), col(PaymentOrder.payee_name),
        col(PaymentOrder.payee_bank), col(PaymentOrder.payee_account),
    ).where(col(PaymentOrder.number) == bindparam("wanted"))
)  # fmt: skip


_AWARD = Prepared(
    select(col(AwardRecord.trace))
    .where(col(AwardRecord.case_id) == bindparam("wanted"))
    .order_by(col(AwardRecord.sequence).desc())
    .limit(1)
)


@dataclass(frozen=True, kw_only=True)
class LetterContent:
    """A message about a case, with the version of the case that it reports."""

    kind: str
    case: UUID
    number: str
    version: int
    party: str
    policy: Policy
    measure: Measure
    item: Item
    content: Mapping[str, Any]

    @classmethod
    def of(cls, row: Any) -> Self:
        """From a row of the outbox beside its case; the key of an act's message is `number/version/kind/recipient`."""
        policy = policy_of(row.policy)
        return cls(
            kind=row.kind,
            case=row.case_id,
            number=row.number,
            version=int(row.once.removeprefix(f"{row.number}/").partition("/")[0]),
            party=row.party,
            policy=policy,
            measure=policy.measure(row.measure),
            item=policy.item_as(row.item, row.rule_version, business_date(row.due_at)),
            content=loads(row.content),
        )


@dataclass(frozen=True)
class Payment:
    """The order that paid (number, amount, payee), and when the bank's answer was booked."""

    order: Any
    at: datetime


def decision_of(work: UnitOfWork, told: LetterContent) -> Any:
    """The decision that a message reports: unit, reason, clause, decided_at."""
    rows = work.rows(_DECISION, wanted=told.case, version=told.version)
    if not rows:
        words = f"案件 {told.number} 第 {told.version} 版没有办理记录"
        raise Broken("decision", words, f"case {told.number} has no decision of version {told.version}")
    return rows[0]


def price_of(work: UnitOfWork, told: LetterContent) -> dict[str, Any] | None:
    """The starting price that a case's last award gives, with its trace; None where it gives something else."""
    rows = work.rows(_AWARD, wanted=told.case)
    trace: dict[str, Any] = loads(rows[0].trace) if rows else {}
    return trace if trace.get("unit") == AwardUnit.PRICE else None


def payment_of(work: UnitOfWork, told: LetterContent) -> Payment | None:
    """The payment that closed a case at the version which the message reports."""
    paid = work.rows(_PAID, wanted=told.case, version=told.version)
    number = loads(paid[0].content).get("order") if paid else None
    orders = work.rows(_ORDER, wanted=number) if number else []
    return Payment(orders[0], paid[0].decided_at) if orders else None
