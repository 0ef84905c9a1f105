"""E-mail over a connection that was checked: each answer of the mail server counts, and the time is bounded.

Ours, because Apprise's mail has a new Message-ID at each attempt, no headers against automatic answers, and one word for every
failure: a wrong recipient could not be told from a server that is down.
"""

import re
import smtplib
import socket
from dataclasses import dataclass
from typing import Any

from notifications import addresses
from notifications.channels.allow_list import AllowedHost, AllowList
from notifications.channels.answers import AnswerReason, answer
from notifications.channels.attempt import Attempt
from notifications.channels.carried import HostCarrier
from notifications.channels.connection import connect, trust
from notifications.channels.mail_message import mail_message
from notifications.channels.parcel import Answer, Parcel
from notifications.channels.sandbox import trusted


@dataclass(frozen=True, kw_only=True)
class SmtpChannel(HostCarrier):
    """A carrier: one message to one address. `options` are those of `mail_message`, `keys` the user and password, if any."""

    def carry(self, parcel: Parcel, attempt: Attempt) -> Answer:
        """One conversation with the mail server."""
        if not addresses.mail(parcel.address):
            return answer(AnswerReason.WRONG_ADDRESS, "not an e-mail address")
        message = mail_message(parcel, self.options, self.clock())
        [sender], [recipient] = message["From"].addresses, message["To"].addresses
        with Client(self.place, self.allowed, attempt, sender.domain) as client:
            if self.keys.get("user"):
                client.login(self.keys["user"], self.keys["password"])
            client.sendmail(sender.addr_spec, [recipient.addr_spec], message.as_bytes())
        return answer(AnswerReason.DELIVERED)


class Client(smtplib.SMTP):
    """Encrypted, where its scheme says so, before anything is said. It closes without QUIT, whose answer nobody needs."""

    @trusted()
    def __init__(self, place: AllowedHost, allowed: AllowList, attempt: Attempt, domain: str) -> None:
        self.place, self.allowed, self.attempt = place, allowed, attempt
        super().__init__(place.host, place.port, local_hostname=domain, timeout=attempt.left())
        try:
            if place.scheme == "starttls":
                smtplib.SMTP.starttls(self, context=trust())
        except BaseException:
            self.close()
            raise

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connect(self.place, self.allowed, self.attempt)

    def data(self, msg: Any) -> tuple[int, bytes]:
        """The message itself: from its first byte on the other side may have it."""
        code, words = self.docmd("DATA")
        if code != 354:
            raise smtplib.SMTPDataError(code, words)
        self.attempt.begin()
        self.send(re.sub(rb"(?m)^\.", b"..", msg.rstrip(b"\r\n")) + b"\r\n.\r\n")
        found = self.getreply()
        self.attempt.settled()
        return found

    def __exit__(self, *_: object) -> None:
        self.close()
