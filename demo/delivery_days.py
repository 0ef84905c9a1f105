"""Delivers the season's messages by the real code, at each of its dates: firms by mail, officers in digests, rooms by chat."""

import ipaddress
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlmodel import col

from casework.awards.mail_attachments import papers_of
from demo.message_catchers import LOOPBACK, Catchers, catching
from demo.stage import Season
from models import Contact, Party, Person, Preference, UnitRecord
from models.contacts import ContactStatus, Rhythm
from models.unit_of_work import UnitOfWork
from notifications.channels.allow_list import AllowList
from notifications.channels.channel_settings import ChannelSettings, Settings
from notifications.channels.opening import open_channels
from notifications.channels.parcel import Channel
from notifications.delivery.dispatcher import send_due
from notifications.delivery.pace import Pace

MAIL, ROOM = "mail", "room"
_PROOF = "演示：核对无误"
_EVERY = 100_000  # a minute: the catcher is no robot that wants rest


@dataclass
class SeasonMail:
    """The season's post office; `seconds` is what delivery took of the real time."""

    season: Season
    catchers: Catchers
    channels: tuple[Channel, ...]
    seconds: float = 0.0
    states: dict[str, int] = field(default_factory=dict)

    def send_due(self) -> None:
        """Everything that is due now."""
        began = time.perf_counter()
        store = self.season.store
        self.catchers.caught.day = self.season.today.isoformat()
        done = send_due(
            store, self.channels, pace=Pace(seed=self.season.seed, width=2, ahead=32), find_attachments=papers_of(store)
        )
        for state, count in done.states.items():
            self.states[state] = self.states.get(state, 0) + count
        self.seconds += time.perf_counter() - began


@contextmanager
def post_office(season: Season) -> Iterator[SeasonMail]:
    """Opens the endpoints and the channels that lead to them."""
    with catching(season.folders.messages) as catchers:
        settings = Settings(
            home=season.home.directory,
            channels=(
                ChannelSettings(
                    name=MAIL, kind="email",
                    options={"url": catchers.mail_url, "sender": "演示·兑现 <notice@season.example>"},
                ),
                ChannelSettings(
                    name=ROOM, kind="dingtalk", options={"url": catchers.chat_url, "per_minute": _EVERY},
                    keys={"token": "demo0000demo0000"},
                ),
            ),
            allowed=AllowList(
                schemes=("smtp", "http"), hosts=(LOOPBACK,), private=(ipaddress.ip_network(f"{LOOPBACK}/32"),)
            ),
        )  # fmt: skip
        channels = open_channels(settings, demo=season.store.demo)
        yield SeasonMail(season, catchers, tuple(channels.values()))


def enter_contacts(season: Season) -> None:
    """Addresses of firms, officers and units' rooms, all fictional; officers below the head and rooms get a digest a day."""
    heads = {officer.login for officer in season.officers if any(str(duty) == "head" for duty in officer.duties)}
    with season.store.write() as work:
        for number, party in enumerate(work.execute(select(col(Party.id)).order_by(col(Party.code))).scalars(), 1):
            _contact(work, holder=f"party:{party}", channel=MAIL, address=f"firm{number:02d}@season.example")
        officers = select(col(Person.id), col(Person.login)).where(col(Person.party_id).is_(None))
        for row in work.execute(officers.order_by(col(Person.login))):
            _contact(work, holder=f"person:{row.id}", channel=MAIL, address=f"{row.login}@season.example")
            if row.login not in heads:
                _digest(work, f"person:{row.id}")
        for unit in work.execute(select(col(UnitRecord.name)).order_by(col(UnitRecord.name))).scalars():
            _contact(work, holder=f"unit:{unit}", channel=ROOM, address="")
            _digest(work, f"unit:{unit}")


def _contact(work: UnitOfWork, **given: object) -> None:
    now = work.now
    work.add(
        Contact, id=work.new_id(), status=ContactStatus.VERIFIED, entered_by="演示", entered_at=now, proof=_PROOF,
        verified_by="演示·复核", verified_at=now, changed_at=now, **given,
    )  # fmt: skip


def _digest(work: UnitOfWork, holder: str) -> None:
    work.add(
        Preference, id=work.new_id(), holder=holder, rhythm=Rhythm.DIGEST, digest_at="09:00", working_days=True,
        changed_by="演示", changed_at=work.now,
    )  # fmt: skip
