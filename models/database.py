"""The connection to the business database, with the settings that durability needs."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

from models.sealing import watch

BUSY_MS = 30_000


class UnsafeStore(RuntimeError):
    """The database is reachable but must not be used as it is; the message says what to change."""


def open_engine(url: str) -> Engine:
    """An engine with the settings that durability needs."""
    if make_url(url).drivername.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8)
    watch(engine)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL, synchronous FULL and foreign keys on every connection; we begin transactions ourselves."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the write lock at once, so that what they read is what they change."""
    options = connection.get_execution_options()
    if options.get("lane", False):
        return  # a lane begins for itself
    writes = options.get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
