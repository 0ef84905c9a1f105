"""Something done on a thread beside a test, and until when a session of PostgreSQL waits for another."""

import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from models.store import Store

PATIENCE = 60.0


class Beside:
    """Something done on a thread beside the test; what came of it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.found: Any = None
        self._thread = threading.Thread(target=self._do, args=(work,))
        self._thread.start()

    def _do(self, work: Callable[[], Any]) -> None:
        try:
            self.found = work()
        except Exception as trouble:
            self.found = trouble

    def end(self) -> Any:
        """Waits for it."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return self.found


def waits(store: Store, sessions: int = 1) -> None:
    """Until so many sessions wait for a lock that another holds."""
    ends = time.monotonic() + PATIENCE
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    while time.monotonic() < ends:
        with store.engine.connect() as connection:
            if connection.execute(query).scalar_one() >= sessions:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits")
