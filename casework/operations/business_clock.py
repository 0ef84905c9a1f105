"""The business clock: read by anybody, set in a rehearsal only, never back by oversight; each change is an audit row."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from casework.shared.errors import Refused
from casework.shared.register_writes import Actor, writer, writing
from models import StoreMark
from models.clock import in_utc, real_now, to_the_second
from models.store import Store
from models.unit_of_work import UnitOfWork

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True)
class ClockRow:
    """The business time and the machine's, and how the one follows from the other."""

    demo: bool
    now: datetime
    real: datetime
    frozen: bool


def shown(store: Store) -> ClockRow:
    """The clock as it stands."""
    with store.read() as work:
        return _row(work)


def put(store: Store, actor: Actor, *, moment: datetime, frozen: bool = False, back: bool = False) -> ClockRow:
    """Sets a rehearsal's clock to an aware instant, to run on from there or to stand still (`frozen`)."""
    with writing(store) as work:
        who = writer(store, work, actor)
        if not work.demo:
            zh = "正式库的业务时间就是真实时间，不能调整；演练请用 duixian init --demo 另建演示库"
            en = "a production store keeps real time: rehearse in a store of its own (duixian init --demo)"
            raise Refused("production", zh, en, field="moment")
        before = _row(work)
        if moment < before.now and not back:
            zh = f"{to_the_second(moment)} 早于现在的业务时间 {to_the_second(before.now)}，时间只向前走；确要回拨请加 --back"
            en = f"{to_the_second(moment)} is before the business time {to_the_second(before.now)}: say --back to set it back"
            raise Refused("backwards", zh, en, field="moment")
        content = {"from": str(before.now), "to": str(in_utc(moment)), "frozen": frozen, "back": back}
        work.audit(actor=who.text, action="clock.set", subject=to_the_second(moment), content=content)
        offset = (moment - before.real) // _MICROSECOND
        stands = {"offset_us": offset, "frozen_at": in_utc(moment) if frozen else None}
        work.execute(StoreMark.__table__.update().values(**stands))  # type: ignore[attr-defined]
    return shown(store)


def _row(work: UnitOfWork) -> ClockRow:
    frozen = work.execute(select(col(StoreMark.frozen_at))).scalar_one_or_none() is not None
    return ClockRow(demo=work.demo, now=work.now, real=real_now(), frozen=frozen)
