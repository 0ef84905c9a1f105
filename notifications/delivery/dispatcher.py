"""The bookkeeper of delivery: a short transaction a turn books answers, routes messages, claims sendings; none while sending."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic

from sqlalchemy import select
from sqlmodel import col

from models import Dispatch, SendLog
from models.clock import real_now
from models.database_errors import ErrorKind, kind_of
from models.statements import Prepared, given
from models.store import Store
from notifications.channels.parcel import Channel
from notifications.delivery.address_book import calendar_of
from notifications.delivery.claim import OPEN, claim
from notifications.delivery.failures import OnFailure, RepeatedFailures, no_listener
from notifications.delivery.links import NO_LINKS, MessageLinks
from notifications.delivery.pace import Pace
from notifications.delivery.rendering import FindAttachments, Renderer, no_attachments
from notifications.delivery.route import DUE, route
from notifications.delivery.sender import Sender
from notifications.delivery.set_aside import isolate_faulty
from notifications.delivery.settle import SendingResult, conclude, settle

POLL_SECONDS = 1.0
LISTEN_SECONDS = 0.25  # for answers, before new messages are looked for
GATHER_SECONDS = 0.05  # answers that come together are booked together
log = logging.getLogger("duixian.delivery")

_OPEN = Prepared(select(col(Dispatch.id)).where(*OPEN).limit(1))
_RECENT = Prepared(select(col(SendLog.at), col(SendLog.channel)).where(col(SendLog.at) > given("since", SendLog.at)))


@dataclass(frozen=True)
class DeliverySummary:
    """What a pass did: messages routed, and dispatches by the state that they came to (sent, retrying, dead, replaced)."""

    routed: int = 0
    states: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        states = ", ".join(f"{name} {count}" for name, count in sorted(self.states.items()))
        return f"routed {self.routed}" + (f", {states}" if states else "")


class Dispatcher:
    """Delivers one store's messages by some channels. Several may run at once, in several processes: leases keep them apart."""

    def __init__(
        self, store: Store, channels: Sequence[Channel], *, pace: Pace | None = None,
        links: MessageLinks = NO_LINKS, find_attachments: FindAttachments = no_attachments,
    ) -> None:  # fmt: skip
        self._store, self._channels, self._pace = store, tuple(channels), pace or Pace()
        self._links, self._find_attachments = links, find_attachments
        self._results: SimpleQueue[SendingResult] = SimpleQueue()
        recent = self._recently_sent()
        self._senders = [
            Sender(channel, self._pace, self._results, recent.get(channel.name, ())) for channel in self._channels
        ]
        self._named = {sender.channel.name: sender for sender in self._senders}
        self.routed = 0
        self.states: Counter[str] = Counter()

    @property
    def in_hand(self) -> int:
        """Sendings that were handed out and have not come to an answer."""
        return sum(sender.in_hand for sender in self._senders)

    def turn(self, results: Sequence[SendingResult] = (), *, claims: bool = True) -> bool:
        """One transaction of bookkeeping, where there is anything to do; whether there was."""
        real = real_now()
        rooms = {sender: sender.room(real) for sender in self._senders} if claims else {}
        rooms = {sender: room for sender, room in rooms.items() if room > 0}
        if not results and not self._anything_due([sender.channel.name for sender in rooms], real):
            return False
        try:
            return self._book(results, rooms, real, routes=claims)
        except Exception as wrong:
            if not claims or kind_of(wrong) in (ErrorKind.AWAY, ErrorKind.RACE):
                raise
            alone = isolate_faulty(self._store, self._channels, self._pace, self._links)
            if alone is None:
                raise
            self.routed += alone
            return self._book(results, rooms, real, routes=True)

    def _book(
        self, results: Sequence[SendingResult], rooms: Mapping[Sender, int], real: datetime, *, routes: bool
    ) -> bool:
        """The transaction of a turn."""
        with self._store.write() as work:
            states = settle(work, results, self._pace)
            routed = route(work, self._channels, self._pace, links=self._links) if routes else 0
            work.flush()
            claimed = {sender: claim(work, sender.channel, room, self._pace, real) for sender, room in rooms.items()}
            work.flush()
            for taken in claimed.values():
                conclude(work, taken.ended, taken.to_reroute)
            renderer = Renderer(calendar=calendar_of(work), links=self._links, find_attachments=self._find_attachments)
        for sender, taken in claimed.items():
            sender.give(taken.jobs, renderer, real)
        self.routed += routed
        self.states += states
        return bool(
            results or routed or any(taken.jobs or taken.ended or taken.to_reroute for taken in claimed.values())
        )

    def gather(self, seconds: float) -> list[SendingResult]:
        """The answers that have come, waiting so long for the first and a moment for its neighbours, while all are at work."""
        found: list[SendingResult] = []
        end = monotonic() + seconds
        left = {name: sender.in_hand for name, sender in self._named.items() if sender.in_hand}
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
        for result in found:
            self._named[result.job.channel].took(result, now)
        return found

    def run(self, stop: Event, on_failure: OnFailure = no_listener) -> None:
        """Goes on until told to stop; then books what was in hand. Turns that break are tried again after pauses that grow."""
        failures = RepeatedFailures(on_failure)
        try:
            while not stop.is_set():
                results = self.gather(LISTEN_SECONDS) if self.in_hand else []
                try:
                    pause = 0.0 if self.turn(results) or self.in_hand else POLL_SECONDS
                    failures.recovered()
                except Exception as wrong:
                    self._requeue(results)
                    pause = failures.failed(wrong)
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
        for sender in self._senders:
            sender.stop()
        try:
            while self.in_hand:
                self.turn(self.gather(0.0), claims=False)
        except Exception:
            log.exception("the last answers could not be booked: what was sent may be sent again")

    def _requeue(self, results: Sequence[SendingResult]) -> None:
        """Answers that could not be booked wait for the next turn."""
        for result in results:
            self._named[result.job.channel].in_hand += 1
            self._results.put(result)

    def _anything_due(self, names: Sequence[str], real: datetime) -> bool:
        with self._store.read() as work:
            if work.rows(DUE, now=work.now, most=1):
                return True
            return any(work.rows(_OPEN, wanted=name, now=work.now, real=real) for name in names)

    def _recently_sent(self) -> dict[str, list[datetime]]:
        """The last minute's attempts by channel, in the machine's time, so that a restart opens no second bucket."""
        found: dict[str, list[datetime]] = {}
        with self._store.read() as work:
            shift = real_now() - work.now
            for row in work.rows(_RECENT, since=work.now - timedelta(minutes=1)):
                found.setdefault(row.channel, []).append(row.at + shift)
        return found


def send_due(
    store: Store, channels: Sequence[Channel], *, pace: Pace | None = None, within: float = 60.0, links: MessageLinks = NO_LINKS,
    find_attachments: FindAttachments = no_attachments,
) -> DeliverySummary:  # fmt: skip
    """One synchronous pass over everything that is due: for a flow, a timer, a rehearsal.

    Without a channel nothing is done, so that messages wait for one. Returns after `within` seconds and the time of what is in hand
    then, however a channel behaves; what is left is due again at the next pass.
    """
    if not channels:
        return DeliverySummary()
    dispatcher = Dispatcher(store, channels, pace=pace, links=links, find_attachments=find_attachments)
    try:
        dispatcher.until_done(within)
    finally:
        dispatcher.close()
    return DeliverySummary(dispatcher.routed, dispatcher.states)


class DeliveryThread:
    """The same as a thread of a running service."""

    def __init__(
        self, store: Store, channels: Sequence[Channel], *, pace: Pace | None = None,
        links: MessageLinks = NO_LINKS, find_attachments: FindAttachments = no_attachments,
        on_failure: OnFailure = no_listener,
    ) -> None:  # fmt: skip
        self._stop, self._on_failure = Event(), on_failure
        self._dispatcher = (
            Dispatcher(store, channels, pace=pace, links=links, find_attachments=find_attachments) if channels else None
        )
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
        if self._dispatcher is not None:
            self._dispatcher.run(self._stop, self._on_failure)
