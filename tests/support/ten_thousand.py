"""Ten thousand messages over real endpoints that misbehave, sent by processes that are killed in mid-delivery."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from os import kill
from pathlib import Path
from random import Random
from signal import SIGKILL
from time import sleep
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from models import Contact, Dispatch, DispatchState, Message, Person, SendLog, UnitRecord
from models.messages import SendOutcome
from models.store import Store
from notifications.channels.allow_list import AllowList
from notifications.channels.channel_settings import ChannelSettings, Settings
from notifications.channels.opening import open_channels
from notifications.channels.parcel import Channel
from notifications.delivery import Dispatcher, Pace
from notifications.outbox import Tell, queue
from support.apart import ended, fork
from support.endpoints import SECRET, TOKEN, EndpointFault, LoopbackEndpoint, endpoint
from support.mail_server import MailFault, MailServer, mail_server

PACE = Pace(
    attempts=12, first=0.2, factor=1.6, longest=1.0, limit=0.3, lease=3.0, width=8, ahead=3, batch=500, seed=1
)  # an attempt's limit × `ahead` stays below the lease, as in production
ROOMS = ("dingtalk", "wecom", "feishu", "lark", "webhook")
HTTP = (*ROOMS, "sms")
SLOW = 0.6  # what comes after the sender gave up
FAULTS = (
    EndpointFault.CODE,
    EndpointFault.TOO_MANY,
    EndpointFault.SERVER_ERROR,
    EndpointFault.HANG,
    EndpointFault.DRIP,
    EndpointFault.CLOSED,
    EndpointFault.LATE,
    EndpointFault.DROPPED,
)
MAIL_FAULTS = (
    MailFault.BUSY, MailFault.FULL, MailFault.UNWANTED, MailFault.HANG, MailFault.CLOSED, MailFault.LATE,
    MailFault.DROPPED,
)  # fmt: skip
NUMBER = re.compile(r"T\d{5}")


@dataclass
class Outside:
    """The other side: the endpoints with what each was given, and how often they misbehaved."""

    mail: MailServer
    ends: Mapping[str, LoopbackEndpoint]
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def places(self) -> dict[str, str]:
        """Where each channel leads."""
        return {name: end.url for name, end in self.ends.items()} | {"email": f"smtp://127.0.0.1:{self.mail.port}"}

    def received(self) -> Counter[str]:
        """How often each message lies in somebody's hands, by its number."""
        found = Counter(str(NUMBER.findall(str(message.message["Subject"]))[0]) for message in self.mail.delivered)
        for end in self.ends.values():
            found.update(NUMBER.findall(message.text)[0] for message in end.delivered)
        return found


@contextmanager
def outside(seed: int, share: float = 0.2) -> Iterator[Outside]:
    """Running endpoints of which each misbehaves by chance with this share of what it is sent."""
    dice, faults = Random(seed), Counter[str]()

    def plan(among: Sequence[Any], good: Any) -> Any:
        # A pause that the other side asks for stops its whole channel, so that one in a hundred faults is enough.
        odds = [0.08 if fault_kind is EndpointFault.TOO_MANY else 1.0 for fault_kind in among]
        fault = dice.choices(among, odds)[0] if dice.random() < share else good
        if fault is not good:
            faults[str(fault)] += 1
        return fault

    with ExitStack() as stack:
        post = stack.enter_context(mail_server(lambda _, __: plan(MAIL_FAULTS, MailFault.NONE), slow=SLOW))
        ends = {}
        for kind in HTTP:
            among = [
                each_fault for each_fault in FAULTS if (kind, each_fault) != ("webhook", EndpointFault.CODE)
            ]  # it has no code inside
            ends[kind] = stack.enter_context(
                endpoint(kind, lambda _, among=among: plan(among, EndpointFault.NONE), slow=SLOW)  # type: ignore[misc]
            )
            ends[kind].retry_after = 1
        yield Outside(post, ends, faults)


def opened(places: Mapping[str, str], home: Path) -> list[Channel]:
    """The real channels to these places."""
    local = AllowList(schemes=("http", "smtp"), private=(ip_network("127.0.0.0/8"),))
    settings = Settings(home=home, channels=tuple(_settings(*item) for item in places.items()), allowed=local)
    return list(open_channels(settings, demo=True).values())


def _settings(kind: str, url: str) -> ChannelSettings:
    options: dict[str, Any] = {"url": url, "per_minute": 1_000_000}
    keys = {"token": TOKEN, "secret": SECRET}
    if kind in ("wecom", "webhook"):
        keys.pop("secret" if kind == "wecom" else "token")
    if kind == "email":
        options["sender"], keys = "Duixian <duixian@example.com>", {}
    if kind == "sms":
        options |= {"sign_name": "算例", "template": "SMS_1", "parameters": {"said": "{subject}"}}
        keys = {"id": TOKEN, "secret": SECRET}
    return ChannelSettings(name=kind, kind=kind, options=options, keys=keys)


def fill(store: Store, count: int) -> None:
    """People with an address each, rooms with a robot each, and so many messages to them, as acts would write them."""
    with store.write() as work:
        people = [_person(work, number) for number in range(200)]
        for kind in ROOMS:
            work.add(UnitRecord, name=f"算例{kind}")
            _contact(work, f"unit:算例{kind}", kind, "")
    mails, phones = [f"person:{person}" for person in people[::2]], [f"person:{person}" for person in people[1::2]]
    rooms = [f"unit:算例{kind}:certifier" for kind in ROOMS]
    among = [mails, *([phones] * 4), *([rooms] * 15)]  # a mail costs four times the rest
    for start in range(0, count, 1000):
        with store.write() as work:
            for number in range(start, min(start + 1000, count)):
                some = among[number % len(among)]
                to = some[(number // len(among) + number) % len(some)]
                queue(work, Tell(kind="turn", to=to), case_id=None, number=f"T{number:05d}", version=1)


def _person(work: Any, number: int) -> UUID:
    made = work.new_id()
    work.add(Person, id=made, login=f"p{number}", name="算例", natural_key=f"p{number}")
    kind, address = ("sms", f"138{number:08d}") if number % 2 else ("email", f"p{number}@example.com")
    _contact(work, f"person:{made}", kind, address)
    return UUID(str(made))


def _contact(work: Any, holder: str, channel: str, address: str) -> None:
    work.add(
        Contact, holder=holder, channel=channel, address=address, status="verified", entered_by="system",
        entered_at=work.now, verified_by="system", verified_at=work.now, changed_at=work.now,
    )  # fmt: skip


def main(url: str, places: dict[str, str], home: str, kills: int, seed: int) -> dict[str, Any]:
    """Sends all there is; so many of the processes that do it are killed at a moment that chance chooses."""
    import notifications.channels.apprise_carrier  # noqa: F401  (half a second, paid once and not by every child)

    dice, done = Random(seed), 0
    for _ in range(kills):
        child = fork(lambda: live(url, places, Path(home)))
        sleep(dice.uniform(1.0, 2.5))
        kill(child, SIGKILL)
        done += not ended(child)
    assert ended(fork(lambda: live(url, places, Path(home))))
    return {"killed": done}


def live(url: str, places: dict[str, str], home: Path) -> None:
    """One process's life: delivers until nothing is open any more."""
    store = Store(url)
    dispatcher = Dispatcher(store, opened(places, home), pace=PACE)
    while _left(store):
        dispatcher.until_done(within=600)
        sleep(0.05)
    dispatcher.close()
    store.close()


def _left(store: Store) -> bool:
    with store.read() as work:
        waiting = work.execute(text("SELECT 1 FROM message WHERE status IN ('waiting', 'routed') LIMIT 1")).first()
    return waiting is not None


@dataclass(frozen=True)
class Judged:
    """What the rows and the other side say together."""

    messages: int
    sent: int
    dead: int
    lost: list[str]  # neither received nor listed
    claimed: list[str]  # booked as sent, and nobody has it
    received: int
    repeats: int  # beyond the first
    accounted: int  # those of them that follow an attempt that may have arrived
    logged: int  # attempts in the log marked as possible repeats
    attempts: Counter[str]


def judge(store: Store, received: Counter[str]) -> Judged:
    """Compares the rows with what the endpoints have."""
    with store.read() as work:
        rows = work.execute(
            select(col(Dispatch.id), col(Dispatch.status), col(Message.once)).join(
                Message, col(Message.id) == Dispatch.message_id
            )
        ).all()
        logs = work.execute(select(col(SendLog.dispatch_id), col(SendLog.outcome), col(SendLog.repeats))).all()
    doubts = Counter(row.dispatch_id for row in logs if row.outcome in (SendOutcome.UNKNOWN, SendOutcome.CUT_OFF))
    state = {row.once.partition("/")[0]: (row.status, doubts[row.id]) for row in rows}
    listed = {number for number, (status, _) in state.items() if status == DispatchState.DEAD}
    extra = {number: count - 1 for number, count in received.items() if count > 1}
    return Judged(
        messages=len(state),
        sent=sum(status == DispatchState.SENT for status, _ in state.values()),
        dead=len(listed),
        lost=[number for number in state if not received[number] and number not in listed],
        claimed=[n for n, (status, _) in state.items() if status == DispatchState.SENT and not received[n]],
        received=received.total(),
        repeats=sum(extra.values()),
        accounted=sum(min(count, state[number][1]) for number, count in extra.items()),
        logged=sum(row.repeats for row in logs),
        attempts=Counter(row.outcome for row in logs),
    )
