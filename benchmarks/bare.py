"""(d) The floor: the very writes of a run, with the same commits, replayed through the bare driver on a fresh database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from models.statements import Prepared
from models.store import Store

COMMIT = "-- commit"


@dataclass
class Tape:
    """Statements with their arguments, and where the commits were."""

    writes: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def commits(self) -> int:
        """How many transactions wrote something."""
        return sum(sql == COMMIT for sql, _ in self.writes)


@contextmanager
def recording(tape: Tape) -> Iterator[None]:
    """Notes every prepared write and every commit of this process."""
    run_many, run = Prepared.run_many, Prepared.run
    finish_write = Store.write

    def noted_many(self: Prepared, connection: Connection, rows: Any) -> int:
        if rows:
            compiled = self._on(connection)
            tape.writes.append((compiled.text, [compiled.arguments(row) for row in rows]))
        return run_many(self, connection, rows)

    def noted(self: Prepared, connection: Connection, **values: Any) -> int:
        compiled = self._on(connection)
        arguments = compiled.arguments(values)
        tape.writes.append((compiled.text, tuple(arguments) if isinstance(arguments, list) else arguments))
        return run(self, connection, **values)

    @contextmanager
    def write(self: Store) -> Iterator[Any]:
        with finish_write(self) as work:
            yield work
        if tape.writes and tape.writes[-1][0] != COMMIT:
            tape.writes.append((COMMIT, None))

    Prepared.run_many, Prepared.run, Store.write = noted_many, noted, write  # type: ignore[method-assign]
    try:
        yield
    finally:
        Prepared.run_many, Prepared.run, Store.write = run_many, run, finish_write  # type: ignore[method-assign]


def replay(url: str, tape: Tape) -> None:
    """Writes the tape again: nothing but the driver, its statements and its commits."""
    if url.startswith("sqlite"):
        _replay_sqlite(url.removeprefix("sqlite:///"), tape)
    else:
        _replay_postgres(url.replace("postgresql+psycopg", "postgresql", 1), tape)


def _replay_sqlite(path: str, tape: Tape) -> None:
    import sqlite3

    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    cursor, open_ = connection.cursor(), False
    for sql, values in tape.writes:
        if not open_:
            cursor.execute("BEGIN IMMEDIATE")
            open_ = True
        if sql == COMMIT:
            cursor.execute("COMMIT")
            open_ = False
        elif isinstance(values, list):
            cursor.executemany(sql, values)
        else:
            cursor.execute(sql, values)
    connection.close()


def _replay_postgres(url: str, tape: Tape) -> None:
    import psycopg

    with psycopg.connect(url) as connection:
        cursor = connection.cursor()
        for sql, values in tape.writes:
            if sql == COMMIT:
                connection.commit()
            elif isinstance(values, list):
                cursor.executemany(sql, values)
            else:
                cursor.execute(sql, values)
