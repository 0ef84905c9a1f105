"""Carries what Apprise's plugins send: each request through the allow-list and the attempt's clock, each answer kept.

Ours, because Apprise says of a sending only yes or no: a refusal inside 200, a lost answer and a wrong key look alike. Plugins keep
building their requests; `requests` and `smtplib` are stood in for, in their modules alone, while one of our sendings is under way.
"""

import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from notifications.channels.allow_list import AllowedHost, AllowList, NotAllowed
from notifications.channels.answers import AnswerReason, answer, of_status
from notifications.channels.attempt import Attempt
from notifications.channels.codes import Codes
from notifications.channels.error_answers import Unsendable, answer_to
from notifications.channels.http_exchange import Reply, exchange
from notifications.channels.parcel import Answer, SendingVerdict
from notifications.channels.smtp import Client

SENT, UNKNOWN = SendingVerdict.SENT, SendingVerdict.UNKNOWN
_REQUEST = ("params", "data", "json", "headers", "auth", "cookies", "files")


class NotCarried(requests.ConnectionError, smtplib.SMTPServerDisconnected):
    """What a plugin is told when its request was not carried; why stands in the transport."""


@dataclass(kw_only=True)
class Transport:
    """One sending of one plugin."""

    allowed: AllowList
    attempt: Attempt
    mail_scheme: str = "smtps"
    local_only: bool = False
    several: bool = False  # it has several targets: what one of them got may not go again unnoticed
    rehearsal: bool = False  # asks the allow-list and sends nothing
    codes: Codes | None = None  # of services that answer 200 and say inside whether they took it
    sign: Callable[[bytes], bytes] | None = None  # of services whose signature stands in the body
    places: list[AllowedHost] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    refused: NotAllowed | None = None

    def place(self, url: str) -> AllowedHost:
        """Where a plugin wants to go; raises NotAllowed."""
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        found = self.allowed.place(f"{parts.scheme}://{host}")
        if self.local_only and not found.local:
            zh, en = f"{found.host}：此渠道只能留在本机", f"{found.host}: this channel stays on this machine"
            raise NotAllowed(zh, en)
        self.places.append(found)
        if self.rehearsal or any(earlier.verdict is UNKNOWN for earlier in self.answers):
            raise NotCarried  # where an earlier one may have arrived, nothing goes after it in this attempt
        return found

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Keeps what an exception says of the sending; Apprise would swallow it."""
        try:
            yield
        except NotCarried:
            raise
        except Exception as error:
            self.refused = error if isinstance(error, NotAllowed) else self.refused
            self.answers.append(answer_to(error, self.attempt))
            raise NotCarried from None

    def arrived(self) -> None:
        """One target has it. Where there are others, what happens to them may not make this one unsaid."""
        self.answers.append(answer(AnswerReason.DELIVERED))
        if not self.several:
            self.attempt.settled()

    def request(self, method: str, url: str, **more: Any) -> requests.Response:
        """What a plugin asks of `requests`, whatever it says of redirects, proxies, certificates and time."""
        named = {name: value for name, value in more.items() if name in _REQUEST}
        wanted = requests.Request(method.upper(), url, **named).prepare()
        with self.noting():
            place = self.place(str(wanted.url))
            body = wanted.body.encode() if isinstance(wanted.body, str) else wanted.body or b""
            if not isinstance(body, bytes):
                raise Unsendable("a body of an unknown kind")
            body = self.sign(body) if self.sign else body
            headers = {_text(name): _text(value) for name, value in wanted.headers.items()}
            reply = exchange(
                method.upper(), place, wanted.path_url, headers=headers, body=body, allowed=self.allowed,
                attempt=self.attempt,
            )  # fmt: skip
        self._replied(reply)
        return _response(reply, wanted)

    def _replied(self, reply: Reply) -> None:
        by_status = of_status(reply.status, reply.retry_after) or answer(AnswerReason.DELIVERED)
        found = self.codes.read(reply) if self.codes else by_status
        if found.verdict is SENT:
            self.arrived()
            return
        self.answers.append(found)
        if found.verdict is not UNKNOWN and not self.several:
            self.attempt.settled()

    def result(self, said: bool, blocked: list[str]) -> Answer:
        """What became of it, from the answers and from what the plugin made of them."""
        if not self.answers:
            if blocked:
                return answer(AnswerReason.NOT_ALLOWED, f"the plugin wanted more than to send ({blocked[0]})")
            return answer(AnswerReason.REJECTED, "Apprise sent nothing")
        last = self.answers[-1]
        sent = [earlier for earlier in self.answers if earlier.verdict is SENT]
        doubt = ""
        if lost := [earlier for earlier in self.answers if earlier.verdict is UNKNOWN]:
            return lost[0]
        if not self.codes and said is not (last.verdict is SENT):
            doubt = "Apprise says yes" if said else "Apprise reads a no in an answer"
        elif self.several and sent and last.verdict is not SENT:
            doubt = "some of several targets have it"
        return answer(AnswerReason.ANSWER_LOST, f"{doubt}; the last said {last.detail}") if doubt else last


class PluginClient(Client):
    """What a plugin asks of `smtplib`."""

    def __init__(self, host: str = "", port: int = 0, *_: Any, **__: Any) -> None:
        self.transport = _current()
        with self.transport.noting():
            place = self.transport.place(f"{self.transport.mail_scheme}://{host}:{port}")
            super().__init__(place, self.transport.allowed, self.transport.attempt, "duixian.invalid")

    def starttls(self, **_: Any) -> tuple[int, bytes]:  # type: ignore[override]
        """It is encrypted already, where the address asks for it."""
        return 220, b""

    def login(self, *arguments: Any, **more: Any) -> tuple[int, bytes]:
        """A wrong password is an answer."""
        with self.transport.noting():
            return super().login(*arguments, **more)

    def sendmail(self, *arguments: Any, **more: Any) -> dict[str, tuple[int, bytes]]:
        """One message, to all that it names; a recipient that is refused counts as not delivered."""
        with self.transport.noting():
            try:
                refused = super().sendmail(*arguments, **more)
                self.transport.several = self.transport.several or bool(refused)
                self.transport.arrived()
            except smtplib.SMTPRecipientsRefused as error:
                refused = error.recipients
            for code, words in refused.values():
                raise smtplib.SMTPResponseException(code, words)
        return refused


_sending: ContextVar[Transport | None] = ContextVar("sending", default=None)


def _current() -> Transport:
    transport = _sending.get()
    if transport is None:
        raise NotCarried
    return transport


@contextmanager
def carrying(transport: Transport) -> Iterator[None]:
    """While it lasts, what plugins send in this thread goes by this transport."""
    token = _sending.set(transport)
    try:
        yield
    finally:
        _sending.reset(token)


class HeldRequests:
    """Stands in for the module `requests`; outside of a sending of ours it is that module."""

    def __getattr__(self, name: str) -> Any:
        transport = _sending.get()
        if transport is None or name not in ("request", "get", "post", "put", "patch", "delete", "head", "options"):
            return getattr(requests, name)
        return transport.request if name == "request" else lambda url, **more: transport.request(name, url, **more)


class HeldSmtplib:
    """Stands in for the module `smtplib` in the same way."""

    def __getattr__(self, name: str) -> Any:
        held = _sending.get() is not None and name in ("SMTP", "SMTP_SSL")
        return PluginClient if held else getattr(smtplib, name)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _response(found: Reply, wanted: requests.PreparedRequest) -> requests.Response:
    response = requests.Response()
    response.status_code = found.status
    response.headers.update(found.headers)
    response._content = found.body
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    response.url, response.request = str(wanted.url), wanted
    return response
