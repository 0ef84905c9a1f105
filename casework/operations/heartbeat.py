"""Signs of life: when a sweep, or anything else that must not fall silent, last finished.

In real time, also in a rehearsal whose business clock stands still: a process is alive or it is not. Compare `last` with real
time only, or ask `age`.
"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from models import Heartbeat
from models.clock import real_now
from models.statements import Prepared, given
from models.store import Store
from models.unit_of_work import UnitOfWork

SWEEP, JOBS, WATCH = "sweep", "jobs", "watch"
SWEEPS = "sweeps"  # the series that counts them
_AGAIN = Prepared(
    update(Heartbeat).where(col(Heartbeat.kind) == bindparam("wanted")).values(at=given("now", Heartbeat.at))
)
_LAST = Prepared(select(col(Heartbeat.at)).where(col(Heartbeat.kind) == bindparam("wanted")))


def beat(work: UnitOfWork, kind: str) -> None:
    """Says that `kind` finished just now; sweeps are counted, too."""
    now = real_now()
    if kind == SWEEP:
        work.number(SWEEPS)
    if not work.run(_AGAIN, wanted=kind, now=now):
        insert = (postgresql if work.postgres else sqlite).insert
        work.execute(insert(Heartbeat).values(kind=kind, at=now).on_conflict_do_nothing())


def last(store: Store, kind: str) -> datetime | None:
    """When `kind` last finished, in real time; None before the first."""
    with store.read() as work:
        found = work.rows(_LAST, wanted=kind)
    return found[0].at if found else None


def age(store: Store, kind: str) -> timedelta | None:
    """How long ago that was; None before the first."""
    before = last(store, kind)
    return None if before is None else real_now() - before
