"""Where messages may go: the schemes, hosts and private networks that the operator allowed, asked again at every connection."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from notifications.channels.attempt import Attempt

SCHEMES = {"https": 443, "http": 80, "smtps": 465, "starttls": 587, "smtp": 25}
ENCRYPTED = ("https", "smtps", "starttls")
RELAYS = (25, 465, 587)  # where a machine's own mail server would pass mail on

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotAllowed(Exception):
    """The place is not one of those that messages may go to; the words name the host and nothing else."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


class Unreached(Exception):
    """No connection: the other side has nothing."""


@dataclass(frozen=True)
class Place:
    """A host that may be spoken to."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def local(self) -> bool:
        """It is this machine, by its number (a name could mean anything tomorrow), and no mail server that passes mail on."""
        number = _number(self.host)
        mail = self.scheme in ("smtp", "smtps", "starttls") and self.port in RELAYS
        return number is not None and number.is_loopback and not mail


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """The allow-list. Addresses inside private networks, this machine included, only where `private` names them."""

    schemes: tuple[str, ...] = ENCRYPTED
    hosts: tuple[str, ...] = ()
    private: tuple[Network, ...] = field(default=())

    def place(self, url: str, *official: str) -> Place:
        """The place of an address; raises NotAllowed. `official` hosts need no entry in the list."""
        parts = urlsplit(url)
        host, scheme = (parts.hostname or "").lower(), parts.scheme.lower()
        if scheme not in SCHEMES or not host or parts.username or parts.password or parts.query or parts.fragment:
            raise NotAllowed(f"地址写法有误（{host or '无主机名'}）", f"malformed address ({host or 'no host'})")
        if scheme not in self.schemes:
            raise NotAllowed(f"{host}：[allow] schemes 未包含 {scheme}", f"{host}: {scheme} is not in [allow] schemes")
        if host not in official and not any(_matches(host, one) for one in self.hosts) and not self._listed(host):
            raise NotAllowed(f"{host} 不在 [allow] hosts 之内", f"{host} is not in [allow] hosts")
        try:
            port = parts.port or SCHEMES[scheme]
        except ValueError as error:
            raise NotAllowed(f"{host}：端口有误", f"{host}: bad port") from error
        return Place(scheme, host, port, parts.path.rstrip("/"))

    def _listed(self, host: str) -> bool:
        """A private address written as a number stands in the list of networks instead."""
        number = _number(host)
        return number is not None and self._private(number)

    def _private(self, number: Address) -> bool:
        return any(number.version == one.version and number in one for one in self.private)

    def check(self, place: Place, number: Address) -> None:
        """A name's address, asked at each connection: private only where allowed, and there alone unencrypted."""
        number = getattr(number, "ipv4_mapped", None) or number
        listed = self._private(number)
        if not number.is_global and not listed:
            zh = f"{place.host} 指向内部地址，[allow] private 未包含"
            raise NotAllowed(zh, f"{place.host} is at a private address that [allow] private does not name")
        if place.scheme not in ENCRYPTED and not listed:
            zh = f"{place.host}：不加密的连接只能用于 [allow] private 之内"
            raise NotAllowed(zh, f"{place.host}: an unencrypted connection only inside [allow] private")


def connect(place: Place, allowed: Allowed, attempt: Attempt) -> socket.socket:
    """A connection to the place's checked address; raises Unreached or NotAllowed."""
    fault = "no address"
    for number in _numbers(place):
        allowed.check(place, number)
        try:
            opened = socket.create_connection((str(number), place.port), timeout=attempt.left())
        except OSError as error:
            fault = type(error).__name__
            continue
        attempt.hold(opened)
        opened.settimeout(attempt.left())
        return opened
    raise Unreached(fault)


def encrypted(plain: socket.socket, place: Place) -> ssl.SSLSocket:
    """The same connection, with a certificate that is checked against the host's name."""
    try:
        return trust().wrap_socket(plain, server_hostname=place.host)
    except BaseException:
        plain.close()
        raise


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """The machine's certificate authorities (SSL_CERT_FILE names others); read once, since it costs milliseconds."""
    return ssl.create_default_context()


def _numbers(place: Place) -> Iterator[Address]:
    number = _number(place.host)
    if number is not None:
        yield number
        return
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreached("no such host") from error
    for number in dict.fromkeys(_number(str(one[4][0]).partition("%")[0]) for one in found):
        if number is not None:
            yield number


def _number(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _matches(host: str, pattern: str) -> bool:
    """`*.example.gov.cn` stands for every host below it, and not for itself."""
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern
