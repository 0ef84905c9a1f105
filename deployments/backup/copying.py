"""Copies of databases at one moment, taken while others write: SQLite by its own online backup, PostgreSQL table by table.

PostgreSQL is read in one read-only transaction that sees one moment (REPEATABLE READ), as COPY text. Its schema is not copied:
tables, guards and the application's role come from our migrations at the same revision, so that a restored store is guarded as a
new one is, and neither pg_dump nor a server of the same version is needed.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, inspect, select
from sqlmodel import SQLModel

import models
from models.constraints import RULES
from models.store import Store

assert models.__all__, "the records must be imported before their tables are listed"


def sqlite_file(url: str) -> Path:
    """The file of an SQLite database."""
    from sqlalchemy.engine import make_url

    return Path(make_url(url).database or "")


def copy_sqlite(source: Path, target: Path) -> None:
    """A consistent copy of a database that others may be writing to, as one plain file."""
    asked = f"{source.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(asked, uri=True, timeout=60)) as theirs, closing(sqlite3.connect(target)) as ours:
        theirs.backup(ours)
        plain_file(ours)


def plain_file(database: sqlite3.Connection) -> None:
    """Leaves a database as one file without a log beside it, once it has proven itself sound."""
    database.execute("PRAGMA journal_mode=DELETE")
    [(said,)] = database.execute("PRAGMA integrity_check(1)").fetchall()
    if said != "ok":
        raise sqlite3.DatabaseError(f"the copy is not sound: {said}")


@contextmanager
def one_moment(store: Store) -> Iterator[Connection]:
    """A read-only transaction on PostgreSQL that sees one moment, whatever others commit."""
    options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with store.engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def tables() -> list[Table]:
    """Our tables, those that others refer to first; what the program itself fills is left out."""
    return [table for table in SQLModel.metadata.sorted_tables if table.name not in RULES]


def copy_table(connection: Connection, table: Table, target: Path) -> None:
    """A table's rows as PostgreSQL's COPY text."""
    cursor: Any = connection.connection.cursor()
    with cursor, target.open("wb") as file, cursor.copy(f"COPY {_columns(table)} TO STDOUT") as copying:
        for piece in copying:
            file.write(piece)


def fill_table(connection: Connection, table: Table, source: Path) -> None:
    """And back: the guards are off and the table empty."""
    cursor: Any = connection.connection.cursor()
    with cursor, source.open("rb") as file, cursor.copy(f"COPY {_columns(table)} FROM STDIN") as copying:
        while piece := file.read(1024**2):
            copying.write(piece)


def counts(connection: Connection) -> dict[str, int]:
    """Rows by table."""
    return {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one()) for table in tables()
    }


def empty(connection: Connection) -> bool:
    """Whether a PostgreSQL database holds nothing at all where ours would lie."""
    return not inspect(connection).get_table_names()


def _columns(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return f'"{table.name}" ({names})'
