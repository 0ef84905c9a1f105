"""Runs every invariant as a read-only query over one consistent reading, and names the first bad row of each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

import policies
from models.effective_rules import RuleEffectiveFrom
from models.statements import Prepared
from models.store import Store
from models.verification import (
    audit_invariants,
    award_invariants,
    case_invariants,
    check_freshness,
    condition_invariants,
    dual_control,
    figure_invariants,
    gate_invariants,
    job_invariants,
    message_invariants,
    money_invariants,
    people_invariants,
    programme_invariants,
    record_invariants,
    recusal,
    rule_invariants,
    stacking_invariants,
)
from models.verification.audit_invariants import Head
from models.verification.invariant import Check, Checked, Report, VerifiedScope

_EFFECTIVE_FROM = Prepared(select(col(RuleEffectiveFrom.check_id), col(RuleEffectiveFrom.audit_seq)))
CHECKS: tuple[Check, ...] = (
    *money_invariants.CHECKS,
    *award_invariants.CHECKS,
    *rule_invariants.CHECKS,
    *case_invariants.CHECKS,
    *condition_invariants.CHECKS,
    *gate_invariants.CHECKS,
    *check_freshness.CHECKS,
    *stacking_invariants.CHECKS,
    *people_invariants.CHECKS,
    *dual_control.CHECKS,
    *recusal.CHECKS,
    *audit_invariants.CHECKS,
    *record_invariants.CHECKS,
    *message_invariants.CHECKS,
    *figure_invariants.CHECKS,
    *job_invariants.CHECKS,
    *programme_invariants.CHECKS,
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
    scope = VerifiedScope(
        policy=policy,
        anchor=(anchor.seq, anchor.hash) if anchor else None,
        effective_from={row.check_id: row.audit_seq for row in _EFFECTIVE_FROM.rows(connection)},
    )
    checks = tuple(check.run(connection, scope) for check in CHECKS)
    return Report(checks, tuple(scope.notes))


def head(store: Store) -> Head:
    """The audit chain's present end, for an anchor."""
    with _reading(store) as connection:
        return audit_invariants.head_of(connection)


def export_audit(store: Store, path: Path) -> Head:
    """Writes the audit chain as JSON lines and returns its head; scripts/verify_audit.py proves it without us."""
    with _reading(store) as connection:
        return audit_invariants.export(connection, path)


@contextmanager
def _reading(store: Store) -> Iterator[Connection]:
    """One consistent view that cannot write."""
    if store.engine.dialect.name == "postgresql":
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    else:
        options = {}
    with store.engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection
