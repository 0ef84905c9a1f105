"""Runs that are killed again and again: after a few tries their cases are put off, and operators hear which case and the way out.

A run that ends, however it ends, leaves its first due case moved or put off. Where that case is due as before when the run is gone,
its process was killed (too little memory, a reboot): nothing is left of it that could have said so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from casework.alarms import Alarm, sound
from casework.steps import due
from casework.steps.setback import Killed, set_back
from models.store import Store

MOST = 3  # runs for one and the same first case; then it waits, a minute at first, later an hour
Kinds = Sequence[tuple[str, str]]


@dataclass
class Tries:
    """How many runs of each flow were started while its first due case stayed as it is."""

    _seen: dict[str, tuple[tuple[UUID, int], int]] = field(default_factory=dict)

    def started(self, flow: str, first: due.First | None) -> None:
        """One more."""
        if first is not None:
            self._seen[flow] = (first.key, self.of(flow, first) + 1)

    def of(self, flow: str, first: due.First | None) -> int:
        """How many there were for this first case."""
        key, count = self._seen.get(flow, (None, 0))
        return count if first is not None and key == first.key else 0

    def end(self, flow: str) -> None:
        """Counts anew."""
        self._seen.pop(flow, None)

    @property
    def suspect(self) -> bool:
        """Whether runs are vanishing: whoever moved such a case on by itself would be the next to be killed."""
        return any(count > 1 for _, count in self._seen.values())


def give_up(store: Store, flow: str, kinds: Kinds, first: due.First) -> int:
    """Puts the flow's due cases off and tells the operators; how many cases."""
    count = set_back(store, kinds, Killed())
    content = {"job": flow, "case": first.number, "count": count, "of": MOST}
    sound(store, Alarm(kind="run_killed", about=flow, content=content))
    return count
