"""Runs what is due, flow after flow: through the engine, or, while that is away, as the plain functions that flows are.

A flow run is an executor that may be lost: cases move by their rows, not by runs. So a dead engine delays nobody; what it misses is
only the record of the run in its own interface.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import policies
from casework.alarms import Alarm, clear, sound
from casework.errors import Refused
from casework.home import Home
from casework.jobs import running
from casework.jobs.heartbeat import SWEEP, beat
from casework.outcome import Outcome
from casework.steps import due
from casework.steps.setback import nobodys_fault, words_for
from deployments.engine import Connection
from deployments.locks import FileLock
from deployments.settings import EngineFiles
from models.clock import SHANGHAI
from models.store import UnsafeStore
from models.trouble import of_database

if TYPE_CHECKING:
    from flows.pages import MeasureFlow

log = logging.getLogger("duixian.runner")


def refuse_wrong_policies() -> None:
    """Before anything runs: every policy that is named can be loaded, and those from outside have their pages."""
    policies.all_policies()
    if policies.outside():
        from flows.pages import found

        found()


class Reached(Protocol):
    """Gives the engine to run through, or None while there is none."""

    def __call__(self) -> Connection | None: ...


class Runner:
    """Starts the flows that have something due, one after another."""

    def __init__(self, home: Home, engine: Reached, stopping: Callable[[], bool] = lambda: False) -> None:
        self.home = home
        self._engine = engine
        self._stopping = stopping
        self._turn = FileLock(EngineFiles.of(home).turn)
        self._failing: set[str] = set()

    def anything_due(self, *, everything: bool = True) -> bool:
        """One indexed query (a few more where lapses and the calendar's jobs count); free of the engine."""
        store = self.home.store()
        return bool(due.measures(store)) or (everything and (due.lapsed(store) or running.anything_due(store)))

    def once(self, only: str | None = None, *, everything: bool = True) -> Outcome:
        """One run of each flow that has something due (of the one named); nothing due starts nothing.

        `everything`: the calendar's jobs too, which wait for the sweep and not for people's acts.
        """
        total = Outcome()
        if not self.anything_due(everything=everything):
            return total
        from flows.schedules import due_jobs, run_jobs

        with self.home.in_use():
            jobs, nobody = due_jobs()
            if everything and running.anything_due(self.home.store()):
                jobs.append(run_jobs)
            total.add(nobody if only is None else Outcome())
            for job in jobs:
                if only in (None, job.name) and not self._stopping():
                    total.add(self.run(job))
        return total

    def until_idle(self, only: str | None = None) -> Outcome:
        """Again and again while something moves."""
        total = Outcome()
        while True:
            done = self.once(only)
            if not (done.moved or done.refused):
                failed = [one for one in done.failed if one not in total.failed]
                return total.add(Outcome(waiting=done.waiting, failed=failed))
            total.add(done)

    def swept(self) -> None:
        """Says that a sweep is over: the sign of life that others watch for."""
        with self.home.store().write() as work:
            beat(work, SWEEP)

    def run(self, one: "MeasureFlow") -> Outcome:
        """One flow over everything that is due for it.

        A run that the engine cut off goes on without it, once. A flow that fails by itself (its time limit too) is not run
        again: its cases are put off (`casework.steps.setback`), the operators are told, and the other flows go on.
        """
        with self.home.in_use(), self._turn.held():
            try:
                done = self._carried_out(one)
            except UnsafeStore:
                raise
            except Exception as wrong:
                if nobodys_fault(wrong):
                    raise
                return self._failed(one, wrong)
            self._recovered(one)
            return done

    def _carried_out(self, one: "MeasureFlow") -> Outcome:
        """Through the engine, or without it where it is away or cuts the run off."""
        from flows.runs import by_itself

        engine = self._engine()
        if engine is not None:
            try:
                with engine.in_use(), _tagged(one):
                    return one()
            except Exception as trouble:
                if of_database(trouble) or isinstance(trouble, UnsafeStore) or by_itself(trouble):
                    raise
                log.warning("%s was cut off by the engine (%s): going on without it", one.name, type(trouble).__name__)
        return one.fn()

    def _failed(self, one: "MeasureFlow", wrong: Exception) -> Outcome:
        """The flow's own fault: cases are flagged, operators are alarmed once until it succeeds, and it is tried again later."""
        from flows.hooks import put_off

        log.error("%s failed", one.name, exc_info=wrong)
        self._failing.add(one.name)
        put_off(one.name, wrong)
        at = datetime.now(UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        sound(self.home.store(), Alarm(kind="run_failed", about=one.name, content={"job": one.name, "at": at}))
        return Outcome(failed=[(one.name, words_for(wrong))])

    def _recovered(self, one: "MeasureFlow") -> None:
        """Its next good run: the alarm is over. Only where this runner sounded it: through the engine the watcher sees it."""
        if one.name in self._failing:
            self._failing.discard(one.name)
            clear(self.home.store(), f"run_failed/{one.name}")


def _tagged(one: "MeasureFlow") -> AbstractContextManager[set[str]]:
    """The measure's tags on the run."""
    from prefect import tags

    from flows.options import tags_of

    measures = [m for policy in policies.all_policies() for m in policy.measures if m.flow == one.name]
    return tags(*(tags_of(measures[0]) if measures else [one.name]))


def flow_name(measure: str | None) -> str | None:
    """The flow that a person means by "M4", "4", "m4" or by the flow's own name; None for all."""
    if measure is None:
        return None
    wanted = measure.strip()
    codes = {f"M{int(wanted)}"} if wanted.isdecimal() else {wanted.upper()}
    for policy in policies.all_policies():
        for one in policy.measures:
            if one.items and (one.code in codes or one.flow == wanted):
                return one.flow
    known = "、".join(one.code for one in policies.all_policies()[0].measures if one.items)
    raise Refused(
        "measure", f"没有举措 {measure}；可用：{known}", f"no measure {measure}; known: {known}", field="measure"
    )
