"""Messages as people see them: what was told, how far it is, every attempt; addresses are not shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlmodel import col

from casework.lifecycle.read_access import Reader, messages_seen, refuse_unnamed
from casework.privacy.masking import party_name
from casework.shared.errors import Refused
from models import Case, Dispatch, Duty, Message, Party, Person, SendLog
from models.duty_names import DUTIES
from models.messages import LISTED
from models.store import Store
from models.unit_of_work import UnitOfWork

_MESSAGES: Select[Any] = select(
    col(Message.id),
    col(Message.kind),
    col(Case.number).label("case"),
    col(Message.recipient),
    col(Message.status),
    col(Message.due_at),
).join(Case, col(Case.id) == Message.case_id, isouter=True)


@dataclass(frozen=True, kw_only=True)
class MessageRow:
    """A message in a list."""

    id: UUID
    kind: str
    case: str
    recipient: str
    status: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class Attempted:
    """One line of the send log."""

    attempt: int
    outcome: str
    detail: str
    wording: str
    repeats: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class DispatchRow:
    """A message on its way to one reader by one channel."""

    message: UUID
    kind: str
    case: str
    reader: str
    channel: str
    status: str
    attempts: int
    due_at: datetime
    reason: str
    log: tuple[Attempted, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ToldMessage:
    """A message with all that became of it."""

    message: MessageRow
    content: dict[str, Any]
    dispatches: tuple[DispatchRow, ...] = field(default=())


def listed(
    store: Store, *, status: str = "", kind: str = "", case: str = "", most: int = 50, reader: Reader = None
) -> list[MessageRow]:
    """The newest messages that the reader may see."""
    query = _MESSAGES
    for column, wanted in ((Message.status, status), (Message.kind, kind), (Case.number, case)):
        if wanted:
            query = query.where(col(column) == wanted)
    with store.read() as work:
        query = query.where(messages_seen(store, work, reader))
        rows = work.execute(query.order_by(col(Message.due_at).desc(), col(Message.id).desc()).limit(most)).all()
        names = _names(work, [row.recipient for row in rows])
    return [_message(row, names) for row in rows]


def counted(store: Store, *, reader: Reader = None) -> dict[str, int]:
    """How many messages the reader may see, by status."""
    with store.read() as work:
        query = select(col(Message.status), func.count()).where(messages_seen(store, work, reader))
        rows = work.execute(query.group_by(col(Message.status)))
        return dict(sorted(rows.tuples().all()))


def undelivered(store: Store, *, most: int = 200, reader: Reader = None) -> list[DispatchRow]:
    """What was given up or could not be addressed, oldest first."""
    with store.read() as work:
        mine = messages_seen(store, work, reader)
        return _dispatches(work, and_(col(Dispatch.status).in_(LISTED), mine), most)


def told(store: Store, message: UUID, *, reader: Reader = None) -> ToldMessage:
    """One message with its dispatches and every attempt."""
    refuse_unnamed(reader, "消息内容", "a message")
    with store.read() as work:
        mine = col(Message.id).in_(select(col(Message.id)).where(messages_seen(store, work, reader)))
        row = work.execute(_MESSAGES.add_columns(col(Message.content)).where(col(Message.id) == message)).first()
        if row is None:
            raise Refused("message", "没有这条消息", "there is no such message", field="message")
        if work.execute(select(col(Message.id)).where(col(Message.id) == message, mine)).first() is None:
            zh = "没有权限查看这条消息；收件人、可以看其案件的人、审计人员和系统管理员可以看"
            raise Refused("not_yours", zh, "this message is not yours to see", field="by")
        sent = _dispatches(work, col(Dispatch.message_id) == message)
        names = _names(work, [row.recipient])
    return ToldMessage(message=_message(row, names), content=loads(row.content), dispatches=tuple(sent))


def _message(row: Any, names: dict[str, str]) -> MessageRow:
    return MessageRow(
        id=row.id,
        kind=row.kind,
        case=row.case or "",
        recipient=names.get(row.recipient, row.recipient),
        status=row.status,
        due_at=row.due_at,
    )


def _dispatches(work: UnitOfWork, condition: Any, most: int = 1000) -> list[DispatchRow]:
    query: Select[Any] = (
        select(Dispatch.__table__, col(Message.kind), col(Case.number).label("case"))  # type: ignore[attr-defined]
        .join(Message, col(Message.id) == Dispatch.message_id)
        .join(Case, col(Case.id) == Message.case_id, isouter=True)
        .where(condition)
        .order_by(col(Dispatch.due_at), col(Dispatch.id))
        .limit(most)
    )
    rows = work.execute(query).all()
    names, log = _names(work, [row.recipient for row in rows]), _log(work, [row.id for row in rows])
    return [
        DispatchRow(
            message=row.message_id,
            kind=row.kind,
            case=row.case or "",
            reader=names.get(row.recipient, row.recipient),
            channel=row.channel,
            status=row.status,
            attempts=row.attempts,
            due_at=row.due_at,
            reason=row.reason,
            log=tuple(log.get(row.id, ())),
        )
        for row in rows
    ]


def _log(work: UnitOfWork, dispatches: Sequence[UUID]) -> dict[UUID, list[Attempted]]:
    found: dict[UUID, list[Attempted]] = {}
    query = select(SendLog.__table__).where(col(SendLog.dispatch_id).in_(dispatches))  # type: ignore[attr-defined]
    for row in work.execute(query.order_by(col(SendLog.attempt))):
        attempted = Attempted(**{name: getattr(row, name) for name in Attempted.__dataclass_fields__})
        found.setdefault(row.dispatch_id, []).append(attempted)
    return found


def _names(work: UnitOfWork, recipients: Sequence[str]) -> dict[str, str]:
    """A recipient or reader as people know it: login, party's name, or unit with duty."""
    found: dict[str, str] = {}
    named = {recipient: _id(recipient) for recipient in recipients if recipient.startswith(("person:", "party:"))}
    ids = {recipient: identity for recipient, identity in named.items() if identity}
    logins = select(col(Person.id), col(Person.login)).where(col(Person.id).in_(ids.values()))
    people = {row.id: row.login for row in work.execute(logins)}
    columns = (col(Party.id), col(Party.kind), col(Party.name))
    rows = work.execute(select(*columns).where(col(Party.id).in_(ids.values())))
    parties = {row.id: party_name(row.kind, row.name) for row in rows}
    for name, identity in ids.items():
        found[name] = people.get(identity) or parties.get(identity) or name
    for name in recipients:
        if name.startswith("unit:"):
            found[name] = _unit(name)
    return found


def _unit(recipient: str) -> str:
    unit, _, duty = recipient.removeprefix("unit:").rpartition(":")
    known = duty in set(Duty) and bool(unit or recipient.startswith("unit::"))
    return f"{unit} {DUTIES[Duty(duty)][0]}".strip() if known else recipient.removeprefix("unit:")


def _id(recipient: str) -> UUID | None:
    try:
        return UUID(recipient.partition(":")[2])
    except ValueError:
        return None
