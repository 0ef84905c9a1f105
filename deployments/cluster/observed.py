"""How a process of the cluster can be seen: its log and its /health on every one, the watcher of the whole on the trigger."""

from collections.abc import Iterator
from contextlib import contextmanager

from casework.shared.home import Home
from deployments.cluster.shared_engine import Shared
from deployments.observe.endpoint import Endpoint, Where
from deployments.observe.health import Examiner
from deployments.observe.logs import Log
from deployments.observe.observer import Observer


@contextmanager
def watching(home: Home, shared: Shared) -> Iterator[None]:
    """The trigger: log, endpoint, and the watcher that tells operators what went silent."""
    observer = Observer(home, lambda: shared if shared.answers() else None, here=False)
    observer.start()
    try:
        yield
    finally:
        observer.stop()


@contextmanager
def seen(home: Home, shared: Shared) -> Iterator[None]:
    """Any other process: log and endpoint."""
    where = Where.from_environment().checked()
    log, examiner = Log(), Examiner(home, shared.answers)
    endpoint = Endpoint(where, examiner)
    log.start()
    endpoint.start()
    try:
        yield
    finally:
        endpoint.stop()
        examiner.close()
        log.stop()
