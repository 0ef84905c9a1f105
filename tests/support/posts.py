"""What the tests of delivery share: readers with addresses, messages to them, and a channel that answers as it is told."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import text

from models import Contact, Duty, Grant, Party, Person, Preference, UnitRecord
from models.store import Store
from notifications.channels.answers import AnswerReason, answer
from notifications.channels.parcel import Answer, Parcel
from notifications.delivery import DeliverySummary, Pace, send_due
from notifications.outbox import Tell, queue_once

MONDAY = datetime(2023, 9, 4, 2, tzinfo=UTC)  # 10:00 in Shanghai
SENT = answer(AnswerReason.DELIVERED)
BUSY = answer(AnswerReason.UNAVAILABLE, "not now")
LOST = answer(AnswerReason.ANSWER_LOST)
NOBODY = answer(AnswerReason.WRONG_ADDRESS, "no such user")
UNIT = "算例经商局"


@dataclass
class Scripted:
    """A channel whose answers the test gives, one after another; then it takes everything."""

    name: str = "email"
    kind: str = "email"
    group: bool = False
    local: bool = True
    per_minute: int | None = None
    answers: list[Answer] = field(default_factory=list)
    got: list[Parcel] = field(default_factory=list)
    hold: Event | None = None  # it answers when this is set

    def send(self, parcel: Parcel, *, seconds: float) -> Answer:
        self.got.append(parcel)
        if self.hold is not None and not self.hold.wait(seconds):
            return answer(AnswerReason.TIMED_OUT)
        return self.answers.pop(0) if self.answers else SENT


class Post:
    """A small office whose people have addresses; messages are told and passes made by hand, on a clock that stands still."""

    def __init__(self, store: Store, *channels: Any, now: datetime = MONDAY) -> None:
        self.store, self.channels, self.now = store, channels, now
        self.told = 0
        store.set_clock(now, frozen=True)

    def unit(self, name: str = UNIT) -> str:
        """A unit."""
        with self.store.write() as work:
            work.add(UnitRecord, name=name)
        return name

    def person(self, login: str, *, duty: Duty | None = None, party: UUID | None = None, **contacts: str) -> UUID:
        """A person with addresses by channel, and perhaps a duty in the unit."""
        with self.store.write() as work:
            made = work.new_id()
            work.add(Person, id=made, login=login, name="算例", natural_key=login, party_id=party)
            if duty is not None:
                work.add(Grant, person_id=made, duty=duty, unit=UNIT, valid_from=self.now - timedelta(days=1))
        for channel, address in contacts.items():
            self.contact(f"person:{made}", channel, address)
        return made

    def firm(self, name: str = "算例厂") -> UUID:
        """A party."""
        with self.store.write() as work:
            made = work.new_id()
            work.add(Party, id=made, kind="enterprise", name=name, code=name, demo=True, created_at=self.now)
        return made

    def contact(self, holder: str, channel: str, address: str = "", status: str = "verified") -> UUID:
        """An address."""
        with self.store.write() as work:
            made = work.new_id()
            checked = {} if status == "unverified" else {"verified_by": "system", "verified_at": self.now}
            work.add(
                Contact, id=made, holder=holder, channel=channel, address=address, status=status, entered_by="system",
                entered_at=self.now, changed_at=self.now, **checked,
            )  # fmt: skip
        return made

    def prefer(self, holder: str, **wish: Any) -> None:
        """How somebody wants to hear."""
        with self.store.write() as work:
            work.add(Preference, holder=holder, changed_by="system", changed_at=self.now, **wish)

    def tell(self, to: str, kind: str = "turn", **content: Any) -> str:
        """A message; its case number, by which it is told from others."""
        self.told += 1
        number = f"T{self.told:05d}"
        with self.store.write() as work:
            queue_once(work, Tell(kind=kind, to=to, content={"case": number, **content}), once=f"{number}/{kind}")
        return number

    def later(self, **span: float) -> None:
        """Time passes."""
        self.now += timedelta(**span)
        self.store.set_clock(self.now, frozen=True)

    def send_due(self, **pace: Any) -> DeliverySummary:
        """One pass."""
        return send_due(self.store, self.channels, pace=Pace(**{"seed": 1, "limit": 1.0, **pace}))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a select finds."""
        with self.store.read() as work:
            return [tuple(row) for row in work.execute(text(statement))]

    def dispatches(self) -> list[tuple[Any, ...]]:
        """Channel, status and attempts of every dispatch."""
        return self.rows("SELECT channel, status, attempts FROM dispatch ORDER BY once")

    def message(self, number: str) -> str:
        """A message's status."""
        return str(self.rows(f"SELECT status FROM message WHERE once LIKE '{number}/%'")[0][0])


def crowd(post: Post, count: int) -> list[str]:
    """People with a mailbox each, as recipients."""
    return [f"person:{post.person(f'p{number}', email=f'p{number}@example.com')}" for number in range(count)]


def numbers(parcels: Iterable[Parcel]) -> list[str]:
    """Which messages these parcels carry."""
    import re

    return sorted(found for parcel in parcels for found in set(re.findall(r"T\d{5}", parcel.text + parcel.subject)))
