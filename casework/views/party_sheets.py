"""Parties as officers' pages show them: the register a page at a time, one party with its accounts and changes, one change."""

from dataclasses import dataclass, replace
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlmodel import col

from casework.lifecycle.read_access import refuse_all_but_office
from casework.parties import party_corrections, party_register
from casework.parties.party_corrections import CONFIRMED, REJECTED, ChangeKind, ChangeRow
from casework.parties.party_register import PartyRow
from casework.privacy.masking import party_name
from casework.shared.errors import Refused
from casework.shared.merged_parties import Successor, successor
from casework.shared.reference import reference
from casework.shared.register_writes import one_side, writer
from casework.shared.text_normalization import narrow
from casework.staff import contact_addresses
from casework.staff.contact_addresses import ContactRow
from models import AuditEntry, Party, PartyKind, Person
from models.store import Store
from models.unit_of_work import UnitOfWork

_WHAT = ("申报主体", "parties")


@dataclass(frozen=True, kw_only=True)
class PartyPage:
    """Some of the parties found, and how many there are; a natural person's name and number masked."""

    rows: tuple[PartyRow, ...]
    total: int


@dataclass(frozen=True, kw_only=True)
class PartySheet:
    """One party. `heir`: into whom it was merged; `keeps`: whether the reader may propose changes; `seen`: what those bind to."""

    row: PartyRow
    addresses: tuple[ContactRow, ...]
    waiting: tuple[ChangeRow, ...]
    heir: Successor | None
    keeps: bool
    seen: str


@dataclass(frozen=True, kw_only=True)
class ChangeSheet:
    """One change as proposed. `status`: proposed, confirmed or rejected; `before`: what the register says now, "" of a new party.

    `own`: the reader proposed it, or is of their side; `why_not`: why the reader may not confirm it, in two languages.
    """

    row: ChangeRow
    kind: ChangeKind
    party: UUID | None
    before: str
    proposed_by: str
    status: str
    answered_by: str
    answered_at: datetime | None
    reason: str
    own: bool
    why_not: tuple[str, str] | None
    rejects: bool
    seen: str


def party_page(
    store: Store, *, name: str = "", kind: str = "", offset: int = 0, limit: int = 50, reader: UUID
) -> PartyPage:
    """Parties by part of a name or the beginning of a code; natural persons by their whole name or identity number."""
    with store.read() as work:
        refuse_all_but_office(store, work, reader, _WHAT)
        where: list[ColumnElement[bool]] = [col(Party.kind) == kind] if kind in set(PartyKind) else []
        if name.strip():
            where.append(_named(store, work, name.strip()))
        total = work.execute(select(func.count()).select_from(Party).where(*where)).scalar_one()
        query = party_register.listing().where(*where).order_by(col(Party.kind), col(Party.name), col(Party.code))
        rows = [_masked(party_register.row_of(row)) for row in work.execute(query.limit(limit).offset(offset))]
    return PartyPage(rows=tuple(rows), total=int(total))


def _named(store: Store, work: UnitOfWork, text: str) -> ColumnElement[bool]:
    code = "".join(narrow(text).upper().split())
    named = or_(col(Party.name).contains(text, autoescape=True), col(Party.code).startswith(code, autoescape=True))
    try:
        persons = party_register.persons(store, work, text)
    except Refused:  # looks like an identity number and is none
        persons = []
    return or_(and_(col(Party.kind) != PartyKind.PERSON, named), col(Party.id).in_(persons))


def _masked(row: PartyRow) -> PartyRow:
    return replace(row, name=party_name(row.kind, row.name))


def changes_waiting(store: Store, *, reader: UUID) -> list[ChangeRow]:
    """The proposals that wait for a second officer, oldest first."""
    with store.read() as work:
        refuse_all_but_office(store, work, reader, _WHAT)
    return party_corrections.pending(store)


def party_sheet(store: Store, party: UUID, *, reader: UUID) -> PartySheet:
    """One party; Refused (unknown_party) where there is none."""
    with store.read() as work:
        refuse_all_but_office(store, work, reader, _WHAT)
        found = work.execute(party_register.listing().where(col(Party.id) == party)).first()
        if found is None:
            raise Refused("unknown_party", "没有这个申报主体", "there is no such party", field="party")
        heir, seen, keeps = successor(work, party), party_corrections.standing(work, party), _keeps(store, work, reader)
        waits = [entry for entry in party_corrections.waiting(work) if loads(entry.content)["party"] == str(party)]
        changes = tuple(party_corrections.row_of(work, entry) for entry in waits)
    addresses = contact_addresses.listed(store, holder=f"party:{party}")
    return PartySheet(
        row=_masked(party_register.row_of(found)),
        addresses=tuple(addresses),
        waiting=changes,
        heir=heir,
        keeps=keeps,
        seen=seen,
    )


def change_sheet(store: Store, change: UUID, *, reader: UUID) -> ChangeSheet:
    """One change; Refused (unknown_change) where there is none."""
    with store.read() as work:
        refuse_all_but_office(store, work, reader, _WHAT)
        entry = party_corrections.proposal(work, change)
        if entry is None:
            raise Refused("unknown_change", "没有这项变更", "there is no such change", field="change")
        content = loads(entry.content)
        party = UUID(content["party"]) if content["party"] else None
        answer = _answer(work, change)
        waits, keeps = answer is None, _keeps(store, work, reader)
        names = _names(work, [entry.actor, answer.actor if answer else ""])
        return ChangeSheet(
            row=party_corrections.row_of(work, entry),
            kind=ChangeKind(content["kind"]),
            party=party,
            before=_before(work, ChangeKind(content["kind"]), party),
            proposed_by=names.get(entry.actor, "系统"),
            status="proposed" if answer is None else "confirmed" if answer.action == CONFIRMED else "rejected",
            answered_by=names.get(answer.actor, "系统") if answer else "",
            answered_at=answer.at if answer else None,
            reason=str(loads(answer.content).get("reason", "")) if answer else "",
            own=_own(store, work, reader, entry),
            why_not=_why_not(store, work, reader, entry) if waits else None,
            rejects=waits and keeps,
            seen=party_corrections.standing(work, party) if party else "",
        )


def _keeps(store: Store, work: UnitOfWork, reader: UUID) -> bool:
    facts = reference(store, work)
    return any(facts.holding(reader, duty, None, work.now) for duty in party_register.WRITERS)


def _answer(work: UnitOfWork, change: UUID) -> Any | None:
    query = select(AuditEntry.__table__).where(  # type: ignore[attr-defined]
        col(AuditEntry.subject) == str(change), col(AuditEntry.action).in_((CONFIRMED, REJECTED))
    )
    return work.execute(query).first()


def _names(work: UnitOfWork, actors: list[str]) -> dict[str, str]:
    ids = []
    for actor in actors:
        try:
            ids.append(UUID(actor))
        except ValueError:  # the operator at the machine, or nobody yet
            continue
    query = select(col(Person.id), col(Person.name)).where(col(Person.id).in_(ids))
    return {str(row.id): row.name for row in work.execute(query)}


def _before(work: UnitOfWork, kind: ChangeKind, party: UUID | None) -> str:
    """What the register says now of what is to change."""
    if party is None:
        return ""
    row = work.execute(select(Party.__table__).where(col(Party.id) == party)).one()  # type: ignore[attr-defined]
    said = {ChangeKind.CODE: row.code_masked or row.code, ChangeKind.TOWN: row.town, ChangeKind.SECTOR: row.sector}
    return (said[kind] or "") if kind in said else party_name(row.kind, row.name)


def _own(store: Store, work: UnitOfWork, reader: UUID, entry: Any) -> bool:
    duties = party_register.WRITERS
    return one_side(store, work, writer(store, work, reader), duties, entry.actor, entry.at, duties)


def _why_not(store: Store, work: UnitOfWork, reader: UUID, entry: Any) -> tuple[str, str] | None:
    """Why the reader may not confirm a change that waits; None where they may."""
    try:
        who = writer(store, work, reader, *party_register.WRITERS, in_person=True)
        party_corrections.refuse_confirmer(store, work, who, entry)
    except Refused as no:
        return no.zh, no.en
    return None
