"""How a flow calls its steps, with the engine or without it, and what it leaves for the operator to read."""

import logging
from collections.abc import Sequence
from traceback import walk_tb
from typing import Any
from uuid import UUID

from prefect import Flow, Task, get_client, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.context import FlowRunContext
from prefect.flow_engine import FlowRunTimeoutError

from casework.shared.run_summary import RunSummary
from flows.options import tags_of
from policies.measures import Measure

LISTED = 200  # lines of one kind in an artifact; the rest are counted
HEADINGS = (
    ("moved", "已推进", "到达"),
    ("waiting", "等待办理", "等谁"),
    ("refused", "不予支持", "理由"),
    ("failed", "失败", "原因"),
)
log = logging.getLogger("duixian.flows")


_OURS = frozenset({"policies", "models", "notifications", "casework", "tasks", "flows"})
_ENGINES = frozenset({"prefect", "httpx", "httpcore", "h11", "anyio", "websockets"})


def by_itself(wrong: BaseException) -> bool:
    """Whether a flow's own code or its time limit raised this, and not the engine around it: who of the two raised last."""
    if isinstance(wrong, FlowRunTimeoutError):
        return True
    frames = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(wrong.__traceback__)]
    told = [package for name in frames if (package := name.partition(".")[0]) in _OURS or package == "prefect"]
    if told:
        return bool(told[-1] != "prefect")
    return type(wrong).__module__.partition(".")[0] not in _ENGINES


def _in_one_line(record: logging.LogRecord) -> bool:
    """Takes the frames off a record of what the engine around a flow raised: its line says which call, and no frame is ours."""
    if record.exc_info and record.exc_info[1] is not None and not by_itself(record.exc_info[1]):
        record.exc_info = record.exc_text = None
    return True


for _name in ("prefect.flow_runs", "prefect.task_runs"):
    logging.getLogger(_name).addFilter(_in_one_line)


def in_order(cases: list[UUID], *steps: Task[[list[UUID]], RunSummary]) -> RunSummary:
    """One step after another over the same cases."""
    total = RunSummary()
    for step in steps:
        total.add(call(step, cases))
    return total


def call(step: Task[..., RunSummary] | Flow[..., RunSummary], *arguments: Any) -> RunSummary:
    """A step as a part of the current run; outside of a run, while the engine is away, as the plain function that it is."""
    return step(*arguments) if FlowRunContext.get() else step.fn(*arguments)


def leave_artifact(measure: Measure, outcome: RunSummary) -> None:
    """Writes what a measure's run did beside the run, and puts the measure's tags on it."""
    leave(measure.flow.replace("_", "-"), f"{measure.code} {measure.title.zh}", outcome, tags_of(measure))


def leave(key: str, title: str, outcome: RunSummary, tags: Sequence[str] = ()) -> None:
    """Writes what a run did beside the run, where there is anything to read, and tags it."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or (outcome.idle and not outcome.waiting and not tags):
        return
    try:
        create_markdown_artifact(key=key, markdown=as_markdown(title, outcome), description=str(outcome))
        wanted = set(context.flow_run.tags) | set(tags)
        if wanted != set(context.flow_run.tags):
            with get_client(sync_client=True) as client:
                client.update_flow_run(context.flow_run.id, tags=wanted)
    except Exception as trouble:  # the cases have moved, which is what counts; the engine may be going down
        log.warning("no artifact of %s: %s", key, trouble)
    if outcome.failed:
        get_run_logger().warning("%s：%s", title, outcome)


def as_markdown(title: str, outcome: RunSummary) -> str:
    """The outcome as an operator reads it: case numbers with where they went, for whom they wait, why not."""
    parts = [f"## {title}", str(outcome)]
    for name, heading, column in HEADINGS:
        rows: list[tuple[str, str]] = getattr(outcome, name)
        if not rows:
            continue
        lines = [f"| {number} | {_cell(words)} |" for number, words in rows[:LISTED]]
        parts.append("\n".join([f"### {heading} {len(rows)}", "", f"| 案件 | {column} |", "|---|---|", *lines]))
        if len(rows) > LISTED:
            parts.append(f"……其余 {len(rows) - LISTED} 件从略")
    return "\n\n".join(parts)


def _cell(words: str) -> str:
    """One line that keeps the table whole, states in the officer's wording."""
    from casework.lifecycle.wordings import STATES
    from models import State

    text = STATES[State(words)][0] if words in set(State) else words
    return text.replace("|", "\\|").replace("\n", " ")
