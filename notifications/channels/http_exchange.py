"""One HTTP request and its answer: no redirects, no proxy, no log, and always the knowledge whether the request has gone out.

Ours, because neither Apprise nor `requests` tells a request that never left from one whose answer was lost.
"""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field

from notifications.channels.allow_list import AllowedHost, AllowList
from notifications.channels.attempt import Attempt
from notifications.channels.connection import connect
from notifications.channels.error_answers import Unsendable

MOST = 65_536  # no answer worth reading is longer


@dataclass(frozen=True)
class Reply:
    """What the other side said."""

    status: int
    retry_after: str | None
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def exchange(
    method: str, place: AllowedHost, target: str, *,
    headers: Mapping[str, str], body: bytes, allowed: AllowList, attempt: Attempt,
) -> Reply:  # fmt: skip
    """One request and its reply; where there is none it raises what `answer_to` reads."""
    connection = http.client.HTTPConnection(place.host, place.port)
    connection.sock = connect(place, allowed, attempt)
    try:
        _head(connection, method, target, {"Host": place.authority, "User-Agent": "duixian", **headers}, body)
        attempt.begin()
        connection.endheaders(body or None)
        reply = connection.getresponse()
        return Reply(reply.status, reply.getheader("Retry-After"), reply.read(MOST), dict(reply.getheaders()))
    finally:
        connection.close()


def _head(
    connection: http.client.HTTPConnection, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> None:
    """Everything before the body, held back until the body goes."""
    once = {name.lower(): (name, value) for name, value in headers.items()}
    once |= {"connection": ("Connection", "close"), "accept-encoding": ("Accept-Encoding", "identity")}
    once.pop("transfer-encoding", None)
    if body or method not in ("GET", "HEAD"):
        once["content-length"] = ("Content-Length", str(len(body)))
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in once.values():
            connection.putheader(name, value)
    except (ValueError, http.client.InvalidURL):
        raise Unsendable("a header or an address that cannot be sent") from None
