"""What the tests of flows and engine share: a furnished store as a home, and one embedded engine for all of them."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from casework.shared.home import Home
from deployments.engine import Engine
from models.store import Store, shared
from support.one_engine import OneEngine
from support.stage import Stage
from support.walk import Walk


@pytest.fixture
def home(store: Store, tmp_path: Path) -> Iterator[Home]:
    """The store as a home, in use during the test."""
    here = Home.at(tmp_path / "home", database_url=store.url)
    with here.in_use():
        yield here
    shared(store.url).close()
    shared.cache_clear()


@pytest.fixture
def walk(store: Store) -> Walk:
    """Somebody who acts, in a furnished office."""
    return Walk(Stage(store).furnish())


@pytest.fixture(scope="session")
def one_engine() -> Iterator[OneEngine]:
    """Starts when first asked for."""
    folder = Path(tempfile.mkdtemp(prefix="duixian-engine-"))
    engine = OneEngine(folder)
    yield engine
    engine.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True, scope="module")
def _engines_threads_end() -> Iterator[None]:
    """What the engine's client leaves running in this process ends with the module: its keep-alive draws from `random`, and a
    random search elsewhere that sees another hand at it counts itself as broken."""
    yield
    worker = sys.modules.get("prefect.events.worker")
    if worker is not None:
        done, running = worker.EventsWorker.drain_all(timeout=60, at_exit=False)
        assert not running, f"{len(running)} services of the engine's client did not end, {len(done)} did"


@pytest.fixture
def engine(one_engine: OneEngine) -> Engine:
    """The running engine."""
    return one_engine()


@pytest.fixture
def through(engine: Engine, home: Home) -> Callable[[], AbstractContextManager[None]]:
    """Flows called inside run through the engine, on this test's store; for threads, which start with nothing in use."""

    @contextmanager
    def both() -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(engine.in_use())
            stack.enter_context(home.in_use())
            yield

    return both
