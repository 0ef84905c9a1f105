"""What is deployed, declared once: the scheduled flows of `flows.schedule_table` and one deployment a measure.

Tags, limits and time limits are those of the flows themselves, so that `duixian serve` on one machine and a pool on several do the
same. Entry points are module paths: one by file would put its folder on the path of every run.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import policies
from deployments.cluster.settings import POOL
from flows.schedule_table import SCHEDULED, Scheduled

if TYPE_CHECKING:
    from prefect import Flow

NAME = "duixian"  # of every deployment: "sweep/duixian"
GRACE_SECONDS = 60  # after a run's own time limit its process is ended from outside


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One deployment, as far as we say what it is; whatever else the engine keeps beside it is its own."""

    flow: str
    entrypoint: str
    tags: tuple[str, ...]
    schedules: tuple[str, ...] = ()  # "cron @ zone"
    concurrency: int = 1
    command: str
    version: str = ""
    description: str = ""
    pool: str = POOL

    def fields(self) -> dict[str, Any]:
        """What is compared and shown, by name."""
        return {name: value for name, value in asdict(self).items() if name != "flow"}


def declared() -> list[Declared]:
    """Everything that is deployed, the scheduled flows first."""
    from flows import schedules

    return [_scheduled(one, getattr(schedules, one.flow)) for one in SCHEDULED] + _measures()


def measure_flows() -> dict[tuple[str, str], str]:
    """(policy, measure) → the name of its flow, without asking the engine."""
    found: dict[tuple[str, str], str] = {}
    for policy in policies.all_policies():
        found |= {(policy.code, one.code): one.flow for one in policy.measures if one.items}
    return found


def _scheduled(one: Scheduled, flow: "Flow[..., Any]") -> Declared:
    return Declared(
        flow=flow.name,
        entrypoint=f"flows.schedules.{one.flow}",
        tags=tuple(sorted(one.tags)),
        schedules=(f"{one.cron} @ {one.timezone}",),
        concurrency=one.concurrency,
        command=_command(one.timeout_seconds),
        version=flow.version or "",
        description=flow.description or "",
    )


def _measures() -> list[Declared]:
    from flows.chains import carriers
    from flows.options import TIMEOUT_SECONDS, tags_of
    from flows.pages import flow_of

    made = []
    by_flow = {one.flow: (policy, one) for policy in policies.all_policies() for one in policy.measures if one.items}
    for name, (policy, measure) in by_flow.items():
        flow = flow_of(policy.code, measure.code)
        tags = {tag for _, one in carriers(measure) for tag in tags_of(one)}
        made.append(
            Declared(
                flow=name,
                entrypoint=f"{flow.fn.__module__}.{flow.fn.__name__}",
                tags=tuple(sorted(tags)),
                command=_command(TIMEOUT_SECONDS),
                version=flow.version or "",
                description=flow.description or "",
            )
        )
    return made


def _command(seconds: int) -> str:
    """How a worker starts a run; one that outlives its time limit is ended, or it would hold its measure's place for ever."""
    return f"timeout --kill-after=10 {seconds + GRACE_SECONDS} python -m prefect.engine"
