"""The engine's clock on one machine: every flow is a deployment, the calendar's with their next run; they run in this process.

A run that the clock made (or that a person asked for in the engine's interface) is taken by the long-lived process itself, one
after another with what follows people's acts: a fraction of a second, and no new process. The engine says which flow and for which
date; the code is ours, whatever it says. After an outage only the newest run of a flow is taken: the records say what was missed,
and it makes that up.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from deployments.declared import declared_flow
from deployments.deploying import apply, plan
from deployments.engine_client import Connection, Gone
from models.clock import real_now

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

    from flows.pages import MeasureFlow

POLL_SECONDS = 2.0  # the engine calls a run late after 15
CHECK_SECONDS = 60.0  # whether the deployments are still there
SILENT_SECONDS = 30.0  # without an answer for so long, the clock stands still
log = logging.getLogger("duixian.clock")


class ScheduledRuns:
    """Looks on a thread of its own which runs are due; whoever executes them takes them from here."""

    def __init__(self, reach: Callable[[], Connection | None]) -> None:
        self._reach = reach
        self._stop = threading.Event()
        self._due: deque[FlowRun] = deque()
        self._known: set[UUID] = set()  # runs that wait here for their turn, or had it
        self._taken: set[UUID] = set()  # runs that the engine was asked to give, until it is known what became of them
        self._at_work: UUID | None = None
        self._flows: dict[UUID, str] = {}  # deployment → flow
        self._answered = self._checked = float("-inf")
        self._thread = threading.Thread(target=self._keep, name="clock", daemon=True)

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Looks no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(10)

    @property
    def ticking(self) -> bool:
        """Whether the engine's clock is known to start what is due."""
        return time.monotonic() - self._answered < SILENT_SECONDS

    def take(self) -> "tuple[MeasureFlow, dict[str, Any], FlowRun] | None":
        """The next run that is due, begun in the engine: its flow, its parameters and itself; None where there is none.

        Whoever takes one is done with the one before: a run that was not begun by then is given back by the next look.
        """
        self._at_work = None
        while self._due and not self._stop.is_set() and (connection := self._reach()) is not None:
            run = self._due.popleft()
            try:
                if (begun := self._begun(connection, run)) is not None:
                    return begun
            except Exception as trouble:
                self._at_work = None
                self._known.discard(run.id)  # the next look finds it again
                log.warning("a run that was due is left for later: %s", trouble)
        return None

    def look(self) -> None:
        """One look: declares what is not declared, and notes which runs are due. Errors of the engine's client are raised."""
        connection = self._reach()
        if connection is None:
            return
        if time.monotonic() - self._checked >= CHECK_SECONDS:
            self._see_to_deployments(connection)
            self._checked = time.monotonic()
        with connection.client() as client:
            self._give_back(client)
            due = client.get_scheduled_flow_runs_for_deployments(list(self._flows), scheduled_before=real_now())
            newest = {run.deployment_id: run.id for run in due if run.auto_scheduled}
            for run in due:
                if run.auto_scheduled and run.id != newest[run.deployment_id]:
                    _pass_over(client, run.id)
                elif run.id not in self._known:
                    self._known.add(run.id)
                    self._due.append(client.read_flow_run(run.id))
            self._known &= {run.id for run in due}
        self._answered = time.monotonic()

    def _keep(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            try:
                self.look()
            except Exception as trouble:
                log.debug("the engine's clock cannot be asked: %s", trouble)
                self._checked = float("-inf")

    def _see_to_deployments(self, connection: Connection) -> None:
        """Declares every flow at the start, and anew those that are gone because the engine's database was made anew.

        What a person changed in the engine meanwhile stays until the next start, and `doctor` names it.
        """
        first = not self._flows
        wanted = plan(connection)
        if missing := wanted.changes if first else wanted.lacks:
            apply(connection, replace(wanted, changes=missing))
            log.info("%d deployments were brought into the declared shape", len(missing))
            wanted = plan(connection)
        self._flows = {identity: flow for flow, identity in wanted.ids.items()}
        if first:  # whoever took a run before this process and did not begin it is dead
            with connection.client() as client:
                _pass_over_pending(client, list(self._flows))

    def _give_back(self, client: "SyncPrefectClient") -> None:
        """Makes runs that were taken and never begun due again: an answer was lost, or what carried them out broke before.

        The engine names no run as due that it gave away, so that without this they would wait for ever.
        """
        from prefect.states import Scheduled

        for identity in self._taken - {self._at_work}:
            with suppress(Gone):
                state = client.read_flow_run(identity).state
                if state is not None and state.is_pending():
                    log.warning("a run was taken and not begun: it is given back")
                    client.set_flow_run_state(identity, Scheduled(message="已领取而未开始，重新排期"), force=True)
            self._taken.discard(identity)
            self._known.discard(identity)

    def _begun(self, connection: Connection, run: "FlowRun") -> "tuple[MeasureFlow, dict[str, Any], FlowRun] | None":
        """Takes a run from the engine, if it still gives it: another may be under way, or somebody cancelled it."""
        from prefect.states import Cancelled, Pending

        if run.deployment_id not in self._flows:
            return None
        flow = declared_flow(self._flows[run.deployment_id])
        self._at_work = run.id
        self._taken.add(run.id)  # before it is asked for: the answer may be lost
        with suppress(Gone), connection.client() as client:
            if client.set_flow_run_state(run.id, Pending()).status.value != "ACCEPT":
                return None
            try:
                given = flow.validate_parameters(run.parameters)
            except Exception as wrong:  # whatever a person typed into the engine's interface
                client.set_flow_run_state(run.id, Cancelled(name="Refused", message=str(wrong)), force=True)
                return None
            return flow, given, client.read_flow_run(run.id)
        return None


def _pass_over(client: "SyncPrefectClient", run: UUID) -> None:
    """A run of the clock that a newer one makes up for."""
    from prefect.states import Cancelled

    client.set_flow_run_state(run, Cancelled(name="Skipped", message="由较新的一次一并办理"), force=True)


def _pass_over_pending(client: "SyncPrefectClient", deployments: list[UUID]) -> None:
    """Every run of these deployments that was taken and never begun."""
    from prefect.client.schemas.filters import DeploymentFilter, FlowRunFilter

    stuck = FlowRunFilter.model_validate({"state": {"type": {"any_": ["PENDING"]}}})
    ours = DeploymentFilter.model_validate({"id": {"any_": deployments}})
    for run in client.read_flow_runs(flow_run_filter=stuck, deployment_filter=ours, limit=200):
        _pass_over(client, run.id)
