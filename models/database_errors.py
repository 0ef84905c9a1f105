"""What the database reports, told by its codes and never by its words: those depend on its language and its release.

PostgreSQL's codes are SQLSTATEs, SQLite's the extended result codes; our own triggers begin their message with a code of ours.
"""

import sqlite3
from enum import StrEnum

from sqlalchemy.exc import DBAPIError

from models.triggers import code_of

# SQLSTATE, or its first two characters for a whole class (the documentation of PostgreSQL, appendix A).
_RACES = frozenset({"40001", "40P01", "55P03", "57014", "23505"})
_AWAY = frozenset({"08", "57P01", "57P02", "57P03", "57P05", "53300", "3D000", "28000", "28P01"})
# SQLite's primary result codes; the low byte of an extended one.
_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
_SQLITE_TAKEN = frozenset(
    {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID}
)


class ErrorKind(StrEnum):
    """Who has to do something about it."""

    GUARD = "guard"  # a rule of ours that the database keeps: `triggers.code_of` says which
    RACE = "race"  # somebody was there first, or still is: nothing was written, the same again may succeed
    AWAY = "away"  # no connection to the database
    OTHER = "other"  # everything else: a fault of the program, of the data or of the disk


def of_database(error: BaseException) -> bool:
    """Whether the database or its driver reports this."""
    return _driver(error) is not None


def kind_of(error: BaseException) -> ErrorKind:
    """What kind of trouble this is, whether SQLAlchemy or the driver itself raised it."""
    plain = _driver(error)
    if plain is None:
        return ErrorKind.OTHER
    if code_of(error) is not None:
        return ErrorKind.GUARD
    if isinstance(plain, sqlite3.Error):
        return _of_sqlite(plain)
    return _of_postgres(plain, cut=isinstance(error, DBAPIError) and error.connection_invalidated)


def code_name(error: BaseException) -> str:
    """The database's code for it ("" where there is none): `SQLITE_FULL`, `42P01`."""
    plain = _driver(error)
    return str(getattr(plain, "sqlite_errorname", "") or getattr(plain, "sqlstate", "") or "")


def _driver(error: BaseException) -> BaseException | None:
    """The driver's own error, if it is one."""
    plain = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(plain, sqlite3.Error) or (plain is not None and hasattr(plain, "sqlstate")):
        return plain
    return None


def _of_sqlite(error: sqlite3.Error) -> ErrorKind:
    code: int = getattr(error, "sqlite_errorcode", 0)
    if code in _SQLITE_TAKEN or code & 0xFF in _SQLITE_BUSY:
        return ErrorKind.RACE
    return ErrorKind.AWAY if code & 0xFF == sqlite3.SQLITE_CANTOPEN else ErrorKind.OTHER


def _of_postgres(error: BaseException, *, cut: bool) -> ErrorKind:
    """An operational error without a code is one of the connection: the server never answered, or is gone."""
    state: str | None = error.sqlstate  # type: ignore[attr-defined]
    if state in _RACES:
        return ErrorKind.RACE
    if cut or state in _AWAY or (state or "")[:2] in _AWAY:
        return ErrorKind.AWAY
    return ErrorKind.AWAY if state is None and type(error).__name__ == "OperationalError" else ErrorKind.OTHER
