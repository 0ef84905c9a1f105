"""What the proofs of the calendar share: messages and reminders as stored, and jobs that only note that they ran."""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from json import loads
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from casework.calendar_jobs import job_registry, job_runner
from casework.calendar_jobs.cadence import Cadence, daily
from casework.calendar_jobs.job_registry import Job
from casework.shared.run_summary import RunSummary
from models import JobClaim, Message, faults
from models.clock import SHANGHAI, real_now
from models.store import Store
from support.apart import ended, fork, together


@dataclass(frozen=True)
class ToldOnce:
    """A message of the outbox."""

    kind: str
    to: str
    content: dict[str, Any]
    once: str


def told(store: Store, *kinds: str) -> list[ToldOnce]:
    """The messages of these kinds, in the order of their keys."""
    query = select(col(Message.kind), col(Message.recipient), col(Message.content), col(Message.once))
    with store.read() as work:
        rows = list(work.execute(query.where(col(Message.kind).in_(kinds)).order_by(col(Message.once))))
    return [ToldOnce(row.kind, row.recipient, loads(row.content), row.once) for row in rows]


def at(day: str, clock: str = "12:00:00") -> datetime:
    """A moment in Shanghai."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SHANGHAI)


@dataclass
class Notebook:
    """A job that notes the dates it ran for; `trouble` decides whether it fails."""

    ran: list[date] = field(default_factory=list)
    trouble: Callable[[date], bool] = lambda _day: False

    def run(self, _store: Store, day: date) -> RunSummary:
        """Notes the date."""
        self.ran.append(day)
        if self.trouble(day):
            raise RuntimeError("算例故障")
        return RunSummary(moved=[("算例", day.isoformat())])

    def job(self, kind: str = "noted", due: Cadence = daily, *, catch_up: bool = True) -> Job:
        """The job."""
        return Job(kind, "算例任务", "sample job", due, self.run, catch_up)


def main(url: str, kind: str = "", day: str = "", deadly: Sequence[int] = (), twins: int = 0) -> dict[str, int]:
    """Processes of their own on a store: one that dies in a job, some that die at their n-th commit, some at the same moment."""
    killed = 0
    if kind:
        killed += not ended(fork(lambda: _dies_in(url, kind, day)))
    for visit in deadly:
        killed += not ended(fork(lambda visit=visit: _dies_at(url, visit)))  # type: ignore[misc]
        let_leases_end(store := Store(url))
        store.close()
    if twins:
        together([lambda: (job_runner.run_due(Store(url)), None)[1]] * twins)
    return {"killed": killed}


def _dies_in(url: str, kind: str, day: str) -> None:
    def dies(_store: Store, _day: date) -> RunSummary:
        os.kill(os.getpid(), signal.SIGKILL)
        return RunSummary()

    job_runner.run(Store(url), Job(kind, "算例任务", "sample job", daily, dies), date.fromisoformat(day))


def _dies_at(url: str, visit: int) -> None:
    """Runs what is due and is killed at a point around a commit."""
    faults._WANTED, faults._Countdown.name, faults._Countdown.left = "any", "any", visit
    job_runner.run_due(Store(url))


def let_leases_end(store: Store) -> None:
    """As if the time to wait were over."""
    with store.write() as work:
        early = real_now() - timedelta(seconds=1)
        work.execute(update(JobClaim).where(col(JobClaim.lease_until).is_not(None)).values(lease_until=early))


def only(monkeypatch: pytest.MonkeyPatch, jobs: Sequence[Job]) -> None:
    """The calendar holds these jobs and nothing else."""
    monkeypatch.setattr(job_registry, "JOBS", tuple(jobs))
    monkeypatch.setattr(job_registry, "MOMENTS", ())
