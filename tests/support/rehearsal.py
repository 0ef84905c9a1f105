"""A store in which nothing stays (to try an act and see what it would do), and the means to see that nothing was written."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import SQLModel

from models.store import Store
from models.unit_of_work import UnitOfWork

_COUNTS = " UNION ALL ".join(
    f"SELECT '{table.name}' AS name, COUNT(*) AS n FROM \"{table.name}\"" for table in SQLModel.metadata.sorted_tables
)
_CASES = (
    "SELECT number, state, version, next_duty, next_due, amount_fen, held, contested FROM case_file ORDER BY number"
)


class Rehearsal(Store):
    """The same database, but every write transaction is taken back when it is complete."""

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        lane, work = self._begin(writes=True)
        try:
            yield work
            work.finish()
            work.seal()
        finally:
            self._undo(lane)


def written(store: Store) -> list[tuple[object, ...]]:
    """How many rows each table has, and how every case stands: equal before and after means that nothing was written."""
    with store.engine.connect() as connection:
        counts = connection.exec_driver_sql(_COUNTS).all()
        return [tuple(row) for row in (*counts, *connection.exec_driver_sql(_CASES))]
