"""Proves the records once an hour, and tells the operators once while an invariant does not hold."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlmodel import col

from casework.operations.alarms import Alarm, clear, sound
from casework.operations.heartbeat import beat, last
from casework.shared.run_summary import RunSummary
from models import StoreMark
from models.clock import real_now
from models.sealing import KeyMissing
from models.store import Store
from models.verify import Report, verify

VERIFY, ALARM = "verify", "verify_broken"
EVERY = timedelta(hours=1)
NEARLY = timedelta(minutes=55)  # the clock's hour is not over to the second when its next proof begins


def proving_due(store: Store, _since: date) -> bool:
    """Whether an hour of real time has passed since the last proof (or since the store was made)."""
    return _since_last(store) >= EVERY


def hour_nearly_over(store: Store, _since: date) -> bool:
    """Whether the last proof was not the one of this hour."""
    return _since_last(store) >= NEARLY


def _since_last(store: Store) -> timedelta:
    before = last(store, VERIFY)
    if before is None:
        with store.read() as work:
            before = work.execute(select(col(StoreMark.made_at))).scalar_one()
    return real_now() - before


def prove(store: Store, _today: date) -> RunSummary:
    """Every invariant over one consistent reading; what does not hold is named."""
    broken = _broken(store)
    _note(store, broken)
    return RunSummary(failed=broken)


def prove_at_word(store: Store) -> Report:
    """The same out of turn, with the whole report for whoever asked."""
    found = verify(store)
    _note(store, [(check.id, check.zh) for check in found.bad])
    return found


def _note(store: Store, broken: list[tuple[str, str]]) -> None:
    """When it was proven, and the alarm while something does not hold."""
    with store.write() as work:
        beat(work, VERIFY)
    if broken:
        sound(store, Alarm(kind=ALARM, content={"count": len(broken), "checks": "、".join(id for id, _ in broken)}))
    else:
        clear(store, ALARM)


def _broken(store: Store) -> list[tuple[str, str]]:
    """What does not hold, by its id; the rows are `duixian verify`'s to name. A lost identity key is a fault of its own."""
    try:
        return [(invariant.id, invariant.zh) for invariant in verify(store).bad]
    except KeyMissing as lost:
        return [("identity-key", str(lost))]
