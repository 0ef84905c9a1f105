"""Benefits received elsewhere (city, province, earlier plans): what 就高不重复 compares with."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import SQLModel

from models.columns import fen, instant, key, ref, text, word


class BenefitRecord(SQLModel, table=True):
    """Money that a party had or will have from another policy for a subject."""

    __tablename__ = "benefit"

    __table_args__ = (
        UniqueConstraint("source", "reference", "subject", name="benefit_is_unique"),
        CheckConstraint("amount_fen >= 0", name="benefit_is_not_negative"),
        Index("benefit_by_subject", "subject"),
    )

    id: UUID = key()
    party_id: UUID = ref("party.id", index=True)
    subject: str
    basis: str = word()  # the subject as it was typed; of a person, and of what was entered before, nothing
    source: str
    level: str
    reference: str
    period: str = ""
    amount_fen: int = fen()
    paid: bool = True
    returned: bool = False
    entered_by: str = text()
    entered_at: datetime = instant()
