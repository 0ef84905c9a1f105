"""The watcher: asks the records and the engine each minute what is wrong, and tells the operators once while it lasts.

It trusts neither: a silent sweep and overdue work are read from the records, whatever the engine says; a run that was killed is
found by looking, because nothing is left of it that could report. What the watcher cannot see is its own death: that is the
outside timer's.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from casework.operations.alarms import Alarm, clear, lasting, settle, sound
from casework.operations.heartbeat import SWEEP
from casework.shared.home import Home
from deployments.declared import names
from deployments.examining.undelivered import too_many
from deployments.locks import FileLock
from deployments.observe.health import DISK_BYTES, DUE_SECONDS, OUTBOX_SECONDS, Examiner, Sign
from deployments.observe.reading import HealthReading
from deployments.observe.runs import BAD, EngineRuns, FoundRun
from deployments.settings import SWEEP_ALARM_SECONDS, EngineFiles
from models.clock import real_now
from models.store import Store

EVERY_SECONDS = 60.0
ENGINE_SECONDS = 300.0
OF_RECORDS = frozenset({"work_late", "sweep_silent", "cases_failing", "outbox_late", "messages_lost", "disk_low"})
OF_RUNS = ("run_failed", "run_crashed", "run_killed")
log = logging.getLogger("duixian.observe")


class Watcher:
    """Looks each minute on a thread of its own; one look that breaks is followed by the next."""

    def __init__(
        self, home: Home, examiner: Examiner, engine: Callable[[], EngineRuns | None], *, here: bool = True
    ) -> None:
        """`here`: runs are made on this machine and hold this home's turn; elsewhere only their time tells that they are dead."""
        self.home, self.examiner, self._engine, self._here = home, examiner, engine, here
        self._began = self._answered = time.monotonic()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="watcher", daemon=True)

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Looks no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def look(self) -> None:
        """One look at everything."""
        found = self.examiner.look()
        if isinstance(found, Sign):
            log.error("%s: nobody can be told by a message", found.en)
            return
        store = self.home.store()
        settle(store, OF_RECORDS, wrong_in_records(found, time.monotonic() - self._began))
        self._look_at_engine(store)

    def _keep(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            try:
                self.look()
            except Exception:
                log.exception("a look at the system's health failed; the next one tries again")

    def _look_at_engine(self, store: Store) -> None:
        engine = self._engine()
        try:
            if engine is None:
                raise ConnectionError("none is there")
            found = engine.look(self._may_run)
            dead = engine.still_running(found.dead)
        except OSError as away:
            self._missed(store, away)
            return
        self._answered = time.monotonic()
        clear(store, "engine_away")
        end_of_the_gone(store)
        tell_of_runs(store, found)
        for run in dead:
            log.error("a run of %s is dead since %s", run.flow, run.shown, extra={"flow_run_id": run.id})
            sound(store, Alarm(kind="run_crashed", about=run.flow, content={"job": run.flow, "at": run.shown}))
            engine.bury(run)

    def _missed(self, store: Store, away: OSError) -> None:
        """The engine did not answer: told when it has been so for a while, for cases move on without it."""
        silent = time.monotonic() - self._answered
        log.warning("the engine does not answer (%s)", away)
        if silent > ENGINE_SECONDS:
            sound(store, Alarm(kind="engine_away", content={"minutes": int(silent // 60)}))

    def _may_run(self, started: datetime) -> bool:
        """Whether a run that began then can be alive: every run of this home holds the turn while it runs."""
        if not self._here:
            return True
        turn = FileLock(EngineFiles.of(self.home).turn)
        return turn.holder() is not None and turn.path.stat().st_mtime - 5 <= started.timestamp()


def end_of_the_gone(store: Store) -> list[str]:
    """Clears the alarms about runs of flows that are declared no more: no good run of theirs can ever end them."""
    of_runs = [name for name in lasting(store) if name.partition("/")[0] in OF_RUNS]
    if not of_runs:
        return []
    known = names()
    return [name for name in of_runs if name.partition("/")[2] not in known and clear(store, name)]


def wrong_in_records(found: HealthReading, up_seconds: float) -> dict[str, Alarm]:
    """What the records show to be wrong, by the name of its alarm; at the start a while passes before silence counts."""
    silent = found.beats.get(SWEEP, up_seconds)
    wrong = [
        (found.due_age > DUE_SECONDS, "work_late", {"count": found.due, "minutes": int(found.due_age // 60)}),
        (min(silent, up_seconds) > SWEEP_ALARM_SECONDS, "sweep_silent", {"minutes": int(silent // 60)}),
        (found.failing > 0, "cases_failing", {"count": found.failing}),
        (
            found.waiting_age > OUTBOX_SECONDS,
            "outbox_late",
            {"count": found.waiting, "minutes": int(found.waiting_age // 60)},
        ),
        (too_many(*found.lost), "messages_lost", {"count": found.lost[0], "of": found.lost[1]}),
        (found.disk_free < DISK_BYTES, "disk_low", {"free": found.disk_free // 1024**2}),
    ]
    return {kind: Alarm(kind=kind, content=content) for bad, kind, content in wrong if bad}


def tell_of_runs(store: Store, found: FoundRun) -> None:
    """Sounds and clears what the engine says of runs: the last ended run of a flow decides."""
    known = lasting(store)
    for flow, run in found.ended.items():
        if run.state in BAD:
            kind = "run_failed" if run.state == "FAILED" else "run_crashed"
            if f"{kind}/{flow}" not in known:
                sound(store, Alarm(kind=kind, about=flow, content={"job": flow, "at": run.shown}))
            continue
        for name in {f"{kind}/{flow}" for kind in OF_RUNS} & set(known):
            clear(store, name)
    late = len(found.late)
    if late:
        oldest = max(0, int((real_now() - found.late[0].at).total_seconds() // 60))
        sound(store, Alarm(kind="runs_late", content={"count": late, "minutes": oldest}))
    else:
        clear(store, "runs_late")
