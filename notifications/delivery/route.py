"""Looks up a message's readers and writes one dispatch for each reader and channel; whoever cannot be reached is listed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from models import ContactStatus, Dispatch, DispatchState, Message, MessageStatus
from models.statements import Prepared, given
from models.work import Work
from notifications.channels.parcel import Channel
from notifications.delivery.book import Address, Book, Reader, chosen
from notifications.delivery.kinds import urgent
from notifications.delivery.pace import Pace
from notifications.wording import Audience

NOBODY = "没有可送达的人：该单位无人担任此职责，或没有这个主体 (nobody holds this duty, or there is no such party)"
NO_ADDRESS = "没有登记联系方式 (no address is known)"
BOUNCING = "联系方式已失效（退信），请更正 (the address bounces: correct it)"
UNVERIFIED = "联系方式尚未核验 (the address is not verified yet)"
NO_CHANNEL = "没有可用的发送渠道 (no channel is open for the address)"

_WAITING = (
    select(col(Message.id), col(Message.kind), col(Message.recipient))
    .where(col(Message.status) == "waiting", col(Message.due_at) <= given("now", Message.due_at))
    .order_by(col(Message.due_at), col(Message.id))
    .limit(bindparam("most"))
)
DUE = Prepared(_WAITING)  # as a look; `route` takes them
_DUE = Prepared(_WAITING.with_for_update(skip_locked=True))
_ONE = Prepared(
    select(col(Message.id), col(Message.kind), col(Message.recipient))
    .where(col(Message.status) == "waiting", col(Message.id) == given("wanted", Message.id))
    .with_for_update(skip_locked=True)
)
_ROUTED = Prepared(
    update(Message).where(col(Message.id) == given("wanted", Message.id)).values(status=bindparam("new_status"))
)
_REOPEN = Prepared(
    update(Dispatch)
    .where(col(Dispatch.id) == given("wanted", Dispatch.id))
    .values(
        status=bindparam("new_status"),
        contact_id=given("new_contact", Dispatch.contact_id),
        due_at=given("new_due", Dispatch.due_at),
        ended_at=given("new_end", Dispatch.ended_at),
        gives_up_at=bindparam("new_limit"),
        reason=bindparam("new_reason"),
        bundle="",
    )
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A dispatch that a message needs: to a reader by a channel, or listed with the reason why there is none."""

    reader: Reader
    channel: str = ""
    address: Address | None = None
    reason: str = ""


def route(work: Work, channels: Sequence[Channel], pace: Pace, only: UUID | None = None) -> int:
    """Routes the messages that are due, up to a batch, or one of them alone; how many."""
    due = work.rows(_DUE, now=work.now, most=pace.batch) if only is None else work.rows(_ONE, wanted=only)
    if not due:
        return 0
    book = Book(work, (row.recipient for row in due))
    before = _dispatches(work, [row.id for row in due])
    for row in due:
        states = [one.status for one in before[row.id] if one.status != DispatchState.REPLACED]
        spoken = {one.recipient for one in before[row.id] if one.status != DispatchState.REPLACED}
        for wanted in _wanted(book.readers(row.recipient), row.recipient, channels):
            if wanted.reader.name not in spoken:
                states.append(_write(work, row, wanted, before[row.id], book, channels, pace))
        work.run(_ROUTED, wanted=row.id, new_status=whole(states))
    return len(due)


def listed(work: Work, message: Any, reason: str, pace: Pace) -> None:
    """Lists a message that cannot be routed, under its recipient, with the reason."""
    wanted = Wanted(reader=Reader(name=message.recipient, audience=Audience.OFFICER), reason=reason)
    before = _dispatches(work, [message.id])[message.id]
    state = _write(work, message, wanted, before, None, (), pace)
    states = [one.status for one in before if one.status != DispatchState.REPLACED]
    work.run(_ROUTED, wanted=message.id, new_status=whole([*states, state]))


def whole(states: Sequence[str]) -> MessageStatus:
    """A message's status by its dispatches' (those that were replaced do not count)."""
    if any(one in (DispatchState.WAITING, DispatchState.RETRYING) for one in states):
        return MessageStatus.ROUTED
    return MessageStatus.SENT if DispatchState.SENT in states else MessageStatus.FAILED


def _wanted(readers: Sequence[Reader], recipient: str, channels: Sequence[Channel]) -> Iterator[Wanted]:
    """For each reader the channels to use; one without any is listed, unless its unit's or party's own address serves."""
    names = [(one.name, one.kind) for one in channels]
    reached = {one.name for one in readers if chosen(one, names)}
    for reader in readers:
        ways = chosen(reader, names)
        for channel, address in ways:
            yield Wanted(reader=reader, channel=channel, address=address)
        if not ways and (reader.addresses or reader.covered_by not in reached):
            yield Wanted(reader=reader, reason=_why(reader))
    if not readers:
        yield Wanted(reader=Reader(name=recipient, audience=Audience.OFFICER), reason=NOBODY)


def _why(reader: Reader) -> str:
    """Why a reader cannot be reached."""
    if not reader.addresses:
        return NO_ADDRESS
    if reader.usable():
        return NO_CHANNEL
    return BOUNCING if any(one.status == ContactStatus.BOUNCING for one in reader.addresses) else UNVERIFIED


def _write(
    work: Work,
    message: Any,
    wanted: Wanted,
    before: Sequence[Any],
    book: Book | None,
    channels: Sequence[Channel],
    pace: Pace,
) -> DispatchState:
    """A new dispatch, or the one of this key that was replaced before, opened again."""
    reader, once = wanted.reader, f"{message.id}/{wanted.reader.name}/{wanted.channel}"
    state = DispatchState.UNDELIVERABLE if wanted.reason else DispatchState.WAITING
    at_once = urgent(message.kind) or bool(wanted.reason) or book is None
    due = work.now if at_once or book is None else reader.hours.due(work.now, book.calendar)
    contact = wanted.address.id if wanted.address else None
    ended: datetime | None = work.now if wanted.reason else None
    known = next((one for one in before if one.once == once), None)
    if known is not None:
        work.run(
            _REOPEN, wanted=known.id, new_status=state, new_contact=contact, new_due=due, new_end=ended,
            new_limit=known.attempts + pace.attempts, new_reason=wanted.reason,
        )  # fmt: skip
        return state
    group = any(one.group for one in channels if one.name == wanted.channel)
    work.add(
        Dispatch, once=once, message_id=message.id, recipient=reader.name,
        audience=Audience.GROUP if group else reader.audience, language=reader.language, channel=wanted.channel,
        contact_id=contact, status=state, digest=not at_once and reader.hours.digest_at is not None,
        gives_up_at=pace.attempts, due_at=due, ended_at=ended, reason=wanted.reason,
    )  # fmt: skip
    return state


def _dispatches(work: Work, messages: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """What these messages have already, where they are routed again."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    query = select(Dispatch.__table__).where(col(Dispatch.message_id).in_(messages))  # type: ignore[attr-defined]
    for row in work.execute(query.order_by(col(Dispatch.id))):
        found[row.message_id].append(row)
    return found
