"""The invariants of `verify` after every step, at the price of one query: what needs Python is read from where it stopped."""

from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from models.audit import GENESIS, AuditEntry, chain_hash
from models.store import Store
from models.verify import CHECKS, verify

_CHECKS = tuple(check for check in CHECKS if check.sql)
_ALL = " UNION ALL ".join(f"SELECT '{known.id}' AS id WHERE EXISTS ({known.sql})" for known in _CHECKS)
_ALL = _ALL.replace("%", "%%")
_ROWS: Select[Any] = select(AuditEntry.__table__).order_by(col(AuditEntry.seq))  # type: ignore[attr-defined]


class WatchedProcess:
    """Looks at one store again and again, over a connection of its own."""

    def __init__(self, store: Store) -> None:
        self.store, self.connection = store, store.engine.connect()
        self.seq, self.previous = 0, GENESIS
        self.query = _ALL.replace("%%", "%")
        if store.engine.dialect.name == "postgresql":  # planning takes longer than looking
            self.connection.exec_driver_sql(f"PREPARE watch AS {_ALL}")
            self.connection.commit()
            self.query = "EXECUTE watch"

    def again(self, store: Store) -> "WatchedProcess":
        """The same watch after the store was closed (`close` first) and opened anew."""
        watch = WatchedProcess(store)
        watch.seq, watch.previous = self.seq, self.previous
        return watch

    def close(self) -> None:
        """Gives the connection back."""
        self.connection.close()

    def broken(self) -> list[str]:
        """The invariants that do not hold; `verify` itself then says which row."""
        wrong = [str(row[0]) for row in self.connection.exec_driver_sql(self.query)]
        wrong += self._chain()
        self.connection.rollback()
        return wrong and [*wrong, *(str(invariant) for invariant in verify(self.store).bad)]

    def _chain(self) -> list[str]:
        """The audit rows since the last look continue the chain."""
        for row in self.connection.execute(_ROWS.where(col(AuditEntry.seq) > self.seq)):
            said = (row.seq, row.at, row.actor, row.action, row.subject, row.version, row.content)
            if (row.seq, row.previous, row.hash) != (self.seq + 1, self.previous, chain_hash(self.previous, *said)):
                return [f"audit row {row.seq} breaks the chain"]
            self.seq, self.previous = row.seq, row.hash
        return []
