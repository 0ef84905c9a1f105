"""Four roles of the business database: who owns it, who acts in it, what runs by itself, who only reads it. None logs in itself.

What the application's and the worker's may do comes with the schema (models/roles.py): no DDL, no DELETE or UPDATE where rows
are only added; the worker's may write what automatic steps, calendar, delivery and alarms write.
The owner's has everything but is used for upgrades only; the auditor's reads all but sealed names' keys and credentials.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, inspect, text

from models.constraints import CREDENTIALS
from models.roles import APPLICATION, WORKER, grants, made
from models.store import Store

OWNER, AUDITOR = "duixian_owner", "duixian_auditor"
SEALED = ("personal_key", *CREDENTIALS)
_FUNCTIONS = text(
    "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND starts_with(proname, 'guard_')"
)


def statements(store: Store) -> list[str]:
    """What an administrator of the server carries out once, and again after an upgrade that brought tables."""
    with store.engine.connect() as connection:
        schema = str(connection.execute(text("SELECT current_schema()")).scalar_one())
        database = str(connection.execute(text("SELECT current_database()")).scalar_one())
        tables = sorted(inspect(connection).get_table_names())
        functions = sorted(connection.execute(_FUNCTIONS).scalars())
    return [
        *map(made, (OWNER, APPLICATION, WORKER, AUDITOR)),
        f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC',
        f'GRANT CONNECT ON DATABASE "{database}" TO {OWNER}, {APPLICATION}, {WORKER}, {AUDITOR}',
        f'REVOKE ALL ON SCHEMA "{schema}" FROM PUBLIC',
        f'ALTER SCHEMA "{schema}" OWNER TO {OWNER}',
        f'GRANT USAGE ON SCHEMA "{schema}" TO {AUDITOR}',
        *(f'ALTER TABLE "{schema}"."{name}" OWNER TO {OWNER}' for name in tables),
        *(f'ALTER FUNCTION "{schema}"."{name}"() OWNER TO {OWNER}' for name in functions),
        *grants(APPLICATION, schema, tables),
        *grants(WORKER, schema, tables),
        *_readable(schema, tables),
    ]


def carry_out(store: Store) -> int:
    """Does it, in one transaction; how many statements."""
    wanted = statements(store)
    with store.engine.connect() as connection, connection.begin():
        for statement in wanted:
            connection.exec_driver_sql(statement)
    return len(wanted)


def logins() -> str:
    """How people and processes get in: accounts of their own; their passwords are set by `\\password` and stand in no file."""
    return (
        f"CREATE ROLE duixian_service LOGIN IN ROLE {APPLICATION};\n"
        f"CREATE ROLE duixian_runs LOGIN IN ROLE {WORKER};\n"
        f"CREATE ROLE duixian_upgrade LOGIN IN ROLE {OWNER};\n"
        f"ALTER ROLE duixian_upgrade SET role = '{OWNER}';\n"
        f"CREATE ROLE duixian_reader LOGIN IN ROLE {AUDITOR};\n"
        "ALTER ROLE duixian_reader SET default_transaction_read_only = on;\n"
    )


def may(connection: Connection, role: str, table: str) -> set[str]:
    """What a role may do with a table."""
    query = text("SELECT has_table_privilege(:role, :table, :right)")
    rights = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")
    asked = {"role": role, "table": table}
    return {right for right in rights if connection.execute(query, {**asked, "right": right}).scalar_one()}


def _readable(schema: str, tables: Sequence[str]) -> list[str]:
    read = [name for name in tables if name not in SEALED]
    return [
        *(f'REVOKE ALL ON "{schema}"."{name}" FROM {AUDITOR}' for name in tables),
        *(f'GRANT SELECT ON "{schema}"."{name}" TO {AUDITOR}' for name in read),
    ]
