"""回避: who belongs to an applicant neither handles its case nor confirms what a register says of it, under no account.

Whether a tie was on record when something was done goes by the audit chain, never by two instants: a clock may be set back.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from json import loads
from sys import maxsize
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, or_, select, union
from sqlmodel import col

from models.audit import AuditEntry
from models.cases import Case
from models.check_records import PaperCheck
from models.contacts import Contact
from models.decisions import Decision
from models.external_benefits import BenefitRecord
from models.parties import Party, PartyKind
from models.people import Duty, Person
from models.statements import Prepared
from models.verification.dual_control import ACCOUNTS, CHANGES, CONFIRMED, account_of, grouped
from models.verification.invariant import Check, FoundAct, VerifiedScope

_MERGED, _ENTERED, _RETURNED = (
    "parties.merged",
    "benefits.add",
    "benefits.returned",
)  # as the registers in casework spell them
_VERIFIED, _VOUCHED_FOR, _LOOKED = "accounts.verify", "contacts.verify", "evidence.seen"
_LAST = maxsize  # what has no row of its own in the chain comes after all ties
_OWN_PART = (Duty.APPLICANT, Duty.CLERK, Duty.SYSTEM)  # what somebody may be on the case of a party of theirs

_MEMBERS = (
    select(col(Person.natural_key).label("who"), col(Person.party_id).label("party"), col(Person.id).label("entry"))
    .where(col(Person.party_id).is_not(None))
    .union_all(select(col(Party.code), col(Party.id), col(Party.id)).where(col(Party.kind) == PartyKind.PERSON))
    .subquery()
)
_THEN: Any = select(col(Decision.id), col(Decision.natural_key).label("who")).where(col(Decision.natural_key) != "")
_NOW = select(col(Decision.id), col(Person.natural_key)).join(Person, col(Person.id) == col(Decision.person_id))
_FOR = select(col(Decision.id), col(Person.natural_key)).join(Person, col(Person.id) == col(Decision.on_behalf_of))
_PARTS = union(_THEN, _NOW, _FOR).subquery()
_DECIDED = Prepared(
    select(
        col(Case.number), col(Case.party_id).label("applicant"), col(Decision.version), col(Decision.action),
        col(AuditEntry.seq).label("at"), _MEMBERS.c.party, _MEMBERS.c.entry,
    )
    .join(_PARTS, _PARTS.c.id == col(Decision.id))
    .join(_MEMBERS, _MEMBERS.c.who == _PARTS.c.who)
    .join(Case, col(Case.id) == col(Decision.case_id))
    .outerjoin(
        AuditEntry,
        and_(
            col(AuditEntry.subject) == col(Case.number), col(AuditEntry.version) == col(Decision.version),
            col(AuditEntry.action) == col(Decision.action),
        ),
    )
    .where(*(col(Decision.duty) != duty.value for duty in _OWN_PART))
    .order_by(col(Case.number), col(Decision.version))
)  # fmt: skip
_SEEN = Prepared(
    select(
        col(Case.number), col(Case.party_id).label("applicant"), col(Case.version), col(PaperCheck.slot),
        col(PaperCheck.sequence), _MEMBERS.c.party, _MEMBERS.c.entry,
    )
    .join(Case, col(Case.id) == col(PaperCheck.case_id))
    .join(Person, col(Person.id) == col(PaperCheck.checked_by))
    .join(_MEMBERS, _MEMBERS.c.who == col(Person.natural_key))
)  # fmt: skip
_TIES = Prepared(
    select(col(Person.id).label("account"), _MEMBERS.c.party, _MEMBERS.c.entry).join(
        _MEMBERS, _MEMBERS.c.who == col(Person.natural_key)
    )
)
_MERGERS = Prepared(
    select(col(AuditEntry.subject), col(AuditEntry.content), col(AuditEntry.seq)).where(
        col(AuditEntry.action) == _MERGED
    )
)
_ENTRIES = Prepared(
    select(col(AuditEntry.subject), col(AuditEntry.seq)).where(
        or_(col(AuditEntry.action) == "people.add", col(AuditEntry.action) == "parties.add")
    )
)
_RETURNS = Prepared(
    select(col(AuditEntry.subject), col(AuditEntry.actor), col(AuditEntry.seq)).where(
        col(AuditEntry.action) == _RETURNED
    )
)
_NOTED = Prepared(
    select(col(AuditEntry.action), col(AuditEntry.subject), col(AuditEntry.seq))
    .where(
        or_(
            col(AuditEntry.action) == _VERIFIED,
            col(AuditEntry.action) == _VOUCHED_FOR,
            col(AuditEntry.action) == _LOOKED,
            col(AuditEntry.action) == _ENTERED,
        )
    )
    .order_by(col(AuditEntry.seq))
)
_BENEFITS = Prepared(select(col(BenefitRecord.id), col(BenefitRecord.party_id), col(BenefitRecord.entered_by)))
_VOUCHED = Prepared(
    select(col(Contact.id), col(Contact.holder), col(Contact.verified_by), col(Contact.verified_at)).where(
        col(Contact.verified_by) != ""
    )
)


class _Membership:
    """What parties became by mergers, and since when a person's membership is on record; read when it is asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def _mergers(self) -> Mapping[UUID, tuple[UUID, int]]:
        rows = _MERGERS.rows(self._connection)
        return {UUID(row.subject): (UUID(loads(row.content)["into"]), row.seq) for row in rows}

    @cached_property
    def _entered(self) -> Mapping[str, int]:
        return {row.subject: row.seq for row in _ENTRIES.rows(self._connection)}

    def _root(self, party: UUID, at: int) -> UUID:
        seen = {party}
        while party in self._mergers and self._mergers[party][1] < at and self._mergers[party][0] not in seen:
            party = self._mergers[party][0]
            seen.add(party)
        return party

    @cached_property
    def _noted(self) -> Mapping[tuple[str, str], Sequence[int]]:
        found: dict[tuple[str, str], list[int]] = {}
        for row in _NOTED.rows(self._connection):
            found.setdefault((row.action, row.subject), []).append(row.seq)
        return found

    def place(self, action: str, subject: str, turn: int = 0) -> int:
        """Where the chain has an act on a subject: its so many-th, the newest for 0."""
        places = self._noted.get((action, subject), ())
        return places[turn - 1] if len(places) >= max(turn, 1) else _LAST

    def tied(self, tie: Any, party: UUID, at: int) -> bool:
        """Whether a tie was on record at a place of the chain, and was to this party or to what it had become."""
        entered = self._entered.get(str(tie.entry))
        if entered is not None and entered >= at:
            return False
        return tie.party == party or self._root(tie.party, at) == self._root(party, at)


def _applicants(connection: Connection, _scope: VerifiedScope) -> Iterator[FoundAct]:
    """Acts on cases, and looks at their papers, by somebody who belonged to the applicant or stood in for one who did."""
    membership = _Membership(connection)
    for row in _DECIDED.rows(connection):
        if membership.tied(row, row.applicant, row.at or _LAST):
            yield FoundAct(f"{row.number}: version={row.version}, action={row.action}", row.at)
    for row in _SEEN.rows(connection):
        at = membership.place(_LOOKED, row.number, row.sequence)
        if membership.tied(row, row.applicant, at):
            yield FoundAct(f"{row.number}: paper={row.slot}", at)


def _own_entries(connection: Connection, _scope: VerifiedScope) -> Iterator[FoundAct]:
    """What a register took of a party from somebody who belonged to it, where somebody else has to say it."""
    membership, ties = _Membership(connection), grouped(_TIES.rows(connection))
    if not ties:
        return
    for what, subject, party, actor, at in _register_acts(connection, membership):
        for tie in ties.get(actor, ()):
            if membership.tied(tie, party, at):
                yield FoundAct(f"{what}: {subject}", at)
                break


def _register_acts(connection: Connection, membership: _Membership) -> Iterator[tuple[str, str, UUID, UUID, int]]:
    """What the registers took: what it was, of which party, from whom, and its place in the chain."""
    for row in ACCOUNTS.rows(connection):
        if (by := account_of(row.verified_by)) and row.usable_from:
            yield _VERIFIED, str(row.id), row.party_id, by, membership.place(_VERIFIED, str(row.id))
    parties = {}
    for row in _BENEFITS.rows(connection):
        parties[str(row.id)] = row.party_id
        if by := account_of(row.entered_by):
            yield _ENTERED, str(row.id), row.party_id, by, membership.place(_ENTERED, str(row.id))
    for row in _RETURNS.rows(connection):
        if (by := account_of(row.actor)) and row.subject in parties:
            yield _RETURNED, row.subject, parties[row.subject], by, row.seq
    became = {row.subject: (UUID(loads(row.content)["into"]), row.seq) for row in _MERGERS.rows(connection)}
    for row in CHANGES.rows(connection):
        if row.action == CONFIRMED and (by := account_of(row.actor)):
            said = loads(row.content)
            into, at = became.get(said["party"], (None, row.seq)) if said["kind"] == "merge" else (None, row.seq)
            yield CONFIRMED, row.subject, UUID(said["party"]), by, min(at, row.seq)
            if into is not None:  # it is of both, which were not one yet
                yield CONFIRMED, row.subject, into, by, min(at, row.seq)
    for row in _VOUCHED.rows(connection):
        kind, _, name = row.holder.partition(":")
        if kind == "party" and (by := account_of(row.verified_by)) and row.verified_at:
            yield _VOUCHED_FOR, str(row.id), UUID(name), by, membership.place(_VOUCHED_FOR, str(row.id))


CHECKS = (
    Check(
        id="I8-applicants",
        zh="申报人的成员或本人（含其他账号、其代理人）不办理该申报人的案件",
        en="nobody who belongs to the applicant, under whatever account, handled its case, nor their deputy",
        find=_applicants,
    ),
    Check(
        id="I16-own",
        zh="主体的账户核验、补助登记与退回、变更确认、地址核验都由主体以外的人办理",
        en="accounts, benefits, changes and addresses of a party were confirmed by nobody who belongs to it",
        find=_own_entries,
    ),
)  # fmt: skip
