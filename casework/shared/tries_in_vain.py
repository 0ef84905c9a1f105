"""Who tries in vain too often has to wait: names at the sign-in, case numbers and visitors where a case is followed.

Tries in vain are counted by name and address together, so that nobody locks others out. Only a hash of what was
tried is kept. `now` is real time, in rehearsals too.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, literal, or_, select, update
from sqlmodel import col

from casework.shared.errors import Refused
from models import SignInThrottle
from models.columns import UtcInstant
from models.store import Store
from models.unit_of_work import UnitOfWork

FREE_TRIES, WINDOW, PAUSE = 5, timedelta(minutes=15), timedelta(minutes=15)

NAME_TRIES = 100  # of one name within the window, wherever they come from
VISITOR_TRIES = 30  # of one address within the window, whatever is tried: several people may share it


class Throttled(Refused):
    """Too many tries in vain; `seconds` until the next one is looked at."""

    def __init__(self, seconds: int, *, field: str = "") -> None:
        minutes = seconds // 60 + 1
        zh, en = f"尝试次数过多，请 {minutes} 分钟后再试", f"too many tries: try again in {minutes} minutes"
        super().__init__("throttled", zh, en, field=field)
        self.seconds = seconds + 1


@dataclass(frozen=True, kw_only=True)
class TriesInVain:
    """The tries in vain of one name at one address, and, far more of them, of that name anywhere.

    `source` is "" where nobody knows it; then the name alone is held to `unknown` tries.
    """

    kind: str
    name: str
    source: str
    unknown: int = FREE_TRIES

    def refuse(self, work: UnitOfWork, now: datetime, *, field: str) -> None:
        """Refuses what was tried too often of late, right or wrong."""
        for kind, name, _ in self._counts():
            refuse_blocked(work, kind, name, now, field=field)

    def failed(self, store: Store, now: datetime) -> None:
        """Counts a try in vain."""
        for kind, name, free in self._counts():
            failed(store, kind, name, now, free=free)

    def forget(self, work: UnitOfWork) -> None:
        """A try that was right ends the count here; what was tried elsewhere stays counted."""
        kind, name, _ = self._counts()[0]
        forget(work, kind, name)

    def _counts(self) -> tuple[tuple[str, str, int], ...]:
        if not self.source:
            return ((self.kind, self.name, self.unknown),)
        return (
            (f"{self.kind}-here", f"{self.source} {self.name}", FREE_TRIES),
            (f"{self.kind}-anywhere", self.name, NAME_TRIES),
        )


@dataclass(frozen=True, kw_only=True)
class TriesOfVisitor:
    """The tries in vain of one address, whatever it tried; where nobody knows the address (""), none are counted."""

    kind: str
    source: str

    def refuse(self, work: UnitOfWork, now: datetime, *, field: str) -> None:
        """Refuses whoever tried too much of late, right or wrong."""
        if self.source:
            refuse_blocked(work, self.kind, self.source, now, field=field)

    def failed(self, store: Store, now: datetime) -> None:
        """Counts a try in vain."""
        if self.source:
            failed(store, self.kind, self.source, now, free=VISITOR_TRIES)


def refuse_blocked(work: UnitOfWork, kind: str, name: str, now: datetime, *, field: str = "") -> None:
    """Refuses what was tried too often of late, right or wrong, and says for how long."""
    until = work.execute(
        select(col(SignInThrottle.blocked_until)).where(col(SignInThrottle.key) == _key(kind, name))
    ).scalar()
    if until is not None and until > now:
        raise Throttled(int((until - now).total_seconds()), field=field)


def failed(store: Store, kind: str, name: str, now: datetime, *, free: int = FREE_TRIES) -> None:
    """Counts a try in vain; from the last free one within a quarter of an hour on, the name is blocked for as long."""
    key = _key(kind, name)
    with store.write() as work:
        work.execute(delete(SignInThrottle).where(
            col(SignInThrottle.first_at) < now - WINDOW,
            or_(col(SignInThrottle.blocked_until).is_(None), col(SignInThrottle.blocked_until) < now),
        ))  # fmt: skip
        counted = col(SignInThrottle.failures) + 1
        blocked = case((counted >= free, literal(now + PAUSE, UtcInstant())), else_=None)
        mine = update(SignInThrottle).where(col(SignInThrottle.key) == key)
        if not work.execute(mine.values(failures=counted, blocked_until=blocked)).rowcount:
            work.add(SignInThrottle, key=key, failures=1, first_at=now)


def forget(work: UnitOfWork, kind: str, name: str) -> None:
    """A try that was right ends the count."""
    work.execute(delete(SignInThrottle).where(col(SignInThrottle.key) == _key(kind, name)))


def _key(kind: str, name: str) -> str:
    return hashlib.sha256(f"{kind}:{name}".encode()).hexdigest()
