"""The channel that delivery sees: whatever carries a parcel, inside a time limit, with its words made safe to log."""

from dataclasses import dataclass, field
from typing import Protocol

from notifications.channels.answers import Reason, answer, tidy
from notifications.channels.attempt import Attempt, Guard
from notifications.channels.parcel import Answer, Channel, Parcel


class Carrier(Protocol):
    """What does the carrying, however long it takes and whatever it raises."""

    def carry(self, parcel: Parcel, attempt: Attempt) -> Answer:
        """One attempt; `attempt.begin()` goes before the first byte that the other side could act on."""
        ...

    def parts(self, parcel: Parcel) -> int:
        """How many messages a parcel becomes."""
        ...


@dataclass(kw_only=True)
class CarriedChannel:
    """A `Channel` over a carrier."""

    name: str
    kind: str
    group: bool
    local: bool
    per_minute: int | None
    carrier: Carrier
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        self._guard = Guard(self.name)

    def send(self, parcel: Parcel, *, seconds: float) -> Answer:
        """One attempt: returns within `seconds`, never raises, and its words hold no secret and no address."""
        found = self._guard.within(seconds, lambda attempt: self.carrier.carry(parcel, attempt))
        return tidy(found, (*self.secrets, parcel.address))

    def parts(self, parcel: Parcel) -> int:
        """How much of the minute's allowance a parcel takes."""
        return self.carrier.parts(parcel)


@dataclass(frozen=True)
class Custom:
    """Carries over a channel that somebody else wrote. When it is cut off, it may have sent: nobody can tell."""

    channel: Channel

    def carry(self, parcel: Parcel, attempt: Attempt) -> Answer:
        """Its own answer; anything else that it returns counts as lost."""
        attempt.begin()
        found = self.channel.send(parcel, seconds=attempt.left())
        return found if isinstance(found, Answer) else answer(Reason.ANSWER_LOST, "no answer of the agreed form")

    def parts(self, parcel: Parcel) -> int:
        """One, as far as anybody knows."""
        return 1


def weight(channel: Channel, parcel: Parcel) -> int:
    """How many messages of the minute's allowance a parcel takes in a channel: a long text goes as several."""
    return channel.parts(parcel) if isinstance(channel, CarriedChannel) else 1
