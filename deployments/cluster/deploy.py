"""Makes the engine's deployments those of the declaration: says first what would change, old → new, then changes only that."""

from dataclasses import dataclass, field
from typing import Any

from deployments.cluster.api import Api, Gone
from deployments.cluster.declaration import NAME, Declared, declared
from deployments.cluster.settings import POOL

PAGE = 200
CREATED, CHANGED, REMOVED = "created", "changed", "removed"
# No new run while one is under way: the rows wait, and the next run takes them together.
COLLISION = {"collision_strategy": "CANCEL_NEW"}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that differs from the declaration; `fields` are name → (old, new)."""

    kind: str
    name: str
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What would be done. What the declaration no longer has is removed only when asked."""

    pool: bool
    changes: list[Change]
    surplus: list[Change]

    @property
    def empty(self) -> bool:
        """Nothing differs."""
        return not (self.pool or self.changes or self.surplus)


def plan(api: Api) -> Plan:
    """The difference between the engine and the declaration."""
    there = deployments(api)
    changes = []
    for one in declared():
        found = there.pop(one.flow, None)
        wanted = one.fields()
        if found is None:
            changes.append(Change(kind=CREATED, name=one.flow, fields={k: (None, v) for k, v in wanted.items()}))
            continue
        stands = _stands(found)
        differ = {name: (stands[name], wanted[name]) for name in wanted if stands[name] != wanted[name]}
        if differ:
            changes.append(Change(kind=CHANGED, name=one.flow, fields=differ, id=found["id"]))
    surplus = [Change(kind=REMOVED, name=name, id=one["id"]) for name, one in sorted(there.items())]
    return Plan(pool=not _has_pool(api), changes=changes, surplus=surplus)


def apply(api: Api, wanted: Plan, *, prune: bool = False) -> int:
    """Does what the plan says; how many things were done. A second time there is nothing to do."""
    if wanted.pool:
        _make_pool(api)
    by_flow = {one.flow: one for one in declared()}
    for change in wanted.changes:
        _put(api, by_flow[change.name])
    removed = wanted.surplus if prune else []
    for change in removed:
        api.delete(f"/deployments/{change.id}")
    return int(wanted.pool) + len(wanted.changes) + len(removed)


def deployments(api: Api) -> dict[str, dict[str, Any]]:
    """Our deployments as the engine has them, by the flow that they run."""
    found: dict[str, dict[str, Any]] = {}
    offset = 0
    while True:
        asked = {"deployments": {"name": {"any_": [NAME]}}, "limit": PAGE, "offset": offset}
        page = api.post("/deployments/filter", asked)
        found |= {str(one["entrypoint"] or one["id"]).rpartition(".")[2]: one for one in page}
        if len(page) < PAGE:
            return found
        offset += PAGE


def _stands(found: dict[str, Any]) -> dict[str, Any]:
    """A deployment of the engine in the declaration's terms."""
    limit = found.get("global_concurrency_limit") or {}
    strategy = (found.get("concurrency_options") or {}).get("collision_strategy")
    schedules = []
    for one in found["schedules"]:
        timing = one["schedule"]
        off = "" if one["active"] else " (off)"
        schedules.append(f"{timing.get('cron', timing)} @ {timing.get('timezone')}{off}")
    return {
        "entrypoint": found["entrypoint"],
        "tags": tuple(sorted(found["tags"])),
        "schedules": tuple(sorted(schedules)),
        "concurrency": limit.get("limit") if strategy == COLLISION["collision_strategy"] else None,
        "command": found["job_variables"].get("command"),
        "version": found.get("version") or "",
        "description": found.get("description") or "",
        "pool": found.get("work_pool_name"),
    }


def _has_pool(api: Api) -> bool:
    try:
        return bool(api.get(f"/work_pools/{POOL}")["type"] == "process")
    except Gone:
        return False


def _make_pool(api: Api) -> None:
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    api.post("/work_pools/", {"name": POOL, "type": "process", "base_job_template": template})


def _put(api: Api, one: Declared) -> None:
    """Creates the deployment, or puts it into the declared shape: the engine knows it by flow and name."""
    flow = api.post("/flows/", {"name": one.flow})["id"]
    schedules = []
    for timing in one.schedules:
        cron, _, zone = timing.partition(" @ ")
        schedules.append({"active": True, "schedule": {"cron": cron, "timezone": zone}})
    body = {
        "name": NAME,
        "flow_id": flow,
        "entrypoint": one.entrypoint,
        "tags": list(one.tags),
        "schedules": schedules,
        "concurrency_limit": one.concurrency,
        "concurrency_options": COLLISION,
        "job_variables": {"command": one.command},
        "version": one.version or None,
        "description": one.description,
        "work_pool_name": one.pool,
        "parameters": {},
        "enforce_parameter_schema": False,
        "paused": False,
    }
    api.post("/deployments/", body)
