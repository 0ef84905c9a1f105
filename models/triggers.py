"""Installs, removes and checks what the database itself refuses: one trigger for each table and event of the guards."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from models.cases import MOVES
from models.constraints import APPEND_ONLY, DELETE, GUARDS, INSERT, NEVER_REMOVED, SCHEMA_ONLY, UPDATE, Constraint
from models.decisions import Transition
from models.people import DutyConflict, conflicting
from models.roles import install_roles

_TRUNCATE = "guard_truncate"
_BITS = {INSERT: 4, DELETE: 8, UPDATE: 16, "TRUNCATE": 32}  # pg_trigger.tgtype, beside 1 for a row's and 2 for before
_ON_POSTGRES = text(
    "SELECT t.tgname AS name, c.relname AS table, t.tgtype AS type, t.tgenabled AS enabled, p.proname AS function"
    " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE c.relnamespace = current_schema()::regnamespace AND starts_with(t.tgname, 'guard_') AND t.tgqual IS NULL"
)
_FUNCTIONS = text(
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
    " AND starts_with(proname, 'guard_')"
)
_ON_SQLITE = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND substr(name, 1, 6) = 'guard_'")


def code_of(error: BaseException) -> str | None:
    """The stable code of a guard's refusal (`separation-of-duties` …), or None for any other error."""
    says = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return next((guard.code for guard in GUARDS if says.startswith(guard.code + ": ")), None)


def install(connection: Connection) -> None:
    """Puts triggers, rules and (on PostgreSQL) the roles' rights in place."""
    uninstall(connection)
    for statement in _postgres_ddl(connection) if _postgres(connection) else _sqlite_ddl().values():
        connection.exec_driver_sql(statement)
    install_moves(connection, MOVES)
    _install_rows(connection, DutyConflict, conflicting())
    if _postgres(connection):
        install_roles(connection)


def uninstall(connection: Connection) -> None:
    """Takes the triggers off, for the length of a schema change."""
    if not _postgres(connection):
        for row in connection.execute(_ON_SQLITE).all():
            connection.exec_driver_sql(f'DROP TRIGGER "{row.name}"')
        return
    for row in connection.execute(_ON_POSTGRES).all():
        connection.exec_driver_sql(f'DROP TRIGGER "{row.name}" ON "{row.table}"')
    for row in connection.execute(_FUNCTIONS).all():
        connection.exec_driver_sql(f'DROP FUNCTION "{row.proname}"()')


def install_moves(connection: Connection, moves: Collection[tuple[str, str]]) -> None:
    """Makes the table `transition` hold exactly these moves."""
    _install_rows(connection, Transition, moves)


def faults(connection: Connection) -> list[str]:
    """What differs from a full installation, one line each; empty when every guard stands."""
    found = list(_postgres_faults(connection) if _postgres(connection) else _sqlite_faults(connection))
    rules: tuple[tuple[type[SQLModel], Collection[tuple[str, str]]], ...] = (
        (Transition, MOVES),
        (DutyConflict, conflicting()),
    )
    for record, wanted in rules:
        if _held(connection, record) != _plain(wanted):
            found.append(f"{_table(record).name}: rows differ from the rules of this version")
    return found


def _postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _grouped() -> dict[tuple[str, str], list[Constraint]]:
    """The guards of each table and event, which become one trigger."""
    groups: dict[tuple[str, str], list[Constraint]] = defaultdict(list)
    for guard in GUARDS:
        groups[guard.table, guard.event].append(guard)
    return groups


def _name(table: str, event: str) -> str:
    return f"guard_{table}_{event.lower()}"


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


@cache
def _sqlite_ddl() -> dict[str, str]:
    """Trigger → its statement, letter for letter as SQLite keeps it (`IS NOT`: known to its older versions too)."""
    made = {}
    for (table, event), guards in _grouped().items():
        tests = " ".join(f"SELECT RAISE(ABORT, {_quoted(guard.message)}) WHERE {guard.when};" for guard in guards)
        tests = tests.replace("{schema}", "").replace("IS DISTINCT FROM", "IS NOT")
        made[_name(table, event)] = (
            f'CREATE TRIGGER "{_name(table, event)}" BEFORE {event} ON "{table}" BEGIN {tests} END'
        )
    return made


def _sqlite_faults(connection: Connection) -> Iterator[str]:
    there = {row.name: row.sql for row in connection.execute(_ON_SQLITE).all()}
    for name, statement in _sqlite_ddl().items():
        if name not in there:
            yield f"{name}: trigger is missing"
        elif there[name] != statement:
            yield f"{name}: trigger was changed"


def _postgres_functions(connection: Connection) -> dict[str, str]:
    """Function → its body. Tables carry their schema, so that no temporary table can stand in for one."""
    schema = f'"{connection.execute(text("SELECT current_schema()")).scalar_one()}".'
    refuse = "RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE ="
    made = {_TRUNCATE: f"BEGIN {refuse} 'append-only: ' || TG_TABLE_NAME || ' is never emptied / 不得清空'; END"}
    for (table, event), guards in _grouped().items():
        tests = " ".join(f"IF {guard.when} THEN {refuse} {_quoted(guard.message)}; END IF;" for guard in guards)
        body = f"BEGIN {tests} RETURN {'OLD' if event == DELETE else 'NEW'}; END"
        made[_name(table, event)] = body.replace("{schema}", schema)
    return made


def _postgres_triggers() -> dict[str, tuple[str, str, str]]:
    """Trigger → (table, event, function)."""
    made = {_name(table, event): (table, event, _name(table, event)) for table, event in _grouped()}
    for table in (*APPEND_ONLY, *NEVER_REMOVED, *SCHEMA_ONLY):
        made[_name(table, "TRUNCATE")] = (table, "TRUNCATE", _TRUNCATE)
    return made


def _postgres_ddl(connection: Connection) -> Iterator[str]:
    for name, body in _postgres_functions(connection).items():
        yield f'CREATE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $guard${body}$guard$'
    for name, (table, event, function) in _postgres_triggers().items():
        each = "STATEMENT" if event == "TRUNCATE" else "ROW"
        yield f'CREATE TRIGGER "{name}" BEFORE {event} ON "{table}" FOR EACH {each} EXECUTE FUNCTION "{function}"()'


def _postgres_faults(connection: Connection) -> Iterator[str]:
    there = {row.name: row for row in connection.execute(_ON_POSTGRES).all()}
    for name, (table, event, function) in _postgres_triggers().items():
        row = there.get(name)
        kind = _BITS[event] | 2 | (event != "TRUNCATE")
        if row is None:
            yield f"{name}: trigger is missing"
        elif row.enabled not in ("O", "A", b"O", b"A"):
            yield f"{name}: trigger is disabled"
        elif (row.table, row.type, row.function) != (table, kind, function):
            yield f"{name}: trigger was changed"
    bodies = dict(connection.execute(_FUNCTIONS).tuples().all())
    for name, body in _postgres_functions(connection).items():
        if bodies.get(name) != body:
            yield f"{name}: function is missing or was changed"


def _table(record: type[SQLModel]) -> Table:
    table: Table = record.__table__  # type: ignore[attr-defined]
    return table


def _plain(pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(str(a), str(b)) for a, b in pairs}


def _held(connection: Connection, record: type[SQLModel]) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in connection.execute(_table(record).select())}


def _install_rows(connection: Connection, record: type[SQLModel], pairs: Collection[tuple[str, str]]) -> None:
    """Makes a table of two-column rules hold exactly these rows; touches nothing that is right already."""
    table, held, wanted = _table(record), _held(connection, record), _plain(pairs)
    left, right = table.columns
    for a, b in held - wanted:
        connection.execute(table.delete().where(left == a, right == b))
    if wanted - held:
        connection.execute(table.insert(), [{left.key: a, right.key: b} for a, b in sorted(wanted - held)])
