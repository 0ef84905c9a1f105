"""A connection to an address that was checked a moment before, held by its attempt, and encrypted as its scheme says.

Ours, because Apprise and `requests` look a name up again behind any check, and nothing could shut down what they opened.
"""

import socket
import ssl
from collections.abc import Iterator
from functools import lru_cache

from notifications.channels.allow_list import Address, AllowedHost, AllowList, numeric
from notifications.channels.attempt import Attempt
from notifications.channels.sandbox import trusted


class Unreached(Exception):
    """No connection: the other side has nothing."""


@trusted()
def connect(place: AllowedHost, allowed: AllowList, attempt: Attempt) -> socket.socket:
    """Raises NotAllowed, Unreached, OutOfTime, and what the handshake raises."""
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
        return _encrypted(opened, place) if place.scheme in ("https", "smtps") else opened
    raise Unreached(fault)


def _encrypted(plain: socket.socket, place: AllowedHost) -> ssl.SSLSocket:
    """With a certificate that is checked against the host's name."""
    try:
        return trust().wrap_socket(plain, server_hostname=place.host)
    except BaseException:
        plain.close()
        raise


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """The machine's certificate authorities (SSL_CERT_FILE names others); read once, since it costs milliseconds."""
    return ssl.create_default_context()


def _numbers(place: AllowedHost) -> Iterator[Address]:
    number = numeric(place.host)
    if number is not None:
        yield number
        return
    try:
        found = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreached("no such host") from error
    for number in dict.fromkeys(numeric(str(entry[4][0]).partition("%")[0]) for entry in found):
        if number is not None:
            yield number
