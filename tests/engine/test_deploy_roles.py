"""The roles of the business database: the application works and cannot rewrite, the auditor reads and cannot write."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from deployments.cluster.roles import AUDITOR, OWNER, SEALED, carry_out, may, statements
from flows.pages import flow_of
from models.constraints import APPEND_ONLY, NEVER_REMOVED
from models.roles import APPLICATION
from models.store import Store
from models.verify import verify
from support.season import filed
from support.walk import Walk

pytestmark = [
    pytest.mark.usefixtures("home"),
    pytest.mark.parametrize("backend", ["postgresql"], indirect=True),
]
FORBIDDEN = (
    "DELETE FROM audit_entry",
    "UPDATE audit_entry SET action = 'x'",
    "TRUNCATE audit_entry",
    "DELETE FROM ledger_entry",
    "UPDATE ledger_entry SET amount_fen = 1",
    "DELETE FROM decision",
    "UPDATE award SET amount_fen = 1",
    "DELETE FROM payment_order",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER guard_audit_entry_delete ON audit_entry",
    "CREATE TABLE mine (id int)",
    "DROP TABLE audit_entry",
    "INSERT INTO transition VALUES ('draft', 'closed')",
    "CREATE OR REPLACE FUNCTION guard_audit_entry_delete() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "SET SESSION session_replication_role = 'replica'",
)


@contextmanager
def acting_as(store: Store, role: str) -> Iterator[Connection]:
    """A transaction of a role."""
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
        yield connection


def test_neither_application_nor_auditor_can_rewrite_what_happened(walk: Walk) -> None:
    filed(walk, "M4a", 1)
    carry_out(walk.stage.store)
    refused = pytest.raises(DBAPIError, match=r"permission denied|must be owner")
    for role in (APPLICATION, AUDITOR):
        for statement in FORBIDDEN:
            with refused, acting_as(walk.stage.store, role) as connection:
                connection.exec_driver_sql(statement)
                pytest.fail(f"{role} may: {statement}")


def test_the_application_can_do_its_work(walk: Walk) -> None:
    store = walk.stage.store
    carry_out(store)
    event.listen(store.engine, "begin", lambda connection: connection.exec_driver_sql(f"SET LOCAL ROLE {APPLICATION}"))
    case = filed(walk, "M4a", 1)[0]
    assert not flow_of("XZ2023", "M4").fn().failed
    while walk.stage.case(case).state != "closed":
        walk.forward(case)
    assert not verify(store).bad


def test_the_auditor_reads_everything_but_keys_and_tokens_and_writes_nothing(walk: Walk) -> None:
    store = walk.stage.store
    filed(walk, "M4a", 1)
    carry_out(store)
    with store.engine.connect() as connection:
        tables = connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"))
        rights = {name: may(connection, AUDITOR, name) for name in tables.scalars()}
    assert {name for name, right in rights.items() if right != {"SELECT"}} == set(SEALED)
    assert not any(rights[name] for name in SEALED)


def test_what_is_only_added_to_stays_so_for_the_application_and_belongs_to_the_owner(store: Store) -> None:
    carry_out(store)
    with store.engine.connect() as connection:
        for table in APPEND_ONLY:
            assert may(connection, APPLICATION, table) == {"SELECT", "INSERT"}, table
        for table in NEVER_REMOVED:
            assert "DELETE" not in may(connection, APPLICATION, table), table
        owners = connection.execute(text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"))
        assert set(owners.scalars()) == {OWNER}


def test_a_second_time_changes_nothing_and_the_owner_can_upgrade(store: Store) -> None:
    assert carry_out(store) == carry_out(store) == len(statements(store))
    with acting_as(store, OWNER) as connection:
        connection.exec_driver_sql("ALTER TABLE audit_entry ADD COLUMN newer text")
        connection.rollback()
