"""Runs that are killed again and again: after a few tries their cases are put off, and operators hear which case and the way out.

A run that ends, however it ends, leaves its first due case moved or put off. Where that case is due as before when the run is gone,
its process was killed (too little memory, a reboot): nothing is left of it that could have said so. So the count stands in the
records, where whoever starts the next run finds it, a process that was killed together with the run too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from casework.lifecycle import due_cases
from casework.lifecycle.failed_runs import Killed, set_back
from casework.operations.alarms import Alarm, sound
from models.store import Store
from models.store_marks import Counter

MOST = 3  # runs for one and the same first case; then it waits, a minute at first, later an hour
Kinds = Sequence[tuple[str, str]]
_SERIES = "tries:"  # a row among the counters for each flow that has a run under way, or had one that vanished


@dataclass(frozen=True)
class Tries:
    """How many runs of each flow were started while its first due case stayed as it is."""

    store: Store

    def started(self, flow: str, first: due_cases.First | None) -> None:
        """One more, before it starts."""
        if first is None:
            return
        with self.store.write() as work:
            mine = _row(flow, first)
            others = col(Counter.series).startswith(f"{_SERIES}{flow}:", autoescape=True), col(Counter.series) != mine
            work.execute(delete(Counter).where(*others))
            work.number(mine)

    def of(self, flow: str, first: due_cases.First | None) -> int:
        """How many there were for this first case."""
        if first is None:
            return 0
        with self.store.read() as work:
            mine = select(col(Counter.last)).where(col(Counter.series) == _row(flow, first))
            return int(work.execute(mine).scalar() or 0)

    def not_started(self, flow: str, first: due_cases.First | None) -> None:
        """One less: the engine did not take the run after all."""
        if first is not None:
            with self.store.write() as work:
                mine = col(Counter.series) == _row(flow, first), col(Counter.last) > 0
                work.execute(update(Counter).where(*mine).values(last=col(Counter.last) - 1))

    def end(self, flow: str) -> None:
        """Counts anew: a run ended, or its cases are put off."""
        with self.store.write() as work:
            mine = col(Counter.series).startswith(f"{_SERIES}{flow}:", autoescape=True)
            work.execute(delete(Counter).where(mine))

    @property
    def suspect(self) -> bool:
        """Whether runs are vanishing: whoever moved such a case on by itself would be the next to be killed."""
        with self.store.read() as work:
            again = select(col(Counter.series)).where(
                col(Counter.series).startswith(_SERIES, autoescape=True), col(Counter.last) > 1
            )
            keys = {_key(series) for series in work.execute(again).scalars()}
        return any(
            (due.id, due.version) in keys for due in due_cases.named_due(self.store, {identity for identity, _ in keys})
        )


def _row(flow: str, first: due_cases.First) -> str:
    return f"{_SERIES}{flow}:{first.id}:{first.version}"


def _key(series: str) -> tuple[UUID, int]:
    _, identity, version = series.rsplit(":", 2)
    return UUID(identity), int(version)


def give_up(store: Store, flow: str, kinds: Kinds, first: due_cases.First) -> int:
    """Puts the flow's due cases off and tells the operators; how many cases."""
    count = set_back(store, kinds, Killed())
    content = {"job": flow, "case": first.number, "count": count, "of": MOST}
    sound(store, Alarm(kind="run_killed", about=flow, content=content))
    return count
