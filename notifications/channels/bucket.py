"""A robot takes twenty messages a minute: how many may go now, and when the next one may.

Ours, because Apprise sleeps to keep a pace, in one instance alone, and robots count by the minute, whoever sends.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


class Bucket:
    """At most `per_minute` in any sixty seconds (a sliding window, as the robots count, and no bursts across its edge).

    The clock is an argument. One process delivers for a store, so the bucket lives in that process; after a start, `sent` takes the
    last minute's times from the send log, so that a restart opens no second bucket.
    """

    def __init__(self, per_minute: int | None, sent: Iterable[datetime] = ()) -> None:
        self.per_minute = per_minute
        self._times: deque[datetime] = deque(sorted(sent), maxlen=per_minute)
        self._closed_until: datetime | None = None

    def take(self, now: datetime, count: int = 1) -> bool:
        """Takes room for `count` messages (a long text is several), or none of it; more than the limit goes when all is free."""
        if self.wait(now, count) > timedelta(0):
            return False
        self._times.extend([now] * count)
        return True

    def wait(self, now: datetime, count: int = 1) -> timedelta:
        """How long until `count` may go; zero where they may go now."""
        closed = max(self._closed_until - now, timedelta(0)) if self._closed_until else timedelta(0)
        if self.per_minute is None:
            return closed
        needed = min(count, self.per_minute)
        recent = [moment for moment in self._times if moment > now - MINUTE]
        free = self.per_minute - len(recent)
        if free >= needed:
            return closed
        return max(closed, recent[needed - free - 1] + MINUTE - now)

    def close(self, now: datetime, seconds: float) -> None:
        """The other side said: nothing for so long."""
        until = now + timedelta(seconds=seconds)
        self._closed_until = max(until, self._closed_until or until)
