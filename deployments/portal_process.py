"""The portal as a process of its own beside the service: started with it, watched, started again where it died, stopped with it."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from casework.shared.errors import Refused
from casework.shared.home import Home
from web.portal_settings import WATCHED, WebSettings

WATCH_SECONDS, STOP_SECONDS, SLOWEST_SECONDS = 1.0, 15.0, 60.0
LOG_BYTES = 10 * 1024**2
OFF = "off"  # DUIXIAN_WEB_BIND: no portal here (it runs elsewhere, or nobody needs it)
ROOT = Path(__file__).resolve().parent.parent
log = logging.getLogger("duixian.portal")


class PortalProcess:
    """The portal of one home. What cannot be started is logged; cases move on without it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.settings: WebSettings | None = None
        self._wanted = WebSettings()
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._keep, name="portal-watch", daemon=True)

    @property
    def address(self) -> str:
        """Where browsers find it; "" while there is none."""
        return self.settings.address if self.settings is not None else ""

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self) -> None:
        """Starts it, unless it is switched off; where its address is taken, it is tried again until it is free."""
        if os.environ.get("DUIXIAN_WEB_BIND", "").strip().lower() == OFF:
            return
        try:
            self._wanted = WebSettings.from_environment()
        except Refused as no:
            log.error("门户没有启动：%s / no portal: %s", no.zh, no.en)
            return
        self._spawn()
        self._watch.start()

    def stop(self) -> None:
        """Stops it, and leaves no process behind."""
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join(WATCH_SECONDS + 5)
        child = self._child
        if child is None:
            return
        if child.poll() is None:
            child.terminate()
            with suppress(subprocess.TimeoutExpired):
                child.wait(STOP_SECONDS)
        self._end_group()

    def _end_group(self) -> None:
        """Ends whatever of the last start is left: its workers would keep the port."""
        if self._child is None:
            return
        if self._child.stdin is not None:
            self._child.stdin.close()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)  # it began a session of its own, so that the group is its
        self._child.wait()
        self._child = None  # its number may be another process's from now on

    def _spawn(self) -> None:
        """Starts it where its address is free; what stands in its way is logged, and the watch tries again."""
        self._end_group()
        try:
            _refuse_taken(self._wanted)
            self._start()
        except Refused as no:
            log.error("门户没有启动：%s / no portal: %s", no.zh, no.en)
        except OSError as trouble:
            log.error("门户没有启动 / the portal cannot be started: %s", trouble)

    def _start(self) -> None:
        said = self.home.directory / "portal.log"
        kept = said.exists() and said.stat().st_size < LOG_BYTES
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        environment = {**os.environ, **self.home.environment(), "PYTHONPATH": path, WATCHED: "1"}
        with said.open("ab" if kept else "wb") as output:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "web.portal_server"],
                stdin=subprocess.PIPE,  # never written to: it ends with us, and the portal with it
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
        self.settings = self._wanted

    def _keep(self) -> None:
        """Starts it again where it died; slower each time that it fails."""
        failures, lived = 0, 0.0
        while not self._stopping.wait(WATCH_SECONDS):
            if self.pid is not None:
                lived += WATCH_SECONDS
                failures = 0 if lived > SLOWEST_SECONDS else failures
                continue
            failures, lived = failures + 1, 0.0
            log.warning("the portal is not up; starting it again (see portal.log in the home)")
            if self._stopping.wait(_pause(failures)):
                return
            self._spawn()


def _pause(failures: int) -> float:
    """Seconds until the next try: doubled with each failure, a minute at most, however many there were."""
    return min(SLOWEST_SECONDS, WATCH_SECONDS * (1 << min(failures - 1, 6)))


def _refuse_taken(settings: WebSettings) -> None:
    family = socket.AF_INET6 if ":" in settings.bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((settings.bind, settings.port))
        except OSError as trouble:
            at = f"{settings.bind}:{settings.port}"
            zh = f"地址 {at} 不能使用（可能已被占用）；请用 DUIXIAN_WEB_BIND 另指，或写 off 不启动门户"
            en = f"{at} cannot be used ({trouble.strerror}): set DUIXIAN_WEB_BIND to another, or to off"
            raise Refused("bind", zh, en, field="DUIXIAN_WEB_BIND") from trouble
