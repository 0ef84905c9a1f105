"""The store: opens the business database, refuses unsafe settings, and hands out transactions."""

import copy
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from models.audit import GENESIS, AuditEntry
from models.clock import Clock, real_now
from models.connection_pool import ConnectionPool, PooledConnection, told
from models.database import UnsafeStore, open_engine
from models.faults import point
from models.migrate import upgrade
from models.startup import check
from models.statements import Prepared
from models.store_marks import Counter, StoreMark
from models.unit_of_work import REFERENCE, Ids, UnitOfWork

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


class Store:
    """One business database. Opening never changes it; `create` does."""

    def __init__(self, url: str, *, seed: int | None = None) -> None:
        self.url = url
        self.engine = open_engine(url)
        self.ids = Ids(seed)
        self._lanes = ConnectionPool(self.engine)
        self._look: Callable[[UnitOfWork], None] | None = None

    def watched(self, look: "Callable[[UnitOfWork], None]") -> "Store":
        """The same store, whose write transactions are shown to `look` when all is done and nothing is committed yet.

        `UnitOfWork.written` holds what the transaction added; what `look` raises undoes it. Who watches already goes first.
        """
        other, earlier = copy.copy(self), self._look

        def both(work: UnitOfWork) -> None:
            if earlier is not None:
                earlier(work)
            look(work)

        other._look = both
        return other

    @classmethod
    def create(cls, url: str, *, demo: bool = False, seed: int | None = None) -> "Store":
        """Makes the schema (or brings it up to date) and sets the mark; a demo mark is for ever."""
        parsed = make_url(url)
        if parsed.drivername.startswith("sqlite") and parsed.database not in (None, "", ":memory:"):
            _private(Path(parsed.database))
        upgrade(url)
        store = cls(url, seed=seed)
        with store.engine.begin() as connection:
            if connection.execute(select(col(StoreMark.demo))).first() is None:
                mark = {"id": 1, "demo": demo, "offset_us": 0, "frozen_at": None, "made_at": real_now()}
                connection.execute(StoreMark.__table__.insert(), mark)  # type: ignore[attr-defined]
        return store

    @classmethod
    def open(cls, url: str, *, seed: int | None = None) -> "Store":
        """Opens an existing store after its start-up checks; raises UnsafeStore with what to do."""
        store = cls(url, seed=seed)
        try:
            check(store.engine)
        except UnsafeStore:
            store.close()
            raise
        return store

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """One short write transaction: commits at the end, or leaves nothing behind."""
        lane, work = self._begin(writes=True)
        if self._look is not None:
            work.written = []
        try:
            yield work
            work.finish()
            if self._look is not None:
                self._look(work)
            self._end(lane, work)
        except BaseException:
            self._undo(lane)
            raise
        self._lanes.give_back(lane)
        point("after-commit")

    def _end(self, lane: PooledConnection, work: UnitOfWork) -> None:
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
    def read(self) -> Iterator[UnitOfWork]:
        """One read transaction (a consistent view on SQLite); it writes nothing."""
        lane, work = self._begin(writes=False)
        try:
            yield work
        finally:
            self._undo(lane)

    def _begin(self, *, writes: bool) -> tuple[PooledConnection, UnitOfWork]:
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

    def _undo(self, lane: PooledConnection) -> None:
        """Rolls back and gives the lane back; a broken one is given up."""
        try:
            lane.rollback()
        except Exception:
            lane.close()
        else:
            self._lanes.give_back(lane)

    def _open(self, lane: PooledConnection, *, writes: bool) -> UnitOfWork:
        """Begins, and reads what every transaction needs first."""
        alone = writes and not lane.postgres
        with lane.together():
            lane.begin(writes=writes)
            opening = (_OPENING_ALONE if alone else _OPENING).ask(lane, {})
        row = opening()[0]
        tail = (row.seq or 0, row.hash or GENESIS) if alone else None
        clock = Clock(offset=timedelta(microseconds=row.offset_us), frozen=row.frozen_at)
        return UnitOfWork(lane, clock=clock, ids=self.ids, demo=bool(row.demo), changes=row.changes or 0, tail=tail)

    def close(self) -> None:
        """Closes every connection that is not in use."""
        self._lanes.close()
        self.engine.dispose()

    def set_clock(self, moment: datetime, *, frozen: bool = False) -> None:
        """Moves a demo store's business clock to `moment`, running on from there or standing still."""
        offset = (moment - real_now()) // timedelta(microseconds=1)
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


@lru_cache(maxsize=8)
def shared(url: str) -> Store:
    """The process's store for a URL, opened and checked once."""
    return Store.open(url)
