"""What the engine says of its runs, asked over its API: those that ended, those that should have begun, those nobody runs.

The engine's word counts for what it has seen. What it cannot have seen (a process that was killed, a machine that lost its
power) stays "running" there for ever; so a run that nobody can be running any more is taken for crashed, and it is told so.
"""

import base64
import json
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

LATE = timedelta(minutes=5)
STUCK = timedelta(minutes=60)  # twice the longest time that a run may take
LOOKED_BACK = timedelta(minutes=15)
LIMIT = 200
_SECONDS = 5.0
BAD = ("FAILED", "CRASHED")
Alive = Callable[[datetime], bool]


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a flow, by the flow's name."""

    id: str
    flow: str
    state: str
    at: datetime

    @property
    def shown(self) -> str:
        """Its moment in Asia/Shanghai, to the minute."""
        from models.clock import SHANGHAI

        return self.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True, kw_only=True)
class Found:
    """One look at the engine: the last ended run of each flow that ended any lately, the dead, the late."""

    ended: dict[str, Run] = field(default_factory=dict)
    dead: list[Run] = field(default_factory=list)
    late: list[Run] = field(default_factory=list)


class Engine:
    """The engine's API at an address, with its password."""

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._header = "Basic " + base64.b64encode(secret.encode()).decode()
        self._flows: dict[str, str] = {}

    def look(self, alive: Alive = lambda _started: False, stuck: timedelta = STUCK) -> Found:
        """Asks; raises OSError where the engine does not answer. `alive` says whether a run begun then may still run."""
        now = datetime.now(UTC)
        since = (now - LOOKED_BACK).isoformat()
        ended = self._runs(
            "END_TIME_DESC", {"end_time": {"after_": since}, "state": {"type": {"any_": [*BAD, "COMPLETED"]}}}
        )
        due = {"next_scheduled_start_time": {"before_": (now - LATE).isoformat()}}
        late = self._runs("NEXT_SCHEDULED_START_TIME_ASC", {**due, "state": {"type": {"any_": ["SCHEDULED"]}}})
        running = self._runs("ID_DESC", {"state": {"type": {"any_": ["RUNNING", "CANCELLING"]}}})
        dead = [one for one in running if not alive(one.at) or now - one.at > stuck]
        first: dict[str, Run] = {}
        for one in ended:
            first.setdefault(one.flow, one)
        return Found(ended=first, dead=dead, late=late)

    def still_running(self, runs: Sequence[Run]) -> list[Run]:
        """Those of them that the engine, asked again, still takes for running."""
        if not runs:
            return []
        wanted = {"id": {"any_": [one.id for one in runs]}, "state": {"type": {"any_": ["RUNNING", "CANCELLING"]}}}
        again = {one.id for one in self._runs("ID_DESC", wanted)}
        return [one for one in runs if one.id in again]

    def bury(self, run: Run) -> None:
        """Tells the engine what it could not see."""
        state = {"type": "CRASHED", "name": "Crashed", "message": "the process that ran it is gone"}
        self._ask(f"/flow_runs/{run.id}/set_state", {"state": state, "force": True})

    def _runs(self, sort: str, wanted: dict[str, Any]) -> list[Run]:
        rows = self._ask("/flow_runs/filter", {"flow_runs": wanted, "sort": sort, "limit": LIMIT})
        names = self._names({str(row["flow_id"]) for row in rows})
        return [_run(row, names) for row in rows]

    def _names(self, ids: set[str]) -> dict[str, str]:
        if unknown := sorted(ids - self._flows.keys()):
            rows = self._ask("/flows/filter", {"flows": {"id": {"any_": unknown}}})
            self._flows |= {str(row["id"]): str(row["name"]) for row in rows}
        return self._flows

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(self._url + path, data=json.dumps(body).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        request.add_header("Authorization", self._header)
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            return json.loads(answer.read())


def _run(row: dict[str, Any], names: dict[str, str]) -> Run:
    moment = row.get("end_time") or row.get("start_time") or row.get("expected_start_time") or row["created"]
    at = datetime.fromisoformat(str(moment).replace("Z", "+00:00"))
    flow = names.get(str(row["flow_id"]), "?")
    return Run(id=str(row["id"]), flow=flow, state=str(row["state_type"]), at=at)
