"""What came first, by the audit chain: a clock may be set back, a row's number is not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlmodel import col

from models.audit import AuditEntry
from models.statements import Prepared

_ROWS = Prepared(
    select(col(AuditEntry.subject), col(AuditEntry.version), col(AuditEntry.seq))
    .where(col(AuditEntry.action) == bindparam("wanted"))
    .order_by(col(AuditEntry.seq))
)
_CONTENTS = Prepared(
    select(col(AuditEntry.seq), col(AuditEntry.at), col(AuditEntry.subject), col(AuditEntry.content))
    .where(col(AuditEntry.action) == bindparam("wanted"))
    .order_by(col(AuditEntry.seq))
)

_BEFORE = func.max(col(AuditEntry.at)).over(order_by=col(AuditEntry.seq), rows=(None, -1)).label("high")
_STEPS = select(col(AuditEntry.at).label("at"), _BEFORE).subquery()
_BACK = Prepared(
    select(func.min(_STEPS.c.at), _STEPS.c.high).where(_STEPS.c.at < _STEPS.c.high).group_by(_STEPS.c.high)
)


def newest_places(connection: Connection, action: str) -> Mapping[str, int]:
    """By subject: the number of the last row by which this was done to it."""
    return {row.subject: row.seq for row in _ROWS.rows(connection, wanted=action)}


def places_by_version(connection: Connection, action: str) -> Mapping[tuple[str, int], int]:
    """By subject and version: the number of the row by which this was done."""
    return {(row.subject, row.version): row.seq for row in _ROWS.rows(connection, wanted=action)}


def rows_of(connection: Connection, action: str) -> Sequence[Any]:
    """Every row by which this was done, in order: its number, instant, subject and content (JSON)."""
    return _CONTENTS.rows(connection, wanted=action)


def set_back(connection: Connection) -> list[tuple[datetime, datetime]]:
    """Where the clock was set back: from which instant it went on, and how far it had been; of what lies between, instants
    do not say what came first."""
    return [(low, high) for low, high in _BACK.rows(connection)]


def came_before(first: int | None, second: int | None, at: datetime, moment: datetime) -> bool:
    """Whether the first row was written before the second; of what the chain does not name the instants are all there is."""
    return at <= moment if first is None or second is None else first < second
