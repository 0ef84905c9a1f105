"""The role under which a PostgreSQL installation should run: it can add to the records and never rewrite them."""

from sqlalchemy import Connection, inspect, text

from models.guards import APPEND_ONLY, CHANGEABLE, NEVER_REMOVED, RULES

ROLE = "duixian_app"
_MAY_MAKE_ROLES = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
_EXISTS = text("SELECT 1 FROM pg_roles WHERE rolname = :name")


def install_role(connection: Connection) -> bool:
    """Makes the role where this connection may, and grants it what it needs; False when there is no such role.

    Its members log in with accounts of their own (`GRANT duixian_app TO …`). Whoever migrates without the right to make
    roles creates it by hand once (`CREATE ROLE duixian_app NOLOGIN`) and migrates again.
    """
    if connection.execute(_EXISTS, {"name": ROLE}).first() is None:
        if not connection.execute(_MAY_MAKE_ROLES).scalar_one():
            return False
        # Two databases of one server may be made at the same moment: the second finds the role there.
        connection.exec_driver_sql(
            f"DO $$ BEGIN CREATE ROLE {ROLE} NOLOGIN;"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    schema = connection.execute(text("SELECT current_schema()")).scalar_one()
    connection.exec_driver_sql(f'GRANT USAGE ON SCHEMA "{schema}" TO {ROLE}')
    for table in inspect(connection).get_table_names():
        connection.exec_driver_sql(f'REVOKE ALL ON "{table}" FROM {ROLE}')
        connection.exec_driver_sql(f'GRANT {_privileges(table)} ON "{table}" TO {ROLE}')
    return True


def _privileges(table: str) -> str:
    """What the application may do with a table."""
    if table == "alembic_version" or table in RULES:
        return "SELECT"
    if table in CHANGEABLE:
        columns = ", ".join(f'"{column}"' for column in CHANGEABLE[table])
        return f"SELECT, INSERT, UPDATE ({columns})"
    if table in APPEND_ONLY:
        return "SELECT, INSERT"
    if table in NEVER_REMOVED:
        return "SELECT, INSERT, UPDATE"
    return "SELECT, INSERT, UPDATE, DELETE"
