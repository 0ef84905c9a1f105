"""Column kinds that behave alike on SQLite and PostgreSQL: ids, instants in UTC, whole fen, canonical JSON."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Dialect, String, Text, Uuid, false, true
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field


def iso(moment: datetime) -> str:
    """The one spelling of an instant: UTC, microseconds, fixed width (strftime does the same at ten times the cost)."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


class UtcInstant(TypeDecorator[datetime]):
    """An aware instant, kept in UTC; fixed-width ISO text on SQLite, so that order and comparison are right there."""

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime never enters the store: give it a time zone")
        return value.astimezone(UTC) if dialect.name == "postgresql" else iso(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None or isinstance(value, datetime):
            return value.astimezone(UTC) if value is not None else None
        return datetime.fromisoformat(value)


def binder(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """How a value (never None) goes to the driver; our own kinds without the layers of the general way."""
    if isinstance(kind, UtcInstant):
        return _utc if dialect.name == "postgresql" else _spelt
    if isinstance(kind, Uuid) and dialect.name == "sqlite":
        return attrgetter("hex")
    return kind.dialect_impl(dialect).bind_processor(dialect)


def reader(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """How a value (never None) comes back from the driver."""
    if isinstance(kind, UtcInstant):
        return _in_utc if dialect.name == "postgresql" else datetime.fromisoformat
    if isinstance(kind, Uuid) and dialect.name == "sqlite":
        return UUID
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _spelt(moment: datetime) -> str:
    """An instant's text. A transaction writes its own instant many times over, so the last one is remembered."""
    global _last_spelt
    known, text = _last_spelt
    if moment is known:
        return text
    text = iso(_utc(moment))
    _last_spelt = (moment, text)
    return text


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a naive datetime never enters the store: give it a time zone")
    return moment


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


_last_spelt: tuple[datetime | None, str] = (None, "")
# A table kept in the order of its id on SQLite: one tree fewer to write in every commit (PostgreSQL ignores it).
BY_ID = {"sqlite_with_rowid": False}
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode


def canonical_json(value: Any) -> str:
    """The one spelling of a value: sorted keys, no blanks, real Chinese; what is hashed is what is stored."""
    return _encode(value)


def key() -> Any:
    """A primary key: a UUID given by the unit of work (never by the database)."""
    return Field(primary_key=True, sa_type=Uuid)


def ref(target: str, *, optional: bool = False, index: bool = False) -> Any:
    """A foreign key to another record's id, or to a unit by its name."""
    kind = String if target == "unit.name" else Uuid
    extra: dict[str, Any] = {"default": None} if optional else {}
    return Field(foreign_key=target, sa_type=kind, index=index, nullable=optional, **extra)


def counted() -> Any:
    """A number that orders rows where two instants cannot, for the clock may be set back: a case's version, a place in a row."""
    return Field(default=1, sa_column_kwargs={"server_default": "1"})


def identifier() -> Any:
    """The id of some record, of whichever kind."""
    return Field(sa_type=Uuid)


def instant(*, optional: bool = False, index: bool = False) -> Any:
    """An aware UTC instant."""
    extra: dict[str, Any] = {"default": None} if optional else {}
    return Field(sa_type=UtcInstant, nullable=optional, index=index, **extra)


def fen(default: int | None = None) -> Any:
    """An amount in whole fen."""
    if default is None:
        return Field(sa_type=BigInteger)
    return Field(default=default, sa_type=BigInteger, sa_column_kwargs={"server_default": str(default)})


def optional_fen() -> Any:
    """An amount in whole fen, or nothing yet."""
    return Field(default=None, sa_type=BigInteger, nullable=True)


def document() -> Any:
    """Canonical JSON text: stored as hashed, byte for byte."""
    return Field(sa_type=Text)


def text(*, default: str = "") -> Any:
    """Free text without a length limit of its own."""
    return Field(default=default, sa_type=Text, sa_column_kwargs={"server_default": default})


def word() -> Any:
    """A short text that may be empty."""
    return Field(default="", sa_column_kwargs={"server_default": ""})


def yes() -> Any:
    """A flag that stands unless somebody takes it away."""
    return Field(default=True, sa_column_kwargs={"server_default": true()})


def no() -> Any:
    """A flag that is off unless somebody sets it."""
    return Field(default=False, sa_column_kwargs={"server_default": false()})


def one_of(column: str, values: type) -> CheckConstraint:
    """A CHECK that a text column holds a member of the StrEnum."""
    allowed = ", ".join(f"'{member.value}'" for member in values)  # type: ignore[attr-defined]
    return CheckConstraint(f"{column} IN ({allowed})", name=f"{column}_is_known")
