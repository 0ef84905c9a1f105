"""What is wrong with the system, told to its operators once while it lasts, and once more when it is over.

Whether an alarm is on is a row that every process sees: a counter for each alarm, odd while the alarm lasts. So an alarm
that several notice, again and again, is told once; and one that returns after its all-clear is told anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from casework.shared.notify_once import Note, operators, tell_in
from models import Counter
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications.wording import WORDINGS

_SERIES = "alarm:"
OVER = "alarm_over"


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Something wrong: a kind of message, what it is about ("" where there is only one of its kind), its figures."""

    kind: str
    about: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How the alarm is known while it lasts: `run_failed/m04_new_products`, `work_late`."""
        return f"{self.kind}/{self.about}" if self.about else self.kind


def sound(store: Store, alarm: Alarm) -> bool:
    """Tells the operators that this is wrong; False where they know already."""
    with store.write() as work:
        spell = _turned(work, alarm.name, lasting=False)
        if spell:
            _tell(work, alarm.kind, alarm.name, spell, alarm.content)
        return bool(spell)


def clear(store: Store, name: str) -> bool:
    """Tells them that it is over; False where nothing was wrong."""
    if name not in lasting(store):
        return False
    with store.write() as work:
        spell = _turned(work, name, lasting=True)
        if spell:
            _tell(work, OVER, name, spell, {"kind": title(name)})
        return bool(spell)


def lasting(store: Store) -> list[str]:
    """The names of the alarms that are not over."""
    with store.read() as work:
        mine = col(Counter.series).startswith(_SERIES, autoescape=True), col(Counter.last) % 2 == 1
        found = work.execute(select(col(Counter.series)).where(*mine).order_by(col(Counter.series)))
        return [str(kind).removeprefix(_SERIES) for kind in found.scalars()]


def settle(store: Store, kinds: frozenset[str], wrong: Mapping[str, Alarm]) -> None:
    """Brings the alarms of these kinds to what was just found: sounds what is wrong, clears what is not any more."""
    known = lasting(store)
    for name in known:
        if name.partition("/")[0] in kinds and name not in wrong:
            clear(store, name)
    for name, alarm in wrong.items():
        if name not in known:
            sound(store, alarm)


def title(name: str) -> str:
    """An alarm in words of both languages, as the all-clear and the listings show it."""
    kind, _, about = name.partition("/")
    words = f"{WORDINGS[kind].zh.title} {WORDINGS[kind].en.title}" if kind in WORDINGS else kind
    return f"{words}（{about}）" if about else words


def _turned(work: UnitOfWork, name: str, *, lasting: bool) -> int:
    """Turns an alarm on or off, if nobody did before; the number of its spell, or 0."""
    series = _SERIES + name
    turn = (
        update(Counter)
        .where(col(Counter.series) == series, col(Counter.last) % 2 == int(lasting))
        .values(last=col(Counter.last) + 1)
        .returning(col(Counter.last))
    )
    last = work.execute(turn).scalar_one_or_none()
    if last is None and not lasting:
        insert = (postgresql if work.postgres else sqlite).insert
        new = insert(Counter).values(series=series, last=1).on_conflict_do_nothing().returning(col(Counter.last))
        last = work.execute(new).scalar_one_or_none()
    return (int(last) + 1) // 2 if last else 0


def _tell(work: UnitOfWork, kind: str, name: str, spell: int, content: Mapping[str, Any]) -> None:
    notes = [
        Note(kind=kind, subject=name, due=str(spell), stage="over" if kind == OVER else "wrong", to=to, content=content)
        for to in operators(work)
    ]
    tell_in(work, notes)
    work.audit(
        actor="system", action=f"alarm.{'over' if kind == OVER else 'wrong'}", subject=name, content=dict(content)
    )
