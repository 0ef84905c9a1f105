"""How a process of the cluster can be seen: its log and its /health on every one, the watcher of the whole on the trigger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from casework.home import Home
from deployments.cluster.api import Api
from deployments.cluster.settings import Cluster
from deployments.engine import Connection
from deployments.observe.endpoint import Endpoint, Where
from deployments.observe.health import Examiner
from deployments.observe.logs import Log
from deployments.observe.observer import Observer
from deployments.settings import EngineFiles


@dataclass(frozen=True, kw_only=True)
class SharedFiles(EngineFiles):
    """The files of a process whose engine is elsewhere: the secret is given, not made."""

    given: str = field(repr=False)

    def secret(self) -> str:
        """The engine's."""
        return self.given


class Shared(Connection):
    """The engine that several machines share."""

    def __init__(self, home: Home, cluster: Cluster) -> None:
        super().__init__(SharedFiles(folder=home.engine, given=cluster.secret), cluster.port)
        self._api = Api(cluster)

    @property
    def url(self) -> str:
        """Its API."""
        return self._api.cluster.url

    def answers(self) -> bool:
        """Whether it is up."""
        return self._api.answers()


@contextmanager
def watching(home: Home, cluster: Cluster) -> Iterator[None]:
    """The trigger: log, endpoint, and the watcher that tells operators what went silent."""
    shared = Shared(home, cluster)
    observer = Observer(home, lambda: shared if shared.answers() else None, here=False)
    observer.start()
    try:
        yield
    finally:
        observer.stop()


@contextmanager
def seen(home: Home, cluster: Cluster) -> Iterator[None]:
    """Any other process: log and endpoint."""
    where = Where.from_environment().checked()
    log, examiner = Log(), Examiner(home, Shared(home, cluster).answers)
    endpoint = Endpoint(where, examiner)
    log.start()
    endpoint.start()
    try:
        yield
    finally:
        endpoint.stop()
        examiner.close()
        log.stop()
