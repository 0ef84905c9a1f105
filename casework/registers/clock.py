"""The business clock: read by anybody, set in a rehearsal only, never back by oversight; each change is an audit row."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from casework.errors import Refused
from casework.registers.desk import Actor, writer, writing
from models import StoreMark
from models.clock import SHANGHAI
from models.store import Store
from models.work import Work

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
            zh = f"{_local(moment)} 早于现在的业务时间 {_local(before.now)}，时间只向前走；确要回拨请加 --back"
            en = f"{_local(moment)} is before the business time {_local(before.now)}: say --back to set it back"
            raise Refused("backwards", zh, en, field="moment")
        content = {"from": str(before.now), "to": str(moment.astimezone(UTC)), "frozen": frozen, "back": back}
        work.audit(actor=who.text, action="clock.set", subject=_local(moment), content=content)
        offset = (moment - before.real) // _MICROSECOND
        stands = {"offset_us": offset, "frozen_at": moment.astimezone(UTC) if frozen else None}
        work.execute(StoreMark.__table__.update().values(**stands))  # type: ignore[attr-defined]
    return shown(store)


def _row(work: Work) -> ClockRow:
    frozen = work.execute(select(col(StoreMark.frozen_at))).scalar_one_or_none() is not None
    return ClockRow(demo=work.demo, now=work.now, real=datetime.now(UTC), frozen=frozen)


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
