"""Funds and their ledger. A transfer is one row (from, to, fen), so debits equal credits by construction."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import BY_ID, fen, instant, key, one_of, optional_fen, ref, word


class Account(StrEnum):
    """Where a fund's money stands; `treasury` is outside the fund."""

    TREASURY = "treasury"
    AVAILABLE = "available"
    RESERVED = "reserved"
    COMMITTED = "committed"
    PAID = "paid"


class Fund(SQLModel, table=True):
    """A unit's earmarked money of one budget year; the CHECKs are why it can never be over-committed.

    `policy` is the code of the policy whose own it is; empty: shared by all policies of the unit that have none of their own.
    `shareable_fen` is what of it may still be shared out in proportion, at most what is available; nothing: all of that, for it
    has not run short yet. `shared_fen` is what was granted as a part of what was claimed.
    """

    __table_args__ = (
        UniqueConstraint("unit", "year", "policy", name="one_fund_a_unit_year_and_policy"),
        CheckConstraint("available_fen >= 0", name="fund_is_never_overcommitted"),
        CheckConstraint("reserved_fen >= 0 AND committed_fen >= 0 AND paid_fen >= 0", name="fund_parts_not_negative"),
        CheckConstraint("shareable_fen >= 0 AND shared_fen >= 0", name="fund_shares_not_negative"),
        CheckConstraint(
            "available_fen + reserved_fen + committed_fen + paid_fen = budget_fen", name="fund_parts_make_the_budget"
        ),
    )

    id: UUID = key()
    unit: str = ref("unit.name")
    year: int
    policy: str = word()
    budget_fen: int = fen(0)
    available_fen: int = fen(0)
    reserved_fen: int = fen(0)
    committed_fen: int = fen(0)
    paid_fen: int = fen(0)
    shareable_fen: int | None = optional_fen()
    shared_fen: int = fen(0)


class LedgerEntry(SQLModel, table=True):
    """One transfer inside a fund. `once` names the business event: the same event can move money only once."""

    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="transfer_is_positive"),
        CheckConstraint("source <> target", name="transfer_goes_somewhere"),
        one_of("source", Account),
        one_of("target", Account),
        UniqueConstraint("once", name="event_moves_money_once"),
        BY_ID,
    )
    __tablename__ = "ledger_entry"

    id: UUID = key()
    fund_id: UUID = ref("fund.id")
    case_id: UUID | None = ref("case_file.id", optional=True, index=True)
    source: str
    target: str
    amount_fen: int = fen()
    once: str
    note: str = Field(default="")
    made_at: datetime = instant()
