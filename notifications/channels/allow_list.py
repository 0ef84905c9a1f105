"""Where messages may go: the schemes, hosts and private networks that the operator allowed, asked again at every connection.

Ours, because Apprise connects to whatever an address or an answer names.
"""

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SCHEMES = {"https": 443, "http": 80, "smtps": 465, "starttls": 587, "smtp": 25}
ENCRYPTED = ("https", "smtps", "starttls")
MAIL = ("smtp", "smtps", "starttls")
RELAYS = (25, 465, 587)  # where a machine's own mail server would pass mail on

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotAllowed(Exception):
    """The place is not one of those that messages may go to; the words name the host and nothing else."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True)
class AllowedHost:
    """A host that may be spoken to."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def local(self) -> bool:
        """It is this machine, by its number (a name could mean anything tomorrow), and no mail server that passes mail on."""
        number = numeric(self.host)
        return number is not None and number.is_loopback and not (self.scheme in MAIL and self.port in RELAYS)

    @property
    def authority(self) -> str:
        """Host and port as a request names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == SCHEMES[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class AllowList:
    """The allow-list. Addresses inside private networks, this machine included, only where `private` names them."""

    schemes: tuple[str, ...] = ENCRYPTED
    hosts: tuple[str, ...] = ()
    private: tuple[Network, ...] = field(default=())

    def place(self, url: str, *official: str) -> AllowedHost:
        """The place of an address; raises NotAllowed. `official` hosts need no entry in the list."""
        try:
            parts = urlsplit(url)
            host, scheme, port = (parts.hostname or "").lower(), parts.scheme.lower(), parts.port
        except ValueError:
            raise NotAllowed("地址写法有误", "malformed address") from None
        if scheme not in SCHEMES or not host or parts.username or parts.password or parts.query or parts.fragment:
            raise NotAllowed(f"地址写法有误（{host or '无主机名'}）", f"malformed address ({host or 'no host'})")
        if scheme not in self.schemes:
            raise NotAllowed(f"{host}：[allow] schemes 未包含 {scheme}", f"{host}: {scheme} is not in [allow] schemes")
        number = numeric(host)
        listed = any(_matches(host, pattern) for pattern in (*official, *self.hosts))
        if not listed and not (number and self._private(number)):  # a private number stands in the list of networks
            raise NotAllowed(f"{host} 不在 [allow] hosts 之内", f"{host} is not in [allow] hosts")
        return AllowedHost(scheme, host, port or SCHEMES[scheme], parts.path.rstrip("/"))

    def _private(self, number: Address) -> bool:
        return any(number.version == network.version and number in network for network in self.private)

    def check(self, place: AllowedHost, number: Address) -> None:
        """A name's address, asked at each connection: private only where allowed, and there alone unencrypted."""
        number = getattr(number, "ipv4_mapped", None) or number
        listed = self._private(number)
        if not number.is_global and not listed:
            zh = f"{place.host} 指向内部地址，[allow] private 未包含"
            raise NotAllowed(zh, f"{place.host} is at a private address that [allow] private does not name")
        if place.scheme not in ENCRYPTED and not listed:
            zh = f"{place.host}：不加密的连接只能用于 [allow] private 之内"
            raise NotAllowed(zh, f"{place.host}: an unencrypted connection only inside [allow] private")


def numeric(host: str) -> Address | None:
    """A host that is written as a number."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _matches(host: str, pattern: str) -> bool:
    """`*.example.gov.cn` stands for every host below it, and not for itself."""
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern
