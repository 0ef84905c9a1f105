"""What operators look at: signs of life, alarms, messages on their way and those that reached nobody, the calendar's jobs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from casework.calendar_jobs import job_control
from casework.calendar_jobs.integrity_check import VERIFY
from casework.calendar_jobs.job_control import ClaimRow, JobRow
from casework.lifecycle.read_access import Reader, refuse_all_but_onlookers
from casework.operations import heartbeat
from casework.operations.alarms import lasting, title
from casework.operations.heartbeat import JOBS, SWEEP, WATCH
from casework.views import message_log
from casework.views.message_log import DispatchRow
from models import Case, Duty, Message
from models.messages import MessageStatus
from models.store import Store

_WHAT = ("运行状况", "operations")
BEATS = {
    SWEEP: ("巡检", "sweep"),
    JOBS: ("定时任务", "jobs"),
    WATCH: ("监测", "watch"),
    VERIFY: ("核验", "proof of the invariants"),
}


@dataclass(frozen=True, kw_only=True)
class Beat:
    """When something that must not fall silent finished last, in real time; None before the first."""

    zh: str
    en: str
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class OperationsSheet:
    """The state of one moment. `due`: actions of the system that are due now, `due_since` the oldest of them."""

    alarms: tuple[str, ...]
    beats: tuple[Beat, ...]
    due: int
    due_since: datetime | None
    messages: dict[str, int]
    waiting_since: datetime | None
    undelivered: tuple[DispatchRow, ...]
    jobs: tuple[JobRow, ...]


def operations_sheet(store: Store, reader: Reader) -> OperationsSheet:
    """Everything at once; for those who look on."""
    with store.read() as work:
        refuse_all_but_onlookers(store, work, reader, _WHAT)
        late = (col(Case.next_duty) == Duty.SYSTEM, col(Case.next_due) <= work.now)
        due, since = work.execute(select(func.count(), func.min(col(Case.next_due))).where(*late)).one()
        waiting = (col(Message.status) != MessageStatus.SENT, col(Message.status) != MessageStatus.FAILED)
        oldest = work.execute(select(func.min(col(Message.due_at))).where(*waiting, col(Message.due_at) <= work.now))
        waiting_since = oldest.scalar()
    return OperationsSheet(
        alarms=tuple(title(name) for name in lasting(store)),
        beats=tuple(Beat(zh=zh, en=en, at=heartbeat.last(store, kind)) for kind, (zh, en) in BEATS.items()),
        due=int(due),
        due_since=since,
        messages=message_log.counted(store, reader=reader),
        waiting_since=waiting_since,
        undelivered=tuple(message_log.undelivered(store, reader=reader)),
        jobs=tuple(job_control.listed(store)),
    )


def job_sheet(store: Store, kind: str, reader: Reader) -> tuple[JobRow, tuple[ClaimRow, ...]]:
    """One job with its dates, the newest first; Refused where there is no such job."""
    with store.read() as work:
        refuse_all_but_onlookers(store, work, reader, _WHAT)
    job_control.job_named(kind)
    row = next(row for row in job_control.listed(store) if row.kind == kind)
    return row, tuple(job_control.history(store, kind))
