"""Lanes: open connections that are kept between transactions, so that an act pays for its work and not for a pool's.

A lane is one driver connection with SQLAlchemy's view of the same connection beside it. The driver begins and ends the
transaction (`BEGIN IMMEDIATE` for writers on SQLite, so that what they read is what they change); Core statements run inside it.
"""

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError


class PooledConnection:
    """One connection. `raw` is the driver's, `core` SQLAlchemy's; both are the same session of the database."""

    __slots__ = ("core", "dialect", "postgres", "raw")

    def __init__(self, engine: Engine) -> None:
        self.core: Connection = engine.connect().execution_options(lane=True)
        self.raw: Any = self.core.connection.dbapi_connection
        self.dialect = engine.dialect
        self.postgres = engine.dialect.name == "postgresql"

    def begin(self, *, writes: bool) -> None:
        """Opens a transaction; PostgreSQL's driver opens its own with the first statement."""
        if self.postgres:
            return
        try:
            self.raw.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
        except Exception as error:
            raise told(error, self, "BEGIN") from error

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is sent inside goes to PostgreSQL in one round trip; its answers are there afterwards, its errors at the end."""
        if not self.postgres:
            yield
            return
        try:
            with self.raw.pipeline():
                yield
        except Exception as error:
            raise told(error, self, "") from error

    def commit(self) -> None:
        """Makes it durable."""
        if self.postgres:
            self.raw.execute("COMMIT")  # not the driver's own way, which would make a round trip of its own
        else:
            self.raw.commit()

    def rollback(self) -> None:
        """Leaves nothing of it."""
        self.raw.rollback()
        self.ended()

    def close(self) -> None:
        """Gives the connection up, whatever state it is in."""
        self.core.invalidate()
        self.core.close()

    def ended(self) -> None:
        """Tells SQLAlchemy's view, which began with its first statement, that the transaction is over."""
        transaction = self.core.get_transaction()
        if transaction is not None:
            transaction.rollback()  # the driver has nothing open any more: only the view's own state is cleared


Place = PooledConnection | Connection  # where a statement runs: a transaction of ours, or a connection of SQLAlchemy's


def driver(place: Place) -> Any:
    """The driver's connection behind either."""
    return place.raw if isinstance(place, PooledConnection) else place.connection.dbapi_connection


def told(error: Exception, place: Place, statement: str) -> Exception:
    """A driver's error as SQLAlchemy's own, so that callers know one kind; without the values, which may be personal."""
    kind = place.dialect.loaded_dbapi.Error
    if not isinstance(error, kind):
        return error
    gone = place.dialect.is_disconnect(error, driver(place), None)
    return DBAPIError.instance(
        statement, None, error, kind, hide_parameters=True, connection_invalidated=gone, dialect=place.dialect
    )


class ConnectionPool:
    """The free lanes of a store: taken by a transaction, given back after it, opened when none is free."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._free: deque[PooledConnection] = deque()
        _EVERYWHERE.add(self)

    def take(self) -> PooledConnection:
        """A free lane, or a new one."""
        try:
            return self._free.pop()
        except IndexError:
            return PooledConnection(self._engine)

    def give_back(self, lane: PooledConnection) -> None:
        """For the next transaction."""
        self._free.append(lane)

    def close(self) -> None:
        """Closes the free lanes; those in use close when they are closed by their user."""
        while self._free:
            self._free.pop().close()

    def forget(self) -> None:
        """A forked child does not touch its parent's connections: it neither uses nor closes them."""
        _PARENTS.append(self._free)
        self._free = deque()


_EVERYWHERE: WeakSet[ConnectionPool] = WeakSet()
_PARENTS: list[deque[PooledConnection]] = []


def _forget_all() -> None:
    for lanes in _EVERYWHERE:
        lanes.forget()


os.register_at_fork(after_in_child=_forget_all)
