"""Watches the records for what is due and has the pool run it: one run a measure at a time, acts meanwhile taken by the next.

The rows are the wake-ups, so that there is nothing to miss: whoever looks finds all of it, and the sweep of the engine looks each
minute too. Where the engine is away, or nobody works, this process moves the cases on by itself, as `serve` does on one machine.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from casework.lifecycle import due_cases
from casework.shared.home import Home
from casework.shared.run_summary import RunSummary
from deployments.cluster.cluster_settings import Cluster, quiet, ready, use
from deployments.cluster.exposure import refuse_exposed
from deployments.cluster.observed import watching
from deployments.cluster.shared_engine import Shared
from deployments.declared import measure_flows
from deployments.deploying import apply, plan
from deployments.engine_client import Connection, Gone
from deployments.engine_http import Away, Strange
from deployments.killed import MOST, Tries, give_up
from deployments.runner import Runner, say_wrong_policies
from deployments.settings import SWEEP_SECONDS
from flows.options import TIMEOUT_SECONDS
from models.clock import real_now

POLL_SECONDS = 0.5
CHECK_SECONDS = 15.0  # whether the engine still has our deployments
CROWD = 3  # more measures than these at once: one sweep takes them all, for each run is a process that takes seconds to start
OPEN_AT_MOST = 6  # runs under way at once; what comes meanwhile is taken together later
SWEEP_ALONE_SECONDS = 20.0  # an open sweep that is older no longer speaks for measures that came since
PATIENCE_SECONDS = 10.0  # without an answer for so long, the engine is away
IDLE_SECONDS = 90.0  # something is due and nothing moves: nobody works
SWEEP = "sweep"
log = logging.getLogger("duixian.trigger")


@dataclass
class Trigger:
    """One watcher. A second one beside it does no harm: the engine holds a measure to one run, and the rows to one move."""

    home: Home
    engine: Connection
    stopping: Callable[[], bool] = lambda: False
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, UUID] = field(default_factory=dict)  # flow → deployment
    _answered: float = 0.0
    _progress: float = 0.0
    _ticked: float = 0.0
    _checked: float = float("-inf")
    _first: Any = None

    def __post_init__(self) -> None:
        self._answered = self._progress = self._ticked = self.clock()
        self._alone = Runner(self.home, lambda: None, self.stopping)
        self._tries = Tries(self.home.store())

    def once(self) -> str:
        """One look: "" where nothing is due, else what was done about it."""
        return "; ".join(said for said in (self._calendar(), self._follow()) if said)

    def _calendar(self) -> str:
        """Sees that the engine has our deployments; while it is away, does each minute what its clock would start."""
        if self.clock() - self._checked < CHECK_SECONDS:
            return ""
        self._checked, self._known = self.clock(), {}
        try:
            self._deployments()
            self._ticked = self.clock()
        except (Away, Strange):
            log.debug("the engine is away")
        if self.clock() - self._ticked < SWEEP_SECONDS:
            return ""
        self._ticked = self.clock()
        from flows.scheduled import deliver, sweep

        done = RunSummary()
        for flow in (sweep, deliver):
            done.add(self._alone.run(flow))
        return f"the engine is away, swept without it: {done}"

    def _follow(self) -> str:
        """Has what is due moved on."""
        store = self.home.store()
        measures = due_cases.measures(store)
        if not measures:
            self._answered = self._progress = self.clock()
            return ""
        if (first := due_cases.oldest(store)) != self._first:
            self._first, self._progress = first, self.clock()
        try:
            said = self._through_the_pool(measures)
            self._answered = self.clock()
        except (Away, Strange) as trouble:
            if self.clock() - self._answered < PATIENCE_SECONDS:
                return f"engine away ({trouble})"
            return self._by_itself("the engine is away")
        if self.clock() - self._progress > IDLE_SECONDS and not self._tries.suspect:
            return self._by_itself("nobody works")
        return said

    def _by_itself(self, why: str) -> str:
        done = self._alone.once()
        self._progress = self.clock()
        return f"{why}, moved on without it: {done}"

    def _through_the_pool(self, measures: list[tuple[str, str]]) -> str:
        """Starts a run for each measure that is due and has none under way."""
        names, kinds = measure_flows(), dict[str, list[tuple[str, str]]]()
        for measure in measures:
            if measure in names:
                kinds.setdefault(names[measure], []).append(measure)
        known = self._deployments()
        under_way = self._open(known)
        sweeping = under_way.get(SWEEP)
        if sweeping is not None and sweeping < SWEEP_ALONE_SECONDS:
            return "a sweep is under way"
        store = self.home.store()
        firsts = {flow: due_cases.first(store, kinds[flow]) for flow in sorted(kinds) if flow not in under_way}
        lost = {flow: first for flow, first in firsts.items() if first and self._tries.of(flow, first) >= MOST}
        for flow, first in lost.items():
            log.error("runs of %s were killed %d times, its cases are put off: first %s", flow, MOST, first.number)
            give_up(store, flow, kinds[flow], first)
            self._tries.end(flow)
            self._progress = self.clock()
        starting = [flow for flow in firsts if flow not in lost]
        if len(starting) > CROWD and SWEEP not in under_way:
            firsts[SWEEP] = due_cases.first(store)
            if self._tries.of(SWEEP, firsts[SWEEP]) < MOST:  # else each measure by itself, to see which it is
                starting = [SWEEP]
        starting = starting[: max(0, OPEN_AT_MOST - len(under_way))]
        for flow in starting:
            self._tries.started(flow, firsts[flow])  # before it starts: it may kill this process too
            try:
                self._start(known, flow)
            except (Away, Strange):
                self._tries.not_started(flow, firsts[flow])
                raise
        if lost:
            return f"killed {MOST} times, put off: {', '.join(lost)}"
        return f"started {', '.join(starting)}" if starting else "under way"

    def _deployments(self) -> dict[str, UUID]:
        """The pool's deployments; those that are gone (the engine's database was made anew) are put back.

        One that is there is left as it is, whatever the declaration says: changing it is `duixian deploy`'s, asked for by a person.
        """
        if not self._known:
            wanted = plan(self.engine)
            if wanted.lacks:
                log.warning("the engine lacks %d of our deployments: putting them back", len(wanted.lacks))
                apply(self.engine, replace(wanted, changes=wanted.lacks))
                wanted = plan(self.engine)
            self._known = wanted.ids
        return self._known

    def _open(self, known: dict[str, UUID]) -> dict[str, float]:
        """Flows with a run that is under way or about to be → its age. One that outlived its time counts no more."""
        from prefect.client.schemas.filters import DeploymentFilter, FlowRunFilter

        now = real_now()
        since, until = now - timedelta(seconds=TIMEOUT_SECONDS), now + timedelta(seconds=2)
        wanted = {
            "state": {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING"]}},
            "expected_start_time": {"after_": since.isoformat(), "before_": until.isoformat()},
        }
        ours = DeploymentFilter.model_validate({"id": {"any_": list(known.values())}})
        by_id = {identity: flow for flow, identity in known.items()}
        found: dict[str, float] = {}
        with self.engine.client() as client:
            under_way = client.read_flow_runs(
                flow_run_filter=FlowRunFilter.model_validate(wanted), deployment_filter=ours, limit=200
            )
        for run in under_way:
            flow = by_id[run.deployment_id] if run.deployment_id else ""
            age = (now - (run.expected_start_time or now)).total_seconds()
            found[flow] = min(age, found.get(flow, age))
        return found

    def _start(self, known: dict[str, UUID], flow: str) -> None:
        try:
            with self.engine.client() as client:
                client.create_flow_run_from_deployment(known[flow])
        except (Gone, KeyError) as gone:
            self._known = {}  # made anew at the next look
            raise Away(f"{flow} is not deployed") from gone


def run(home: Home, cluster: Cluster) -> None:
    """Looks until Ctrl-C or SIGTERM."""
    refuse_exposed(cluster)
    home.engine.mkdir(parents=True, exist_ok=True)
    use(quiet(home.engine))
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    say_wrong_policies()
    ready(home, stop.is_set)
    shared = Shared(home.engine, cluster)
    with home.in_use(), watching(home, shared):
        _forever(Trigger(home, shared, stop.is_set), stop)


def _forever(trigger: Trigger, stop: threading.Event) -> None:
    """Look after look; one that fails is followed by the next."""
    before, pause = "", POLL_SECONDS
    while not stop.wait(pause):
        try:
            said = trigger.once()
            pause = POLL_SECONDS
        except Exception as trouble:
            said, pause = f"{type(trouble).__name__}: {str(trouble)[:200]}", 2.0
        if said and said != before:
            log.info("%s", said)
        before = said
