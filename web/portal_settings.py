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
REQUIRED, OFFERED = "required", "offered"  # a second factor of officers who decide
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """`address`: where browsers find the portal (links are made from it, never from a request's Host header)."""

    address: str = "http://localhost:8023"
    bind: str = "127.0.0.1"
    port: int = 8023
    workers: int = 2
    second_factor: str = ""  # required or offered, of officers who decide; "": required, but not in a rehearsal
    proxies: str = ""  # addresses whose X-Forwarded-For and -Proto are believed, with commas between them

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """DUIXIAN_WEB_ADDRESS, _BIND (host:port), _WORKERS, _PROXIES, _SECOND_FACTOR; what is wrong is refused."""
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
            second_factor=factor_word(environment),
            proxies=environment.get("DUIXIAN_WEB_PROXIES", "").strip(),
        )

    @property
    def secure(self) -> bool:
        """Whether browsers come over TLS: cookies are then sent over nothing else."""
        return self.address.startswith("https:")

    @property
    def passkeys(self) -> bool:
        """Whether browsers make passkeys for this address: a name, over TLS or on the same machine."""
        host = urlsplit(self.address).hostname or ""
        numbers = ":" in host or host.replace(".", "").isdigit()
        return not numbers and (self.secure or host == "localhost")

    @property
    def hosts(self) -> frozenset[str]:
        """The Host headers that are answered: the portal's own, and loopback's at its port."""
        own = urlsplit(self.address).netloc.lower()
        return frozenset({own, *(f"{name}:{self.port}" for name in LOOPBACK)})


def factor_word(environment: Mapping[str, str] = os.environ) -> str:
    """DUIXIAN_WEB_SECOND_FACTOR: required, offered or ""; anything else is refused."""
    word = environment.get("DUIXIAN_WEB_SECOND_FACTOR", "").strip()
    if word not in ("", REQUIRED, OFFERED):
        zh = f"DUIXIAN_WEB_SECOND_FACTOR 应为 {REQUIRED} 或 {OFFERED}；现为 {word}"
        en = f"DUIXIAN_WEB_SECOND_FACTOR is {REQUIRED} or {OFFERED}, not {word}"
        raise Refused("second_factor", zh, en, field="DUIXIAN_WEB_SECOND_FACTOR")
    return word


def requires_factor(word: str, *, demo: bool) -> bool:
    """Whether officers who decide about money or rights need a second factor: so the setting says, or it is no rehearsal."""
    return word == REQUIRED or (not word and not demo)


def session_cookie(settings: WebSettings) -> str:
    """The name of the session's cookie."""
    return "__Host-duixian" if settings.secure else "duixian-session"


def cookie_name(settings: WebSettings, name: str) -> str:
    """The name of any other cookie; over TLS browsers bind it to this host, as they do the session's."""
    return f"__Host-{name}" if settings.secure else name
