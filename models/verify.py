"""Runs every invariant as a read-only query over one consistent reading, and names the first bad row of each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

import policies
from models.store import Store
from models.verification import (
    bound,
    cases,
    chain,
    conditions,
    jobs,
    messages,
    money,
    people,
    programmes,
    recompute,
    records,
    rules,
    subjects,
    watches,
)
from models.verification.chain import Head
from models.verification.report import Check, Checked, Report, Scope

CHECKS: tuple[Check, ...] = (
    *money.CHECKS,
    *recompute.CHECKS,
    *rules.CHECKS,
    *cases.CHECKS,
    *conditions.CHECKS,
    *bound.CHECKS,
    *subjects.CHECKS,
    *people.CHECKS,
    *chain.CHECKS,
    *records.CHECKS,
    *messages.CHECKS,
    *watches.CHECKS,
    *jobs.CHECKS,
    *programmes.CHECKS,
)

__all__ = ["CHECKS", "Check", "Checked", "Head", "Report", "export_audit", "head", "report", "verify"]


def verify(store: Store, *, policy: Callable[[str], Any] = policies.get, anchor: Head | None = None) -> Report:
    """All checks; `policy` finds a policy by its code, `anchor` is a head of the audit chain kept elsewhere."""
    with _reading(store) as connection:
        return report(connection, policy=policy, anchor=anchor)


def report(
    connection: Connection, *, policy: Callable[[str], Any] = policies.get, anchor: Head | None = None
) -> Report:
    """All checks on what an open transaction sees."""
    scope = Scope(policy=policy, anchor=(anchor.seq, anchor.hash) if anchor else None)
    checks = tuple(check.run(connection, scope) for check in CHECKS)
    return Report(checks, tuple(scope.notes))


def head(store: Store) -> Head:
    """The audit chain's present end, for an anchor."""
    with _reading(store) as connection:
        return chain.head_of(connection)


def export_audit(store: Store, path: Path) -> Head:
    """Writes the audit chain as JSON lines and returns its head; scripts/verify_audit.py proves it without us."""
    with _reading(store) as connection:
        return chain.export(connection, path)


@contextmanager
def _reading(store: Store) -> Iterator[Connection]:
    """One consistent view that cannot write."""
    if store.engine.dialect.name == "postgresql":
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    else:
        options = {}
    with store.engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection
