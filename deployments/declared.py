"""What is deployed, declared once: every flow of a measure and of the calendar, its schedule, tags and limit, and their work pool.

The flows say it themselves (`flows/options.py`), so that `serve` on one machine and a pool on several do the same. `prefect.yaml`
at the root says it once more, for `prefect deploy` by hand: `python -m deployments.declared > prefect.yaml` writes it, a test
compares. Entry points are module paths: one by file would put its folder on the path of every run.
"""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import policies
from policies.measures import Measure

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from prefect import Flow
    from prefect.deployments.runner import RunnerDeployment

NAME = "duixian"  # of every deployment: "sweep/duixian"
POOL, POOL_TYPE = "duixian", "process"
# No new run while one is under way: the rows wait, and the next run takes them together.
COLLISION = "CANCEL_NEW"
TEMPLATE = Path(__file__).with_name("work_pool.json")


def template() -> dict[str, Any]:
    """The base job template of our pool: nothing about how a run is started can be set in the engine."""
    read: dict[str, Any] = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    return read


def names() -> frozenset[str]:
    """The flows that may run, by name: whatever the engine says, no other does."""
    from flows.pages import found

    return frozenset(_scheduled() | {name: found()[name] for name in measure_flows().values()})


def declared_flow(name: str) -> "Flow[..., Any]":
    """A flow that is declared; LookupError for any other name."""
    from flows.pages import found

    if name in (scheduled := _scheduled()):
        return scheduled[name]
    if name not in measure_flows().values():
        raise LookupError(name)
    return found()[name]


def measure_flows() -> dict[tuple[str, str], str]:
    """(policy, measure) → the name of its flow, without asking the engine."""
    return {(code, measure.code): measure.flow for code, measure in _with_flow()}


def _with_flow() -> list[tuple[str, Measure]]:
    """The measures, by policy, that have a flow; one that its page lacks is the doctor's to tell, and the others are deployed."""
    from flows.pages import belongs, found

    measures = [
        (policy.code, measure) for policy in policies.all_policies() for measure in policy.measures if measure.items
    ]
    return [(code, measure) for code, measure in measures if measure.flow in found() and belongs(code, measure.flow)]


def declared(*, limited: bool = True) -> "list[RunnerDeployment]":
    """Everything that is deployed, the scheduled flows first.

    `limited`: one run of a flow at a time, held by the engine. Not on one machine: there a process carries the runs out one after
    another, and a place that it held when it was killed would never be free again, for the embedded server looks for none.
    """
    from flows.pages import found, scheduled_flow
    from flows.schedule import schedules

    made = []
    for row in schedules():
        timing = {"cron": row.cron, "timezone": row.timezone, "slug": row.flow.replace("_", "-")}
        made.append(_deployment(scheduled_flow(row.flow), row.tags, row.concurrency if limited else 0, [timing]))
    for name, measure in {measure.flow: measure for _, measure in _with_flow()}.items():
        made.append(_deployment(found()[name], _tags_of_measure(measure), int(limited), []))
    return made


def as_file(deployments: "Sequence[RunnerDeployment]") -> dict[str, Any]:
    """The declaration as `prefect.yaml` says it."""
    return {
        "name": NAME,
        "pull": [],  # the flows are installed with the package: nothing is fetched
        "definitions": {"work_pools": {POOL: {"name": POOL, "job_variables": {}}}},
        "deployments": [_entry(deployment) for deployment in deployments],
    }


def _entry(deployment: "RunnerDeployment") -> dict[str, Any]:
    return {
        "name": deployment.name,
        "entrypoint": deployment.entrypoint,
        "version": deployment.version,
        "tags": list(deployment.tags),
        "schedules": [
            {"slug": row.slug, "cron": row.schedule.cron, "timezone": row.schedule.timezone, "active": True}  # type: ignore[union-attr]
            for row in deployment.schedules or ()
        ],
        "parameters": dict(deployment.parameters),
        "concurrency_limit": {"limit": deployment.concurrency_limit, "collision_strategy": COLLISION},
        "paused": False,
        "enforce_parameter_schema": True,
        "work_pool": {"name": deployment.work_pool_name, "job_variables": {}},
    }


def _deployment(
    flow: "Flow[..., Any]", tags: "Collection[str]", limit: int, timings: list[dict[str, Any]]
) -> "RunnerDeployment":
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.client.schemas.schedules import CronSchedule
    from prefect.deployments.runner import RunnerDeployment
    from prefect.types.entrypoint import EntrypointType

    strategy = ConcurrencyLimitStrategy(COLLISION)
    return RunnerDeployment.from_flow(
        flow,
        NAME,
        schedules=[
            DeploymentScheduleCreate(
                schedule=CronSchedule(cron=timing["cron"], timezone=timing["timezone"]),
                active=True,
                slug=timing["slug"],
            )
            for timing in timings
        ],
        paused=False,
        concurrency_limit=ConcurrencyLimitConfig(limit=limit, collision_strategy=strategy) if limit else None,
        parameters={},
        description=flow.description,
        tags=sorted(tags),
        version=flow.version,
        enforce_parameter_schema=True,
        work_pool_name=POOL,
        job_variables={},
        entrypoint_type=EntrypointType.MODULE_PATH,
    )


@cache
def _scheduled() -> "dict[str, Flow[..., Any]]":
    from flows.pages import scheduled_flow
    from flows.schedule import schedules

    return {row.flow: scheduled_flow(row.flow) for row in schedules()}


def _tags_of_measure(measure: Measure) -> set[str]:
    from flows.carriers import carriers
    from flows.options import tags_of

    return {tag for _, carried in carriers(measure) for tag in tags_of(carried)}


HEAD = """\
# Every flow of Duixian as a deployment of Prefect, for `prefect deploy --all` by hand against a running server (docs/deploying.md).
# `duixian deploy` does the same, shows the difference first, and makes the work pool too. What stands here comes from the flows:
# change it there, then write this file anew with `python -m deployments.declared > prefect.yaml`; a test compares the two.
"""


if __name__ == "__main__":
    import sys

    import yaml

    sys.stdout.write(HEAD + yaml.safe_dump(as_file(declared()), sort_keys=False, allow_unicode=True, width=120))
