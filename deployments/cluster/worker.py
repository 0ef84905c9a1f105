"""A worker of the pool: takes runs and starts each as a process of its own; outlives every absence of the engine."""

import asyncio
import logging
import os
import signal
import socket
from pathlib import Path

from casework.shared.home import Home
from deployments.cluster.cluster_settings import Cluster, quiet, ready, use
from deployments.cluster.exposure import refuse_exposed
from deployments.cluster.observed import seen
from deployments.cluster.shared_engine import Shared
from deployments.declared import POOL
from deployments.runner import say_wrong_policies

RUNS_AT_ONCE = 2
AGAIN_SECONDS = (1.0, 15.0)  # the first pause after the engine was lost, and the longest
log = logging.getLogger("duixian.worker")


def run(home: Home, cluster: Cluster, *, name: str = "", limit: int = RUNS_AT_ONCE) -> None:
    """Works until told to stop; runs under way are ended then, and their cases go on with the next run."""
    refuse_exposed(cluster)
    home.engine.mkdir(parents=True, exist_ok=True)
    use(quiet(Path(home.engine)))
    say_wrong_policies()
    ready(home)
    shared = Shared(home.engine, cluster)
    with home.in_use(), seen(home, shared), shared.in_use():
        asyncio.run(_forever(home, cluster, name or f"{socket.gethostname()}-{os.getpid()}", limit))


async def _forever(home: Home, cluster: Cluster, name: str, limit: int) -> None:
    """The engine's worker, started anew each time that it gave the engine up."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    pause = AGAIN_SECONDS[0]
    while not stop.is_set():
        began = loop.time()
        working = asyncio.create_task(_work(home, cluster, name, limit))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        stopping.cancel()
        try:
            await working
        except asyncio.CancelledError:
            pass
        except Exception as trouble:
            pause = AGAIN_SECONDS[0] if loop.time() - began > 60 else min(pause * 2, AGAIN_SECONDS[1])
            log.warning("the worker ended (%s): it starts again in %.0f s", _short(trouble), pause)
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue


async def _work(home: Home, cluster: Cluster, name: str, limit: int) -> None:
    from deployments.cluster.declared_worker import DeclaredWorker

    # The pool is the declaration's to make (`duixian deploy`); a worker that made one would hide that it is missing.
    worker = DeclaredWorker(work_pool_name=POOL, name=name, limit=limit, create_pool_if_not_found=False)
    worker.told(home, cluster)
    await worker.start(printer=lambda *words: log.info("%s", " ".join(map(str, words))))


def _short(trouble: BaseException) -> str:
    """The first of a group of troubles, in one line."""
    while isinstance(trouble, BaseExceptionGroup):
        trouble = trouble.exceptions[0]
    return f"{type(trouble).__name__}: {str(trouble)[:200]}"
