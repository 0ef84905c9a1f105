"""Who applies: enterprises, associations, institutions, persons and units, with their versioned bank accounts."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from models.columns import instant, key, one_of, ref, text
from models.sealing import personal, personal_text

VERIFIED = sql("status = 'verified'")


class PartyKind(StrEnum):
    """Who a party is; the same words as the policy's applicant kinds."""

    ENTERPRISE = "enterprise"
    ASSOCIATION = "association"
    INSTITUTION = "institution"
    PERSON = "person"
    UNIT = "unit"


class Party(SQLModel, table=True):
    """An applicant; `code` is the unified social credit code, the identity number's blind index, or the unit's name."""

    __table_args__ = (one_of("kind", PartyKind), UniqueConstraint("kind", "code", name="party_is_unique"))

    id: UUID = key()
    kind: str
    name: str = personal(index=True)
    code: str
    code_masked: str = ""
    town: str | None = ref("unit.name", optional=True)
    sector: str = ""
    registered_on: str = ""
    contact: str = personal_text()
    demo: bool = False
    created_at: datetime = instant()


class PartyAccount(SQLModel, table=True):
    """A version of a party's payee account; orders freeze one version, and a change starts unverified."""

    __table_args__ = (
        UniqueConstraint("party_id", "version", name="account_version_is_unique"),
        Index("one_verified_account", "party_id", unique=True, sqlite_where=VERIFIED, postgresql_where=VERIFIED),
        CheckConstraint("status IN ('unverified','verified','replaced')", name="account_status_is_known"),
    )
    __tablename__ = "party_account"

    id: UUID = key()
    party_id: UUID = ref("party.id", index=True)
    version: int
    holder: str = personal()
    bank: str
    number: str = personal()
    clearing_code: str = ""
    status: str = "unverified"
    entered_by: str = text()
    verified_by: str = text()
    entered_at: datetime = instant()
    usable_from: datetime | None = instant(optional=True)
