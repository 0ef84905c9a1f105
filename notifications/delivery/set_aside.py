"""A message that cannot be handled is set aside with its reason, so that it holds up none behind it; operators hear of it once.

What a person wrote, or what a register holds of a reader, may make one message impossible to route, to take or to word. A fault
that every message has is none of theirs: then nothing is set aside, and delivery tells that it breaks.
"""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from models import Duty, Message, MessageStatus
from models.database_errors import ErrorKind, kind_of
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications.channels.parcel import Channel
from notifications.delivery.links import MessageLinks
from notifications.delivery.pace import Pace
from notifications.delivery.route import DUE, listed, route
from notifications.outbox import Tell, queue_once
from notifications.wording import WORDINGS

KIND = "message_set_aside"
log = logging.getLogger("duixian.delivery")


def reason(fault: str) -> str:
    """Why it is listed: the kind of fault, never its words, which may hold what is personal."""
    return f"无法处理，已搁置：{fault} (it cannot be handled and was set aside)"


def isolate_faulty(store: Store, channels: Sequence[Channel], pace: Pace, links: MessageLinks) -> int | None:
    """Routes what is due one by one and sets aside what breaks; how many were routed, None where no single one is at fault."""
    with store.read() as work:
        due = work.rows(DUE, now=work.now, most=pace.batch)
    broken: list[tuple[Any, Exception]] = []
    routed = 0
    for row in due:
        try:
            with store.write() as work:
                routed += route(work, channels, pace, only=row.id, links=links)
        except Exception as wrong:
            if kind_of(wrong) in (ErrorKind.AWAY, ErrorKind.RACE):
                raise
            broken.append((row, wrong))
    if not broken or (len(broken) > 1 and len(broken) == len(due)):
        return None
    for row, fault in broken:
        log.error("message %s cannot be routed and is set aside", row.id, exc_info=fault)
        with store.write() as work:
            _set_aside(work, row, type(fault).__name__, pace)
    return routed


def _set_aside(work: UnitOfWork, row: Any, fault: str, pace: Pace) -> None:
    taken = update(Message).where(col(Message.id) == row.id, col(Message.status) == MessageStatus.WAITING)
    if work.execute(taken.values(status=MessageStatus.FAILED)).rowcount == 1:
        listed(work, row, reason(fault), pace)
        tell_operators(work, row.id, row.kind, fault)


def tell_operators(work: UnitOfWork, message: UUID, kind: str, fault: str) -> None:
    """Operators, once a message; never about the telling itself."""
    if kind == KIND:
        return
    title = WORDINGS[kind].zh.title if kind in WORDINGS else kind
    content = {"message": str(message), "kind": title, "fault": fault}
    to = f"unit::{Duty.ADMINISTRATOR}"
    queue_once(work, Tell(kind=KIND, to=to, content=content), once=f"{KIND}/{message}/{to}")
