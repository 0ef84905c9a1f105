"""Makes the engine's deployments those of the declaration: says first what would change, old → new, then changes only that."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from deployments.declared import COLLISION, NAME, POOL, POOL_TYPE, declared, declared_flow, template
from deployments.engine_client import Connection, Gone

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.responses import DeploymentResponse
    from prefect.deployments.runner import RunnerDeployment

PAGE = 200
CREATED, CHANGED, REMOVED = "created", "changed", "removed"
DEPLOYMENT, WORK_POOL, WORK_QUEUE, LIMIT = "deployment", "work pool", "work queue", "tag limit"
Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class DeploymentChange:
    """One thing that differs from the declaration; `fields` are name → (old, new). `name` is a deployment's flow, or what it is."""

    kind: str
    name: str
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    of: str = DEPLOYMENT
    id: Any = None


@dataclass(frozen=True, kw_only=True)
class DeploymentPlan:
    """What would be done. What the declaration does not have (`surplus`) is removed only when asked."""

    changes: list[DeploymentChange]
    surplus: list[DeploymentChange]
    ids: dict[str, Any]  # the declared deployments that are there, by their flow

    @property
    def empty(self) -> bool:
        """Nothing differs."""
        return not (self.changes or self.surplus)

    @property
    def lacks(self) -> list[DeploymentChange]:
        """What is not there at all: what an engine whose database was made anew has lost."""
        return [change for change in self.changes if change.kind == CREATED]


def plan(connection: Connection) -> DeploymentPlan:
    """The difference between the engine and the declaration."""
    with connection.client(brief=False) as client:
        there = deployments(client)
        pool = [*_pool(client)]
        limits = [limit.tag for limit in _pages(lambda start: client.read_concurrency_limits(PAGE, start))]
    changes, ids = pool, dict[str, Any]()
    for deployment in declared(limited=connection.shared):
        wanted, found = _wanted(deployment), there.pop(deployment.full_name, None)
        flow = str(deployment.flow_name)
        if found is None:
            changes.append(
                DeploymentChange(
                    kind=CREATED, name=flow, fields={name: (None, value) for name, value in wanted.items()}
                )
            )
            continue
        ids[flow] = found.id
        if differ := _differ(_stands(found), wanted):
            changes.append(DeploymentChange(kind=CHANGED, name=flow, fields=differ, id=found.id))
    surplus = [DeploymentChange(kind=REMOVED, name=_short(name), id=found.id) for name, found in sorted(there.items())]
    surplus += [DeploymentChange(kind=REMOVED, name=tag, of=LIMIT) for tag in sorted(limits)]
    return DeploymentPlan(changes=changes, surplus=surplus, ids=ids)


def apply(connection: Connection, wanted: DeploymentPlan, *, prune: bool = False) -> int:
    """Does what the plan says; how many things were done. A second time there is nothing to do."""
    by_flow = {deployment.flow_name: deployment for deployment in declared(limited=connection.shared)}
    removed = wanted.surplus if prune else []
    with connection.client(brief=False) as client:
        for change in wanted.changes:
            if change.of == DEPLOYMENT:
                _put(client, by_flow[change.name])
            else:
                _put_pool(client, change)
        for change in removed:
            if change.of == LIMIT:
                client.delete_concurrency_limit_by_tag(change.name)
            else:
                client.delete_deployment(change.id)
    return len(wanted.changes) + len(removed)


def deployments(client: "SyncPrefectClient") -> "dict[str, DeploymentResponse]":
    """Every deployment that the engine has, whoever made it, by flow and name: "sweep/duixian"."""
    flows = {flow.id: flow.name for flow in _pages(lambda start: client.read_flows(limit=PAGE, offset=start))}
    found = _pages(lambda start: client.read_deployments(limit=PAGE, offset=start))
    return {f"{flows.get(deployment.flow_id, '?')}/{deployment.name}": deployment for deployment in found}


def _pages(read: Callable[[int], Sequence[Row]]) -> Iterator[Row]:
    start = 0
    while page := read(start):
        yield from page
        if len(page) < PAGE:
            return
        start += PAGE


def _short(name: str) -> str:
    """A deployment of ours by its flow, any other by its whole name."""
    return name.removesuffix(f"/{NAME}")


def _differ(old: dict[str, Any], new: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (old[name], value) for name, value in new.items() if old[name] != value}


def _wanted(deployment: "RunnerDeployment") -> dict[str, Any]:
    """A declared deployment in terms that can be compared and shown."""
    timings = [f"{row.schedule.cron} @ {row.schedule.timezone}" for row in deployment.schedules or ()]  # type: ignore[union-attr]
    return {
        "entrypoint": deployment.entrypoint,
        "tags": tuple(sorted(deployment.tags)),
        "schedules": tuple(sorted(timings)),
        "paused": False,
        "concurrency": deployment.concurrency_limit,
        "parameters": deployment.parameters,
        "job_variables": deployment.job_variables,
        "pull_steps": [],
        "path": "",
        "blocks": 0,
        "enforce_parameter_schema": deployment.enforce_parameter_schema,
        "parameter_schema": _schema(deployment),
        "version": deployment.version or "",
        "description": deployment.description or "",
        "pool": deployment.work_pool_name,
        "queue": "default",
    }


def _stands(found: "DeploymentResponse") -> dict[str, Any]:
    """A deployment of the engine in the same terms."""
    limit = found.global_concurrency_limit
    strategy = found.concurrency_options.collision_strategy.value if found.concurrency_options else None
    held = None if limit is None or not limit.active else limit.limit
    return {
        "entrypoint": found.entrypoint,
        "tags": tuple(sorted(found.tags)),
        "schedules": tuple(sorted(_timing(row) for row in found.schedules)),
        "paused": found.paused,
        "concurrency": f"{held} {strategy}" if held and strategy != COLLISION else held,
        "parameters": found.parameters,
        "job_variables": found.job_variables,
        "pull_steps": found.pull_steps or [],
        "path": found.path or "",
        "blocks": sum(block is not None for block in (found.storage_document_id, found.infrastructure_document_id)),
        "enforce_parameter_schema": found.enforce_parameter_schema,
        "parameter_schema": _without_nothing(found.parameter_openapi_schema),
        "version": found.version or "",
        "description": found.description or "",
        "pool": found.work_pool_name,
        "queue": found.work_queue_name,
    }


def _timing(row: Any) -> str:
    timing = row.schedule
    words = f"{getattr(timing, 'cron', timing)} @ {timing.timezone}"
    return words + ("" if row.active else " (off)") + (f" {row.parameters}" if row.parameters else "")


def _schema(deployment: "RunnerDeployment") -> dict[str, Any]:
    return _without_nothing(declared_flow(str(deployment.flow_name)).parameters.model_dump_for_openapi())


def _without_nothing(schema: dict[str, Any] | None) -> dict[str, Any]:
    """Some of the engine's own ways to deploy say that there are no definitions, some say nothing."""
    return {name: value for name, value in (schema or {}).items() if value or name != "definitions"}


def _pool(client: "SyncPrefectClient") -> Iterator[DeploymentChange]:
    """Our work pool and its queues: made, of the right kind, running, unlimited, with a template in which nothing can be set."""
    wanted = {"type": POOL_TYPE, "paused": False, "concurrency": None, "template": template()}
    try:
        found = client.read_work_pool(POOL)
    except Exception as unknown:
        if not _is_unknown(unknown):
            raise
        yield DeploymentChange(
            kind=CREATED, name=POOL, of=WORK_POOL, fields={name: (None, value) for name, value in wanted.items()}
        )
        return
    stands = {
        "type": found.type,
        "paused": found.is_paused,
        "concurrency": found.concurrency_limit,
        "template": found.base_job_template,
    }
    if differ := _differ(stands, wanted):
        yield DeploymentChange(kind=CHANGED, name=POOL, of=WORK_POOL, fields=differ)
    for queue in client.read_work_queues(work_pool_name=POOL):
        is_so = {"paused": queue.is_paused, "concurrency": queue.concurrency_limit}
        if differ := _differ(is_so, {"paused": False, "concurrency": None}):
            yield DeploymentChange(kind=CHANGED, name=queue.name, of=WORK_QUEUE, fields=differ, id=queue.id)


def _is_unknown(wrong: Exception) -> bool:
    from prefect.exceptions import ObjectNotFound

    return isinstance(wrong, ObjectNotFound | Gone)


def _put_pool(client: "SyncPrefectClient", change: DeploymentChange) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate

    if change.of == WORK_QUEUE:
        client.update_work_queue(change.id, is_paused=False, concurrency_limit=None)
        return
    wrong_type = change.kind == CHANGED and "type" in change.fields
    if wrong_type:
        client.delete_work_pool(POOL)  # its type cannot be changed; deployments are put back below
    if change.kind == CREATED or wrong_type:
        client.create_work_pool(WorkPoolCreate(name=POOL, type=POOL_TYPE, base_job_template=template()))
        return
    body = WorkPoolUpdate(is_paused=False, concurrency_limit=None, base_job_template=template())
    client.update_work_pool(POOL, body)


def _put(client: "SyncPrefectClient", deployment: "RunnerDeployment") -> None:
    """Creates the deployment, or puts it into the declared shape: the engine knows it by flow and name."""
    client.create_deployment(
        client.create_flow_from_name(str(deployment.flow_name)),
        deployment.name,
        version=deployment.version,
        schedules=list(deployment.schedules or ()),  # type: ignore[arg-type]
        concurrency_limit=deployment.concurrency_limit,
        concurrency_options=deployment.concurrency_options,
        parameters=deployment.parameters,
        description=deployment.description,
        work_pool_name=deployment.work_pool_name,
        tags=list(deployment.tags),
        entrypoint=deployment.entrypoint,
        parameter_openapi_schema=_schema(deployment),
        paused=False,
        pull_steps=[],
        enforce_parameter_schema=deployment.enforce_parameter_schema,
        job_variables=deployment.job_variables,
    )
