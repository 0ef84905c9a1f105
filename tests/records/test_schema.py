"""The migrated schema is the records' schema, on both databases, and can be taken down and put up again."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from casework.lifecycle.transitions import moves
from models.cases import MOVES
from models.constraints import APPEND_ONLY, CHANGEABLE, GUARDS, NEVER_REMOVED, RULES, SCHEMA_ONLY
from models.database import UnsafeStore
from models.migrate import HERE, current, differences, downgrade, head, upgrade
from models.store import Store
from models.triggers import faults

if TYPE_CHECKING:
    from support.postgres import Server


@pytest.fixture
def empty(backend: str, tmp_path: Any, postgres: "Callable[[], Server]") -> str:
    """The address of a database with nothing in it."""
    if backend == "postgresql":
        return postgres().database("empty", lambda _url: None)
    return f"sqlite:///{tmp_path / 'empty.db'}"


def shape(connection: Connection) -> dict[str, Any]:
    """Everything about the tables that can be reflected, in one comparable value."""
    seen = inspect(connection)
    made: dict[str, str] = {}
    if connection.dialect.name == "sqlite":
        made = dict(connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).tuples().all())
    return {
        table: {
            "kept": made.get(table, "").rpartition(")")[2].strip(),  # WITHOUT ROWID
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"], _plain(c["default"])) for c in seen.get_columns(table)
            },
            "key": seen.get_pk_constraint(table)["constrained_columns"],
            "references": sorted(
                (f["constrained_columns"], f["referred_table"], f["referred_columns"])
                for f in seen.get_foreign_keys(table)
            ),
            "unique": sorted((str(u["name"]), u["column_names"]) for u in seen.get_unique_constraints(table)),
            "checks": sorted((str(c["name"]), _plain(c["sqltext"])) for c in seen.get_check_constraints(table)),
            "indexes": sorted(
                (str(i["name"]), i["column_names"], bool(i["unique"]), _where(i["dialect_options"]))
                for i in seen.get_indexes(table)
            ),
        }
        for table in seen.get_table_names()
        if table != "alembic_version"
    }


def _where(options: Any) -> str:
    return ", ".join(_plain(value) for name, value in sorted(options.items()) if name.endswith("_where"))


def _plain(sql: Any) -> str:
    return re.sub(r"\s+", "", str(sql))


def test_the_migrated_schema_has_no_difference_from_the_records(store: Store) -> None:
    with store.engine.connect() as connection:
        assert differences(connection) == []


def test_tables_made_by_migration_and_from_metadata_are_alike_to_the_last_check(store: Store, empty: str) -> None:
    engine = create_engine(empty)
    with engine.begin() as connection:
        SQLModel.metadata.create_all(connection)
        wanted = shape(connection)
    engine.dispose()
    with store.engine.connect() as connection:
        assert shape(connection) == wanted
    assert len(wanted) > 35


@pytest.mark.slow
def test_down_and_up_again_leaves_the_same_schema_and_guards(empty: str) -> None:
    upgrade(empty)
    store = Store(empty)
    with store.engine.connect() as connection:
        before = shape(connection)
    downgrade(empty, "base")
    with store.engine.connect() as connection:
        assert shape(connection) == {}
    assert current(empty) is None
    assert upgrade(empty) == head() == current(empty)
    with store.engine.connect() as connection:
        assert shape(connection) == before
        assert faults(connection) == []
    store.close()


@pytest.mark.prove
def test_each_revision_can_be_undone_alone(empty: str) -> None:
    upgrade(empty)
    for revision in range(int(head()) - 1, 0, -1):
        downgrade(empty, f"{revision:04d}")
        assert current(empty) == f"{revision:04d}"
        upgrade(empty)
        assert current(empty) == head()


def test_a_fund_of_before_stays_shared_and_one_of_a_policy_is_not_lost_on_the_way_back(empty: str) -> None:
    upgrade(empty)
    downgrade(empty, "0012")
    engine = Store(empty).engine
    columns = "INSERT INTO fund (id, unit, year, budget_fen, available_fen"

    def given(values: str, policy: str = "") -> None:
        number = "018a0000-0000-7000-8000-00000000000"
        key = f"{number}{values[0]}" if engine.dialect.name == "postgresql" else f"{number}{values[0]}".replace("-", "")
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.execute(text(f"{columns}{policy and ', policy'}) VALUES ('{key}', {values[2:]}{policy})"))

    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("INSERT INTO unit (name, name_en, kind) VALUES ('算例局', '', 'bureau')"))
    given("1 '算例局', 2023, 7, 7")
    upgrade(empty)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT year, policy, available_fen FROM fund")).all() == [(2023, "", 7)]
    given("2 '算例局', 2023, 5, 5", ", 'XZ2023'")
    with pytest.raises(IntegrityError):
        given("3 '算例局', 2023, 5, 5", ", 'XZ2023'")
    with pytest.raises(UnsafeStore, match="1 笔"):
        downgrade(empty, "0012")
    assert current(empty) == head()
    with engine.connect() as connection:
        assert len(connection.execute(text("SELECT 1 FROM fund")).all()) == 2
    engine.dispose()


def test_an_upgrade_at_the_head_changes_nothing(store: Store) -> None:
    with store.engine.connect() as connection:
        before = shape(connection)
    assert upgrade(store.url) == head()
    with store.engine.connect() as connection:
        assert shape(connection) == before


def test_an_upgrade_puts_back_a_guard_that_was_taken_off(store: Store) -> None:
    on = " ON audit_entry" if store.engine.dialect.name == "postgresql" else ""
    with store.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER guard_audit_entry_update{on}"))
        connection.execute(text("DELETE FROM transition WHERE from_state = 'draft' AND to_state = 'filed'"))
        connection.execute(text("INSERT INTO transition VALUES ('refused', 'paid')"))
        assert len(faults(connection)) == 2
    upgrade(store.url)
    with store.engine.connect() as connection:
        assert faults(connection) == []


def test_the_revision_read_from_file_names_is_the_one_alembic_sees() -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [head()]


def test_asking_for_the_revision_of_a_missing_file_makes_no_file(tmp_path: Any) -> None:
    path = tmp_path / "nothing.db"
    assert current(f"sqlite:///{path}") is None
    assert not path.exists()


def test_the_moves_of_the_database_are_those_of_the_casework() -> None:
    assert moves() == MOVES


def test_every_table_that_a_guard_names_exists_and_no_table_is_guarded_two_ways() -> None:
    tables = set(SQLModel.metadata.tables)
    assert {guard.table for guard in GUARDS} <= tables
    assert {*APPEND_ONLY, *NEVER_REMOVED, *RULES, *SCHEMA_ONLY, *CHANGEABLE} <= tables
    assert not set(APPEND_ONLY) & set(NEVER_REMOVED)


def test_no_column_can_hold_a_fraction() -> None:
    kinds = {str(column.type).split("(")[0] for table in SQLModel.metadata.tables.values() for column in table.columns}
    assert not kinds & {"FLOAT", "REAL", "DOUBLE", "NUMERIC", "DECIMAL"}
