"""The bookkeeper of delivery: a short transaction a turn books answers, routes messages, claims sendings; none while sending."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic

from sqlalchemy import bindparam, or_, select
from sqlmodel import col

from models import Dispatch, HolidayOverride, Message, SendLog
from models.statements import Prepared, given
from models.store import Store
from models.trouble import Kind, kind_of
from models.work import Work
from notifications.channels.parcel import Channel
from notifications.delivery.aside import separate
from notifications.delivery.breaks import Breaks, Told, nobody
from notifications.delivery.claim import claim
from notifications.delivery.pace import Pace
from notifications.delivery.route import route
from notifications.delivery.sender import Sender, real_now
from notifications.delivery.settle import Result, conclude, settle
from notifications.delivery.writing import Papers, Writer, no_papers
from policies.workdays import Calendar, Day

POLL_SECONDS = 1.0
LISTEN_SECONDS = 0.25  # for answers, before new messages are looked for
GATHER_SECONDS = 0.05  # answers that come together are booked together
log = logging.getLogger("duixian.delivery")

_WAITING = Prepared(
    select(col(Message.id))
    .where(col(Message.status) == "waiting", col(Message.due_at) <= given("now", Message.due_at))
    .limit(1)
)
_OPEN = Prepared(
    select(col(Dispatch.id))
    .where(
        col(Dispatch.channel) == bindparam("wanted"),
        col(Dispatch.ended_at).is_(None),
        col(Dispatch.due_at) <= given("now", Dispatch.due_at),
        or_(col(Dispatch.leased_until).is_(None), col(Dispatch.leased_until) < given("real", Dispatch.leased_until)),
    )
    .limit(1)
)
_LATELY = Prepared(select(col(SendLog.at), col(SendLog.channel)).where(col(SendLog.at) > given("since", SendLog.at)))
_DAYS = Prepared(select(col(HolidayOverride.day), col(HolidayOverride.works)))


@dataclass(frozen=True)
class Delivered:
    """What a pass did: messages routed, and dispatches by the state that they came to (sent, retrying, dead, replaced)."""

    routed: int = 0
    states: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        states = ", ".join(f"{name} {count}" for name, count in sorted(self.states.items()))
        return f"routed {self.routed}" + (f", {states}" if states else "")


class Office:
    """Delivers one store's messages by some channels. Several may run at once, in several processes: leases keep them apart."""

    def __init__(
        self, store: Store, channels: Sequence[Channel], *, pace: Pace | None = None, web: str = "",
        papers: Papers = no_papers,
    ) -> None:  # fmt: skip
        self._store, self._channels, self._pace = store, tuple(channels), pace or Pace()
        self._web, self._papers = web, papers
        self._results: SimpleQueue[Result] = SimpleQueue()
        lately = self._sent_lately()
        self._senders = [Sender(one, self._pace, self._results, lately.get(one.name, ())) for one in self._channels]
        self._named = {one.channel.name: one for one in self._senders}
        self.routed = 0
        self.states: Counter[str] = Counter()

    @property
    def in_hand(self) -> int:
        """Sendings that were handed out and have not come to an answer."""
        return sum(one.in_hand for one in self._senders)

    def turn(self, results: Sequence[Result] = (), *, claims: bool = True) -> bool:
        """One transaction of bookkeeping, where there is anything to do; whether there was."""
        real = real_now()
        rooms = {one: one.room(real) for one in self._senders} if claims else {}
        rooms = {one: room for one, room in rooms.items() if room > 0}
        if not results and not self._anything_due([one.channel.name for one in rooms], real):
            return False
        try:
            return self._book(results, rooms, real, routes=claims)
        except Exception as wrong:
            if not claims or kind_of(wrong) in (Kind.AWAY, Kind.RACE):
                raise
            alone = separate(self._store, self._channels, self._pace)
            if alone is None:
                raise
            self.routed += alone
            return self._book(results, rooms, real, routes=True)

    def _book(self, results: Sequence[Result], rooms: Mapping[Sender, int], real: datetime, *, routes: bool) -> bool:
        """The transaction of a turn."""
        with self._store.write() as work:
            states = settle(work, results, self._pace)
            routed = route(work, self._channels, self._pace) if routes else 0
            work.flush()
            claimed = {one: claim(work, one.channel, room, self._pace, real) for one, room in rooms.items()}
            work.flush()
            for taken in claimed.values():
                conclude(work, taken.ended, taken.astray)
            writer = Writer(calendar=_calendar(work), web=self._web, papers=self._papers)
        for sender, taken in claimed.items():
            sender.give(taken.jobs, writer, real)
        self.routed += routed
        self.states += states
        return bool(results or routed or any(one.jobs or one.ended or one.astray for one in claimed.values()))

    def gather(self, seconds: float) -> list[Result]:
        """The answers that have come, waiting so long for the first and a moment for its neighbours, while all are at work."""
        found: list[Result] = []
        end = monotonic() + seconds
        left = {name: one.in_hand for name, one in self._named.items() if one.in_hand}
        while left and len(found) < self._pace.batch:
            try:
                found.append(self._results.get(timeout=max(end - monotonic(), 0.0)))
            except Empty:
                break
            left[found[-1].job.channel] -= 1
            idle = not all(left.values())
            end = min(end, monotonic() + (0.0 if idle else GATHER_SECONDS))
            if len(found) >= self.in_hand:
                break
        now = real_now()
        for one in found:
            self._named[one.job.channel].took(one, now)
        return found

    def run(self, stop: Event, told: Told = nobody) -> None:
        """Goes on until told to stop; then books what was in hand. Turns that break are tried again after pauses that grow."""
        breaks = Breaks(told)
        try:
            while not stop.is_set():
                results = self.gather(LISTEN_SECONDS) if self.in_hand else []
                try:
                    pause = 0.0 if self.turn(results) or self.in_hand else POLL_SECONDS
                    breaks.mended()
                except Exception as wrong:
                    self._results_back(results)
                    pause = breaks.broke(wrong)
                if pause:
                    stop.wait(pause)
        finally:
            self.close()

    def until_done(self, within: float) -> None:
        """Until nothing is due that may be sent now, or the time is up; what is in hand then is still waited for."""
        end = monotonic() + within
        while self.in_hand or monotonic() < end:
            results = self.gather(self._pace.limit) if self.in_hand else []
            if not self.turn(results, claims=monotonic() < end) and not self.in_hand:
                return

    def close(self) -> None:
        """Waits for what is in hand (each attempt has its limit) and books it; where that fails, the leases run out."""
        for one in self._senders:
            one.stop()
        try:
            while self.in_hand:
                self.turn(self.gather(0.0), claims=False)
        except Exception:
            log.exception("the last answers could not be booked: what was sent may be sent again")

    def _results_back(self, results: Sequence[Result]) -> None:
        """Answers that could not be booked wait for the next turn."""
        for one in results:
            self._named[one.job.channel].in_hand += 1
            self._results.put(one)

    def _anything_due(self, names: Sequence[str], real: datetime) -> bool:
        with self._store.read() as work:
            if work.rows(_WAITING, now=work.now):
                return True
            return any(work.rows(_OPEN, wanted=name, now=work.now, real=real) for name in names)

    def _sent_lately(self) -> dict[str, list[datetime]]:
        """The last minute's attempts by channel, in the machine's time, so that a restart opens no second bucket."""
        found: dict[str, list[datetime]] = {}
        with self._store.read() as work:
            shift = real_now() - work.now
            for row in work.rows(_LATELY, since=work.now - timedelta(minutes=1)):
                found.setdefault(row.channel, []).append(row.at + shift)
        return found


def _calendar(work: Work) -> Calendar:
    days = work.rows(_DAYS)
    return Calendar({date.fromisoformat(row.day): Day.WORKS if row.works else Day.RESTS for row in days})


def deliver_due(
    store: Store, channels: Sequence[Channel], *, pace: Pace | None = None, within: float = 60.0, web: str = "",
    papers: Papers = no_papers,
) -> Delivered:  # fmt: skip
    """One synchronous pass over everything that is due: for a flow, a timer, a rehearsal.

    Without a channel nothing is done, so that messages wait for one. Returns after `within` seconds and the time of what is in hand
    then, however a channel behaves; what is left is due again at the next pass.
    """
    if not channels:
        return Delivered()
    office = Office(store, channels, pace=pace, web=web, papers=papers)
    try:
        office.until_done(within)
    finally:
        office.close()
    return Delivered(office.routed, office.states)


class Deliverer:
    """The same as a thread of a running service."""

    def __init__(
        self, store: Store, channels: Sequence[Channel], *, pace: Pace | None = None, web: str = "",
        papers: Papers = no_papers, told: Told = nobody,
    ) -> None:  # fmt: skip
        self._stop, self._told = Event(), told
        self._office = Office(store, channels, pace=pace, web=web, papers=papers) if channels else None
        self._thread = Thread(target=self._run, name="delivery", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends when what is in hand has come to an answer."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        if self._office is not None:
            self._office.run(self._stop, self._told)
