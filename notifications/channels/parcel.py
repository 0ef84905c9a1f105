"""What a channel carries and what it answers: the one shape between delivery and the ways to reach people."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True)
class Attachment:
    """A document that goes along (e-mail only; other channels leave it out and say so)."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One rendered message for one address.

    `key` is the same on every attempt, so that a receiver that knows it can drop a repeat. `address` is an e-mail address or a
    telephone number; it is empty where the channel itself is the address (a group's robot, a webhook).
    """

    key: str
    address: str
    subject: str
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()


class SendingVerdict(StrEnum):
    """What became of one attempt."""

    SENT = "sent"  # the other side said that it has it
    RETRY = "retry"  # it said no for now, or could not be reached: it has nothing
    UNKNOWN = "unknown"  # it may have it: the answer was lost
    REFUSED = "refused"  # it will never take this: a wrong address, a wrong key


@dataclass(frozen=True)
class Answer:
    """The verdict of one attempt, in words without secrets or personal data (at most 200 characters)."""

    verdict: SendingVerdict
    detail: str = ""
    retry_after: float | None = None  # seconds, where the other side named them


class Channel(Protocol):
    """A way to reach people. `send` returns within `seconds` whatever the other side does, and never raises."""

    name: str
    kind: str
    group: bool  # several people read it: no personal data
    local: bool  # it stays on this machine: the only kind a demo store may use
    per_minute: int | None  # how many it takes a minute

    def send(self, parcel: Parcel, *, seconds: float) -> Answer:
        """One attempt."""
        ...
