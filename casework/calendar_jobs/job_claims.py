"""The right to run a job for a business date: taken once, kept by a lease, taken over from a process that died."""

import os
import socket
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from models import JobClaim, JobStatus
from models.clock import real_now
from models.store import Store
from models.unit_of_work import UnitOfWork

LEASE = timedelta(minutes=15)  # a holder that says nothing for so long is taken for dead
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))  # before a failed one is tried again
ENDED = frozenset({JobStatus.DONE, JobStatus.SKIPPED})


class Held(NamedTuple):
    """A claim as stored."""

    kind: str
    business_date: str
    status: str
    attempts: int
    claimed_at: datetime
    claimed_by: str
    lease_until: datetime | None
    done_at: datetime | None
    outcome: str
    reason: str

    def open(self, now: datetime) -> bool:
        """Whether somebody may take it (again): it failed or its holder died, and the time to wait is over."""
        over = self.lease_until is not None and self.lease_until <= now
        return self.status not in ENDED and over


_COLUMNS = [getattr(JobClaim, name) for name in Held._fields]


def held(work: UnitOfWork, kind: str, since: str = "", limit: int | None = None) -> list[Held]:
    """The claims of a kind (from a date on), newest date first."""
    query = select(*_COLUMNS).where(col(JobClaim.kind) == kind, col(JobClaim.business_date) >= since)
    newest = query.order_by(col(JobClaim.business_date).desc()).limit(limit)
    return [Held._make(row) for row in work.execute(newest)]


def claim(store: Store, kind: str, day: date) -> int | None:
    """Takes the right to run; the number of this attempt, or None where another has it or it is done."""
    now, who = real_now(), holder()
    with store.write() as work:
        made = {
            "status": JobStatus.RUNNING.value,
            "claimed_at": work.now,
            "claimed_by": who,
            "lease_until": now + LEASE,
        }
        new = _insert(work, kind, day, {"attempts": 1, **made})
        if new is not None:
            return 1
        again = (
            update(JobClaim)
            .where(*_this(kind, day), col(JobClaim.status).in_([JobStatus.RUNNING.value, JobStatus.FAILED.value]))
            .where(col(JobClaim.lease_until) <= now)
            .values(attempts=col(JobClaim.attempts) + 1, done_at=None, **made)
            .returning(col(JobClaim.attempts))
        )
        taken: int | None = work.execute(again).scalars().first()
    return taken


def finish(store: Store, kind: str, day: date, attempt: int, outcome: str) -> bool:
    """Notes what was done; False where the claim was taken over meanwhile, which then is the other's to finish."""
    values = {"status": JobStatus.DONE.value, "lease_until": None, "outcome": outcome, "reason": ""}
    return _end(store, kind, day, attempt, done=True, **values)


def fail(store: Store, kind: str, day: date, attempt: int, reason: str) -> bool:
    """Notes why it did not work; it is tried again after a pause that grows."""
    pause = PAUSES[min(attempt, len(PAUSES)) - 1]
    values = {"status": JobStatus.FAILED.value, "lease_until": real_now() + pause, "reason": reason}
    return _end(store, kind, day, attempt, done=False, **values)


def skip_in(work: UnitOfWork, kind: str, day: date, reason: str, who: str) -> bool:
    """Settles a date without running; False where it is done or under way already."""
    now = real_now()
    made = {
        "status": JobStatus.SKIPPED.value, "claimed_at": work.now, "claimed_by": who, "lease_until": None,
        "done_at": work.now, "reason": reason,
    }  # fmt: skip
    if _insert(work, kind, day, {"attempts": 1, **made}) is not None:
        return True
    open_ = or_(col(JobClaim.lease_until) <= now, col(JobClaim.status) == JobStatus.FAILED)
    this = update(JobClaim).where(*_this(kind, day), col(JobClaim.status).not_in(sorted(ENDED)), open_)
    return bool(work.execute(this.values(**made)).rowcount)


def reopen_in(work: UnitOfWork, kind: str, day: date) -> None:
    """Lets a settled date be run again, at somebody's word."""
    this = update(JobClaim).where(*_this(kind, day), col(JobClaim.status).in_(sorted(ENDED)))
    work.execute(this.values(status=JobStatus.FAILED.value, lease_until=real_now(), done_at=None))


def holder() -> str:
    """This process, as claims name it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _this(kind: str, day: date) -> tuple[Any, Any]:
    return col(JobClaim.kind) == kind, col(JobClaim.business_date) == day.isoformat()


def _insert(work: UnitOfWork, kind: str, day: date, values: dict[str, Any]) -> Any | None:
    insert = (postgresql if work.postgres else sqlite).insert
    row = {"id": work.new_id(), "kind": kind, "business_date": day.isoformat(), **values}
    new = insert(JobClaim).values(**row).on_conflict_do_nothing().returning(col(JobClaim.id))
    return work.execute(new).scalars().first()


def _end(store: Store, kind: str, day: date, attempt: int, *, done: bool, **values: Any) -> bool:
    with store.write() as work:
        mine = update(JobClaim).where(*_this(kind, day), col(JobClaim.attempts) == attempt)
        still = mine.where(col(JobClaim.status) == JobStatus.RUNNING)
        return bool(work.execute(still.values(done_at=work.now if done else None, **values)).rowcount)
