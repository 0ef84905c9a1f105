"""The worker's login on a real PostgreSQL: everything that runs by itself can be done with it, and nothing beside that."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from casework.lifecycle.case_changes import load
from casework.operations.alarms import Alarm, clear, lasting, sound
from casework.shared.home import Home
from deployments.cluster.roles import carry_out, logins, may
from deployments.examining.private import of_role
from deployments.killed import Tries
from deployments.runner import Runner
from flows.scheduled import deliver
from models import Duty
from models.cases import TERMINAL
from models.constraints import APPEND_ONLY, CREDENTIALS
from models.roles import APPLICATION, WORKER
from models.store import Store
from models.store import shared as shared_store
from models.verify import verify
from support.every_measure import ITEMS, District, EveryWalk
from support.stage import named

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
SERVICE, RUNS = "duixian_service", "duixian_runs"
ONLY_PEOPLE = {
    "person", "grant_of_duty", "delegation", "unit", "party", "party_account", "parameter_value", "holiday_override",
    "personal_key", "preference", "benefit", "waiver", "paper_check", "evidence", "allocation", "allocation_line",
    "payment_batch", "payment_order", "bank_result", "payout_figure", "indicator_value", "joint_opinion", "rule_version",
    "store_mark",
}  # fmt: skip
FORBIDDEN = (
    "UPDATE audit_entry SET action = 'x'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "UPDATE ledger_entry SET amount_fen = 1",
    "DELETE FROM ledger_entry",
    "DELETE FROM decision",
    "UPDATE award SET amount_fen = 1",
    "DELETE FROM send_log",
    "DELETE FROM case_file",
    "UPDATE fund SET budget_fen = 1",
    "UPDATE payment_order SET payee_account = '1'",
    "UPDATE payment_order SET state = 'settled'",
    "UPDATE contact SET address = 'x@example.com'",
    "UPDATE entitlement SET approved_fen = 1",
    "UPDATE person SET active = true",
    "INSERT INTO grant_of_duty SELECT * FROM grant_of_duty",
    "INSERT INTO parameter_value SELECT * FROM parameter_value",
    "INSERT INTO party_account SELECT * FROM party_account",
    "INSERT INTO payment_batch SELECT * FROM payment_batch",
    "INSERT INTO token SELECT * FROM token",
    "SELECT * FROM token",
    "SELECT * FROM password",
    "SELECT * FROM web_session",
    "INSERT INTO transition VALUES ('draft', 'closed')",
    "DELETE FROM duty_conflict",
    "UPDATE alembic_version SET version_num = '0000'",
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE audit_entry ADD COLUMN more text",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER guard_audit_entry_delete ON audit_entry",
    "DROP TABLE audit_entry",
    "CREATE OR REPLACE FUNCTION guard_audit_entry_delete() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "DROP FUNCTION guard_audit_entry_delete() CASCADE",
    "GRANT duixian_owner TO CURRENT_USER",
    "SET ROLE duixian_owner",
    "SET ROLE duixian_app",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = 'replica'",
    "COPY audit_entry FROM PROGRAM 'true'",
    "SELECT pg_read_file('postgresql.conf')",
)


def logged_in(store: Store, login: str) -> str:
    """The address with the login in it, made by the statements that `duixian db roles` shows where it is missing."""
    [statement] = [line for line in logins().splitlines() if line.startswith(f"CREATE ROLE {login} ")]
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": login}).first()
        if known is None:
            connection.exec_driver_sql(statement)
    return make_url(store.url).set(username=login).render_as_string(hide_password=False)


@pytest.fixture
def runs(store: Store, tmp_path: Path) -> Iterator[Home]:
    """The home of a process of the pool: the worker's login, and a channel."""
    carry_out(store)
    home = Home.at(tmp_path / "runs", database_url=logged_in(store, RUNS))
    home.directory.mkdir(mode=0o700)
    (home.directory / "channels.toml").write_text('[channels.archive]\nkind = "folder"\npath = "outgoing"\n')
    yield home
    shared_store(home.database_url).close()
    shared_store.cache_clear()


def carried_to_their_end(walk: EveryWalk, numbers: list[int], runner: Runner) -> None:
    """People act, what is due runs under the worker's login, and the clock goes to the next date when all wait for one."""
    store = walk.stage.store
    for _ in range(400):
        with store.read() as work:
            cases, now = load(work, [named(f"case-{number}") for number in numbers]).values(), work.now
        left = [case for case in cases if case.state not in TERMINAL]
        if not left:
            return
        for case in left:
            if case.next_duty != Duty.SYSTEM:
                walk.move(case)
        done = runner.until_idle()
        assert done.failed == []
        dates = [case.next_due for case in left if case.next_duty == Duty.SYSTEM and case.next_due is not None]
        if len(dates) == len(left) and not done.moved and min(dates) > now:
            store.set_clock(min(dates), frozen=True)
    raise AssertionError([(case.number, case.state, case.next_duty) for case in left])


@pytest.mark.prove
def test_cases_of_every_item_their_calendar_and_their_messages_run_under_the_workers_login(
    store: Store, runs: Home
) -> None:
    numbers = list(range(len(ITEMS)))
    District(store).furnish_all(len(ITEMS))
    with closing(Store(logged_in(store, SERVICE))) as office, runs.in_use():
        runner = Runner(runs, lambda: None)
        carried_to_their_end(EveryWalk(District(office)), numbers, runner)
        [(_, sent)] = deliver.fn().moved
        assert sent.startswith("routed ")
        runner.swept()
        mine = runs.store()
        sound(mine, Alarm(kind="run_crashed", about="sweep", content={"job": "sweep", "at": "x"}))
        assert lasting(mine) and clear(mine, "run_crashed/sweep")
        Tries(mine).end("m04_new_products")
        assert of_role(mine).level == of_role(office).level == "ok"
    assert not verify(store).bad


def test_the_database_refuses_the_workers_login_whatever_is_not_its_work(runs: Home) -> None:
    refused = r"permission denied|must be owner|must be member|must have admin option|only roles with the ADMIN"
    engine = create_engine(runs.database_url)
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError, match=refused), engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(statement)
            pytest.fail(f"it may: {statement}")
    engine.dispose()


def test_the_worker_may_nothing_that_the_application_may_not_and_writes_nothing_that_only_people_write(
    store: Store,
) -> None:
    carry_out(store)
    with store.engine.connect() as connection:
        tables = set(connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars())
        rights = {table: may(connection, WORKER, table) for table in tables}
        beyond = {table: rights[table] - may(connection, APPLICATION, table) for table in tables}
    assert not [table for table, more in beyond.items() if more]
    assert {table for table in ONLY_PEOPLE if rights[table] != {"SELECT"}} == set()
    assert {table for table in CREDENTIALS if rights[table]} == set()
    assert all(rights[table] <= {"SELECT", "INSERT"} for table in APPEND_ONLY)
    assert {table for table, mine in rights.items() if "DELETE" in mine} == {"counter"}
