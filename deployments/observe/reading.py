"""What the records say of the system's health: one set of queries, shared by metrics, readiness and alarms, kept for seconds.

Everything is counted, nothing is named: no case, no person, no firm leaves here.
"""

import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select, text
from sqlmodel import col

from casework.calendar_jobs.integrity_check import VERIFY
from casework.calendar_jobs.job_runner import settled_up_to
from casework.operations import heartbeat
from casework.operations.alarms import lasting
from casework.operations.heartbeat import SWEEPS
from casework.shared.fund_key import FundKey
from casework.shared.home import Home
from deployments.examining.undelivered import lost
from models import AuditEntry, Case, Counter, Decision, Duty, Fund, Message, PaymentOrder
from models.messages import Dispatch, MessageStatus
from models.migrate import head
from models.store import Store
from models.unit_of_work import UnitOfWork

KEPT_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class HealthReading:
    """Figures of one moment. Ages are in seconds, of what is due only; amounts in fen."""

    at: datetime
    demo: bool
    schema_current: bool
    cases: dict[str, int]
    failing: int
    held: int
    overdue: int
    due: int
    due_age: float
    messages: dict[str, int]
    waiting: int
    waiting_age: float
    dispatches: dict[tuple[str, str], int]
    decisions: dict[str, int]
    audit: int
    orders: dict[str, tuple[int, int]]
    funds: dict[FundKey, dict[str, int]]
    beats: dict[str, float]
    sweeps: int
    jobs_late: dict[str, int]
    alarms: list[str]
    disk_free: int
    lost: tuple[int, int] = (0, 0)  # messages of thirty days that reached nobody, of how many
    seconds: float = field(default=0.0)


def read(home: Home) -> HealthReading:
    """Asks everything now; raises where the database does not answer."""
    began = time.monotonic()
    store = home.store()
    with store.read() as work:
        now = work.now
        due, due_at = _one(work, _due(now))
        waiting, waiting_at = _waiting(work)
        failing, held, overdue = _one(work, _flags(now))
        found: dict[str, Any] = {
            "at": now,
            "demo": work.demo,
            "schema_current": _revision(work) == head(),
            "cases": _counts(work, select(col(Case.state), func.count()).group_by(col(Case.state))),
            "failing": failing or 0,
            "held": held or 0,
            "overdue": overdue or 0,
            "due": due,
            "due_age": _age(now, due_at),
            "messages": _counts(work, select(col(Message.status), func.count()).group_by(col(Message.status))),
            "waiting": waiting,
            "waiting_age": _age(now, waiting_at),
            "dispatches": _dispatches(work),
            "lost": lost(work),
            "decisions": _decisions(work),
            "audit": work.execute(select(func.max(col(AuditEntry.seq)))).scalar_one() or 0,
            "orders": _orders(work),
            "funds": _funds(work),
            "sweeps": work.execute(select(col(Counter.last)).where(col(Counter.series) == SWEEPS)).scalar() or 0,
        }
        today = work.today
    late = {kind: (today - done).days for kind, done in settled_up_to(store).items()}
    return HealthReading(
        **found,
        beats=_beats(store),
        jobs_late={kind: max(0, days) for kind, days in late.items()},
        alarms=lasting(store),
        disk_free=free(home),
        seconds=time.monotonic() - began,
    )


def free(home: Home) -> int:
    """Bytes left where the home is."""
    place = next(path for path in (home.directory, *home.directory.parents) if path.exists())
    return shutil.disk_usage(place).free


class Kept:
    """A value that is asked for at most every few seconds, by one at a time, whoever wants it."""

    def __init__(self, ask: Callable[[], HealthReading], seconds: float = KEPT_SECONDS) -> None:
        self._ask, self._seconds = ask, seconds
        self._lock = threading.Lock()
        self._found: HealthReading | None = None
        self._until = float("-inf")

    def __call__(self) -> HealthReading:
        """The reading, made anew where it is older than its time."""
        with self._lock:
            if self._found is None or time.monotonic() >= self._until:
                self._found = self._ask()
                self._until = time.monotonic() + self._seconds
            return self._found


def _due(now: datetime) -> Select[Any]:
    """What the system is to do and has not done, but for what failed and waits for its hour."""
    mine = col(Case.next_duty) == Duty.SYSTEM, col(Case.next_due) <= now, col(Case.held).is_(False)
    return select(func.count(), func.min(col(Case.next_due))).where(*mine)


def _waiting(work: UnitOfWork) -> tuple[int, datetime | None]:
    """Messages that are due and not on their way, and those on their way whose next attempt is due."""
    unrouted = col(Message.status) == MessageStatus.WAITING, col(Message.due_at) <= work.now
    unsent = col(Dispatch.ended_at).is_(None), col(Dispatch.due_at) <= work.now
    parts = [
        _one(work, select(func.count(), func.min(col(Message.due_at))).where(*unrouted)),
        _one(work, select(func.count(), func.min(col(Dispatch.due_at))).where(*unsent)),
    ]
    return sum(count for count, _ in parts), min((_moment(since) for _, since in parts if since), default=None)


def _flags(now: datetime) -> Select[Any]:
    live = col(Case.next_duty).is_not(None)
    late = (col(Case.next_due) < now) & (col(Case.next_duty) != Duty.SYSTEM)
    wanted = (col(Case.problem) != "", col(Case.held), late)
    return select(*(func.sum(case((condition, 1), else_=0)) for condition in wanted)).where(live)


def _orders(work: UnitOfWork) -> dict[str, tuple[int, int]]:
    amounts = select(col(PaymentOrder.state), func.count(), func.sum(col(PaymentOrder.amount_fen)))
    return {
        str(state): (int(n), int(fen or 0)) for state, n, fen in work.execute(amounts.group_by(col(PaymentOrder.state)))
    }


def _decisions(work: UnitOfWork) -> dict[str, int]:
    who = case((col(Decision.duty) == Duty.SYSTEM, "system"), else_="person")
    return _counts(work, select(who, func.count()).group_by(who))


def _dispatches(work: UnitOfWork) -> dict[tuple[str, str], int]:
    wanted = select(col(Dispatch.channel), col(Dispatch.status), func.count())
    rows = work.execute(wanted.group_by(col(Dispatch.channel), col(Dispatch.status)))
    return {(str(channel), str(status)): int(n) for channel, status, n in rows}


def _funds(work: UnitOfWork) -> dict[FundKey, dict[str, int]]:
    parts = ("budget", "available", "reserved", "committed", "paid")
    key = (col(Fund.unit), col(Fund.year), col(Fund.policy))
    rows = work.execute(select(*key, *(getattr(Fund, f"{part}_fen") for part in parts)))
    return {FundKey(*row[:3]): dict(zip(parts, map(int, row[3:]), strict=True)) for row in rows}


def _beats(store: Store) -> dict[str, float]:
    ages = {kind: heartbeat.age(store, kind) for kind in (heartbeat.SWEEP, heartbeat.JOBS, VERIFY)}
    return {kind: age / timedelta(seconds=1) for kind, age in ages.items() if age is not None}


def _revision(work: UnitOfWork) -> str:
    return str(work.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _one(work: UnitOfWork, query: Select[Any]) -> Any:
    return work.execute(query).one()


def _counts(work: UnitOfWork, query: Select[Any]) -> dict[str, int]:
    return {str(name): int(count) for name, count in work.execute(query)}


def _age(now: datetime, since: datetime | str | None) -> float:
    return max(0.0, (now - _moment(since)) / timedelta(seconds=1)) if since else 0.0


def _moment(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
