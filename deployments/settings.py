"""The engine's settings as they were measured, for its server and for the processes that use it.

Nothing here imports the engine, so that a command may look without paying for it.
"""

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casework.shared.home import Home

LOOPBACK = "127.0.0.1"
POLL_SECONDS = 0.1  # from a person's act to the flow: one indexed query, or less
SWEEP_SECONDS = 60.0
SWEEP_ALARM_SECONDS = 300  # no sweep for so long: something is wrong
KEPT_DAYS = 60  # runs, events and artifacts in the engine's own database
OPERATOR = "operator"

# The recorder writes task runs one by one by default, and then a third of the requests for a new run is answered 503.
MEASURED = {
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "50",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "2",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "500",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "50",
}
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
}
# Nobody here writes automations, pauses or cancels runs, takes the engine's locks, or runs flows on remote workers.
_UNUSED = ("TRIGGERS", "PAUSE_EXPIRATIONS", "FOREMAN", "CANCELLATION_CLEANUP", "REPOSSESSOR", "CLEANUP_RECONCILER")


@dataclass(frozen=True, kw_only=True)
class EngineFiles:
    """The engine's own files; all may be deleted while it is off."""

    folder: Path

    @classmethod
    def of(cls, home: Home) -> "EngineFiles":
        """Those of a home."""
        return cls(folder=home.engine)

    @property
    def lock(self) -> Path:
        """Held by the one process that runs the engine."""
        return self.folder / "lock"

    @property
    def turn(self) -> Path:
        """Held while a flow runs: one after another, whatever process starts it."""
        return self.folder / "turn"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    @property
    def database(self) -> Path:
        """The engine's own database."""
        return self.folder / "prefect.db"

    def secret(self) -> str:
        """The authentication string "operator:…", made at first use and readable by the owner only."""
        path = self.folder / "secret"
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            path.chmod(0o600)
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{OPERATOR}:{secrets.token_urlsafe(24)}\n")
        return path.read_text(encoding="ascii").strip()

    def last_port(self) -> int:
        """The port of the last start, which is tried first so that an operator's bookmark keeps; 0 for any."""
        return int(self.status().get("port", 0))

    def status(self) -> dict[str, Any]:
        """What the running service last said of itself; empty where none has run."""
        try:
            said = json.loads((self.folder / "service.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}

    def say(self, **what: Any) -> None:
        """Adds to the status, in one piece."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"service.json.{os.getpid()}"
        path.write_text(json.dumps(self.status() | what, ensure_ascii=False), encoding="utf-8")
        path.replace(self.folder / "service.json")


def api_url(port: int) -> str:
    """The engine's API on this machine."""
    return f"http://{LOOPBACK}:{port}/api"


def now_text() -> str:
    """Real time, for the status file."""
    from models.clock import real_now

    return real_now().isoformat(timespec="seconds")


def server_environment(files: EngineFiles, port: int) -> dict[str, str]:
    """What the server of one machine is started with: loopback only."""
    return closed_server(
        folder=files.folder,
        url=api_url(port),
        bind=(LOOPBACK, port),
        database=f"sqlite+aiosqlite:///{files.database}",
        secret=files.secret(),
        origins=f"http://{LOOPBACK}:{port},http://localhost:{port}",
        unused=_UNUSED,
    )


def closed_server(
    *, folder: Path, url: str, bind: tuple[str, int], database: str, secret: str, origins: str, unused: Iterable[str]
) -> dict[str, str]:
    """A server's settings: one address, a password, no foreign web page, old runs swept out; `unused` services are off."""
    return {
        **MEASURED,
        **QUIET,
        **{f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in unused},
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": url,
        "PREFECT_API_DATABASE_CONNECTION_URL": database,
        "PREFECT_SERVER_API_HOST": bind[0],
        "PREFECT_SERVER_API_PORT": str(bind[1]),
        "PREFECT_SERVER_API_AUTH_STRING": secret,
        "PREFECT_API_AUTH_STRING": secret,
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": origins,
        "PREFECT_SERVER_UI_ENABLED": "true",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(folder / "ui"),
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(KEPT_DAYS * 86_400),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": f"P{KEPT_DAYS}D",
    }


def client_settings(files: EngineFiles, url: str) -> dict[str, Any]:
    """What a process that runs flows is told, by the engine's own names of its settings."""
    return {
        "home": files.folder,
        "api.url": url,
        "api.auth_string": files.secret(),
        "api.request_timeout": 10.0,
        "client.max_retries": 4,  # 503 from a busy database: 0.2 s each (see server.py); then the work is done without the engine
        "client.server_version_check_enabled": False,
        "flows.heartbeat_frequency": None,  # its thread would make every run wait a second at its end
        "server.ephemeral.enabled": False,  # never a second server behind our back
        "results.persist_by_default": False,
        "logging.level": "WARNING",
    }


def be_quiet() -> None:
    """Tells an engine that this process is yet to import to keep its remarks to itself; it reads this when imported."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
