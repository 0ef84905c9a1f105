"""Awards with their trace, the entitlement that a decision makes of one, and the keys that stacking compares."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from models.columns import BY_ID, fen, instant, key, optional_fen, ref, text, word, yes
from models.sealing import personal_document

IN_FORCE = sql("NOT ended")


class AwardRecord(SQLModel, table=True):
    """A computed award, with everything needed to compute it again to the fen: inputs, parameters, rule digest."""

    __tablename__ = "award"

    __table_args__ = (
        UniqueConstraint("case_id", "sequence", name="award_is_numbered"),
        CheckConstraint("amount_fen >= 0 AND amount_fen <= gross_fen", name="award_within_gross"),
        CheckConstraint("ceiling_fen IS NULL OR amount_fen <= ceiling_fen", name="award_within_ceiling"),
    )

    id: UUID = key()
    case_id: UUID = ref("case_file.id")
    sequence: int = 1
    gross_fen: int = fen()
    ceiling_fen: int | None = optional_fen()
    amount_fen: int = fen()
    fund_id: UUID | None = ref("fund.id", optional=True)
    rule_version: str = text()
    rule_digest: str
    inputs: str = personal_document()
    trace: str = personal_document()
    hash: str
    computed_at: datetime = instant()


class Entitlement(SQLModel, table=True):
    """What a decision promised of an award: at most one in force a case, paid never beyond approved. An undone one is ended."""

    __table_args__ = (
        Index("one_entitlement_a_case", "case_id", unique=True, sqlite_where=IN_FORCE, postgresql_where=IN_FORCE),
        CheckConstraint("NOT ended OR paid_fen = 0", name="only_unpaid_entitlements_end"),
        CheckConstraint("approved_fen > 0", name="entitlement_is_positive"),
        CheckConstraint("paid_fen >= 0 AND paid_fen <= approved_fen", name="paid_within_approved"),
        BY_ID,
    )

    id: UUID = key()
    case_id: UUID = ref("case_file.id")
    party_id: UUID = ref("party.id")
    fund_id: UUID = ref("fund.id")
    award_id: UUID | None = ref("award.id", optional=True)  # what it rests on; None: none is known, a breach
    approved_fen: int = fen()
    paid_fen: int = fen(0)
    attempts: int = 0
    ended: bool = False
    made_at: datetime = instant()


class SubjectKey(SQLModel, table=True):
    """What the money of a case is for (device, award, invoice …): where two cases share one, 就高不重复 decides."""

    __table_args__ = (
        UniqueConstraint("case_id", "key", name="key_once_a_case"),
        Index("subject_by_key", "key"),
        BY_ID,
    )
    __tablename__ = "subject_key"

    id: UUID = key()
    case_id: UUID = ref("case_file.id")
    key: str
    certain: bool = yes()  # who shares it has the same subject; else a person compares
    inside: bool = yes()  # it also ties cases of the same plan
    period: str = word()  # the days that the case is for, where the item says them: "2023-01-01/2023-06-30"
