"""The column kinds that revisions are written with. Revisions are history: a kind that changes gets a new name here."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from models.columns import UtcInstant

Column = sa.Column[Any]


def _column(name: str, kind: TypeEngine[Any], *, null: bool, default: str | None = None, key: bool = False) -> Column:
    # A key is given by the unit of work, never counted up by the database.
    return sa.Column(name, kind, nullable=null, server_default=default, primary_key=key, autoincrement=False)


def identity(name: str, *, key: bool = False, null: bool = False) -> Column:
    """A UUID."""
    return _column(name, sa.Uuid(), null=null, key=key)


def refers(name: str, target: str, *, null: bool = False) -> Column:
    """A UUID that refers to another table's."""
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(target), nullable=null)


def named(name: str, target: str, *, null: bool = False) -> Column:
    """A name that refers to another table's."""
    return sa.Column(name, sa.String(), sa.ForeignKey(target), nullable=null)


def word(name: str, *, key: bool = False, null: bool = False, default: str | None = None) -> Column:
    """A short text."""
    return _column(name, sa.String(), null=null, default=default, key=key)


def text(name: str, *, null: bool = False, default: str | None = None) -> Column:
    """A long text."""
    return _column(name, sa.Text(), null=null, default=default)


def big(name: str, *, key: bool = False, null: bool = False, default: str | None = None) -> Column:
    """A whole number of 64 bits: an amount in fen, a place in the chain."""
    return _column(name, sa.BigInteger(), null=null, default=default, key=key)


def whole(name: str, *, key: bool = False, null: bool = False, default: str | None = None) -> Column:
    """A small whole number."""
    return _column(name, sa.Integer(), null=null, default=default, key=key)


def flag(name: str, *, null: bool = False) -> Column:
    """Yes or no."""
    return _column(name, sa.Boolean(), null=null)


def instant(name: str, *, null: bool = False) -> Column:
    """An aware instant in UTC."""
    return _column(name, UtcInstant(), null=null)


def where(condition: str) -> dict[str, Any]:
    """The condition of a partial index, for both databases."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def one_of(column: str, words: str) -> sa.CheckConstraint:
    """That a column holds one of the words."""
    allowed = ", ".join(f"'{word}'" for word in words.split())
    return sa.CheckConstraint(f"{column} IN ({allowed})", name=f"{column}_is_known")
