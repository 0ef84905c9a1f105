"""The audit chain's head of each day, for anybody to keep: who has one can tell later whether the chain was written anew.

A day's head is the last row before the first one of a later day, in the order of the chain: a clock set back moves nothing.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlmodel import col

from models import AuditEntry
from models.clock import business_date, end_of
from models.statements import Prepared
from models.store import Store
from models.unit_of_work import UnitOfWork

_ROW: Select[Any] = select(col(AuditEntry.seq), col(AuditEntry.at), col(AuditEntry.hash))
_NEXT_DAY = Prepared(
    _ROW.where(col(AuditEntry.seq) > bindparam("after"), col(AuditEntry.at) >= bindparam("ends"))
    .order_by(col(AuditEntry.seq))
    .limit(1)
)
_AT = Prepared(_ROW.where(col(AuditEntry.seq) == bindparam("wanted")))
_LAST = Prepared(_ROW.order_by(col(AuditEntry.seq).desc()).limit(1))
_STORES = 8


@dataclass(frozen=True, kw_only=True)
class DayHead:
    """The end of the chain as a day left it; `over`: the day is past, so that it stays so for ever."""

    day: date
    seq: int
    hash: str
    over: bool


class _Known:
    """The days that are over, by database, so that a long chain is walked through once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._days: OrderedDict[str, tuple[DayHead, ...]] = OrderedDict()

    def get(self, store: Store) -> tuple[DayHead, ...]:
        """What is known of a store; possibly of one that stood in its place."""
        with self._lock:
            return self._days.get(store.url, ())

    def keep(self, store: Store, days: tuple[DayHead, ...]) -> None:
        """Only of the stores asked for last."""
        with self._lock:
            self._days[store.url] = days
            self._days.move_to_end(store.url)
            while len(self._days) > _STORES:
                self._days.popitem(last=False)


_KNOWN = _Known()


def daily_heads(store: Store) -> tuple[DayHead, ...]:
    """Every day on which something was written, the newest first."""
    with store.read() as work:
        known = _KNOWN.get(store)
        if known and not _stands(work, known[-1]):
            known = ()  # another database took the place of this one
        past = (*known, *_past_days(work, known[-1].seq if known else 0))
        running = _running(work, past[-1].seq if past else 0)
    _KNOWN.keep(store, past)
    return tuple(reversed((*past, *running)))


def _stands(work: UnitOfWork, head: DayHead) -> bool:
    return [row.hash for row in work.rows(_AT, wanted=head.seq)] == [head.hash]


def _past_days(work: UnitOfWork, after: int) -> Iterator[DayHead]:
    """The days behind a row that a later day follows."""
    first = work.rows(_AT, wanted=after + 1)
    while first:
        day = business_date(first[0].at)
        following = work.rows(_NEXT_DAY, after=first[0].seq, ends=end_of(day))
        if following:
            last = work.rows(_AT, wanted=following[0].seq - 1)[0]
            yield DayHead(day=day, seq=last.seq, hash=last.hash, over=True)
        first = following


def _running(work: UnitOfWork, after: int) -> tuple[DayHead, ...]:
    """The day of the newest rows, which others may follow while it lasts."""
    first, last = work.rows(_AT, wanted=after + 1), work.rows(_LAST)
    if not first:
        return ()
    day = business_date(first[0].at)
    return (DayHead(day=day, seq=last[0].seq, hash=last[0].hash, over=day < work.today),)
