"""Every message that was meant for somebody, the newest first: to themselves, to their party, to the duties that they hold now.

Each stands as it was worded for them, with what became of their copies. A one-time code is in no page: it is stored nowhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import col

from casework.awards.mail_attachments import TITLES, papers_in
from casework.lifecycle.read_access import scope, seen
from casework.shared.errors import Refused
from casework.shared.reference import Reference, reference
from casework.views.value_wordings import term
from models import Case, Dispatch, DispatchState, Duty, Message, MessageStatus
from models.clock import business_date
from models.duty_names import DUTIES
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications.delivery.rendering import CODE_OF
from notifications.wording import WORDINGS, Audience, Reading, compose

PAGE = 20
SENT, WAITING, FAILED = "sent", "waiting", "failed"
_CODE = ("只发送到您的地址，这里不显示", "sent to your address only, not shown here")
_BY_DUTY = "unit:"
_STANDS = {MessageStatus.SENT: SENT, MessageStatus.FAILED: FAILED}


@dataclass(frozen=True, kw_only=True)
class MessageCopy:
    """One copy on its way to the reader: by which channel, how far, and why not; in two languages."""

    channel: tuple[str, str]
    state: tuple[str, str]
    reason: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class PersonalMessage:
    """One message as its reader sees it. `stands`: sent, waiting or failed. `case`: where it is theirs to open.

    `told`: unit and duty that were told, two empty texts where the reader or their party was.
    """

    id: UUID
    at: datetime
    title: str
    text: str
    stands: str
    case: str
    own_case: bool
    told: tuple[str, str]
    copies: tuple[MessageCopy, ...]
    papers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MessageBox:
    """A page of messages; `after`: the last one on it, where older ones follow."""

    messages: tuple[PersonalMessage, ...]
    after: UUID | None


def personal_messages(
    store: Store, reader: UUID, language: str, *, after: UUID | None = None, limit: int = PAGE
) -> MessageBox:
    """A page of the reader's messages; `after`: the last one of the page before."""
    with store.read() as work:
        facts = reference(store, work)
        who = scope(work, facts, reader).who
        own = [f"person:{reader}", *([f"party:{who.party_id}"] if who.party_id else [])]
        units = tuple(_duties(facts, reader, work.now))
        found = _newest(work, [*own, *units], _place(work, after), limit + 1)
        rows = _rows(work, found[:limit])
        copies = _copies(work, [row.id for row in rows], [*own, *_rooms(units)])
        open_cases = _open_cases(store, work, reader, rows)
        shown = tuple(
            _shown(work, facts, row, language, copies.get(row.id, ()), who.party_id, row.case_id in open_cases)
            for row in rows
        )
    return MessageBox(messages=shown, after=rows[-1].id if len(found) > limit else None)


def _duties(facts: Reference, reader: UUID, now: datetime) -> Iterator[str]:
    """How messages name the duties that the reader holds now, their own and those in which they stand in."""
    held = {
        (row.unit, duty)
        for holdings in (facts.own, facts.delegated)
        for (owner, duty), listed in holdings.items()
        if owner == reader
        for row in listed
        if facts.holding(reader, duty, row.unit, now)
    }
    for unit, duty in sorted(held):
        yield f"{_BY_DUTY}{unit}:{duty}"
    for duty in sorted({duty for _, duty in held}):
        yield f"{_BY_DUTY}:{duty}"


def _rooms(units: Iterable[str]) -> list[str]:
    """The units' own mailboxes and rooms."""
    return sorted({f"{_BY_DUTY}{unit}" for unit in (_unit_and_duty(name)[0] for name in units) if unit})


def _unit_and_duty(recipient: str) -> tuple[str, str]:
    unit, _, duty = recipient.removeprefix(_BY_DUTY).rpartition(":")
    return unit, duty


def _place(work: UnitOfWork, after: UUID | None) -> Any | None:
    """Where a page begins; an id that is none is refused."""
    if after is None:
        return None
    row = work.execute(select(col(Message.id), col(Message.due_at)).where(col(Message.id) == after)).first()
    if row is None:
        raise Refused("not_yours", "没有这一页", "there is no such page", field="after")
    return row


def _newest(work: UnitOfWork, recipients: Sequence[str], place: Any | None, limit: int) -> list[UUID]:
    """The newest ids of all recipients together: a walk through the index for each of them, as far as the page goes."""
    due, key = col(Message.due_at), col(Message.id)
    found: list[tuple[datetime, str, UUID]] = []
    for recipient in recipients:
        query = select(due, key).where(col(Message.recipient) == recipient, due <= work.now)
        if place is not None:
            query = query.where(or_(due < place.due_at, and_(due == place.due_at, key < place.id)))
        rows = work.execute(query.order_by(due.desc(), key.desc()).limit(limit))
        found += [(at, identity.hex, identity) for at, identity in rows]
    return [identity for _, _, identity in sorted(found, reverse=True)[:limit]]


def _rows(work: UnitOfWork, wanted: Sequence[UUID]) -> list[Any]:
    query = (
        select(Message.__table__, col(Case.number), col(Case.party_id))  # type: ignore[attr-defined]
        .join(Case, col(Case.id) == col(Message.case_id), isouter=True)
        .where(col(Message.id).in_(wanted))
    )
    found = {row.id: row for row in work.execute(query)}
    return [found[identity] for identity in wanted]


def _copies(work: UnitOfWork, messages: Sequence[UUID], names: Sequence[str]) -> Mapping[UUID, list[Any]]:
    """What went, or is to go, to the reader and to the mailboxes that they share."""
    found: dict[UUID, list[Any]] = defaultdict(list)
    columns = (col(Dispatch.message_id), col(Dispatch.channel), col(Dispatch.status), col(Dispatch.reason))
    live = (col(Dispatch.recipient).in_(names), col(Dispatch.status) != DispatchState.REPLACED)
    query = select(*columns).where(col(Dispatch.message_id).in_(messages), *live)
    for row in work.execute(query.order_by(col(Dispatch.id))):
        found[row.message_id].append(row)
    return found


def _open_cases(store: Store, work: UnitOfWork, reader: UUID, rows: Iterable[Any]) -> set[UUID]:
    """Those of the cases that the reader may open."""
    named = {row.case_id for row in rows if row.case_id}
    if not named:
        return set()
    try:
        mine = seen(store, work, reader)
    except Refused:  # neither a duty any more nor a party
        return set()
    return set(work.execute(select(col(Case.id)).where(col(Case.id).in_(named), mine)).scalars())


def _shown(
    work: UnitOfWork,
    facts: Reference,
    row: Any,
    language: str,
    copies: Sequence[Any],
    party: UUID | None,
    open_case: bool,
) -> PersonalMessage:
    unit, duty = _unit_and_duty(row.recipient) if row.recipient.startswith(_BY_DUTY) else ("", "")
    title, text = _words(row, language, facts, Audience.OFFICER if party is None else Audience.APPLICANT, unit, duty)
    own = row.recipient == f"party:{party}"
    zh, en = DUTIES[Duty(duty)] if duty in set(Duty) else (duty, duty)
    return PersonalMessage(
        id=row.id,
        at=row.due_at,
        title=title,
        text=text,
        stands=_stands(row.status, [copy.status for copy in copies]),
        case=row.number if row.number and open_case else "",
        own_case=party is not None and row.party_id == party,
        told=(f"{unit} {zh}".strip(), f"{unit} {en}".strip()),
        copies=tuple(_copy(copy) for copy in copies),
        papers=tuple(paper.name for paper in papers_in(work, row.id)) if own and row.kind in TITLES else (),
    )


def _words(row: Any, language: str, facts: Reference, audience: Audience, unit: str, duty: str) -> tuple[str, str]:
    """Title and text; of a kind that is worded no more, its name."""
    content = loads(row.content)
    if row.kind not in WORDINGS:
        return row.kind, ""
    if CODE_OF in content:
        content["code"] = _CODE[language == "en"]
    reading = Reading(
        audience=audience, today=business_date(row.due_at), language=language, calendar=facts.calendar, unit=unit, duty=duty
    )  # fmt: skip
    letter = compose(row.kind, content, reading)
    lines = (f"{line.label}：{line.words}" if language == "zh" else f"{line.label}: {line.words}"
             for line in letter.lines if line.name in ("do", "by"))  # fmt: skip
    return letter.heading, "\n".join((letter.happened, *lines))


def _stands(status: str, copies: Sequence[str]) -> str:
    """By the reader's own copies; where they have none yet, or a shared mailbox serves, by the message's."""
    if not copies:
        return _STANDS.get(MessageStatus(status), WAITING)
    if DispatchState.SENT in copies:
        return SENT
    return WAITING if {DispatchState.WAITING, DispatchState.RETRYING} & set(copies) else FAILED


def _copy(row: Any) -> MessageCopy:
    """Reasons are kept as "中文 (English)"; of what was given up the other side's own words stay with the operators."""
    zh, _, en = row.reason.partition(" (")
    said = (zh, en.rstrip(")") or zh) if row.status == DispatchState.UNDELIVERABLE else ("", "")
    return MessageCopy(
        channel=term("channel", row.channel) if row.channel else ("", ""),
        state=term("dispatch", row.status),
        reason=said,
    )
