"""When the clock starts which flow: the table of schedules that `flows.scheduled` fills."""

from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module

SHANGHAI = "Asia/Shanghai"
CALENDAR = "flows.scheduled"  # the page of what the calendar does
# After midnight: the clock starts the flows of today's date by itself, in its first minutes.
GRACE = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When the clock starts a flow of `flows.scheduled`, and how many of its runs may be under way, for how long.

    `kind`: the job or moment of `casework.calendar_jobs.job_registry` that it carries out;
    "" where what is due are rows of another kind.
    """

    flow: str
    cron: str
    zh: str
    en: str
    tags: tuple[str, ...]
    kind: str
    timezone: str = SHANGHAI
    concurrency: int = 1
    timeout_seconds: int

    @property
    def title(self) -> str:
        """Its name in Chinese and as an operator types it."""
        return f"{self.zh.partition('：')[0]} {self.flow}"


_SCHEDULES: dict[str, Schedule] = {}


def enter(row: Schedule) -> None:
    """Enters a flow's row; the page of the calendar does it as it is loaded."""
    _SCHEDULES[row.flow] = row


def schedules() -> tuple[Schedule, ...]:
    """Every flow that the clock starts, in the order of their page; every deployment reads this and nothing else."""
    import_module(CALENDAR)  # which fills the table; it imports the engine
    return tuple(_SCHEDULES.values())
