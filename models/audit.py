"""The audit chain: one row for each business write, in its transaction, each carrying the hash of the one before."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from models.columns import document, instant, iso

# On SQLite an INTEGER key is the row's own number, without an index beside the table.
ROW_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
GENESIS = "0" * 64
PARTY_CHANGE = "parties.change"  # a change of a party is proposed; few rows among many, found by an index of their own
_PARTY_CHANGES = sql(f"action = '{PARTY_CHANGE}'")


class AuditEntry(SQLModel, table=True):
    """What was done, by whom, to what. `at` is the business clock; order is `seq`, never time."""

    __table_args__ = (
        Index("audit_by_subject", "subject"),
        Index("audit_of_party_changes", "seq", sqlite_where=_PARTY_CHANGES, postgresql_where=_PARTY_CHANGES),
    )
    __tablename__ = "audit_entry"

    seq: int = Field(primary_key=True, sa_type=ROW_NUMBER, sa_column_kwargs={"autoincrement": False})
    at: datetime = instant()
    actor: str
    action: str
    subject: str
    version: int
    content: str = document()
    previous: str
    hash: str


def chain_hash(
    previous: str, seq: int, at: datetime, actor: str, action: str, subject: str | UUID, version: int, content: str
) -> str:
    """The hash of a row that follows the one with the hash `previous`."""
    return chained(previous, (seq, iso(at), actor, action, subject, version, content))


def chained(previous: str, fields: Iterable[object]) -> str:
    """SHA-256 over the hash before it and the row's fields, joined by line feeds (scripts/verify_audit.py too)."""
    return hashlib.sha256("\n".join((previous, *map(str, fields))).encode()).hexdigest()
