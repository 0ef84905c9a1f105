"""The store: opens the business database, refuses unsafe settings, and hands out transactions."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from models.audit import GENESIS, AuditEntry
from models.clock import Clock
from models.faults import point
from models.lanes import Lane, Lanes, told
from models.sealing import watch
from models.settings import Counter, StoreMark
from models.statements import Prepared
from models.work import REFERENCE, Ids, Work

BUSY_MS = 30_000
# The first statement of every transaction: what the store is, what time it is, how often its reference data changed. SQLite's
# writer is alone from the start, so that it asks for the end of the audit chain in the same statement.
_MARK = [col(StoreMark.demo), col(StoreMark.offset_us), col(StoreMark.frozen_at)]
_CHANGES = select(col(Counter.last)).where(col(Counter.series) == REFERENCE).scalar_subquery().label("changes")
_TAIL = [
    select(c).order_by(col(AuditEntry.seq).desc()).limit(1).scalar_subquery()
    for c in (col(AuditEntry.seq), col(AuditEntry.hash))
]
_OPENING = Prepared(select(*_MARK, _CHANGES))
_OPENING_ALONE = Prepared(select(*_MARK, _CHANGES, _TAIL[0].label("seq"), _TAIL[1].label("hash")))


class UnsafeStore(RuntimeError):
    """The database is reachable but must not be used as it is; the message says what to change."""


class Store:
    """One business database. Opening never changes it; `create` does."""

    def __init__(self, url: str, *, seed: int | None = None) -> None:
        self.url = url
        self.engine = _engine(url)
        self.ids = Ids(seed)
        self._lanes = Lanes(self.engine)

    @classmethod
    def create(cls, url: str, *, demo: bool = False, seed: int | None = None) -> "Store":
        """Makes the schema (or brings it up to date) and sets the mark; a demo mark is for ever."""
        from models.migrate import upgrade

        parsed = make_url(url)
        if parsed.drivername.startswith("sqlite") and parsed.database not in (None, "", ":memory:"):
            _private(Path(parsed.database))
        upgrade(url)
        store = cls(url, seed=seed)
        with store.engine.begin() as connection:
            if connection.execute(select(col(StoreMark.demo))).first() is None:
                from datetime import UTC

                mark = {"id": 1, "demo": demo, "offset_us": 0, "frozen_at": None, "made_at": datetime.now(UTC)}
                connection.execute(StoreMark.__table__.insert(), mark)  # type: ignore[attr-defined]
        return store

    @classmethod
    def open(cls, url: str, *, seed: int | None = None) -> "Store":
        """Opens an existing store after its start-up checks; raises UnsafeStore with what to do."""
        from models.startup import check

        store = cls(url, seed=seed)
        try:
            check(store)
        except UnsafeStore:
            store.close()
            raise
        return store

    @contextmanager
    def write(self) -> Iterator[Work]:
        """One short write transaction: commits at the end, or leaves nothing behind."""
        lane, work = self._begin(writes=True)
        try:
            yield work
            work.finish()
            self._end(lane, work)
        except BaseException:
            self._undo(lane)
            raise
        self._lanes.give_back(lane)
        point("after-commit")

    def _end(self, lane: Lane, work: Work) -> None:
        """Seals and commits; what the driver says to that comes out as everything else that it says."""
        try:
            with lane.together():
                work.seal()
                point("before-commit")
                lane.commit()
        except Exception as error:
            if (same := told(error, lane, "COMMIT")) is error:
                raise
            raise same from error
        lane.ended()

    @contextmanager
    def read(self) -> Iterator[Work]:
        """One read transaction (a consistent view on SQLite); it writes nothing."""
        lane, work = self._begin(writes=False)
        try:
            yield work
        finally:
            self._undo(lane)

    def _begin(self, *, writes: bool) -> tuple[Lane, Work]:
        """A lane with a transaction in it. One whose database went away meanwhile is replaced: nothing was done on it yet."""
        lane = self._lanes.take()
        try:
            return lane, self._open(lane, writes=writes)
        except DBAPIError as trouble:
            lane.close()
            if not trouble.connection_invalidated:
                raise
        self._lanes.close()
        lane = self._lanes.take()
        try:
            return lane, self._open(lane, writes=writes)
        except BaseException:
            lane.close()
            raise

    def _undo(self, lane: Lane) -> None:
        """Rolls back and gives the lane back; a broken one is given up."""
        try:
            lane.rollback()
        except Exception:
            lane.close()
        else:
            self._lanes.give_back(lane)

    def _open(self, lane: Lane, *, writes: bool) -> Work:
        """Begins, and reads what every transaction needs first."""
        alone = writes and not lane.postgres
        with lane.together():
            lane.begin(writes=writes)
            opening = (_OPENING_ALONE if alone else _OPENING).ask(lane, {})
        row = opening()[0]
        tail = (row.seq or 0, row.hash or GENESIS) if alone else None
        clock = Clock(offset=timedelta(microseconds=row.offset_us), frozen=row.frozen_at)
        return Work(lane, clock=clock, ids=self.ids, demo=bool(row.demo), changes=row.changes or 0, tail=tail)

    def close(self) -> None:
        """Closes every connection that is not in use."""
        self._lanes.close()
        self.engine.dispose()

    def set_clock(self, moment: datetime, *, frozen: bool = False) -> None:
        """Moves a demo store's business clock to `moment`, running on from there or standing still."""
        from datetime import UTC

        offset = (moment - datetime.now(UTC)) // timedelta(microseconds=1)
        values = {"offset_us": offset, "frozen_at": moment if frozen else None}
        with self.write() as work:
            if not work.demo:
                raise UnsafeStore("生产库的业务时间不可调整 (a production store keeps real time)")
            work.execute(StoreMark.__table__.update().values(**values))  # type: ignore[attr-defined]

    @property
    def demo(self) -> bool:
        """Whether every page, document and message of this store carries the demo mark."""
        with self.read() as work:
            return work.demo


def _private(path: Path) -> None:
    """Makes the file that SQLite will fill, readable by its owner only; its log and index take the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _engine(url: str) -> Engine:
    """An engine with the settings that durability needs."""
    if make_url(url).drivername.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8)
    watch(engine)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL, synchronous FULL and foreign keys on every connection; we begin transactions ourselves."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the write lock at once, so that what they read is what they change."""
    options = connection.get_execution_options()
    if options.get("lane", False):
        return  # a lane begins for itself
    writes = options.get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@lru_cache(maxsize=8)
def shared(url: str) -> Store:
    """The process's store for a URL, opened and checked once."""
    return Store.open(url)


def ping(store: Store) -> None:
    """Raises when the database does not answer."""
    with store.read() as work:
        work.execute(text("SELECT 1"))
