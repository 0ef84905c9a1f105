"""The roles under which a PostgreSQL installation runs: they add to the records and never rewrite them.

`duixian_app` is for whoever carries people's acts; `duixian_worker` for what runs by itself (workers, trigger, backstop), which
writes what the automatic steps, the calendar, delivery and alarms write, and gives nobody an account, a duty or a parameter.
"""

from sqlalchemy import Connection, inspect, text

from models.constraints import APPEND_ONLY, CHANGEABLE, CREDENTIALS, NEVER_REMOVED, RULES, SCHEMA_ONLY

APPLICATION, WORKER = "duixian_app", "duixian_worker"
# What the worker adds to, and changes (of some tables only the columns named); it reads the rest, but for tokens.
_ADDS = frozenset(
    (
        "audit_entry", "award", "check_record", "comparison", "counter", "decision", "dispatch", "entitlement", "heartbeat",
        "job_claim", "job_progress", "ledger_entry", "message", "message_link", "milestone", "notice", "notice_line", "ranking",
        "reminder", "send_log", "snapshot",
    )
)  # fmt: skip
_CHANGES: dict[str, tuple[str, ...]] = {
    "anonymisation": ("status", "cleared_at", "cleared"),
    "case_file": (),
    "comparison": CHANGEABLE["comparison"],
    "contact": ("status", "reason", "changed_at"),
    "cost_line": ("live",),
    "counter": (),
    "dispatch": (),
    "fund": ("available_fen", "reserved_fen", "committed_fen"),
    "heartbeat": (),
    "job_claim": (),
    "job_progress": (),
    "message": (),
    "objection": ("answer_due",),
}
_REMOVES = frozenset(("counter",))
_UNREAD = frozenset(CREDENTIALS)
_MAY_MAKE_ROLES = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
_EXISTS = text("SELECT 1 FROM pg_roles WHERE rolname = :name")


def install_roles(connection: Connection) -> bool:
    """Makes the roles where this connection may, and grants each what it needs; False where one is missing still.

    Their members log in with accounts of their own (`GRANT duixian_app TO …`). Whoever migrates without the right to make
    roles has them made by hand once (`duixian db roles`) and migrates again.
    """
    done = [_install(connection, role) for role in (APPLICATION, WORKER)]
    return all(done)


def _install(connection: Connection, role: str) -> bool:
    if connection.execute(_EXISTS, {"name": role}).first() is None:
        if not connection.execute(_MAY_MAKE_ROLES).scalar_one():
            return False
        connection.exec_driver_sql(made(role))
    schema = str(connection.execute(text("SELECT current_schema()")).scalar_one())
    for statement in grants(role, schema, inspect(connection).get_table_names()):
        connection.exec_driver_sql(statement)
    return True


def made(role: str) -> str:
    """Makes a role that cannot log in where it is missing: two databases of one server share it, and may be made at one moment."""
    refused = "duplicate_object OR unique_violation"
    return f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN {refused} THEN NULL; END $$"


def grants(role: str, schema: str, tables: list[str]) -> list[str]:
    """What `role` (APPLICATION or WORKER) gets, and everything else taken from it; a second time changes nothing."""
    found = [f'GRANT USAGE ON SCHEMA "{schema}" TO {role}']
    for table in tables:
        rights = _of_application(table) if role == APPLICATION else _of_worker(table)
        found.append(f'REVOKE ALL ON "{schema}"."{table}" FROM {role}')
        found += [f'GRANT {rights} ON "{schema}"."{table}" TO {role}'] if rights else []
    return found


def _of_application(table: str) -> str:
    """What whoever carries people's acts may do with a table."""
    if table == "alembic_version" or table in (*RULES, *SCHEMA_ONLY):
        return "SELECT"
    if table in CHANGEABLE:
        return f"SELECT, INSERT, {_update(CHANGEABLE[table])}"
    if table in APPEND_ONLY:
        return "SELECT, INSERT"
    if table in NEVER_REMOVED:
        return "SELECT, INSERT, UPDATE"
    return "SELECT, INSERT, UPDATE, DELETE"


def _of_worker(table: str) -> str:
    """What a process that runs by itself may do with a table; "" for nothing."""
    if table in _UNREAD:
        return ""
    rights = ["SELECT"]
    rights += ["INSERT"] if table in _ADDS else []
    rights += [_update(_CHANGES[table])] if table in _CHANGES else []
    rights += ["DELETE"] if table in _REMOVES else []
    return ", ".join(rights)


def _update(columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{column}"' for column in columns)
    return f"UPDATE ({names})" if names else "UPDATE"
