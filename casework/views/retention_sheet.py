"""Natural persons before the end of their retention, masked, and each anonymisation with what it destroys and who settled it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.read_access import refuse_retention
from casework.privacy import retention
from casework.privacy.masking import masked_name
from casework.privacy.retention import Extent, Subject
from casework.shared.errors import Refused
from casework.shared.reference import reference
from models import Anonymisation, AuditEntry, Case, Erasure
from models.store import Store
from models.unit_of_work import UnitOfWork

NUMBERS = 100  # of the cases of one person, shown


@dataclass(frozen=True, kw_only=True)
class KeptPerson:
    """A natural person whose data are kept. `due`: the day is over and nobody proposed them; `tail`: tells namesakes apart."""

    party: UUID
    name: str
    tail: str
    cases: int
    due_on: date | None
    basis: tuple[str, str]
    due: bool
    proposal: UUID | None


@dataclass(frozen=True, kw_only=True)
class RetentionPage:
    """Some of the persons, how many there are and how many of them are due, and all anonymisations, the newest first."""

    rows: tuple[KeptPerson, ...]
    total: int
    due: int
    proposals: tuple[Mapping[str, Any], ...]
    proposes: bool


@dataclass(frozen=True, kw_only=True)
class AnonymisationSheet:
    """One proposal. `extent`: what confirming it destroys, while it waits; `hinders`: why the reader may not settle it."""

    row: Mapping[str, Any]
    name: str
    numbers: tuple[str, ...]
    more: int
    extent: Extent | None
    hinders: Refused | None
    why_rejected: str


def retention_page(store: Store, *, due_only: bool, offset: int, limit: int, reader: UUID) -> RetentionPage:
    """Those whom the reader may propose or confirm; who may do neither is refused."""
    with store.read() as work:
        refuse_retention(store, work, reader)
        found = [_kept(person, work.today) for person in retention.subjects(store, work)]
        facts = reference(store, work)
        proposes = any(facts.holding(reader, duty, None, work.now) for duty in retention.PROPOSERS)
        proposals = tuple(reversed(retention.listed(work)))
    due = [person for person in found if person.due]
    listed = due if due_only else found
    return RetentionPage(
        rows=tuple(listed[offset : offset + limit]),
        total=len(listed),
        due=len(due),
        proposals=proposals,
        proposes=proposes,
    )


def anonymisation_sheet(store: Store, proposal: UUID, *, reader: UUID) -> AnonymisationSheet:
    """One proposal with what it would destroy; Refused (unknown_proposal) where there is none."""
    with store.read() as work:
        refuse_retention(store, work, reader)
        row = next((listed for listed in retention.listed(work) if listed["id"] == proposal), None)
        if row is None:
            raise Refused("unknown_proposal", "没有这项匿名化提议", "there is no such proposal", field="id")
        stored = work.execute(select(Anonymisation.__table__).where(col(Anonymisation.id) == proposal)).one()  # type: ignore[attr-defined]
        party, waits = row["party_id"], row["status"] == Erasure.PROPOSED
        subject = next(iter(retention.subjects(store, work, party=party)), None)
        numbers = list(work.execute(_numbers(party)).scalars())
        return AnonymisationSheet(
            row=row,
            name=masked_name(subject.name) if subject else "",
            numbers=tuple(numbers[:NUMBERS]),
            more=max(len(numbers) - NUMBERS, 0),
            extent=retention.extent(work, party) if waits else None,
            hinders=retention.hinders(store, work, reader, stored) if waits else None,
            why_rejected=_why_rejected(work, proposal),
        )


def _numbers(party: UUID) -> Any:
    return select(col(Case.number)).where(col(Case.party_id) == party).order_by(col(Case.number))


def _kept(person: Subject, today: date) -> KeptPerson:
    return KeptPerson(
        party=person.party,
        name=masked_name(person.name),
        tail=str(person.party)[-8:],
        cases=person.cases,
        due_on=person.due_on,
        basis=(person.basis, person.basis_en),
        due=person.due_on is not None and person.due_on <= today and person.anonymisation is None,
        proposal=person.anonymisation,
    )


def _why_rejected(work: UnitOfWork, proposal: UUID) -> str:
    said = select(col(AuditEntry.content)).where(
        col(AuditEntry.subject) == str(proposal), col(AuditEntry.action) == "retention.reject"
    )
    content = work.execute(said).scalars().first()
    return str(loads(content).get("reason", "")) if content else ""
