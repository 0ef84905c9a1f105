"""The unit of work: one transaction that holds state, decisions, audit rows and messages, or nothing at all."""

import hashlib
import os
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.engine import CursorResult
from sqlmodel import SQLModel, col

from models.audit import GENESIS, AuditEntry, chain_hash
from models.clock import Clock, business_date
from models.columns import canonical_json
from models.connection_pool import PooledConnection
from models.faults import point
from models.statements import Prepared, insertion
from models.store_marks import Counter

_MASK_48, _MASK_62 = (1 << 48) - 1, (1 << 62) - 1
REFERENCE = "reference"  # the series that counts the changes of reference data
AUDIT_LOCK = 0x44555849  # any constant will do: one chain, one writer at its tail
PRICING = 0x44555850  # what an award is computed beside is read and written by one after the other
ARRIVAL_LOCK = 0x44555841  # shared by what may make a case wait, alone for what cases wait for
_LAST_AUDIT = Prepared(select(AuditEntry.seq, AuditEntry.hash).order_by(col(AuditEntry.seq).desc()).limit(1))  # type: ignore[call-overload]
_LOCK_AUDIT = Prepared(select(func.pg_advisory_xact_lock(AUDIT_LOCK)))
_NOBODY_ENTERS = Prepared(select(func.pg_advisory_xact_lock_shared(ARRIVAL_LOCK)))
_TURN = Prepared(select(func.pg_advisory_xact_lock(bindparam("wanted"))))
_ENTERS = Prepared(select(func.pg_advisory_xact_lock(ARRIVAL_LOCK)))
_COUNT_UP = Prepared(
    update(Counter).where(col(Counter.series) == bindparam("wanted")).values(last=col(Counter.last) + bindparam("step"))
)
_COUNTED = Prepared(select(Counter.last).where(col(Counter.series) == bindparam("wanted")))  # type: ignore[call-overload]


class Ids:
    """Makes record ids: random in production, from a seed in a rehearsal so that it can be repeated."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed) if seed is not None else None

    def new(self, now: datetime) -> UUID:
        """A fresh version-7 UUID: it begins with the milliseconds of `now`, so that indexes grow at their end."""
        bits = self._random.getrandbits(74) if self._random else int.from_bytes(os.urandom(10)) >> 6
        milliseconds = int(now.timestamp() * 1000) & _MASK_48
        return UUID(int=milliseconds << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & _MASK_62)


@cache
def _plan(record: type[SQLModel]) -> tuple[Prepared, dict[str, Any], frozenset[str]]:
    """How one record kind is inserted: its statement, its defaults, its columns."""
    table = record.__table__  # type: ignore[attr-defined]
    fields = record.model_fields
    defaults = {
        column.key: (None if fields[column.key].is_required() else fields[column.key].default)
        for column in table.columns
    }
    return insertion(record), defaults, frozenset(defaults)


class UnitOfWork:
    """An open transaction. Rows given to `add` and audit entries are written together just before the commit."""

    def __init__(
        self, lane: PooledConnection, *, clock: Clock, ids: Ids, demo: bool, changes: int, tail: tuple[int, str] | None
    ) -> None:
        self.lane = lane
        self._tail = tail  # the end of the audit chain, where nobody else can add to it meanwhile
        self.postgres = lane.postgres  # row locks there; one writer at a time on SQLite
        self.clock = clock
        self.ids = ids
        self.demo = demo
        self.now: datetime = clock.now()
        self.today: date = business_date(self.now)
        self.changes = changes  # how often the reference data had changed when this began
        self.touched = False  # whether this transaction changed reference data
        self.written: list[tuple[type[SQLModel], Mapping[str, Any]]] | None = None  # what was added, where asked for
        self._rows: dict[type[SQLModel], list[dict[str, Any]]] = {}
        self._audits: list[tuple[str, str, str, int, str]] = []
        self._last: dict[Callable[[UnitOfWork, set[Any]], None], set[Any]] = {}

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's view of this transaction."""
        return self.lane.core

    def new_id(self) -> UUID:
        """A fresh id for a record of this transaction."""
        return self.ids.new(self.now)

    def add(self, record: type[SQLModel], **values: Any) -> None:
        """Queues a row of a record kind; `id` is made when the kind has one and none is given."""
        _, defaults, columns = _plan(record)
        if not columns >= values.keys():
            raise TypeError(f"{record.__name__} has no column {sorted(values.keys() - columns)}")
        row = {**defaults, **values}
        if "id" in row and row["id"] is None:
            row["id"] = self.new_id()
        self._rows.setdefault(record, []).append(row)

    def audit(self, *, actor: str, action: str, subject: str, version: int = 0, content: Mapping[str, Any]) -> None:
        """Queues the audit row of one business write."""
        self._audits.append((actor, action, subject, version, canonical_json(content)))

    def at_last(self, do: "Callable[[UnitOfWork, set[Any]], None]", about: Any) -> None:
        """When all else is done, before the end of the audit chain is taken, `do` is called once with all it is asked about."""
        self._last.setdefault(do, set()).add(about)

    def rows(self, prepared: Prepared, **values: Any) -> list[Any]:
        """All rows of a prepared select."""
        return prepared.rows(self.lane, **values)

    def ask(self, *selects: tuple[Prepared, Mapping[str, Any]]) -> list[list[Any]]:
        """The rows of several prepared selects, in one round trip to the database where that takes any."""
        with self.lane.together():
            answers = [prepared.ask(self.lane, values) for prepared, values in selects]
        return [answer() for answer in answers]

    def run(self, prepared: Prepared, **values: Any) -> int:
        """Runs a prepared write; the number of rows touched."""
        return prepared.run(self.lane, **values)

    def run_many(self, prepared: Prepared, rows: Sequence[Mapping[str, Any]]) -> int:
        """Runs a prepared write over rows; the number of rows touched."""
        return prepared.run_many(self.lane, rows)

    def execute(self, statement: Any, values: Any = None) -> CursorResult[Any]:
        """Runs any Core statement, for the paths on which a person waits anyway."""
        return self.lane.core.execute(statement, values)

    def number(self, series: str, count: int = 1) -> int:
        """The first of `count` fresh numbers in a series that counts from 1."""
        if not self.run(_COUNT_UP, wanted=series, step=count):
            _first_number(self, series)
            self.run(_COUNT_UP, wanted=series, step=count)
        return int(self.rows(_COUNTED, wanted=series)[0].last) - count + 1

    def nothing_arrives(self, turn: int = 0) -> None:
        """Until this ends nothing comes in that cases wait for; what came in before is seen. The first thing it does.

        Else what it makes wait may miss its wake-up: what woke did not see yet who would wait. SQLite has one writer.
        `turn`: of those that name the same lock one works after the other, each to its commit.
        """
        if self.postgres:
            with self.lane.together():
                _NOBODY_ENTERS.ask(self.lane, {})
                if turn:
                    _TURN.ask(self.lane, {"wanted": turn})
                counted = _COUNTED.ask(self.lane, {"wanted": REFERENCE})
            found = counted()
            self.changes = int(found[0].last) if found else 0

    def arrives(self) -> None:
        """Something comes in that cases wait for: it waits for those that are being made to wait. The first thing it does."""
        if self.postgres:
            self.rows(_ENTERS)
            found = self.rows(_COUNTED, wanted=REFERENCE)
            self.changes = int(found[0].last) if found else 0

    def flush(self) -> None:
        """Writes the queued rows, parents before children."""
        if not self._rows:
            return
        queued, self._rows = self._rows, {}
        for record in sorted(queued, key=_table_order):
            self.run_many(_plan(record)[0], queued[record])
            if self.written is not None:
                self.written += [(record, row) for row in queued[record]]

    def finish(self) -> None:
        """Writes all that is queued, and finds the end of the audit chain; `seal` and the commit come next."""
        asked, self._last = self._last, {}
        for do, about in asked.items():
            do(self, about)
        if not self._audits:
            self.flush()
            return
        with self.lane.together():
            self.flush()
            point("before-audit")
            if self.postgres:  # from here to the commit nobody else adds to the chain
                _LOCK_AUDIT.ask(self.lane, {})
                last = _LAST_AUDIT.ask(self.lane, {})
        if self.postgres:
            found = last()
            self._tail = (found[0].seq, found[0].hash) if found else (0, GENESIS)

    def seal(self) -> None:
        """Appends the audit rows to the chain."""
        if not self._audits:
            return
        assert self._tail is not None
        seq, previous = self._tail
        entries = []
        for actor, action, subject, version, content in self._audits:
            seq += 1
            digest = chain_hash(previous, seq, self.now, actor, action, subject, version, content)
            entries.append(
                {
                    "seq": seq,
                    "at": self.now,
                    "actor": actor,
                    "action": action,
                    "subject": subject,
                    "version": version,
                    "content": content,
                    "previous": previous,
                    "hash": digest,
                }
            )
            previous = digest
        self.run_many(_plan(AuditEntry)[0], entries)
        self._audits = []


def content_hash(content: str) -> str:
    """SHA-256 of a canonical JSON text."""
    return hashlib.sha256(content.encode()).hexdigest()


def _first_number(work: UnitOfWork, series: str) -> None:
    """Opens a series; two writers that open it at once get one row."""
    from sqlalchemy.dialects import postgresql, sqlite

    insert = (postgresql if work.postgres else sqlite).insert
    work.execute(insert(Counter).values(series=series, last=0).on_conflict_do_nothing())


@cache
def _table_order(record: type[SQLModel]) -> int:
    """Where a record's table stands among its metadata's tables sorted by foreign key."""
    table = record.__table__  # type: ignore[attr-defined]
    return list(SQLModel.metadata.sorted_tables).index(table)
