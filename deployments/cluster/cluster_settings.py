"""Where the engine of several machines is and how its processes are set; read from the environment, the engine not needed.

Secrets come from the environment or from files (NAME_FILE), never from a command line, and are never printed.
"""

import ipaddress
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError

from casework.shared.errors import Refused
from casework.shared.home import Home, said
from deployments.settings import LOOPBACK, QUIET, closed_server
from models.store import Store

URL, SECRET, DATABASE, BIND = (
    "DUIXIAN_ENGINE_URL",
    "DUIXIAN_ENGINE_SECRET",
    "DUIXIAN_ENGINE_DATABASE_URL",
    "DUIXIAN_ENGINE_BIND",
)
LEASE_SECONDS = 30  # a killed worker's place is free again after so long
SHORTEST_SECRET = 16
DATABASE_PATIENCE = 120.0  # for a database that is starting up, or coming back
# Nobody here writes automations or pauses runs; leases of killed workers are taken back and dead workers noted.
_UNUSED = ("TRIGGERS", "PAUSE_EXPIRATIONS")
log = logging.getLogger("duixian.cluster")


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The engine that several machines share."""

    url: str
    secret: str = field(repr=False)
    database: str = field(default="", repr=False)
    bind: str = LOOPBACK

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """The engine that the environment names; None where it names none, which means one machine."""
        url = said(URL, environment).rstrip("/")
        if not url:
            return None
        return cls(
            url=url,
            secret=said(SECRET, environment),
            database=said(DATABASE, environment),
            bind=said(BIND, environment) or LOOPBACK,
        )

    @classmethod
    def needed(cls) -> Self:
        """The same, refusing where there is none."""
        found = cls.from_environment()
        if found is None:
            zh = f"没有指明流程引擎：请设 {URL}（如 http://engine:4200/api）和 {SECRET}；单机请用 duixian serve"
            en = f"no engine is named: set {URL} and {SECRET}; on one machine use duixian serve"
            raise Refused("no_engine", zh, en, field=URL)
        return found

    @property
    def host(self) -> str:
        """The engine's host."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Its port."""
        return urlsplit(self.url).port or 4200

    @property
    def origin(self) -> str:
        """The only web page that may ask it: its own."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def faults(cluster: Cluster, *, server: bool = False) -> list[tuple[str, str, str]]:
    """What makes these settings unsafe before anything runs: (variable, zh, en)."""
    found = []
    name, _, password = cluster.secret.partition(":")
    if not name or len(password) < SHORTEST_SECRET:
        found.append(
            (
                SECRET,
                f"引擎的登录字符串缺失或太短：应为 名称:口令，口令至少 {SHORTEST_SECRET} 个字符",
                f"the engine's secret is missing or short: write NAME:PASSWORD, at least {SHORTEST_SECRET} characters",
            )
        )
    if not is_private(cluster.host):
        found.append((URL, f"引擎地址 {cluster.host} 不在本机或专用网络上", f"{cluster.host} is on no private network"))
    if server:
        found += _server_faults(cluster)
    return found


def _server_faults(cluster: Cluster) -> list[tuple[str, str, str]]:
    found = []
    if not is_private(cluster.bind):
        zh = f"{cluster.bind} 会让引擎对外公开：请写本机或专用网络的地址，不要写 0.0.0.0"
        found.append((BIND, zh, f"{cluster.bind} would open the engine to everybody: write one private address"))
    try:
        kind = make_url(cluster.database).get_backend_name() if cluster.database else ""
    except ArgumentError:
        kind = ""
    if kind != "postgresql":
        zh = "引擎自己的数据库须为 PostgreSQL（单独的库和账号），如 postgresql+asyncpg://engine@db/engine"
        found.append((DATABASE, zh, "the engine's own database must be PostgreSQL, with a role of its own"))
    return found


def refuse(found: list[tuple[str, str, str]]) -> None:
    """Refuses to start, naming every fault."""
    if found:
        zh, en = "；".join(fault[1] for fault in found), "; ".join(fault[2] for fault in found)
        raise Refused("unsafe_engine", f"拒绝启动：{zh}", f"refusing to start: {en}", field=found[0][0])


def is_private(host: str) -> bool:
    """Whether every address behind a name is of this machine or of a private network; "any address" is not."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host or "0.0.0.0", None, type=socket.SOCK_STREAM)}
    except OSError:
        return False
    addresses = [ipaddress.ip_address(str(address).partition("%")[0]) for address in found]
    return bool(addresses) and all(address.is_private and not address.is_unspecified for address in addresses)


def server_environment(cluster: Cluster, folder: Path) -> dict[str, str]:
    """What the engine's server is started with: one private address, its own PostgreSQL."""
    return {
        **closed_server(
            folder=folder,
            url=cluster.url,
            bind=(cluster.bind, cluster.port),
            database=cluster.database,
            secret=cluster.secret,
            origins=cluster.origin,
            unused=_UNUSED,
        ),
        # In memory they would be lost with the server, and their places with them: a measure could never run again.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_CONCURRENCY_INITIAL_DEPLOYMENT_LEASE_DURATION": str(LEASE_SECONDS),
    }


def ready(home: Home, stopping: Callable[[], bool] = lambda: False) -> None:
    """Waits until the business database answers, then opens and checks it; one that is unsafe is refused at once."""
    ends = time.monotonic() + DATABASE_PATIENCE
    while not stopping():
        waiting = Store(home.database_url)
        try:
            with waiting.engine.connect():
                break
        except DatabaseError as trouble:
            if time.monotonic() > ends:
                break
            log.warning("the database is away (%s): asking again", type(trouble).__name__)
            time.sleep(1)
        finally:
            waiting.close()
    home.store()


def quiet(folder: Path) -> dict[str, str]:
    """What a process of ours that uses the engine has in its environment: no address, no secret (`shared_engine.py`)."""
    return {**QUIET, "PREFECT_HOME": str(folder), "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false"}


def use(environment: Mapping[str, str]) -> None:
    """Puts settings where an engine that is yet to be imported finds them, and nobody else's beside them."""
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        del os.environ[name]
    os.environ.update(environment)
