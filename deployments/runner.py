"""Runs what is due, flow after flow: through the engine, or, while that is away, as the plain functions that flows are.

A flow run is an executor that may be lost: cases move by their rows, not by runs. So a dead engine delays nobody; what it misses is
only the record of the run in its own interface.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

import policies
from casework.calendar_jobs import job_runner
from casework.lifecycle import due_cases
from casework.lifecycle.failed_runs import Killed, nobodys_fault, words_for
from casework.operations.alarms import Alarm, clear, sound
from casework.operations.heartbeat import JOBS, SWEEP, beat
from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.shared.run_summary import RunSummary
from deployments.engine_client import Connection
from deployments.killed import MOST, Tries, give_up
from deployments.locks import FileLock
from deployments.settings import EngineFiles
from models.clock import real_now, to_the_minute
from models.database import UnsafeStore
from models.database_errors import of_database

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from flows.pages import MeasureFlow

NOTHING: Mapping[str, Any] = {}
log = logging.getLogger("duixian.runner")


def say_wrong_policies() -> None:
    """Before anything runs: which policies from outside cannot be used, or their pages; the others go on without them."""
    from flows.pages import unusable

    for wrong in (*policies.unusable(), *unusable().values()):
        log.error("a policy cannot be used, the others go on: %s", wrong)


class Reached(Protocol):
    """Gives the engine to run through, or None while there is none."""

    def __call__(self) -> Connection | None: ...


class Runner:
    """Starts the flows that have something due, one after another."""

    def __init__(
        self,
        home: Home,
        engine: Reached,
        stopping: Callable[[], bool] = lambda: False,
        grace: timedelta = timedelta(),
    ) -> None:
        """`grace`: how long after midnight today's dates are left to the engine's clock (`job_runner.waiting`)."""
        self.home = home
        self._grace = grace
        self._engine = engine
        self._stopping = stopping
        self._turn = FileLock(EngineFiles.of(home).turn)
        self._failing: set[str] = set()

    def anything_due(self, *, everything: bool = True) -> bool:
        """One indexed query (a few more where lapses and the calendar's jobs count); free of the engine."""
        store = self.home.store()
        if due_cases.measures(store):
            return True
        return everything and (due_cases.lapsed(store) or job_runner.anything_due(store, self._grace))

    def once(self, only: str | None = None, *, everything: bool = True) -> RunSummary:
        """One run of each flow that has something due (of the one named); nothing due starts nothing.

        `everything`: the calendar's jobs too, which wait for the sweep and not for people's acts.
        """
        total = RunSummary()
        if not self.anything_due(everything=everything):
            return total
        from flows.sweeping import due_jobs

        with self.home.in_use():
            jobs, nobody = due_jobs()
            total.add(nobody if only is None else RunSummary())
            for job in jobs:
                if only in (None, job.name) and not self._stopping():
                    total.add(self.run(job))
            if everything and only is None:
                total.add(self._calendar())
        return total

    def _calendar(self) -> RunSummary:
        """What the calendar has come to and nobody did, each date by a run of its job's flow."""
        from flows.sweeping import calendar_due

        dated, total = calendar_due(self._grace)
        for job, day in dated:
            if not self._stopping():
                total.add(self.run(job, {} if day is None else {"business_date": day}))
        return total

    def until_idle(self, only: str | None = None) -> RunSummary:
        """Again and again while something moves."""
        total = RunSummary()
        while True:
            done = self.once(only)
            if not (done.moved or done.refused):
                failed = [failure for failure in done.failed if failure not in total.failed]
                return total.add(RunSummary(waiting=done.waiting, failed=failed))
            total.add(done)

    def swept(self) -> None:
        """Says that a sweep is over: the heartbeat that others watch for."""
        with self.home.store().write() as work:
            beat(work, SWEEP)
            beat(work, JOBS)

    def run(
        self, flow: "MeasureFlow", given: Mapping[str, Any] = NOTHING, begun: "FlowRun | None" = None
    ) -> RunSummary:
        """One flow over everything that is due for it; `given` are its parameters, `begun` a run that the engine has made for it.

        A run that the engine cut off goes on without it, once. A flow that fails by itself (its time limit too) is not run
        again: its cases are put off (`casework.lifecycle.failed_runs`), the operators are told, and the other flows go on.
        """
        with self.home.in_use(), self._turn.held():
            tries, first = self._tries(flow)
            if first is not None and tries.of(flow.name, first) >= MOST:
                return self._given_up(flow, tries, first)
            tries.started(flow.name, first)
            try:
                done = self._carried_out(flow, given, begun)
            except UnsafeStore:
                raise
            except Exception as wrong:
                if nobodys_fault(wrong):
                    raise
                return self._failed(flow, wrong)
            finally:  # a process that is killed never comes here
                if first is not None:
                    tries.end(flow.name)
            self._recovered(flow)
            return done

    def _tries(self, flow: "MeasureFlow") -> tuple[Tries, due_cases.First | None]:
        """How often this flow was run, and its first due case; none of a job of the calendar."""
        store, kinds = self.home.store(), _kinds(flow.name)
        return Tries(store), due_cases.first(store, kinds) if kinds else None

    def _given_up(self, flow: "MeasureFlow", tries: Tries, first: due_cases.First) -> RunSummary:
        """Its processes were killed, those of earlier processes among them: its cases wait, and the other flows go on."""
        log.error("runs of %s were killed %d times, its cases are put off: first %s", flow.name, MOST, first.number)
        give_up(self.home.store(), flow.name, _kinds(flow.name), first)
        tries.end(flow.name)
        self._failing.add(flow.name)
        return RunSummary(failed=[(flow.name, words_for(Killed()))])

    def _carried_out(self, flow: "MeasureFlow", given: Mapping[str, Any], begun: "FlowRun | None") -> RunSummary:
        """Through the engine, or without it where it is away or cuts the run off."""
        from flows.runs import by_itself

        engine = self._engine()
        if engine is not None:
            try:
                with engine.in_use(), _tagged(flow):
                    return flow(**given) if begun is None else resumed(flow, begun)
            except Exception as trouble:
                if of_database(trouble) or isinstance(trouble, UnsafeStore) or by_itself(trouble):
                    raise
                log.warning("%s was cut off by the engine (%s): going on without it", flow.name, type(trouble).__name__)
        return flow.fn(**given)

    def _failed(self, flow: "MeasureFlow", wrong: Exception) -> RunSummary:
        """The flow's own fault: cases are flagged, operators are alarmed once until it succeeds, and it is tried again later."""
        from flows.hooks import put_off

        log.error("%s failed", flow.name, exc_info=wrong)
        self._failing.add(flow.name)
        put_off(flow.name, wrong)
        at = to_the_minute(real_now())
        sound(self.home.store(), Alarm(kind="run_failed", about=flow.name, content={"job": flow.name, "at": at}))
        return RunSummary(failed=[(flow.name, words_for(wrong))])

    def _recovered(self, flow: "MeasureFlow") -> None:
        """Its next good run: the alarm is over. Only where this runner sounded it: through the engine the watcher sees it."""
        if flow.name in self._failing:
            self._failing.discard(flow.name)
            for kind in ("run_failed", "run_killed"):
                clear(self.home.store(), f"{kind}/{flow.name}")


def resumed(flow: "MeasureFlow", begun: "FlowRun") -> RunSummary:
    """Carries out a run that the engine has made: the clock's, or one that a person asked for in the engine's interface."""
    from prefect.flow_engine import run_flow

    done = run_flow(flow, flow_run=begun)
    if not isinstance(done, RunSummary):
        raise TypeError(f"{flow.name} gave {type(done).__name__}")
    return done


def _tagged(flow: "MeasureFlow") -> AbstractContextManager[set[str]]:
    """The tags of the measure, or of what the calendar does, on the run."""
    from prefect import tags

    from flows.options import tags_of
    from flows.schedule import schedules

    measures = [m for policy in policies.all_policies() for m in policy.measures if m.flow == flow.name]
    rows = [row for row in schedules() if row.flow == flow.name]
    return tags(*(tags_of(measures[0]) if measures else rows[0].tags if rows else [flow.name]))


def _kinds(flow: str) -> list[tuple[str, str]]:
    """The measures, by policy, that a flow moves on."""
    return [(policy.code, m.code) for policy in policies.all_policies() for m in policy.measures if m.flow == flow]


def flow_name(measure: str | None) -> str | None:
    """The flow that a person means by "M4", "4", "m4" or by the flow's own name; None for all."""
    if measure is None:
        return None
    wanted = measure.strip()
    codes = {f"M{int(wanted)}"} if wanted.isdecimal() else {wanted.upper()}
    for policy in policies.all_policies():
        for row in policy.measures:
            if row.items and (row.code in codes or row.flow == wanted):
                return row.flow
    known = "、".join(row.code for row in policies.all_policies()[0].measures if row.items)
    raise Refused(
        "measure", f"没有举措 {measure}；可用：{known}", f"no measure {measure}; known: {known}", field="measure"
    )
