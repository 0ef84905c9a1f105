"""Carries a parcel through Apprise: a fresh plugin for each piece of the text, in a sandbox, by a transport of ours.

Ours, because Apprise counts characters where services count bytes, forgets which parts of a long text have gone, and gives up after
no certain time.
"""

import hashlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from apprise import AppriseAsset
from apprise.common import NotifyFormat, NotifyType
from apprise.conversion import convert_between

from notifications.channels.allow_list import AllowList
from notifications.channels.answers import AnswerReason, answer
from notifications.channels.attempt import Attempt
from notifications.channels.carried import Carrier
from notifications.channels.codes import Codes
from notifications.channels.parcel import Answer, Parcel, SendingVerdict
from notifications.channels.sandbox import sandboxed
from notifications.channels.split import split
from notifications.channels.transport import Transport, carrying

REMEMBERED = 1_000
SHORTEST = 60  # bytes: a piece below it says nothing; whoever takes no more refuses it
SHORT = 1_000  # characters: below it are text messages and their like
ASSET = AppriseAsset(
    async_mode=False, interpret_emojis=False, interpret_escapes=False, storage_mode="memory", app_id="Duixian",
    app_desc="Duixian", app_url="",
)  # fmt: skip
_MAIL = {"ssl": "smtps", "starttls": "starttls", "insecure": "smtp"}
_UNREAD = "（另有附件 {0} 份，本渠道不附带 · {0} attachments left out）"


class PluginRefused(Exception):
    """A plugin does not take its arguments, or wanted more than them: the audit events that were blocked."""

    def __init__(self, blocked: list[str]) -> None:
        super().__init__(", ".join(blocked))
        self.blocked = blocked


@dataclass(kw_only=True)
class ThroughApprise(Carrier):
    """A carrier. `service` is Apprise's plugin, `arguments` its own; `limit` the bytes that one message may have."""

    service: Any
    arguments: Mapping[str, Any] = field(repr=False)
    allowed: AllowList
    codes: Codes | None = None
    sign: Callable[[bytes], bytes] | None = field(default=None, repr=False)
    limit: int | None = None
    local: bool = False
    leads_to: str = ""
    hidden: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        self._parts_sent = _PartsSent()

    def parts(self, parcel: Parcel) -> int:
        """How many messages the text becomes."""
        return len(self._pieces(parcel, self.plugin()))

    def carry(self, parcel: Parcel, attempt: Attempt) -> Answer:
        """Piece by piece. Where a later attempt finds that some have gone, it goes on behind them."""
        pieces = self._pieces(parcel, self.plugin())
        mark = f"{parcel.key}\0{parcel.address}\0{hashlib.sha256(''.join(pieces).encode()).hexdigest()}"
        for number in range(self._parts_sent.count(mark), len(pieces)):
            attempt.note = f"(part {number + 1} of {len(pieces)})" if len(pieces) > 1 else ""
            found = self._one(pieces[number], parcel, attempt)
            if found.verdict is not SendingVerdict.SENT:
                detail = found.detail if attempt.note in found.detail else f"{found.detail} {attempt.note}"
                return Answer(found.verdict, detail, found.retry_after)
            attempt.settled()
            self._parts_sent.record(mark, number + 1)
        self._parts_sent.record(mark, 0)
        return answer(AnswerReason.DELIVERED)

    def _one(self, piece: str, parcel: Parcel, attempt: Attempt) -> Answer:
        if not piece:
            return answer(AnswerReason.REJECTED, "the message is empty")
        plugin = self.plugin()
        transport = self.transport(plugin, attempt)
        return transport.result(*notified(plugin, piece, _title(parcel, plugin), transport))

    def plugin(self) -> Any:
        """A fresh plugin; raises PluginRefused."""
        with sandboxed() as blocked:
            try:
                found = self.service(**deepcopy(dict(self.arguments)), asset=ASSET)
            except Exception:  # each of a hundred plugins says in its own way that something is missing
                raise PluginRefused(blocked) from None
        if not found.enabled:
            raise PluginRefused([])
        found.request_rate_per_sec = 0  # the bucket in front keeps the pace
        found.retry = 0  # delivery repeats; and each retry would count as one more target
        return found

    def transport(self, plugin: Any, attempt: Attempt, *, rehearsal: bool = False) -> Transport:
        """What carries one sending of this plugin."""
        return Transport(
            allowed=self.allowed, attempt=attempt, local_only=self.local, codes=self.codes, sign=self.sign,
            mail_scheme=_MAIL.get(str(getattr(plugin, "secure_mode", "")), "smtps"), several=len(plugin) > 1,
            rehearsal=rehearsal,
        )  # fmt: skip

    def rehearse(self) -> tuple[Transport, list[str]]:
        """A sending that reaches nobody: where it would go, and what it wanted beyond that; raises PluginRefused."""
        plugin = self.plugin()
        transport = self.transport(plugin, Attempt(seconds=5.0), rehearsal=True)
        _, blocked = notified(plugin, "试 trial", "试 trial", transport)
        return transport, blocked

    def _pieces(self, parcel: Parcel, plugin: Any) -> list[str]:
        title = _title(parcel, plugin)
        text = parcel.text if title or parcel.text.startswith(parcel.subject) else f"{parcel.subject}\n{parcel.text}"
        if parcel.attachments:
            text += "\n" + _UNREAD.format(len(parcel.attachments))
        clean = "".join(character for character in text.strip() if character in "\n\t" or ord(character) >= 32)
        most = self.limit or _room(plugin, title)
        limit = most
        while True:  # what becomes HTML or Markdown grows
            pieces = split(clean, limit)
            longest = max(len(_shaped(piece, plugin)) for piece in pieces)
            if longest <= most or limit < SHORTEST:
                return pieces
            limit = limit * most // (longest + 1)


def notified(plugin: Any, body: str, title: str, transport: Transport) -> tuple[bool, list[str]]:
    """What a plugin says of one sending, and what was blocked in it.

    Its `send` is called by itself: around it Apprise would cut the text anew, and swallow what the plugin raises.
    """
    with sandboxed() as blocked, carrying(transport):
        try:
            return bool(plugin.send(body=_shaped(body, plugin), title=title, notify_type=NotifyType.INFO)), blocked
        except Exception as error:
            if not transport.answers and not blocked:
                transport.answers.append(answer(AnswerReason.FAULT, type(error).__name__))
            return False, blocked


def _room(plugin: Any, title: str) -> int:
    """How many bytes of text a message may have: half of a large limit, since services count JSON, where Chinese takes twice."""
    most = int(plugin.body_maxlen)
    room = max(most if most < SHORT else most // 2, SHORTEST)
    return room - (len(title.encode()) if plugin.overflow_amalgamate_title else 0)


def _title(parcel: Parcel, plugin: Any) -> str:
    """The subject, where the service has a place for it; else it stands above the text."""
    subject = " ".join(parcel.subject.split())
    crowded = plugin.overflow_amalgamate_title and len(subject.encode()) * 4 > plugin.body_maxlen
    return subject if 0 < len(subject) <= plugin.title_maxlen and not crowded else ""


def _shaped(piece: str, plugin: Any) -> str:
    return str(convert_between(NotifyFormat.TEXT, plugin.notify_format, content=piece))


class _PartsSent:
    """How many pieces of a parcel have arrived already, for as many parcels as may be under way."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[str, int] = {}

    def count(self, mark: str) -> int:
        return self._counts.get(mark, 0)

    def record(self, mark: str, count: int) -> None:
        """Zero forgets it; beyond a thousand the oldest is forgotten."""
        with self._lock:
            self._counts.pop(mark, None)
            if count:
                self._counts[mark] = count
            if len(self._counts) > REMEMBERED:
                del self._counts[next(iter(self._counts))]
