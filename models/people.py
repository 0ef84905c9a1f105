"""Who acts: units, persons (by natural person, second accounts included), grants of duties, delegations, tokens."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import instant, key, one_of, ref, text, word
from models.sealing import personal, personal_text


class Duty(StrEnum):
    """What a person may be on a case; `system` is the flow itself."""

    SYSTEM = "system"
    APPLICANT = "applicant"
    CLERK = "clerk"
    ACCEPTOR = "acceptor"
    SCREENER = "screener"
    CERTIFIER = "certifier"
    JOINT_REVIEWER = "joint_reviewer"
    HEAD = "head"
    AMOUNT_CHECKER = "amount_checker"
    DECIDER = "decider"
    INVESTIGATOR = "investigator"
    ALLOCATOR = "allocator"
    MAKER = "maker"
    CHECKER = "checker"
    RELEASER = "releaser"
    RECONCILER = "reconciler"
    DELIVERER = "deliverer"
    PARAMETER_AUTHOR = "parameter_author"
    PARAMETER_CONFIRMER = "parameter_confirmer"
    FUND_OFFICER = "fund_officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


# Nobody holds two of these on one case, except the pairs below (contract: "Who may not be whom").
SEPARATED = (
    Duty.APPLICANT,
    Duty.CLERK,
    Duty.ACCEPTOR,
    Duty.SCREENER,
    Duty.CERTIFIER,
    Duty.JOINT_REVIEWER,
    Duty.HEAD,
    Duty.AMOUNT_CHECKER,
    Duty.DECIDER,
    Duty.INVESTIGATOR,
    Duty.MAKER,
    Duty.CHECKER,
    Duty.RELEASER,
    Duty.RECONCILER,
)
COMPATIBLE = frozenset(
    {frozenset({Duty.ACCEPTOR, Duty.AMOUNT_CHECKER}), frozenset({Duty.MAKER, Duty.RECONCILER})},
)
# Auditors and administrators decide nothing: they may hold no duty on any case.
ONLOOKERS = frozenset({Duty.AUDITOR, Duty.ADMINISTRATOR})


def conflicting() -> list[tuple[Duty, Duty]]:
    """Every ordered pair of duties that one natural person may not hold on one case."""
    return [(a, b) for a in SEPARATED for b in SEPARATED if a is not b and frozenset({a, b}) not in COMPATIBLE]


class UnitRecord(SQLModel, table=True):
    """A bureau, town or finance office; its official name is its key."""

    __tablename__ = "unit"

    name: str = Field(primary_key=True)
    name_en: str = text()
    kind: str = "bureau"


class Person(SQLModel, table=True):
    """An account of a natural person; two accounts of one person share `natural_key`."""

    id: UUID = key()
    login: str = Field(unique=True)
    name: str = personal()
    natural_key: str = Field(index=True)
    party_id: UUID | None = ref("party.id", optional=True, index=True)
    contact: str = personal_text()
    language: str = "zh"
    active: bool = True


class Grant(SQLModel, table=True):
    """A duty that a person holds in a unit, from one instant to another."""

    __table_args__ = (
        one_of("duty", Duty),
        Index("grant_by_person", "person_id", "duty"),
        Index("grant_by_unit", "unit", "duty"),
    )
    __tablename__ = "grant_of_duty"

    id: UUID = key()
    person_id: UUID = ref("person.id")
    duty: str
    unit: str = ref("unit.name")
    valid_from: datetime = instant()
    valid_to: datetime | None = instant(optional=True)
    granted_by: str = text()


class Delegation(SQLModel, table=True):
    """AB 岗: for a time one person acts for another, and passes every guard again in their own right."""

    __table_args__ = (
        CheckConstraint("valid_from < valid_to", name="delegation_has_a_span"),
        CheckConstraint("from_person <> to_person", name="nobody_delegates_to_themselves"),
        Index("delegation_to", "to_person", "duty"),
    )

    id: UUID = key()
    from_person: UUID = ref("person.id")
    to_person: UUID = ref("person.id")
    duty: str
    unit: str = ref("unit.name")
    valid_from: datetime = instant()
    valid_to: datetime = instant()
    reason: str = text()


class Token(SQLModel, table=True):
    """What binds a command line to a person, or with scopes another system: only the hash of the secret is kept.

    `scopes`: what the API may be asked with it, blanks between them; "" is a token of the command line.
    """

    __table_args__ = (UniqueConstraint("hash", name="token_is_unique"),)

    id: UUID = key()
    person_id: UUID = ref("person.id", index=True)
    hash: str
    made_at: datetime = instant()
    ends_at: datetime | None = instant(optional=True)
    scopes: str = word()


class DutyConflict(SQLModel, table=True):
    """The pairs of duties that the decision trigger refuses for one natural person on one case."""

    __tablename__ = "duty_conflict"

    held: str = Field(primary_key=True)
    wanted: str = Field(primary_key=True)
