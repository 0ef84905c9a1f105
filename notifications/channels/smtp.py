"""E-mail: Apprise's plugin with its sending replaced, so that each answer of the mail server counts and its time is bounded."""

import re
import smtplib
import socket
import warnings
from email.message import EmailMessage
from typing import Any

from notifications import addresses
from notifications.channels.answers import Reason, answer
from notifications.channels.letter import letter
from notifications.channels.parcel import Answer
from notifications.channels.places import NotAllowed, Unreached, connect, encrypted, trust
from notifications.channels.strict import Errand, Strict
from notifications.channels.wire import no_connection

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # its PGP part imports what Python is about to drop
    from apprise.plugins.email import NotifyEmail


class StrictEmail(Strict, NotifyEmail):  # type: ignore[misc]
    """One message to one address. Without an errand it is Apprise's own."""

    def send(self, body: str, title: str = "", **more: Any) -> bool:
        if self.errand is None:
            return bool(NotifyEmail.send(self, body, title, **more))
        return super().send(body, title, **more)

    def carry(self, errand: Errand) -> Answer:
        if not addresses.mail(errand.parcel.address):
            return answer(Reason.WRONG_ADDRESS, "not an e-mail address")
        message = letter(errand.parcel, errand.options, errand.clock())
        try:
            with _Client(errand, message) as client:
                return _conversation(client, errand, message)
        except (smtplib.SMTPException, NotAllowed, Unreached, OSError) as error:
            return _broken_off(error, errand)


class _Client(smtplib.SMTP):
    """A client over connections that were checked. It hangs up without a goodbye that nobody waits for."""

    def __init__(self, errand: Errand, message: EmailMessage) -> None:
        self.errand = errand
        domain = message["From"].addresses[0].domain
        super().__init__(errand.place.host, errand.place.port, local_hostname=domain, timeout=errand.attempt.left())

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = connect(self.errand.place, self.errand.allowed, self.errand.attempt)
        return encrypted(plain, self.errand.place) if self.errand.place.scheme == "smtps" else plain

    def __exit__(self, *_: object) -> None:
        self.close()


def _conversation(client: _Client, errand: Errand, message: EmailMessage) -> Answer:
    """From the greeting to the server's word on the message."""
    if errand.place.scheme == "starttls":
        client.starttls(context=trust())
    if errand.keys.get("user"):
        client.login(errand.keys["user"], errand.keys["password"])
    client.ehlo_or_helo_if_needed()
    code, words = client.mail(message["From"].addresses[0].addr_spec)
    if code != 250:
        return said(code, words)
    code, words = client.rcpt(message["To"].addresses[0].addr_spec)
    if code not in (250, 251):
        return said(code, words, recipient=True)
    code, words = client.docmd("DATA")
    if code != 354:
        return said(code, words)
    errand.attempt.begin()
    client.send(re.sub(rb"(?m)^\.", b"..", message.as_bytes().rstrip(b"\r\n")) + b"\r\n.\r\n")
    code, words = client.getreply()
    errand.attempt.settled()
    return answer(Reason.DELIVERED) if code == 250 else said(code, words)


def _broken_off(error: Exception, errand: Errand) -> Answer:
    """A conversation that came to no end: lost where the message had gone, else nothing happened."""
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0:
        return said(error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return answer(Reason.INSECURE, str(error))
    if isinstance(error, smtplib.SMTPException) or errand.attempt.begun:
        return errand.attempt.cut_off(Reason.UNREACHABLE, type(error).__name__)
    return no_connection(error, errand.attempt)


def said(code: int, words: bytes | str, *, recipient: bool = False) -> Answer:
    """What a refusing SMTP code means: 4xx is for now, 5xx for ever."""
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    line = f"SMTP {code} {text}"
    if 400 <= code < 500:
        return answer(Reason.UNAVAILABLE, line)
    if code in (530, 534, 535, 538):
        return answer(Reason.WRONG_KEY, line)
    return answer(Reason.WRONG_ADDRESS if recipient else Reason.REJECTED, line)
