"""Proves the records once an hour, and tells the operators once while an invariant does not hold."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlmodel import col

from casework.alarms import Alarm, clear, sound
from casework.jobs.heartbeat import beat, last, real_now
from casework.outcome import Outcome
from models import StoreMark
from models.store import Store
from models.verify import verify

VERIFY, ALARM = "verify", "verify_broken"
EVERY = timedelta(hours=1)


def proving_due(store: Store, _since: date) -> bool:
    """Whether an hour of real time has passed since the last proof (or since the store was made)."""
    before = last(store, VERIFY)
    if before is None:
        with store.read() as work:
            before = work.execute(select(col(StoreMark.made_at))).scalar_one()
    return real_now() - before >= EVERY


def prove(store: Store, _today: date) -> Outcome:
    """Every invariant over one consistent reading; what does not hold is named."""
    report = verify(store)
    with store.write() as work:
        beat(work, VERIFY)
    if report.ok:
        clear(store, ALARM)
    else:
        checks = "、".join(one.id for one in report.bad)
        sound(store, Alarm(kind=ALARM, content={"count": len(report.bad), "checks": checks}))
    return Outcome(failed=[(one.id, one.zh) for one in report.bad])  # its rows are `duixian verify`'s to name
