"""A worker that takes from the engine which flow is to run and with which ids and dates, and nothing else.

Whoever has the engine's password can write a command, an image, an environment, a place of code or steps into a run, a deployment
or the pool. None of it is read here: the process is ours (`declared_run.py`), its flow is one that the source declares, its
settings are this worker's own. What it needs to know comes to it by a pipe, so that no secret stands in its environment.
"""

import asyncio
import contextlib
import json
import logging
import os
import re
import signal
import sys
import tempfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Cancelled
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

from casework.shared.home import Home
from deployments.cluster.cluster_settings import Cluster
from deployments.cluster.declared_run import NOT_BEGUN
from deployments.declared import POOL_TYPE, declared_flow
from flows.hooks import crashed

if TYPE_CHECKING:
    from prefect import Flow

GRACE_SECONDS = 60  # after a run's own time limit its process is ended from outside
MODULE = "deployments.cluster.declared_run"
# What a process of ours may find in its environment: what the system needs to start it, and where files are. Secrets come in files
# or by the pipe; everything else (keys of channels, proxies that may hold a password) comes by the pipe as well.
OPEN = re.compile(
    r"PATH|PYTHONPATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|SSL_CERT_\w+|LD_LIBRARY_PATH|PYTHON(UNBUFFERED|DONTWRITEBYTECODE)"
)
log = logging.getLogger("duixian.worker")


class DeclaredConfiguration(BaseJobConfiguration):
    """How a run is started: always the same way, whatever stands in the pool, the deployment or the run."""

    @classmethod
    async def resolve_for_flow_run(cls, flow_run: FlowRun, **_: Any) -> "DeclaredConfiguration":
        """Reads nothing."""
        made = cls(name=flow_run.name)
        made._related_objects = {"deployment": None, "flow": None, "flow-run": flow_run}
        return made


class Ended(BaseWorkerResult):
    """How a run's process ended."""


class DeclaredWorker(BaseWorker[DeclaredConfiguration, BaseVariables, Ended]):
    """Runs declared flows as processes of its own user."""

    type = POOL_TYPE
    job_configuration = DeclaredConfiguration

    _home: Home
    _cluster: Cluster

    @classmethod
    def __dispatch_key__(cls) -> str:
        return "duixian"  # the engine's own worker for such a pool keeps its name

    def told(self, home: Home, cluster: Cluster) -> None:
        """Where its runs work: said by this machine, once."""
        self._home, self._cluster = home, cluster

    async def run(
        self,
        flow_run: FlowRun,
        configuration: DeclaredConfiguration,
        task_status: Any = None,
    ) -> Ended:
        """Starts the run as a process and waits for its end; one whose flow is not declared is cancelled."""
        flow = await self._declared(flow_run)
        if flow is None:
            if task_status is not None:
                task_status.started(os.getpid())
            return Ended(identifier="refused", status_code=0)
        with tempfile.TemporaryDirectory(prefix="duixian-run-") as folder:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", MODULE,
                stdin=asyncio.subprocess.PIPE, cwd=folder, env=open_environment(), start_new_session=True,
            )  # fmt: skip
            if task_status is not None:
                task_status.started(process.pid)
            try:
                await self._tell(process, flow.name, flow_run.id)
                status = await self._until_end(process, float(flow.timeout_seconds or 0) + GRACE_SECONDS)
            finally:
                end_process(process)
        return Ended(identifier=str(process.pid), status_code=status and await self._judged(status, flow, flow_run))

    async def kill_infrastructure(
        self, infrastructure_pid: str, configuration: DeclaredConfiguration, grace_seconds: int = 30
    ) -> None:
        """A run that is cancelled before it began ends with its process, by the worker that has it."""
        from prefect.exceptions import InfrastructureNotFound

        raise InfrastructureNotFound(infrastructure_pid)

    async def _declared(self, run: FlowRun) -> "Flow[..., Any] | None":
        """The flow of the source that the run is for; a run for any other, or for values that it does not take, is refused."""
        name = (await self.client.read_flow(run.flow_id)).name
        try:
            flow = declared_flow(name)
            flow.validate_parameters(run.parameters)
        except Exception as wrong:
            log.error("a run of %s is refused: it is not declared so (%s)", name, type(wrong).__name__)
            await self._set(run, Cancelled(name="Refused", message=f"not declared: {name} ({type(wrong).__name__})"))
            return None
        return flow

    async def _tell(self, process: asyncio.subprocess.Process, flow: str, run: UUID) -> None:
        told = {
            "flow": flow,
            "run": str(run),
            "home": self._home.environment(),
            "engine": {"url": self._cluster.url, "secret": self._cluster.secret},
            "environment": withheld(),
        }
        assert process.stdin is not None
        process.stdin.write(json.dumps(told).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await process.stdin.drain()  # and left open: its end tells the process that its worker is gone

    async def _until_end(self, process: asyncio.subprocess.Process, seconds: float) -> int:
        try:
            return await asyncio.wait_for(process.wait(), seconds)
        except TimeoutError:
            log.error("a run outlived its time limit by a minute: its process is ended")
            end_process(process)
            return await process.wait() or 1

    async def _judged(self, status: int, flow: "Flow[..., Any]", run: FlowRun) -> int:
        """What a process means that ended before its run did: 0 where nothing crashed; else the operators hear of it.

        Whoever cancels a run in the seconds in which its process starts finds it cancelled; one that another took goes on there.
        """
        now = await self.client.read_flow_run(run.id)
        if now.state is None or now.state.is_final():
            return 0 if status == NOT_BEGUN else status
        if now.state.is_cancelling():
            await self._set(run, Cancelled(message="cancelled while its process started"))
            return 0
        if status == NOT_BEGUN:
            if now.state.is_pending():
                await self._set(run, Cancelled(name="Refused", message="it carried a result before it began"))
            return 0
        await asyncio.to_thread(crashed, flow, now, Cancelled(name="Crashed", message="its process ended"))
        return status

    async def _set(self, run: FlowRun, state: State[Any]) -> None:
        await self.client.set_flow_run_state(run.id, state, force=True)


def open_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a run's process finds in its environment: no secret."""
    return {name: value for name, value in environment.items() if OPEN.fullmatch(name)}


def withheld(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What it is told by the pipe instead, but for what it has no use for: the databases' and the engine's own variables."""
    apart = re.compile(r"PREFECT_\w+|DUIXIAN_(DATABASE_URL|ENGINE_\w+|OBSERVE_\w+)(_FILE)?")
    return {
        name: value for name, value in environment.items() if not OPEN.fullmatch(name) and not apart.fullmatch(name)
    }


def end_process(process: asyncio.subprocess.Process) -> None:
    """Ends what is left of a run: its process and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
