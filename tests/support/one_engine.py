"""The embedded engine that the tests share: one start for all of them."""

import shutil
import sqlite3
from pathlib import Path

from casework.shared.home import Home
from deployments.engine import Engine
from deployments.settings import QUIET, EngineFiles, api_url

PATIENCE = 500.0  # a busy machine; the server itself is started again after two minutes


def client_environment(files: EngineFiles, port: int) -> dict[str, str]:
    """What a process of the tests that uses the engine is started with."""
    return {
        **QUIET,
        "PREFECT_HOME": str(files.folder),
        "PREFECT_API_URL": api_url(port),
        "PREFECT_API_AUTH_STRING": files.secret(),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
    }


class OneEngine:
    """The engine that the tests share; a test may kill it, and then the next gets a new one."""

    def __init__(self, folder: Path) -> None:
        self.files = EngineFiles(folder=folder)
        self._engine: Engine | None = None

    def __call__(self) -> Engine:
        """The running engine."""
        if self._engine is None:
            self._engine = Engine(self.files)
            self._engine.start()
        assert self._engine.wait(PATIENCE), self.files.log.read_text(encoding="utf-8")[-2000:]
        return self._engine

    def stop(self) -> None:
        """Stops it."""
        if self._engine is not None:
            self._engine.stop()
            self._engine = None

    def lend_database(self, home: Home) -> None:
        """Gives a home a copy of the engine's database, so that its own start need not make one."""
        self()
        files = EngineFiles.of(home)
        files.folder.mkdir(parents=True)
        with sqlite3.connect(self.files.database) as ours, sqlite3.connect(files.database) as theirs:
            ours.backup(theirs)
        ours.close()
        theirs.close()
        shutil.copytree(self.files.folder / "ui", files.folder / "ui", dirs_exist_ok=True)
