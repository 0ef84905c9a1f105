"""How the portal is reached: its own address, the hosts that it answers to, the proxy that it trusts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from casework.shared.errors import Refused
from casework.shared.portal_address import checked, portal_address

# Set by who starts the portal and holds its standard input open: where that ends, the portal ends too.
WATCHED = "DUIXIAN_WEB_WATCHED"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """`address`: where browsers find the portal (links are made from it, never from a request's Host header)."""

    address: str = "http://localhost:8023"
    bind: str = "127.0.0.1"
    port: int = 8023
    workers: int = 2
    proxies: str = ""  # addresses whose X-Forwarded-For and -Proto are believed, with commas between them

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """DUIXIAN_WEB_ADDRESS, DUIXIAN_WEB_BIND (host:port), DUIXIAN_WEB_WORKERS, DUIXIAN_WEB_PROXIES; what is wrong is refused."""
        bind = environment.get("DUIXIAN_WEB_BIND", "").strip() or "127.0.0.1:8023"
        host, colon, port = bind.rpartition(":")
        if not colon or not port.isdigit() or not 0 < int(port) < 65536:
            zh = f"DUIXIAN_WEB_BIND 应写成 地址:端口，如 127.0.0.1:8023；现为 {bind}"
            raise Refused("bind", zh, f"DUIXIAN_WEB_BIND is host:port, not {bind}", field="DUIXIAN_WEB_BIND")
        address = checked(portal_address({**environment, "DUIXIAN_WEB_BIND": bind}))
        workers = environment.get("DUIXIAN_WEB_WORKERS", "").strip() or "2"
        if not workers.isdigit() or not 1 <= int(workers) <= 64:
            zh = f"DUIXIAN_WEB_WORKERS 应为 1 至 64；现为 {workers}"
            raise Refused("workers", zh, f"DUIXIAN_WEB_WORKERS is 1 to 64, not {workers}", field="DUIXIAN_WEB_WORKERS")
        return cls(
            address=address,
            bind=host.strip("[]"),
            port=int(port),
            workers=int(workers),
            proxies=environment.get("DUIXIAN_WEB_PROXIES", "").strip(),
        )

    @property
    def secure(self) -> bool:
        """Whether browsers come over TLS: cookies are then sent over nothing else."""
        return self.address.startswith("https:")

    @property
    def hosts(self) -> frozenset[str]:
        """The Host headers that are answered: the portal's own, and loopback's at its port."""
        own = urlsplit(self.address).netloc.lower()
        return frozenset({own, *(f"{name}:{self.port}" for name in LOOPBACK)})


def session_cookie(settings: WebSettings) -> str:
    """The name of the session's cookie."""
    return "__Host-duixian" if settings.secure else "duixian-session"


def cookie_name(settings: WebSettings, name: str) -> str:
    """The name of any other cookie; over TLS browsers bind it to this host, as they do the session's."""
    return f"__Host-{name}" if settings.secure else name
