"""Takes due dispatches for a channel under a lease, counts the attempt before it is made, and says what a dead process left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import loads
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, and_, bindparam, or_, select, update
from sqlmodel import col

from models import Case, Contact, ContactStatus, Dispatch, DispatchState, Message, MessageLink, SendLog, SendOutcome
from models.statements import Prepared, given
from models.unit_of_work import UnitOfWork
from notifications.channels.parcel import Channel
from notifications.delivery.pace import Pace
from notifications.delivery.set_aside import reason, tell_operators
from notifications.wording import Deadline

CUT_OFF = "上次发送中途中断，可能已送达 (cut off in mid-attempt: it may have arrived)"


@dataclass(frozen=True, kw_only=True)
class ClaimedPiece:
    """One dispatch in hand: its message, and what its wording may need to know."""

    dispatch: UUID
    once: str
    message: UUID
    attempt: int
    gives_up_at: int
    kind: str
    content: dict[str, Any]
    to: str
    reader: str
    audience: str
    language: str
    contact: UUID | None
    deadline: Deadline | None
    repeats: bool
    link: str = ""  # the hash of its reader's link, where there is one


@dataclass(frozen=True, kw_only=True)
class SendingJob:
    """One sending: a single message, or a digest of several, to one address by one channel, under one lease."""

    channel: str
    key: str
    address: str
    lease: str
    demo: bool
    made_at: datetime
    pieces: tuple[ClaimedPiece, ...]


# A channel's open dispatches that are due and in nobody's hands.
OPEN = (
    col(Dispatch.channel) == bindparam("wanted"),
    col(Dispatch.ended_at).is_(None),
    col(Dispatch.due_at) <= given("now", Dispatch.due_at),
    or_(col(Dispatch.leased_until).is_(None), col(Dispatch.leased_until) < given("real", Dispatch.leased_until)),
)


def _due() -> Select[Any]:
    """They, with what claiming and wording ask of them."""
    return (
        select(
            *(col(getattr(Dispatch, name)) for name in _OF_DISPATCH),
            col(Message.kind),
            col(Message.content),
            col(Message.recipient).label("told"),
            col(MessageLink.hash).label("link"),
            col(Contact.address),
            col(Contact.status).label("contact_status"),
            col(Case.party_id),
            col(Case.next_duty),
            col(Case.next_unit),
            col(Case.next_due),
            col(Case.due_provisional),
        )
        .join(Message, col(Message.id) == Dispatch.message_id)
        .join(Contact, col(Contact.id) == Dispatch.contact_id, isouter=True)
        .join(Case, col(Case.id) == Message.case_id, isouter=True)
        .join(
            MessageLink,
            and_(col(MessageLink.message_id) == Dispatch.message_id, col(MessageLink.reader) == Dispatch.recipient),
            isouter=True,
        )
        .where(*OPEN)
        .order_by(col(Dispatch.due_at), col(Dispatch.id))
        .with_for_update(skip_locked=True, of=Dispatch)
    )


_OF_DISPATCH = (
    "id", "once", "message_id", "recipient", "audience", "language", "contact_id", "digest", "bundle", "attempts",
    "gives_up_at", "leased_until",
)  # fmt: skip
_FIRST = Prepared(_due().limit(bindparam("most")))
_BUNDLE = Prepared(
    _due().where(
        col(Dispatch.digest), col(Dispatch.recipient) == bindparam("reader"), col(Dispatch.bundle) == bindparam("name")
    )
)
_TAKE = Prepared(
    update(Dispatch)
    .where(col(Dispatch.id) == given("wanted", Dispatch.id))
    .values(
        attempts=bindparam("new_attempts"),
        bundle=bindparam("new_bundle"),
        lease=bindparam("new_lease"),
        leased_until=given("new_until", Dispatch.leased_until),
    )
)
_END = Prepared(
    update(Dispatch)
    .where(col(Dispatch.id) == given("wanted", Dispatch.id))
    .values(
        status=bindparam("new_status"),
        ended_at=given("now", Dispatch.ended_at),
        reason=bindparam("new_reason"),
        lease="",
        leased_until=None,
    )
)


@dataclass(frozen=True)
class Claimed:
    """What was taken, and the messages whose state has to be looked at again: settled anew, or routed anew."""

    jobs: tuple[SendingJob, ...]
    ended: frozenset[UUID]
    to_reroute: frozenset[UUID]


def claim(work: UnitOfWork, channel: Channel, most: int, pace: Pace, real: datetime) -> Claimed:
    """At most so many sendings (a digest is one). `real` is the machine's time: a lease must end on a frozen clock too."""
    asked = {"wanted": channel.name, "now": work.now, "real": real}
    jobs, ended, to_reroute, seen = [], set(), set(), set[UUID]()
    for first in work.rows(_FIRST, most=most, **asked):
        if first.id in seen:
            continue
        rows = work.rows(_BUNDLE, reader=first.recipient, name=first.bundle, **asked) if first.digest else [first]
        seen |= {row.id for row in rows}
        _log_cut_off(work, channel, rows)
        good = []
        for row in rows:
            if row.contact_id is not None and row.contact_status != ContactStatus.VERIFIED:
                work.run(_END, wanted=row.id, new_status=DispatchState.REPLACED, now=work.now, new_reason="")
                to_reroute.add(row.message_id)
            elif row.attempts >= row.gives_up_at:
                work.run(_END, wanted=row.id, new_status=DispatchState.DEAD, now=work.now, new_reason=CUT_OFF)
                ended.add(row.message_id)
            elif fault := _unreadable(row):
                work.run(_END, wanted=row.id, new_status=DispatchState.DEAD, now=work.now, new_reason=reason(fault))
                ended.add(row.message_id)
                tell_operators(work, row.message_id, row.kind, fault)
            else:
                good.append(row)
        if good:
            jobs.append(_take(work, channel, good, pace, real))
    return Claimed(tuple(jobs), frozenset(ended), frozenset(to_reroute))


def _unreadable(row: Any) -> str:
    """The kind of fault of a message whose content is no set of fields; "" where it can be read."""
    try:
        return "" if isinstance(_piece(row, False).content, dict) else "TypeError"
    except Exception as wrong:
        return type(wrong).__name__


def _take(work: UnitOfWork, channel: Channel, rows: Sequence[Any], pace: Pace, real: datetime) -> SendingJob:
    """The lease is written, and the attempt counted, before anything is sent."""
    lease, bundle = uuid4().hex, rows[0].bundle or (rows[0].once if rows[0].digest else "")
    until = real + timedelta(seconds=pace.lease)
    work.run_many(
        _TAKE,
        [
            {"wanted": row.id, "new_attempts": row.attempts + 1, "new_bundle": bundle, "new_lease": lease,
             "new_until": until}
            for row in rows
        ],
    )  # fmt: skip
    doubtful = _doubtful(work, [row.id for row in rows if row.attempts])
    return SendingJob(
        channel=channel.name,
        key=bundle or rows[0].once,
        address=rows[0].address or "",
        lease=lease,
        demo=work.demo,
        made_at=work.now,
        pieces=tuple(_piece(row, row.id in doubtful) for row in rows),
    )


def _piece(row: Any, repeats: bool) -> ClaimedPiece:
    return ClaimedPiece(
        dispatch=row.id,
        once=row.once,
        message=row.message_id,
        attempt=row.attempts + 1,
        gives_up_at=row.gives_up_at,
        kind=row.kind,
        content=loads(row.content),
        to=row.told,
        reader=row.recipient,
        audience=row.audience,
        language=row.language,
        contact=row.contact_id,
        deadline=_deadline(row),
        repeats=repeats,
        link=row.link or "",
    )


def _deadline(row: Any) -> Deadline | None:
    """The case's next deadline, where it is the recipient's own turn."""
    if row.next_due is None:
        return None
    turn = f"party:{row.party_id}" if row.next_duty == "applicant" else f"unit:{row.next_unit or ''}:{row.next_duty}"
    return Deadline.at(row.next_due, provisional=row.due_provisional) if turn == row.told else None


def _log_cut_off(work: UnitOfWork, channel: Channel, rows: Sequence[Any]) -> None:
    """Attempts whose lease ran out without a word: their process is dead, and nobody knows what arrived."""
    for row in rows:
        if row.leased_until is None:
            continue
        work.add(
            SendLog, dispatch_id=row.id, attempt=row.attempts, parcel=row.bundle or row.once, recipient=row.recipient,
            channel=channel.name, kind=row.kind, outcome=SendOutcome.CUT_OFF, detail=CUT_OFF, at=work.now,
            repeats=row.id in _doubtful(work, [row.id]),
        )  # fmt: skip
    work.flush()


def _doubtful(work: UnitOfWork, dispatches: Sequence[UUID]) -> set[UUID]:
    """Those of which an earlier attempt may have arrived."""
    if not dispatches:
        return set()
    outcome = col(SendLog.outcome)
    may = or_(outcome == SendOutcome.UNKNOWN, outcome == SendOutcome.CUT_OFF)
    query = select(col(SendLog.dispatch_id)).where(and_(col(SendLog.dispatch_id).in_(dispatches), may))
    return set(work.execute(query).scalars())
