"""Who hears what became of an entry in a register: whose it is, and who entered it for them."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from models import Duty, Person
from models.unit_of_work import UnitOfWork


def told_of_entry(work: UnitOfWork, holder: str, entered_by: str) -> list[str]:
    """Recipients for a holder as registers name it: a person, a party's people or a unit's head; and another who entered it."""
    kind, _, name = holder.partition(":")
    found = [f"unit:{name}:{Duty.HEAD}" if kind == "unit" else holder]
    try:
        author = UUID(entered_by)
    except ValueError:  # the operator at the machine
        return found
    party = work.execute(select(col(Person.party_id)).where(col(Person.id) == author)).scalar()
    reads = holder == f"person:{author}" or (party is not None and holder == f"party:{party}")
    return found if reads else [*found, f"person:{author}"]
