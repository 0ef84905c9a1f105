"""Decisions: every change of a case's state, with who, for whom, on which version, and why. Append-only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.columns import BY_ID, document, instant, key, one_of, ref, text
from models.people import Duty


class Decision(SQLModel, table=True):
    """One act on one case. `act_id` is made by the client: the same act sent twice is one row.

    `natural_key` is the person behind the account; a trigger refuses two conflicting duties of one person on a case.
    """

    __table_args__ = (
        one_of("duty", Duty),
        Index("decision_once_a_version", "case_id", "version", unique=True),
        BY_ID,
    )

    id: UUID = key()
    act_id: UUID = Field(unique=True)
    case_id: UUID = ref("case_file.id")
    version: int
    action: str
    duty: str
    from_state: str
    to_state: str
    person_id: UUID | None = ref("person.id", optional=True)
    natural_key: str = ""
    on_behalf_of: UUID | None = ref("person.id", optional=True)
    unit: str | None = ref("unit.name", optional=True)
    outcome: str = ""
    reason_code: str = ""
    reason: str = text()
    clause: str = ""
    content: str = document()
    decided_at: datetime = instant()


class Transition(SQLModel, table=True):
    """The moves that a case may make; a trigger refuses every other."""

    from_state: str = Field(primary_key=True)
    to_state: str = Field(primary_key=True)
