"""Payment: allocation documents, batches, orders by entitlement and attempt, and what the bank answered."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from models.columns import BY_ID, counted, fen, instant, key, one_of, ref, text
from models.sealing import personal


class OrderState(StrEnum):
    """Life of a payment order; `sent` is not `settled`."""

    PREPARED = "prepared"
    CHECKED = "checked"
    RELEASED = "released"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    SETTLED = "settled"
    FAILED = "failed"
    RETURNED = "returned"
    CANCELLED = "cancelled"


ENDED_ORDERS = frozenset({OrderState.FAILED, OrderState.RETURNED, OrderState.CANCELLED})
_LIVE = sql("state NOT IN ('failed', 'returned', 'cancelled')")


class Allocation(SQLModel, table=True):
    """资金下达文件: a numbered document that allocates a fund's money to a decided list."""

    id: UUID = key()
    number: str = Field(unique=True)
    fund_id: UUID = ref("fund.id")
    budget_line: str = ""
    total_fen: int = fen()
    lines: int
    list_hash: str
    made_by: UUID | None = ref("person.id", optional=True)
    made_at: datetime = instant()


class AllocationLine(SQLModel, table=True):
    """One entitlement in an allocation document."""

    __table_args__ = (UniqueConstraint("entitlement_id", name="allocated_once"),)
    __tablename__ = "allocation_line"

    id: UUID = key()
    allocation_id: UUID = ref("allocation.id", index=True)
    entitlement_id: UUID = ref("entitlement.id")
    amount_fen: int = fen()


class PaymentBatch(SQLModel, table=True):
    """A set of orders with control totals; maker, checker and releaser are three people (a trigger on decisions)."""

    __table_args__ = (
        one_of("state", OrderState),
        CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name="checker_is_not_maker"),
        CheckConstraint("releaser_id IS NULL OR releaser_id <> maker_id", name="releaser_is_not_maker"),
        CheckConstraint("releaser_id IS NULL OR releaser_id <> checker_id", name="releaser_is_not_checker"),
    )
    __tablename__ = "payment_batch"

    id: UUID = key()
    number: str = Field(unique=True)
    fund_id: UUID = ref("fund.id")
    state: str = OrderState.PREPARED
    orders: int
    total_fen: int = fen()
    list_hash: str
    maker_id: UUID = ref("person.id")
    checker_id: UUID | None = ref("person.id", optional=True)
    releaser_id: UUID | None = ref("person.id", optional=True)
    made_at: datetime = instant()
    released_at: datetime | None = instant(optional=True)
    export_hash: str = ""
    exported_at: datetime | None = instant(optional=True)


class PaymentOrder(SQLModel, table=True):
    """One attempt to pay one entitlement; its number is a function of both, and only one may be alive."""

    __table_args__ = (
        one_of("state", OrderState),
        UniqueConstraint("entitlement_id", "attempt", name="attempt_is_numbered"),
        Index("one_live_order", "entitlement_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("orders_by_day", "state", "ended_at", "number", "amount_fen"),
        CheckConstraint("amount_fen > 0", name="order_is_positive"),
        CheckConstraint("channel IN ('batch','offline')", name="channel_is_known"),
        BY_ID,
    )
    __tablename__ = "payment_order"

    id: UUID = key()
    number: str = Field(unique=True)
    entitlement_id: UUID = ref("entitlement.id")
    case_id: UUID = ref("case_file.id", index=True)
    batch_id: UUID | None = ref("payment_batch.id", optional=True, index=True)
    attempt: int
    channel: str = "batch"
    state: str = OrderState.PREPARED
    amount_fen: int = fen()
    account_id: UUID | None = ref("party_account.id", optional=True)
    payee_name: str = personal()
    payee_bank: str = ""
    payee_account: str = personal(empty=True)
    clearing_code: str = ""
    reason: str = text()
    made_at: datetime = instant()
    ended_at: datetime | None = instant(optional=True)


class BankResult(SQLModel, table=True):
    """One line of a result file, kept as read; the same line of the same reference counts once."""

    __table_args__ = (
        UniqueConstraint("fingerprint", name="result_counts_once"),
        CheckConstraint("match IN ('matched','unmatched','refused')", name="match_is_known"),
    )
    __tablename__ = "bank_result"

    id: UUID = key()
    fingerprint: str
    file_hash: str = Field(index=True)
    line: int
    reference: str = Field(index=True)
    outcome: str
    amount_fen: int = fen()
    account: str = personal(empty=True)
    reason: str = text()
    match: str
    order_id: UUID | None = ref("payment_order.id", optional=True)
    version: int = counted()  # of the order's case when the line was read
    read_by: UUID | None = ref("person.id", optional=True)
    read_at: datetime = instant()
