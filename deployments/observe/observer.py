"""What a long-lived process has beside its work: the log, the endpoint, the watcher. It starts and stops with the process."""

import logging
from collections.abc import Callable

from casework.shared.home import Home
from deployments.engine_client import Connection
from deployments.observe.alarms import Watcher
from deployments.observe.endpoint import Endpoint, Where
from deployments.observe.health import Examiner
from deployments.observe.logs import Log
from deployments.observe.runs import EngineRuns
from deployments.settings import EngineFiles

log = logging.getLogger("duixian.observe")


class Observer:
    """Log, endpoint and watcher of one process. `engine` gives the connection to the engine, or None while there is none.

    `here` is False where runs are made by workers elsewhere.
    """

    def __init__(self, home: Home, engine: Callable[[], Connection | None], *, here: bool = True) -> None:
        self.home, self._engine = home, engine
        self._where = Where.from_environment().checked()  # refused before anything starts
        self._log = Log()
        self._examiner = Examiner(home, lambda: self._engine() is not None)
        self._endpoint = Endpoint(self._where, self._examiner)
        self._watcher = Watcher(home, self._examiner, self._api, here=here)

    def start(self) -> None:
        """From now on the process can be seen."""
        self._log.start()
        self._endpoint.start()
        if self._endpoint.running:
            EngineFiles.of(self.home).say(observe=self._endpoint.url)
        self._watcher.start()

    def stop(self) -> None:
        """And now it cannot."""
        self._watcher.stop()
        self._endpoint.stop()
        self._examiner.close()
        self._log.stop()

    def _api(self) -> EngineRuns | None:
        connection = self._engine()
        return EngineRuns(connection) if connection is not None else None
