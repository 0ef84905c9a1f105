"""The audit chain: unbroken from beginning to head, past the outside anchor, and with one row for each decision."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from models.audit import GENESIS, AuditEntry, chained
from models.unit_of_work import content_hash
from models.verification.invariant import Check, VerifiedScope, query

FIELDS = ("seq", "at", "actor", "action", "subject", "version", "content", "previous", "hash")
_AT_ONCE = 2_000
_SPELLED = (
    "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"  # as `iso` spells it; SQLite keeps it so
)
_DECISIONS = (
    "SELECT c.number, d.version, CAST(d.id AS TEXT), d.outcome, d.reason_code, d.reason, d.clause, d.content, d.duty,"
    " d.from_state, d.to_state, a.content FROM decision d JOIN case_file c ON c.id = d.case_id"
    " JOIN audit_entry a ON a.subject = c.number AND a.version = d.version AND a.action = d.action"
)


@dataclass(frozen=True)
class Head:
    """The end of the chain: to be kept where those who run the system cannot write (an anchor)."""

    seq: int
    hash: str

    def json(self) -> str:
        """As one line of JSON, which scripts/verify_audit.py reads."""
        return json.dumps({"seq": self.seq, "hash": self.hash})


def head_of(connection: Connection) -> Head:
    """The newest audit row's place and hash; (0, zeros) before the first."""
    rows = select(col(AuditEntry.seq), col(AuditEntry.hash)).order_by(col(AuditEntry.seq).desc()).limit(1)
    found = connection.execute(rows).first()
    return Head(found.seq, found.hash) if found else Head(0, GENESIS)


def entries(connection: Connection) -> Iterator[tuple[Any, ...]]:
    """All audit rows in order, as tuples of FIELDS, with `at` in the spelling that was hashed."""
    columns = ", ".join(FIELDS)
    if connection.dialect.name == "postgresql":
        columns = columns.replace("at,", f"{_SPELLED},", 1)
    yield from _streamed(connection, f"SELECT {columns} FROM audit_entry ORDER BY seq")


def _streamed(connection: Connection, sql: str) -> Iterator[tuple[Any, ...]]:
    """Row by row at the driver's speed; a long chain is never held in memory as a whole."""
    if connection.dialect.name == "postgresql":
        cursor = connection.connection.cursor("streamed")  # kept by the server
    else:
        cursor = connection.connection.cursor()
    try:
        cursor.execute(sql)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows
    finally:
        cursor.close()


def export(connection: Connection, path: Path) -> Head:
    """Writes the chain as JSON lines (`at` in the spelling that was hashed), whole or not at all; returns its head."""
    head = Head(0, GENESIS)
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("w", encoding="utf-8") as file:
        for row in entries(connection):
            file.write(json.dumps(dict(zip(FIELDS, row, strict=True)), ensure_ascii=False) + "\n")
            head = Head(row[0], row[-1])
    unfinished.replace(path)
    return head


def _broken(connection: Connection, scope: VerifiedScope) -> Iterator[str]:
    """The first row at which the chain breaks; what follows it proves nothing any more."""
    last, previous = 0, GENESIS
    for row in entries(connection):
        seq, _, _, _, _, _, _, named, digest = row
        if seq != last + 1:
            yield f"seq {last + 1}: missing, {seq} follows {last}"
            return
        if named != previous:
            yield f"seq {seq}: does not follow the row before it"
            return
        if chained(previous, row[:7]) != digest:
            yield f"seq {seq}: content differs from its hash"
            return
        if scope.anchor is not None and seq == scope.anchor[0] and digest != scope.anchor[1]:
            yield f"seq {seq}: hash differs from the anchor"
            return
        last, previous = seq, digest
    if scope.anchor is not None and last < scope.anchor[0]:
        yield f"seq {last + 1}: missing, the anchor says that the chain reached {scope.anchor[0]}"


def _altered(connection: Connection, _scope: VerifiedScope) -> Iterator[str]:
    """Decisions whose words differ from the hash in their audit row."""
    for number, version, made, *words, content, duty, source, target, audited in _streamed(connection, _DECISIONS):
        digest = content_hash("\n".join((*words, content)))
        known = made if "-" in made else f"{made[:8]}-{made[8:12]}-{made[12:16]}-{made[16:20]}-{made[20:]}"
        # Spelled by hand: it is the canonical JSON of five plain words, ten times as fast as encoding it.
        now = f'{{"decision":"{known}","duty":"{duty}","from":"{source}","hash":"{digest}","to":"{target}"}}'
        if audited != now:
            yield f"{number}: version={version}, decision={known}"


CHECKS = (
    Check(
        id="I18-chain",
        zh="审计链完整：无改动、缺失、调换，且到达外部存证",
        en="the audit chain is unbroken and reaches the outside anchor",
        find=_broken,
    ),
    query(
        "I18-decisions",
        "每条决定恰有一条审计记录",
        "each decision has exactly one audit row",
        "SELECT c.number, d.version, d.action, COUNT(a.seq) AS audited FROM decision d"
        " JOIN case_file c ON c.id = d.case_id LEFT JOIN audit_entry a"
        " ON a.subject = c.number AND a.version = d.version AND a.action = d.action"
        " GROUP BY c.number, d.version, d.action HAVING COUNT(a.seq) <> 1",
    ),
    Check(
        id="I18-words",
        zh="决定的内容与审计记录中的哈希一致",
        en="a decision still says what its audit row hashed",
        find=_altered,
    ),
)
