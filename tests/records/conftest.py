"""What the tests of the records share: a finished case, and the application's role."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from models.roles import APPLICATION
from models.store import Store
from support.dossier import DossierCase
from support.postgres import Server


@pytest.fixture
def whole(store: Store) -> DossierCase:
    """A case from draft to closed with its money paid."""
    return DossierCase(store).whole()


@pytest.fixture
def application(store: Store) -> Callable[[], AbstractContextManager[Connection]]:
    """Transactions as the application has them: on PostgreSQL under its own role, on SQLite there is but one."""

    @contextmanager
    def transaction() -> Iterator[Connection]:
        with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
            if store.engine.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL ROLE {APPLICATION}"))
            yield connection

    return transaction


@pytest.fixture
def breach(store: Store) -> Callable[..., AbstractContextManager[Connection]]:
    """Runs a statement with every guard off, as somebody with the database's own password could, and lets look at it.

    `checked` leaves CHECK and unique constraints in force: they alone are then what refuses. Undone unless `kept`.
    """

    @contextmanager
    def run(statement: str, *, checked: bool = False, kept: bool = False, **values: object) -> Iterator[Connection]:
        with store.engine.connect().execution_options(writes=True) as connection:
            sqlite = connection.connection.cursor() if store.engine.dialect.name == "sqlite" else None
            for pragma in ("foreign_keys=OFF", f"ignore_check_constraints={'OFF' if checked else 'ON'}"):
                if sqlite:
                    sqlite.execute(f"PRAGMA {pragma}")
            transaction = connection.begin()
            try:
                _disarmed(connection, statement, values, checked=checked)
                yield connection
            finally:
                if kept and transaction.is_active:
                    transaction.commit()
                else:
                    transaction.rollback()
                for pragma in ("foreign_keys=ON", "ignore_check_constraints=OFF"):
                    if sqlite:
                        sqlite.execute(f"PRAGMA {pragma}")

    return run


@pytest.fixture
def intruder(breach: Callable[..., AbstractContextManager[Connection]]) -> Callable[..., None]:
    """A breach that stays."""

    def run(statement: str, **values: object) -> None:
        with breach(statement, kept=True, **values):
            pass

    return run


def _disarmed(connection: Connection, statement: str, values: dict[str, object], *, checked: bool) -> None:
    """The guards are back before anybody can look: only the rows tell what happened."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        table = re.search(r"(?:UPDATE|INTO|FROM) (\w+)", statement)
        for check in inspect(connection).get_check_constraints(table[1]) if table and not checked else ():
            connection.execute(text(f'ALTER TABLE "{table[1]}" DROP CONSTRAINT "{check["name"]}"'))
        connection.execute(text(statement), values)
        return
    triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in triggers:
        connection.execute(text(f'DROP TRIGGER "{name}"'))
    connection.execute(text(statement), values)
    for _, sql in triggers:
        connection.exec_driver_sql(sql)


@pytest.fixture
def empty(backend: str, tmp_path: Path, postgres: Callable[[], Server]) -> Callable[[], str]:
    """Gives an empty place to restore into: a folder, or an empty PostgreSQL database."""
    given: list[str] = []

    def place() -> str:
        given.append("")
        if backend == "sqlite":
            return str(tmp_path / f"drill-{len(given)}")
        return postgres().database("empty", lambda _url: None)

    return place
