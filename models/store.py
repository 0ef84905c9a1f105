"""The store: opens the business database, refuses unsafe settings, and hands out transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.engine import make_url
from sqlmodel import col

from models.clock import Clock
from models.faults import point
from models.settings import StoreMark
from models.statements import Prepared
from models.work import Ids, Work

BUSY_MS = 30_000
_MARK = Prepared(select(col(StoreMark.demo), col(StoreMark.offset_us), col(StoreMark.frozen_at)))


class UnsafeStore(RuntimeError):
    """The database is reachable but must not be used as it is; the message says what to change."""


class Store:
    """One business database. Opening never changes it; `create` does."""

    def __init__(self, url: str, *, seed: int | None = None) -> None:
        self.url = url
        self.engine = _engine(url)
        self.ids = Ids(seed)
        self._mark: tuple[bool, Clock] | None = None

    @classmethod
    def create(cls, url: str, *, demo: bool = False, seed: int | None = None) -> "Store":
        """Makes the schema (or brings it up to date) and sets the mark; a demo mark is for ever."""
        from models.migrate import upgrade

        parsed = make_url(url)
        if parsed.drivername.startswith("sqlite") and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
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
            store.engine.dispose()
            raise
        return store

    @contextmanager
    def write(self) -> Iterator[Work]:
        """One short write transaction: commits at the end, or leaves nothing behind."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            work = self._work(connection)
            yield work
            work.finish()
            point("before-commit")
        point("after-commit")

    @contextmanager
    def read(self) -> Iterator[Work]:
        """One read transaction (a consistent view); it writes nothing."""
        with self.engine.connect() as connection:
            yield self._work(connection)

    def _work(self, connection: Connection) -> Work:
        demo, clock = self._read_mark(connection)
        return Work(connection, clock=clock, ids=self.ids, demo=demo)

    def _read_mark(self, connection: Connection) -> tuple[bool, Clock]:
        """The mark; production's cannot change, a demo's clock is read each time."""
        if self._mark is not None and not self._mark[0]:
            return self._mark
        row = _MARK.rows(connection)[0]
        self._mark = bool(row.demo), Clock(offset=timedelta(microseconds=row.offset_us), frozen=row.frozen_at)
        return self._mark

    def set_clock(self, moment: datetime, *, frozen: bool = False) -> None:
        """Moves a demo store's business clock to `moment`, running on from there or standing still."""
        from datetime import UTC

        offset = (moment - datetime.now(UTC)) // timedelta(microseconds=1)
        values = {"offset_us": offset, "frozen_at": moment if frozen else None}
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            demo, _ = self._read_mark(connection)
            if not demo:
                raise UnsafeStore("生产库的业务时间不可调整 (a production store keeps real time)")
            connection.execute(StoreMark.__table__.update().values(**values))  # type: ignore[attr-defined]

    @property
    def demo(self) -> bool:
        """Whether every page, document and message of this store carries the demo mark."""
        with self.read() as work:
            return work.demo


def _engine(url: str) -> Engine:
    """An engine with the settings that durability needs."""
    if make_url(url).drivername.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL, synchronous FULL and foreign keys on every connection; we begin transactions ourselves."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the write lock at once, so that what they read is what they change."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@lru_cache(maxsize=8)
def shared(url: str) -> Store:
    """The process's store for a URL, opened and checked once."""
    return Store.open(url)


def ping(store: Store) -> None:
    """Raises when the database does not answer."""
    with store.read() as work:
        work.execute(text("SELECT 1"))
