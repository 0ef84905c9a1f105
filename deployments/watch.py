"""Notices that the records changed, at next to no cost, so that an act is followed within a fraction of a second."""

from models.store import Store


class Watch:
    """SQLite counts the commits of others for us; on PostgreSQL the query for what is due is the watch."""

    def __init__(self, store: Store) -> None:
        self._sqlite = store.engine.dialect.name == "sqlite"
        self._connection = store.engine.raw_connection() if self._sqlite else None
        self._seen: int | None = None

    def changed(self) -> bool:
        """Whether anything was committed since the last call (always, where only a query can tell)."""
        if self._connection is None:
            return True
        cursor = self._connection.cursor()
        (version,) = cursor.execute("PRAGMA data_version").fetchone()
        cursor.close()
        before, self._seen = self._seen, int(version)
        return before != self._seen

    def again(self) -> None:
        """Makes the next call say yes."""
        self._seen = None

    def close(self) -> None:
        """Gives the connection back."""
        if self._connection is not None:
            self._connection.close()
