"""The messages of a case that went to its applicant, as they read on the page, and the written answers that go with them."""

from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.awards.mail_attachments import TITLES, papers_in
from casework.shared.errors import Refused
from casework.shared.reference import reference
from casework.views.own_cases import mine
from models import Message
from models.clock import business_date
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications.channels.parcel import Attachment
from notifications.wording import Audience, Reading, compose


@dataclass(frozen=True, kw_only=True)
class OwnMessage:
    """One message: when, its title and text, and the titles of the papers that go with it."""

    id: UUID
    at: datetime
    title: str
    text: str
    papers: tuple[str, ...] = ()


def own_messages(store: Store, reader: UUID, number: str, language: str) -> tuple[OwnMessage, ...]:
    """The messages of a case of the reader's party, the newest first."""
    with store.read() as work:
        case = mine(store, work, reader, number)
        rows = work.execute(
            select(col(Message.id), col(Message.kind), col(Message.content), col(Message.due_at))
            .where(col(Message.case_id) == case.id, col(Message.recipient) == f"party:{case.party_id}")
            .order_by(col(Message.due_at).desc(), col(Message.id).desc())
        )
        calendar = reference(store, work).calendar
        return tuple(_worded(work, row, language, calendar) for row in rows)


def own_paper(store: Store, reader: UUID, number: str, message: UUID) -> Attachment:
    """The written answer that goes with a message of a case of the reader's party."""
    with store.read() as work:
        case = mine(store, work, reader, number)
        theirs = (col(Message.case_id) == case.id, col(Message.recipient) == f"party:{case.party_id}")
        known = work.execute(select(col(Message.id)).where(col(Message.id) == message, *theirs)).first()
        papers = papers_in(work, message) if known else ()
    if not papers:
        raise Refused("not_yours", "没有这份文书", "there is no such paper", field="message")
    return papers[0]


def _worded(work: UnitOfWork, row: Any, language: str, calendar: Any) -> OwnMessage:
    day = business_date(row.due_at)
    reading = Reading(audience=Audience.APPLICANT, today=day, language=language, demo=work.demo, calendar=calendar)
    letter = compose(row.kind, loads(row.content), reading)
    papers = tuple(paper.name for paper in papers_in(work, row.id)) if row.kind in TITLES else ()
    return OwnMessage(id=row.id, at=row.due_at, title=letter.heading, text="\n".join(letter.plain()), papers=papers)
