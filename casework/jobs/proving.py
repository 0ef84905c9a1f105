"""Proves the records once an hour, and tells the operators once while an invariant does not hold."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlmodel import col

from casework.alarms import Alarm, clear, sound
from casework.jobs.heartbeat import beat, last, real_now
from casework.outcome import Outcome
from models import StoreMark
from models.sealing import KeyMissing
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
    broken = _broken(store)
    with store.write() as work:
        beat(work, VERIFY)
    if broken:
        sound(store, Alarm(kind=ALARM, content={"count": len(broken), "checks": "、".join(id for id, _ in broken)}))
    else:
        clear(store, ALARM)
    return Outcome(failed=broken)


def _broken(store: Store) -> list[tuple[str, str]]:
    """What does not hold, by its id; the rows are `duixian verify`'s to name. A lost identity key is a fault of its own."""
    try:
        return [(one.id, one.zh) for one in verify(store).bad]
    except KeyMissing as lost:
        return [("identity-key", str(lost))]
