"""Does the system's part of the season by real flow runs through the embedded engine, and counts them."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from casework.shared.errors import Broken, Refused
from casework.shared.home import Home
from casework.shared.run_summary import RunSummary
from deployments.engine import Engine
from deployments.engine_client import Connection
from deployments.locks import FileLock
from deployments.runner import NOTHING, Runner
from deployments.settings import EngineFiles

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

    from flows.pages import MeasureFlow

START_SECONDS = 90.0


@cache
def _calendar() -> "list[MeasureFlow]":
    """The flows of the calendar's jobs."""
    from flows.pages import calendar_flow
    from flows.schedule import schedules

    return [calendar_flow(schedule.kind) for schedule in schedules() if schedule.kind]


class Automatic(Runner):
    """A runner that counts its runs and takes their time; a case that fails stops the rehearsal."""

    def __init__(self, home: Home, engine: Engine | None) -> None:
        self._directly = False
        super().__init__(home, lambda: None if self._directly else self._reached(engine))
        self.runs: Counter[str] = Counter()
        self.seconds = 0.0
        self.recorded = 0  # runs of which the engine itself says that they completed
        self.jobs_through_engine = False  # on a few days: a run a day of the season would cost a minute
        self._own = engine

    @staticmethod
    def _reached(engine: Engine | None) -> Connection | None:
        return engine if engine is not None and engine.up else None

    def run(
        self, flow: "MeasureFlow", given: Mapping[str, Any] = NOTHING, begun: "FlowRun | None" = None
    ) -> RunSummary:
        """One flow, counted; what was called without the engine is no run."""
        self._directly = flow in _calendar() and not self.jobs_through_engine
        began = time.perf_counter()
        done = super().run(flow, given, begun)
        if not self._directly:
            self.seconds += time.perf_counter() - began
            self.runs[flow.name] += 1
        if done.failed:
            number, why = done.failed[0]
            raise Broken("failed", f"{flow.name} 办理 {number} 失败：{why}", f"{flow.name} failed on {number}: {why}")
        return done

    def ask(self) -> None:
        """Asks the engine how many runs it saw to their end; none where there is no engine."""
        if self._own is None:
            return
        from prefect import get_client
        from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
        from prefect.client.schemas.objects import StateType

        completed = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.COMPLETED]))
        with self._own.in_use(), get_client(sync_client=True) as client:
            self.recorded = client.count_flow_runs(flow_run_filter=FlowRunFilter(state=completed))


@contextmanager
def engine_of(home: Home) -> Iterator[Engine]:
    """The embedded engine of a home (loopback, a password on), for as long as the season lasts."""
    files = EngineFiles.of(home)
    lock = FileLock(files.lock)
    if not lock.take():
        raise Refused(
            "already_running", f"演示目录正被进程 {lock.holder()} 使用，请先停止它", "the demo home is in use"
        )
    engine = Engine(files)
    try:
        engine.start()
        import flows.scheduled  # noqa: F401  (a second or more, spent while the server starts)

        if not engine.wait(START_SECONDS, unless=threading.Event()):
            raise Broken(
                "engine", f"流程引擎未能启动，日志见 {files.log}", f"the engine did not start: see {files.log}"
            )
        yield engine
    finally:
        engine.stop()
        lock.release()
