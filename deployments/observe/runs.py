"""What the engine says of its runs: those that ended, those that should have begun, those nobody runs.

The engine's word counts for what it has seen. What it cannot have seen (a process that was killed, a machine that lost its
power) stays "running" there for ever; so a run that nobody can be running any more is taken for crashed, and it is told so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from deployments.engine_client import Connection
from models.clock import real_now

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

LATE = timedelta(minutes=5)
STUCK = timedelta(minutes=60)  # twice the longest time that a run may take
LOOKED_BACK = timedelta(minutes=15)
LIMIT = 200
BAD = ("FAILED", "CRASHED")
Alive = Callable[[datetime], bool]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a flow, by the flow's name."""

    id: UUID
    flow: str
    state: str
    at: datetime

    @property
    def shown(self) -> str:
        """Its moment in Asia/Shanghai, to the minute."""
        from models.clock import to_the_minute

        return to_the_minute(self.at)


@dataclass(frozen=True, kw_only=True)
class FoundRun:
    """One look at the engine: the last ended run of each flow that ended any lately, the dead, the late."""

    ended: dict[str, Run] = field(default_factory=dict)
    dead: list[Run] = field(default_factory=list)
    late: list[Run] = field(default_factory=list)


class EngineRuns:
    """The runs of an engine. Every question raises OSError (Away) where the engine does not answer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._flows: dict[UUID, str] = {}

    def look(self, alive: Alive = lambda _started: False, stuck: timedelta = STUCK) -> FoundRun:
        """Asks. `alive` says whether a run begun then may still run."""
        now = real_now()
        since = (now - LOOKED_BACK).isoformat()
        past = {"end_time": {"after_": since}, "state": {"type": {"any_": [*BAD, "COMPLETED"]}}}
        due = {"next_scheduled_start_time": {"before_": (now - LATE).isoformat()}, **_in("SCHEDULED")}
        with self._connection.client() as client:
            ended = self._runs(client, "END_TIME_DESC", past)
            late = self._runs(client, "NEXT_SCHEDULED_START_TIME_ASC", due)
            running = self._runs(client, "ID_DESC", _in("RUNNING", "CANCELLING"))
        dead = [run for run in running if not alive(run.at) or now - run.at > stuck]
        first: dict[str, Run] = {}
        for run in ended:
            first.setdefault(run.flow, run)
        return FoundRun(ended=first, dead=dead, late=late)

    def still_running(self, runs: Sequence[Run]) -> list[Run]:
        """Those of them that the engine, asked again, still takes for running."""
        if not runs:
            return []
        wanted = {"id": {"any_": [str(run.id) for run in runs]}, **_in("RUNNING", "CANCELLING")}
        with self._connection.client() as client:
            again = {run.id for run in self._runs(client, "ID_DESC", wanted)}
        return [run for run in runs if run.id in again]

    def bury(self, run: Run) -> None:
        """Tells the engine what it could not see."""
        from prefect.states import Crashed

        with self._connection.client() as client:
            client.set_flow_run_state(run.id, Crashed(message="the process that ran it is gone"), force=True)

    def _runs(self, client: "SyncPrefectClient", sort: str, wanted: dict[str, Any]) -> list[Run]:
        from prefect.client.schemas.filters import FlowFilter, FlowRunFilter
        from prefect.client.schemas.sorting import FlowRunSort

        rows = client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate(wanted), sort=FlowRunSort(sort), limit=LIMIT
        )
        if unknown := sorted(str(flow_id) for flow_id in {row.flow_id for row in rows} - self._flows.keys()):
            named = client.read_flows(flow_filter=FlowFilter.model_validate({"id": {"any_": unknown}}), limit=LIMIT)
            self._flows |= {flow.id: flow.name for flow in named}
        return [_run(row, self._flows) for row in rows]


def _in(*types: str) -> dict[str, Any]:
    return {"state": {"type": {"any_": list(types)}}}


def _run(row: Any, names: dict[UUID, str]) -> Run:
    at = row.end_time or row.start_time or row.expected_start_time or row.created
    return Run(id=row.id, flow=names.get(row.flow_id, "?"), state=row.state_type.value, at=at)
