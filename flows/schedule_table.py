"""What the engine starts by the clock, declared once: every deployment reads this table and nothing else.

The clock of the engine only ticks; whether anything is due, and for which business date, is asked of the records. So a tick that
comes late, twice or not at all changes nothing but the moment. No import of the engine here.
"""

from dataclasses import dataclass

SHANGHAI = "Asia/Shanghai"
EVERY_MINUTE = "* * * * *"


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """A flow by its name in `flows.schedules`, when it ticks, how many of its runs may be under way, and for how long."""

    flow: str
    cron: str
    timezone: str = SHANGHAI
    tags: tuple[str, ...] = ("calendar",)
    concurrency: int = 1
    timeout_seconds: int


SCHEDULED: tuple[Scheduled, ...] = (
    Scheduled(flow="sweep", cron=EVERY_MINUTE, tags=("calendar", "sweep"), timeout_seconds=900),
    Scheduled(flow="run_jobs", cron=EVERY_MINUTE, tags=("calendar", "jobs"), timeout_seconds=1800),
    Scheduled(flow="deliver", cron=EVERY_MINUTE, tags=("calendar", "messages"), timeout_seconds=300),
)


def scheduled(flow: str) -> Scheduled:
    """The row of a flow."""
    return next(one for one in SCHEDULED if one.flow == flow)
