"""One run of a declared flow, in a process of its own: `python -m deployments.cluster.declared_run`, started by a worker.

It is told by a line of JSON on its input what to do: the flow's name, the run's id, where records and engine are. Its environment
holds no secret. The input stays open: when it ends, the worker is gone, and the run ends with it, for the next one takes its cases.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from sqlalchemy.engine import make_url

from casework.privacy.log_masking import Mask, mask_records
from casework.shared.home import Home
from deployments.cluster.cluster_settings import Cluster, quiet, use
from deployments.cluster.shared_engine import Shared
from policies.finding import PLACES

NOT_BEGUN = 3  # the exit status of a run that was not this process's to begin


def main(told: TextIO) -> int:
    """The exit status: 0 where the run came to an end of its own, however it ended; NOT_BEGUN where it was not begun."""
    said = json.loads(told.readline())
    threading.Thread(target=_end_with, args=(told,), daemon=True).start()
    home, cluster = _settled(said)
    from prefect.flow_engine import run_flow

    from deployments.declared import declared_flow

    flow, shared = declared_flow(said["flow"]), Shared(home.engine, cluster)
    with home.in_use(), shared.in_use():
        with shared.client() as client:
            run = client.read_flow_run(UUID(said["run"]))
        if run.state is None or not run.state.is_pending() or run.state.data is not None:
            return NOT_BEGUN  # cancelled or taken by another meanwhile, or it carries a result that nobody asked for
        run_flow(flow, flow_run=run, parameters=flow.validate_parameters(run.parameters), return_type="state")
    shared.drain()
    return 0


def _settled(said: dict[str, Any]) -> tuple[Home, Cluster]:
    """This process as the worker is: its home, its engine, its log without secrets."""
    os.environ.update(said["environment"])  # keys of channels and the like; what this process starts itself is nothing
    given = said["home"]
    home = Home.at(
        Path(given["DUIXIAN_HOME"]), database_url=given["DUIXIAN_DATABASE_URL"], language=given["DUIXIAN_LANG"]
    )
    cluster = Cluster(url=said["engine"]["url"], secret=said["engine"]["secret"])
    if PLACES in given:
        os.environ[PLACES] = given[PLACES]
    use(quiet(home.engine))
    known = {"ENGINE_SECRET": cluster.secret, "ENGINE_PASSWORD": cluster.secret.partition(":")[2]}
    known["DATABASE_PASSWORD"] = make_url(home.database_url).password or ""
    mask_records(Mask.of_process({**os.environ, **known}))  # nobody else is there to put its log in order
    return home, cluster


def _end_with(told: TextIO) -> None:
    """Waits for the end of the worker."""
    told.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.stdin))
