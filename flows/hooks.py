"""What a run of a flow tells the operators when it ends badly, in so far as somebody is left to tell it.

A flow that raises runs this in its own process, and so does a worker whose child was killed: both can be trusted. A process that is
killed together with its runner says nothing; the watcher finds that by looking (`deployments/observe/alarms.py`).
"""

import logging
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State

import policies
from casework.operations.alarms import Alarm, sound
from models.clock import real_now, to_the_minute
from tasks.runtime import store

log = logging.getLogger("duixian.flows")


def failed(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """The run raised, or took too long: then its cases are put off, as `chain` does for what it could catch."""
    if state.name == "TimedOut":
        put_off(flow.name, TimeoutError())
    _tell("run_failed", flow, flow_run, state)


def put_off(name: str, wrong: BaseException) -> None:
    """The due cases of the measure that this flow carries, where it carries one."""
    from flows.carriers import set_back_all

    for measure in [
        carried for policy in policies.all_policies() for carried in policy.measures if carried.flow == name
    ][:1]:
        set_back_all(measure, wrong)


def crashed(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """The run was cut off, and somebody noticed."""
    _tell("run_crashed", flow, flow_run, state)


def _tell(kind: str, flow: Flow[..., Any], run: FlowRun, state: State[Any]) -> None:
    log.error("a run of %s ended %s: %s", flow.name, state.name, state.message, extra={"flow_run_id": str(run.id)})
    at = to_the_minute(real_now())
    try:
        sound(store(), Alarm(kind=kind, about=flow.name, content={"job": flow.name, "at": at}))
    except Exception:
        log.exception("the operators could not be told of it; the watcher will")
