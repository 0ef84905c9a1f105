"""What was told in a season: how often each kind went by which channel, and everything that was said about one case."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from demo.delivery_days import MAIL, ROOM
from models import Case, Dispatch, DispatchState, Duty, Message, SendLog
from models.clock import business_date
from models.duty_names import DUTIES
from models.messages import UNFINISHED
from models.store import Store
from notifications.wording import WORDINGS, Audience, Reading, compose


@dataclass(frozen=True, kw_only=True)
class KindRow:
    """A kind of message: how many there were, to how many readers they went by each channel, what waits and reached nobody."""

    kind: str
    title: str
    messages: int
    mail: int
    room: int
    waiting: int
    lost: int


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """One message about a case, as its reader has it."""

    day: date
    to: str
    title: str
    words: str
    channels: str


@dataclass(frozen=True, kw_only=True)
class Correspondence:
    """The season's messages."""

    kinds: tuple[KindRow, ...]
    attempts: int
    mails: int
    chats: int
    case: str
    thread: tuple[Conversation, ...]

    @property
    def messages(self) -> int:
        """All messages of the outbox."""
        return sum(kind.messages for kind in self.kinds)


def correspondence(store: Store) -> Correspondence:
    """Reads all of it."""
    with store.read() as work:
        told = work.execute(select(col(Message.kind), func.count().label("n")).group_by(col(Message.kind))).all()
        sent = work.execute(
            select(col(Message.kind), col(Dispatch.channel), col(Dispatch.status), func.count().label("n"))
            .join(Message, col(Message.id) == col(Dispatch.message_id))
            .where(col(Dispatch.status) != DispatchState.REPLACED)
            .group_by(col(Message.kind), col(Dispatch.channel), col(Dispatch.status))
        ).all()
        attempts = work.execute(select(col(SendLog.channel), col(SendLog.parcel)).distinct()).all()
        whole = work.execute(select(func.count()).select_from(SendLog)).scalar_one()
        rows = sorted(_of_one_case(work.execute(_ABOUT_CASES).all()), key=_when)
        ways = _ways(work.execute(select(col(Dispatch.message_id), col(Dispatch.channel))).all())
    parcels = Counter(row.channel for row in attempts)
    return Correspondence(
        kinds=_kinds(told, sent),
        attempts=int(whole),
        mails=parcels[MAIL],
        chats=parcels[ROOM],
        case=rows[0].number if rows else "",
        thread=tuple(_said(row, ways[row.id]) for row in rows),
    )


_ABOUT_CASES = (
    select(
        col(Message.id), col(Message.kind), col(Message.content), col(Message.recipient), col(Message.due_at),
        col(Message.once), col(Case.number),
    )
    .join(Case, col(Case.id) == col(Message.case_id))
    .order_by(col(Message.due_at), col(Message.id))
)  # fmt: skip


def _kinds(told: Sequence[Any], sent: Sequence[Any]) -> tuple[KindRow, ...]:
    """The most frequent first."""
    by: dict[str, Counter[str]] = defaultdict(Counter)
    for row in sent:
        by[row.kind][_where(row)] += int(row.n)
    found = [
        KindRow(
            kind=row.kind, title=WORDINGS[row.kind].zh.title, messages=int(row.n), mail=by[row.kind][MAIL],
            room=by[row.kind][ROOM], waiting=by[row.kind]["waiting"], lost=by[row.kind]["lost"],
        )
        for row in told
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda kind: (-kind.messages, kind.kind)))


def _where(row: Any) -> str:
    """The channel of what was sent; else whether it still waits (for a digest's hour) or is listed as undelivered."""
    if row.status == DispatchState.SENT:
        return str(row.channel)
    return "waiting" if row.status in UNFINISHED else "lost"


def _of_one_case(rows: Sequence[Any]) -> list[Any]:
    """The messages of the case of which the most different things were told; of several the shortest story."""
    threads: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        threads[row.number].append(row)
    return min(threads.values(), key=_story, default=[])


def _when(row: Any) -> tuple[Any, int]:
    """At one instant the order is that of the case's versions; what the calendar says comes last."""
    version = row.once.removeprefix(f"{row.number}/").partition("/")[0]
    return row.due_at, int(version) if version.isdecimal() else 1_000_000


def _story(thread: list[Any]) -> tuple[int, int, str]:
    return -len({row.kind for row in thread}), len(thread), thread[0].number


def _ways(rows: Sequence[Any]) -> dict[UUID, list[str]]:
    names: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        names[row.message_id].append(row.channel)
    return names


def _said(row: Any, channels: list[str]) -> Conversation:
    officer = row.recipient.startswith("unit:")
    unit, _, duty = row.recipient.removeprefix("unit:").rpartition(":") if officer else ("", "", Duty.APPLICANT)
    audience = Audience.OFFICER if officer else Audience.APPLICANT
    day = business_date(row.due_at)
    letter = compose(row.kind, loads(row.content), Reading(audience=audience, today=day, unit=unit, duty=duty))
    counts = Counter("群聊" if channel == ROOM else "邮件" for channel in channels)
    return Conversation(
        day=day,
        to=f"{unit}{DUTIES[Duty(duty)][0]}" if officer else "申报主体",
        title=letter.heading,
        words=letter.happened,
        channels="、".join(f"{name} {count}" if count > 1 else name for name, count in sorted(counts.items())),
    )
