"""How sending is paced: time for one attempt, pauses that grow, when to give up, how long a claim holds."""

from dataclasses import dataclass
from datetime import timedelta
from random import Random


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The figures of delivery, ours and not the law's. Seconds, but for counts.

    With these a channel may be away for fourteen hours before its messages are listed as dead. A claim outlasts whatever a process
    has in hand: `ahead` attempts for each of a channel's `width` workers, one after another, each within `limit`.
    """

    attempts: int = 20
    first: float = 30.0
    factor: float = 2.0
    longest: float = 3600.0
    jitter: float = 0.25  # a pause is up to this share longer, so that what failed together does not come back together
    limit: float = 10.0
    lease: float = 120.0
    width: int = 4  # attempts at once, a channel
    ahead: int = 4  # sendings in hand for each of them
    batch: int = 200  # rows a transaction
    seed: int | None = None

    def pause(self, key: str, attempt: int, asked: float | None = None) -> timedelta:
        """How long to wait after the n-th attempt (from 1) failed; at least as long as the other side asked for."""
        plain = min(self.longest, self.first * self.factor ** min(attempt - 1, 30))
        # In a rehearsal the chance of a pause hangs on what it is for, and not on which thread came first.
        dice = Random() if self.seed is None else Random(f"{self.seed}/{key}/{attempt}")
        return timedelta(seconds=max(plain * (1 + self.jitter * dice.random()), asked or 0.0))
