"""An address that the other side refuses for good: it is marked, and those who can correct it are told."""

from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from models import Contact, ContactStatus, Duty, Party, PartyKind, Person
from models.masking import masked_name
from models.unit_of_work import UnitOfWork
from notifications.outbox import Tell, queue_once

KIND = "contact_bounced"


def bounced(work: UnitOfWork, contact: UUID | None, detail: str) -> bool:
    """Marks the address and tells of it, once; False where the channel itself is the address."""
    if contact is None:
        return False
    mark = update(Contact).where(col(Contact.id) == contact, col(Contact.status) == ContactStatus.VERIFIED)
    values = {"status": ContactStatus.BOUNCING, "reason": detail, "changed_at": work.now}
    if work.execute(mark.values(**values)).rowcount == 1:
        _tell(work, contact, detail)
    return True


def _tell(work: UnitOfWork, contact: UUID, detail: str) -> None:
    """The administrators, and whoever entered it for somebody else; never by the address itself, which is no longer used."""
    row = work.execute(select(Contact.__table__).where(col(Contact.id) == contact)).one()  # type: ignore[attr-defined]
    readers = [f"unit::{Duty.ADMINISTRATOR}"]
    if len(row.entered_by) == len(str(contact)) and f"person:{row.entered_by}" != row.holder:
        readers.append(f"person:{row.entered_by}")
    content = {"who": _who(work, row.holder), "channel": row.channel}
    for to in readers:
        queue_once(work, Tell(kind=KIND, to=to, content=content), once=f"{KIND}/{contact}/{to}")
    work.audit(
        actor=Duty.SYSTEM,
        action="contacts.bounced",
        subject=str(contact),
        content={"holder": row.holder, "said": detail},
    )


def _who(work: UnitOfWork, holder: str) -> str:
    """Whose address it is, as the registers name them."""
    kind, _, name = holder.partition(":")
    if kind == "unit":
        return name
    if kind == "person":
        return str(work.execute(select(col(Person.login)).where(col(Person.id) == UUID(name))).scalar_one())
    found = work.execute(select(col(Party.name), col(Party.kind)).where(col(Party.id) == UUID(name))).one()
    return masked_name(found.name) if found.kind == PartyKind.PERSON else str(found.name)
