"""One HTTP request and its answer: no redirects, no proxy, no log, and always the knowledge whether the request has gone out."""

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from notifications.channels.answers import Reason, answer
from notifications.channels.attempt import Attempt, Stopped
from notifications.channels.parcel import Answer
from notifications.channels.places import SCHEMES, Allowed, NotAllowed, Place, Unreached, connect, encrypted

MOST = 65_536  # no answer worth reading is longer


@dataclass(frozen=True)
class Reply:
    """What the other side said."""

    status: int
    retry_after: str | None
    body: bytes


def post(
    place: Place, target: str, *, headers: Mapping[str, str], body: bytes, allowed: Allowed, attempt: Attempt
) -> Reply | Answer:
    """The reply, or the answer that stands for having none."""
    try:
        connection = _connection(place, allowed, attempt)
    except (NotAllowed, Unreached, ssl.SSLError, OSError) as error:
        return no_connection(error, attempt)
    try:
        attempt.begin()
        sent = {"Host": host_header(place), "Connection": "close", "User-Agent": "duixian", **headers}
        connection.request("POST", target, body, sent)
        reply = connection.getresponse()
        return Reply(reply.status, reply.getheader("Retry-After"), reply.read(MOST))
    except Stopped:
        raise
    except (OSError, http.client.HTTPException) as error:
        return attempt.cut_off(words=type(error).__name__)
    finally:
        connection.close()


def host_header(place: Place) -> str:
    """The host as the request names it."""
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == SCHEMES[place.scheme] else f"{host}:{place.port}"


def no_connection(error: Exception, attempt: Attempt) -> Answer:
    """Nothing has been sent: why."""
    if isinstance(error, NotAllowed):
        return answer(Reason.NOT_ALLOWED, str(error))
    if isinstance(error, ssl.SSLCertVerificationError):
        return answer(Reason.INSECURE, error.verify_message)
    if isinstance(error, TimeoutError):
        return attempt.cut_off()
    return answer(Reason.UNREACHABLE, str(error) if isinstance(error, Unreached) else type(error).__name__)


def _connection(place: Place, allowed: Allowed, attempt: Attempt) -> http.client.HTTPConnection:
    plain = connect(place, allowed, attempt)
    connection = http.client.HTTPConnection(place.host, place.port)
    connection.sock = encrypted(plain, place) if place.scheme == "https" else plain
    return connection
