"""The channel that delivery sees: whatever carries a parcel, inside a time limit, with its words made safe to log."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from notifications.channels.allow_list import AllowedHost, AllowList
from notifications.channels.answers import AnswerReason, answer, tidy
from notifications.channels.attempt import Attempt
from notifications.channels.error_answers import answer_to
from notifications.channels.http_exchange import Reply, exchange
from notifications.channels.parcel import Answer, Channel, Parcel

MOST_HANGING = 4


class Carrier(Protocol):
    """What does the carrying, however long it takes and whatever it raises."""

    local: bool = False  # it stays on this machine
    leads_to: str = ""
    hidden: tuple[str, ...] = ()  # what of an address no log may show

    def carry(self, parcel: Parcel, attempt: Attempt) -> Answer:
        """One attempt; `attempt.begin()` goes before the first byte that the other side could act on."""
        ...

    def parts(self, parcel: Parcel) -> int:
        """How many messages a parcel becomes."""
        return 1


@dataclass(frozen=True, kw_only=True)
class HostCarrier(Carrier):
    """A carrier that speaks with one host."""

    place: AllowedHost
    allowed: AllowList
    options: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    clock: Callable[[], float] = time.time

    @property
    def local(self) -> bool:  # type: ignore[override]
        """It is this machine."""
        return self.place.local

    def post(self, target: str, headers: Mapping[str, str], body: bytes, attempt: Attempt) -> Reply:
        """One POST to the host."""
        return exchange("POST", self.place, target, headers=headers, body=body, allowed=self.allowed, attempt=attempt)


@dataclass(kw_only=True)
class CarriedChannel:
    """A `Channel` over a carrier. At most a few of its attempts may be left hanging, and then it says so at once."""

    name: str
    kind: str
    group: bool
    local: bool
    per_minute: int | None
    carrier: Carrier
    secrets: tuple[str, ...] = field(default=(), repr=False)
    leads_to: str = ""  # what may be shown of an address that is secret as a whole

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._hanging: list[threading.Thread] = []

    def send(self, parcel: Parcel, *, seconds: float) -> Answer:
        """One attempt: returns within `seconds`, never raises, and its words hold no secret and no address."""
        return tidy(self._within(seconds, parcel), (*self.secrets, parcel.address))

    def parts(self, parcel: Parcel) -> int:
        """How much of the minute's allowance a parcel takes."""
        return self.carrier.parts(parcel)

    def _within(self, seconds: float, parcel: Parcel) -> Answer:
        """The carrier's answer, or what can be said without one when the time is up."""
        if seconds <= 0 or self._stuck() >= MOST_HANGING:
            return answer(AnswerReason.HANGING if seconds > 0 else AnswerReason.TIMED_OUT)
        limit = max(seconds - 0.05, seconds * 0.8)
        attempt = Attempt(limit)
        found: list[Answer] = []
        done = threading.Event()

        def run() -> None:
            try:
                found.append(self._answered(parcel, attempt))
            finally:
                attempt.close()
                done.set()

        thread = threading.Thread(target=run, daemon=True, name=f"channel {self.name}")
        try:
            thread.start()
        except RuntimeError:  # the machine gives no more threads
            return answer(AnswerReason.HANGING)
        if not done.wait(limit):
            attempt.stop()
            with self._lock:
                self._hanging.append(thread)
        return found[0] if found else attempt.cut_off(words=f"no answer within {seconds:g} s")

    def _answered(self, parcel: Parcel, attempt: Attempt) -> Answer:
        try:
            return self.carrier.carry(parcel, attempt)
        except BaseException as error:
            return answer_to(error, attempt)

    def _stuck(self) -> int:
        """How many earlier attempts have not come to an end yet."""
        with self._lock:
            self._hanging = [thread for thread in self._hanging if thread.is_alive()]
            return len(self._hanging)


@dataclass(frozen=True)
class Custom(Carrier):
    """Carries over a channel that somebody else wrote. When it is cut off, it may have sent: nobody can tell."""

    channel: Channel

    def carry(self, parcel: Parcel, attempt: Attempt) -> Answer:
        """Its own answer; anything else that it returns counts as lost."""
        attempt.begin()
        found = self.channel.send(parcel, seconds=attempt.left())
        return found if isinstance(found, Answer) else answer(AnswerReason.ANSWER_LOST, "no answer of the agreed form")


def weight(channel: Channel, parcel: Parcel) -> int:
    """How many messages of the minute's allowance a parcel takes in a channel: a long text goes as several."""
    return channel.parts(parcel) if isinstance(channel, CarriedChannel) else 1
