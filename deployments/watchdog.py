"""What a timer outside of the engine and of the service does each minute: the same sweep, and an alarm when theirs fell silent.

It needs the database and nothing else: no engine, no lock of a process that may hang. Its own looks do not count as sweeps, or a
dead service would never be missed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlmodel import col

from casework.operations import message_delivery
from casework.operations.alarms import Alarm, clear, sound
from casework.operations.heartbeat import SWEEP, WATCH, age, beat
from casework.shared.home import Home
from casework.shared.run_summary import RunSummary
from deployments.runner import NOTHING, Runner
from deployments.settings import SWEEP_ALARM_SECONDS
from models import StoreMark
from models.clock import real_now
from models.store import Store

if TYPE_CHECKING:
    from flows.pages import MeasureFlow

SILENT = "sweep_silent"
DELIVERY_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class WatchdogResult:
    """What a look found and did."""

    silent_seconds: int
    silent: bool
    done: RunSummary
    delivered: str = ""


class _Alone(Runner):
    """Runs flows as plain functions and waits for nobody: two at once do no harm, a hung one must not stop us."""

    def run(self, flow: "MeasureFlow", given: Mapping[str, Any] = NOTHING, begun: object = None) -> RunSummary:
        with self.home.in_use():
            return flow.fn(**given)


def look(home: Home) -> WatchdogResult:
    """Moves what is due, and tells the operators, once while it lasts, when no sweep finished for minutes."""
    store = home.store()
    quiet = silence(store)
    silent = quiet.total_seconds() > SWEEP_ALARM_SECONDS
    if silent:
        sound(store, Alarm(kind=SILENT, content={"minutes": int(quiet.total_seconds() // 60)}))
    else:
        clear(store, SILENT)
    done = _Alone(home, lambda: None).until_idle()
    # A service that lives sends its messages itself; the alarm of a dead one must not wait for it.
    delivered = str(message_delivery.send_waiting(home, within=DELIVERY_SECONDS)) if silent else ""
    with store.write() as work:
        beat(work, WATCH)
    return WatchdogResult(silent_seconds=int(quiet.total_seconds()), silent=silent, done=done, delivered=delivered)


def silence(store: Store) -> timedelta:
    """How long no sweep has finished; where none ever did, how long the store has been there."""
    since = age(store, SWEEP)
    if since is not None:
        return since
    with store.read() as work:
        made: datetime = work.execute(select(col(StoreMark.made_at))).scalar_one()
    return real_now() - made
