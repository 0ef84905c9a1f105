"""What a flow says about itself in the engine: its name, description, version and tags."""

import hashlib
from collections.abc import Sequence
from importlib import metadata
from typing import Any, TypedDict

from flows.schedule import Schedule, enter
from policies.measures import Measure
from policies.policy import Policy

TIMEOUT_SECONDS = 900  # of one run over a measure's due cases: a set of 5,000 takes a minute at most


class Options(TypedDict):
    """Arguments of `@flow`."""

    name: str
    description: str
    version: str
    timeout_seconds: int
    on_failure: list[Any]
    on_crashed: list[Any]


def by_number(policy: Policy) -> dict[int | str, Measure]:
    """A policy's measures as its page names them: M[14], M["S2"]."""
    return {measure.number or measure.code: measure for measure in policy.measures}


def options(measure: Measure) -> Options:
    """The flow is called as its function is (the engine would turn underscores into dashes); its version is its rules'."""
    from flows.hooks import crashed, failed  # the engine: whoever only wants a figure from here does without

    return {
        "name": measure.flow,
        "description": description(measure),
        "version": version(measure),
        "timeout_seconds": TIMEOUT_SECONDS,
        "on_failure": [failed],
        "on_crashed": [crashed],
    }


def description(measure: Measure) -> str:
    """Title in both languages, clause, units and items."""
    items = "；".join(f"{item.id} {item.title.zh}（{item.chain.zh}）" for item in measure)
    units = "、".join(unit.zh for unit in measure.units)
    return f"{measure.clause} {measure.title.zh}\n\n{measure.title.en}\n\n责任单位：{units}\n\n事项：{items}"


def version(measure: Measure) -> str:
    """The digest of its rules: another version means that an amount could come out differently."""
    digests = "\n".join(f"{item.id} {item.digest}" for item in measure)
    return hashlib.sha256(digests.encode()).hexdigest()[:16]


def tags_of(measure: Measure) -> list[str]:
    """What an operator filters runs by: the measure, its lead unit, its chains. The engine puts tags on runs, not on flows."""
    return [measure.code, measure.lead.zh, *sorted({item.chain.value for item in measure})]


def tags_of_step(measure: Measure, items: Sequence[str]) -> list[str]:
    """What an operator filters the steps of a run by: the measure, its lead unit, the items of the cases."""
    return [measure.code, measure.lead.zh, *items]


def scheduled(
    flow: str, cron: str, zh: str, en: str, *, tags: Sequence[str], kind: str | None = None, timeout: int = 1800
) -> Options:
    """Options of a flow that the clock starts, and its row in the table of schedules (`schedules`).

    `cron` counts in Asia/Shanghai; `zh` says its name and, after a colon, what it does; `timeout` is in seconds. `kind` is
    the flow's name where nothing else is said.
    """
    from flows.hooks import crashed, failed

    row = Schedule(
        flow=flow, cron=cron, zh=zh, en=en, tags=("calendar", *tags), kind=flow if kind is None else kind,
        timeout_seconds=timeout,
    )  # fmt: skip
    enter(row)
    return {
        "name": flow,
        "description": f"{zh}\n\n{en}",
        "version": metadata.version("duixian"),
        "timeout_seconds": timeout,
        "on_failure": [failed],
        "on_crashed": [crashed],
    }
