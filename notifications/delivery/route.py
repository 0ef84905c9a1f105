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
from models.unit_of_work import UnitOfWork
from notifications.channels.parcel import Channel
from notifications.delivery.address_book import Address, AddressBook, Reader, chosen
from notifications.delivery.links import NO_LINKS, MessageLinks
from notifications.delivery.pace import Pace
from notifications.delivery.urgency import urgent
from notifications.wording import Audience

NOBODY = "没有可送达的人：该单位无人担任此职责，或没有这个主体 (nobody holds this duty, or there is no such party)"
NO_ADDRESS = "没有登记联系方式 (no address is known)"
BOUNCING = "联系方式已失效（退信），请更正 (the address bounces: correct it)"
UNVERIFIED = "联系方式尚未核验 (the address is not verified yet)"
NO_CHANNEL = "没有可用的发送渠道 (no channel is open for the address)"

_WAITING = (
    select(col(Message.id), col(Message.kind), col(Message.recipient), col(Message.case_id))
    .where(col(Message.status) == "waiting", col(Message.due_at) <= given("now", Message.due_at))
    .order_by(col(Message.due_at), col(Message.id))
    .limit(bindparam("most"))
)
DUE = Prepared(_WAITING)  # as a look; `route` takes them
_DUE = Prepared(_WAITING.with_for_update(skip_locked=True))
_ONE = Prepared(
    select(col(Message.id), col(Message.kind), col(Message.recipient), col(Message.case_id))
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
class WantedDispatch:
    """A dispatch that a message needs: to a reader by a channel, or listed with the reason why there is none."""

    reader: Reader
    channel: str = ""
    address: Address | None = None
    reason: str = ""


def route(
    work: UnitOfWork,
    channels: Sequence[Channel],
    pace: Pace,
    only: UUID | None = None,
    links: MessageLinks = NO_LINKS,
) -> int:
    """Routes the messages that are due, up to a batch, or one of them alone; how many."""
    due = work.rows(_DUE, now=work.now, most=pace.batch) if only is None else work.rows(_ONE, wanted=only)
    if not due:
        return 0
    book = AddressBook(work, (row.recipient for row in due))
    before = _dispatches(work, [row.id for row in due])
    linked = []
    for row in due:
        states = [dispatch.status for dispatch in before[row.id] if dispatch.status != DispatchState.REPLACED]
        spoken = {dispatch.recipient for dispatch in before[row.id] if dispatch.status != DispatchState.REPLACED}
        for wanted in _wanted(book.readers(row.recipient), row.recipient, channels):
            if wanted.reader.name not in spoken:
                states.append(_write(work, row, wanted, before[row.id], book, channels, pace))
                linked += [(row.id, wanted.reader.name)] if row.case_id and not wanted.reason else []
        work.run(_ROUTED, wanted=row.id, new_status=message_status(states))
    links.keep(work, linked)
    return len(due)


def listed(work: UnitOfWork, message: Any, reason: str, pace: Pace) -> None:
    """Lists a message that cannot be routed, under its recipient, with the reason."""
    wanted = WantedDispatch(reader=Reader(name=message.recipient, audience=Audience.OFFICER), reason=reason)
    before = _dispatches(work, [message.id])[message.id]
    state = _write(work, message, wanted, before, None, (), pace)
    states = [dispatch.status for dispatch in before if dispatch.status != DispatchState.REPLACED]
    work.run(_ROUTED, wanted=message.id, new_status=message_status([*states, state]))


def message_status(states: Sequence[str]) -> MessageStatus:
    """A message's status by its dispatches' (those that were replaced do not count)."""
    if any(state in (DispatchState.WAITING, DispatchState.RETRYING) for state in states):
        return MessageStatus.ROUTED
    return MessageStatus.SENT if DispatchState.SENT in states else MessageStatus.FAILED


def _wanted(readers: Sequence[Reader], recipient: str, channels: Sequence[Channel]) -> Iterator[WantedDispatch]:
    """For each reader the channels to use; one without any is listed, unless its unit's or party's own address serves."""
    names = [(channel.name, channel.kind) for channel in channels]
    reached = {reader.name for reader in readers if chosen(reader, names)}
    for reader in readers:
        ways = chosen(reader, names)
        for channel, address in ways:
            yield WantedDispatch(reader=reader, channel=channel, address=address)
        if not ways and (reader.addresses or reader.covered_by not in reached):
            yield WantedDispatch(reader=reader, reason=_why(reader))
    if not readers:
        yield WantedDispatch(reader=Reader(name=recipient, audience=Audience.OFFICER), reason=NOBODY)


def _why(reader: Reader) -> str:
    """Why a reader cannot be reached."""
    if not reader.addresses:
        return NO_ADDRESS
    if reader.usable():
        return NO_CHANNEL
    return BOUNCING if any(address.status == ContactStatus.BOUNCING for address in reader.addresses) else UNVERIFIED


def _write(
    work: UnitOfWork,
    message: Any,
    wanted: WantedDispatch,
    before: Sequence[Any],
    book: AddressBook | None,
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
    known = next((dispatch for dispatch in before if dispatch.once == once), None)
    if known is not None:
        work.run(
            _REOPEN, wanted=known.id, new_status=state, new_contact=contact, new_due=due, new_end=ended,
            new_limit=known.attempts + pace.attempts, new_reason=wanted.reason,
        )  # fmt: skip
        return state
    group = any(channel.group for channel in channels if channel.name == wanted.channel)
    work.add(
        Dispatch, once=once, message_id=message.id, recipient=reader.name,
        audience=Audience.GROUP if group else reader.audience, language=reader.language, channel=wanted.channel,
        contact_id=contact, status=state, digest=not at_once and reader.hours.digest_at is not None,
        gives_up_at=pace.attempts, due_at=due, ended_at=ended, reason=wanted.reason,
    )  # fmt: skip
    return state


def _dispatches(work: UnitOfWork, messages: Sequence[UUID]) -> dict[UUID, list[Any]]:
    """What these messages have already, where they are routed again."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    query = select(Dispatch.__table__).where(col(Dispatch.message_id).in_(messages))  # type: ignore[attr-defined]
    for row in work.execute(query.order_by(col(Dispatch.id))):
        found[row.message_id].append(row)
    return found
