"""A real mail server on loopback that keeps what it takes, and refuses, stalls or hangs up on demand."""

import asyncio
import email
import email.policy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

USER, PASSWORD = "duixian", "fictional-password-0000"


class MailFault(StrEnum):
    """What the server does with one message."""

    NONE = "none"
    BUSY = "450"  # not now, said of the recipient
    NOBODY = "550"  # nobody of that name
    FULL = "452"  # not now, said of the message
    UNWANTED = "554"  # never, said of the message
    HANG = "hang"  # after the message, without an answer; nothing is kept
    CLOSED = "closed"  # hangs up before the message
    LATE = "late"  # keeps it, answers when the sender has given up
    DROPPED = "dropped"  # keeps it, then hangs up


@dataclass(frozen=True)
class KeptMessage:
    """A message that was kept."""

    recipients: tuple[str, ...]
    message: EmailMessage

    @property
    def id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class MailServer:
    """`plan(n, recipient)` says what happens to the n-th message (from 0)."""

    plan: Callable[[int, str], MailFault] = lambda _, __: MailFault.NONE
    slow: float = 1.2
    kept: list[KeptMessage] = field(default_factory=list)
    host: str = "127.0.0.1"
    port: int = 0
    _count: int = 0
    _fault: MailFault = MailFault.NONE

    @property
    def delivered(self) -> list[KeptMessage]:
        """What lies in the mailboxes, repeats included."""
        return self.kept

    def always(self, fault: MailFault) -> "MailServer":
        """From now on the same for every message."""
        self.plan = lambda _, __: fault
        return self

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        fault = session.fault = self.plan(self._count, address)
        self._count += 1
        if fault is MailFault.BUSY:
            return f"450 4.2.1 <{address}>: mailbox busy, try again later"
        if fault is MailFault.NOBODY:
            return f"550 5.1.1 <{address}>: no such user"
        if fault is MailFault.CLOSED:
            server.transport.close()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        fault = session.fault
        if fault is MailFault.FULL:
            return "452 4.3.1 insufficient system storage"
        if fault is MailFault.UNWANTED:
            return "554 5.7.1 message looks like spam"
        if fault is MailFault.HANG:
            await asyncio.sleep(60)
        if fault in (MailFault.NONE, MailFault.LATE, MailFault.DROPPED):
            found = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(found, EmailMessage)
            self.kept.append(KeptMessage(tuple(envelope.rcpt_tos), found))
        if fault is MailFault.LATE:
            await asyncio.sleep(self.slow)
        if fault is MailFault.DROPPED:
            server.transport.close()
        return "250 OK"


def _sign_in(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@contextmanager
def mail_server(
    plan: Callable[[int, str], MailFault] | None = None, *, sign_in: bool = False, tls: Any = None, slow: float = 1.2
) -> Iterator[MailServer]:
    """A running mail server; `sign_in` asks for USER and PASSWORD, `tls` (an SSL context) for STARTTLS first."""
    post = MailServer(plan or (lambda _, __: MailFault.NONE), slow)
    controller = Controller(
        post,
        hostname=post.host,
        port=_free_port(),
        decode_data=False,
        enable_SMTPUTF8=True,
        authenticator=_sign_in if sign_in else None,
        auth_required=sign_in and tls is not None,
        auth_require_tls=tls is not None,
        tls_context=tls,
        require_starttls=tls is not None,
    )
    controller.start()
    post.port = controller.port
    try:
        yield post
    finally:
        controller.stop()
        _settle(controller.loop)


def _settle(loop: asyncio.AbstractEventLoop) -> None:
    """Lets whatever still waits in the server's loop end, so that nothing is left open."""
    if loop.is_closed():
        return
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def _free_port() -> int:
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


@contextmanager
def stalling_server(greeting: bytes = b"", pause: float = 0.05) -> Iterator[int]:
    """A port that takes connections and drips a greeting, or says nothing at all."""
    import socket

    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)

    def serve() -> None:
        held: list[socket.socket] = []
        while not stop.is_set():
            try:
                taken, _ = listener.accept()
            except TimeoutError:
                continue
            held.append(taken)
            try:
                for line in greeting:
                    taken.sendall(bytes([line]))
                    if stop.wait(pause):
                        break
            except OSError:
                continue
        for connection_ in held:
            connection_.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        thread.join()
        listener.close()
