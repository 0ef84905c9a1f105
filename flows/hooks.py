"""What a run of a flow tells the operators when it ends badly, in so far as somebody is left to tell it.

A flow that raises runs this in its own process, and so does a worker whose child was killed: both can be trusted. A process that is
killed together with its runner says nothing; the watcher finds that by looking (`deployments/observe/alarms.py`).
"""

import logging
import os
from datetime import UTC, datetime
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State

import policies
from casework.alarms import Alarm, sound
from casework.log_masking import Mask, mask_records
from models.clock import SHANGHAI
from tasks.kit import store

log = logging.getLogger("duixian.flows")
if os.environ.get("DUIXIAN_LOG_MASKED"):  # a worker's child: nobody else is there to put its log in order
    mask_records(Mask.of_process())


def failed(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """The run raised, or took too long: then its cases are put off, as `run_chains` does for what it could catch."""
    if state.name == "TimedOut":
        put_off(flow.name, TimeoutError())
    _tell("run_failed", flow, flow_run, state)


def put_off(name: str, wrong: BaseException) -> None:
    """The due cases of the measure that this flow carries, where it carries one."""
    from flows.chains import set_back_all

    for measure in [one for policy in policies.all_policies() for one in policy.measures if one.flow == name][:1]:
        set_back_all(measure, wrong)


def crashed(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """The run was cut off, and somebody noticed."""
    _tell("run_crashed", flow, flow_run, state)


def _tell(kind: str, flow: Flow[..., Any], run: FlowRun, state: State[Any]) -> None:
    log.error("a run of %s ended %s: %s", flow.name, state.name, state.message, extra={"flow_run_id": str(run.id)})
    at = datetime.now(UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    try:
        sound(store(), Alarm(kind=kind, about=flow.name, content={"job": flow.name, "at": at}))
    except Exception:
        log.exception("the operators could not be told of it; the watcher will")
