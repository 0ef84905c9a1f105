"""The embedded engine: its server as a child process, kept alive."""

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from deployments.engine_client import HEALTH_TIMEOUT, Connection
from deployments.settings import EngineFiles

START_SECONDS = 120.0  # 5-8 s on an idle machine; a busy one gets patience
WATCH_SECONDS = 1.0
HEALTH_EVERY = 10  # watches; one that hangs is started again after three such waits
SILENT_AT_MOST = 3
LOG_BYTES = 5_000_000
ROOT = Path(__file__).resolve().parents[1]
log = logging.getLogger("duixian.engine")


class Engine(Connection):
    """The server that this process runs; a watch restarts it where it died or no longer answers."""

    def __init__(self, files: EngineFiles) -> None:
        super().__init__(files)
        self._server: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._failures = 0
        self._watch = threading.Thread(target=self._keep, name="engine-watch", daemon=True)

    @property
    def up(self) -> bool:
        """Whether flows can run through it now, as far as is known."""
        return self._ready.is_set() and self._server is not None and self._server.poll() is None

    @property
    def pid(self) -> int | None:
        """The server's process."""
        return self._server.pid if self._server else None

    def start(self) -> None:
        """Starts the server and its watch; `wait` says when it is up."""
        self._spawn(self.files.last_port())
        self._watch.start()

    def wait(self, seconds: float, unless: threading.Event | None = None) -> bool:
        """Waits until it is up; False when it is not by then, or something else came up."""
        ends = time.monotonic() + seconds
        while not (unless and unless.is_set()) and time.monotonic() < ends:
            if self._ready.wait(0.05):
                return True
        return self._ready.is_set()

    def stop(self) -> None:
        """Stops the server, cleanly if it can, and leaves no process behind."""
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join(HEALTH_TIMEOUT + WATCH_SECONDS + 5)
        if self.up:
            self.drain()
        self._end()

    def _spawn(self, port: int) -> None:
        self.files.folder.mkdir(parents=True, exist_ok=True)
        kept = self.files.log.exists() and self.files.log.stat().st_size < LOG_BYTES
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        with self.files.log.open("ab" if kept else "wb") as said:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "deployments.server", str(self.files.folder), str(port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env=environment,
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
        assert self._server.stdout is not None
        self.port, self._settings = int(self._server.stdout.readline() or 0), {}
        self._server.stdout.close()
        self.files.say(port=self.port, server_pid=self._server.pid, engine="starting")

    def _keep(self) -> None:
        """Watches over the server until told to stop."""
        silent, beat = 0, 0
        started = time.monotonic()
        while not self._stopping.wait(0.1 if not self._ready.is_set() else WATCH_SECONDS):
            beat += 1
            assert self._server is not None
            dead = self._server.poll() is not None
            if not self._ready.is_set() and not dead:
                if self.answers():
                    if self._open_to_strangers():
                        return
                    self._ready.set()
                    self.files.say(engine="up")
                    self._failures, silent = 0, 0
                dead = time.monotonic() - started > START_SECONDS and not self._ready.is_set()
            elif not dead and beat % HEALTH_EVERY == 0:
                silent = 0 if self.answers() else silent + 1
                dead = silent >= SILENT_AT_MOST
            if dead:
                log.warning("the engine's server stopped answering; starting it again")
                self._again()
                silent, started = 0, time.monotonic()

    def _open_to_strangers(self) -> bool:
        """Whether it answers without its password, or any web page; then it is stopped, and cases move on without it."""
        from deployments.cluster.exposure import strangers

        try:
            found = list(strangers(self.url, self.files.secret()))
        except OSError:
            return False  # gone again: the watch sees it
        if found:
            log.error("the engine's server is stopped: %s", "; ".join(en for _, _, en in found))
            self._end()
        return bool(found)

    def _again(self) -> None:
        """Ends what is left of the server and starts it on the same port; slower each time that it fails."""
        self._end()
        self._failures += 1
        if self._stopping.wait(min(60.0, WATCH_SECONDS * 2 ** (self._failures - 1))):
            return
        try:
            self._spawn(self.port)
        except OSError as trouble:
            log.error("the engine's server cannot be started: %s", trouble)

    def _end(self) -> None:
        server = self._server
        self._ready.clear()
        if server is None:
            return
        if server.stdin is not None and not server.stdin.closed:
            server.stdin.close()
        server.terminate()
        try:
            server.wait(8)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        self.files.say(engine="down")
