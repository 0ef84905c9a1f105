"""Who a message's recipient is, and how each of them is reached: read once for a set of messages."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from models import Contact, ContactStatus, Delegation, Grant, HolidayOverride, Person, Preference, Rhythm
from models.statements import Prepared
from models.unit_of_work import UnitOfWork
from notifications.delivery.timing import Hours
from notifications.wording import Audience
from policies.workdays import Calendar, Day


@dataclass(frozen=True)
class Address:
    """A live contact."""

    id: UUID
    channel: str
    status: str


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Somebody who is to read: a person, a party's own address, or a unit's room or mailbox."""

    name: str  # person:<id>, party:<id>, unit:<name>
    audience: Audience
    language: str = "zh"
    channels: tuple[str, ...] = ()
    hours: Hours = field(default_factory=Hours)
    addresses: tuple[Address, ...] = ()
    covered_by: str = ""  # whose address serves when this person has none

    def usable(self) -> list[Address]:
        """Addresses that may be written to."""
        return [address for address in self.addresses if address.status == ContactStatus.VERIFIED]


class AddressBook:
    """Persons, duties, addresses and preferences for the recipients of some messages."""

    def __init__(self, work: UnitOfWork, recipients: Iterable[str]) -> None:
        wanted = set(recipients)
        self._work = work
        self._holders = _holders(work, {_duty(recipient) for recipient in wanted if recipient.startswith("unit:")})
        parties = {_uuid(recipient) for recipient in wanted if recipient.startswith("party:")} - {None}
        direct = {_uuid(recipient) for recipient in wanted if recipient.startswith("person:")} - {None}
        people = direct.union(*self._holders.values()) if self._holders else direct
        self._people = _people(work, people, parties)
        self._of_party: dict[UUID, list[UUID]] = defaultdict(list)
        for person in self._people.values():
            if person.party_id in parties:
                self._of_party[person.party_id].append(person.id)
        units = {_duty(recipient)[0] for recipient in wanted if recipient.startswith("unit:")} - {""}
        readers = [f"person:{identity}" for identity in self._people] + [f"party:{identity}" for identity in parties]
        readers += [f"unit:{unit}" for unit in units]
        self._addresses, self._preferences = _addresses(work, readers), _preferences(work, readers)
        self.calendar = calendar_of(work)

    def readers(self, recipient: str) -> list[Reader]:
        """Everybody whom a recipient stands for; empty where there is nobody."""
        kind = recipient.partition(":")[0]
        if kind == "unit":
            unit, duty = _duty(recipient)
            room = [self._room(unit)] if unit else []
            people = [
                self._person(identity, covered=f"unit:{unit}") for identity in self._holders.get((unit, duty), ())
            ]
            return [reader for reader in (*people, *room) if reader]
        known = _uuid(recipient)
        if kind == "party" and known:
            people = [self._person(identity, covered=f"party:{known}") for identity in self._of_party.get(known, ())]
            return [reader for reader in (*people, self._own(f"party:{known}", Audience.APPLICANT)) if reader]
        found = self._person(known) if kind == "person" and known else None
        return [found] if found else []

    def _person(self, identity: UUID, covered: str = "") -> Reader | None:
        row = self._people.get(identity)
        if row is None:
            return None
        audience = Audience.APPLICANT if row.party_id else Audience.OFFICER
        return self._reader(f"person:{identity}", audience, row.language, covered)

    def _room(self, unit: str) -> Reader | None:
        return self._own(f"unit:{unit}", Audience.OFFICER)

    def _own(self, name: str, audience: Audience) -> Reader | None:
        """A unit's or party's own address, where it has any."""
        return self._reader(name, audience, "zh", "") if self._addresses.get(name) else None

    def _reader(self, name: str, audience: Audience, language: str, covered: str) -> Reader:
        preference = self._preferences.get(name)
        return Reader(
            name=name,
            audience=audience,
            language=(preference.language if preference else "") or language,
            channels=tuple(name for name in preference.channels.split(",") if name) if preference else (),
            hours=hours_of(preference) if preference else Hours(),
            addresses=tuple(self._addresses.get(name, ())),
            covered_by=covered,
        )


def hours_of(preference: Any) -> Hours:
    """A stored preference's times."""
    return Hours(
        digest_at=time.fromisoformat(preference.digest_at) if preference.rhythm == Rhythm.DIGEST else None,
        quiet_from=time.fromisoformat(preference.quiet_from) if preference.quiet_from else None,
        quiet_to=time.fromisoformat(preference.quiet_to) if preference.quiet_to else None,
        working_days=preference.working_days,
    )


def _duty(recipient: str) -> tuple[str, str]:
    """Unit and duty of `unit:<name>:<duty>`; a unit's name may hold a colon, a duty never does."""
    unit, _, duty = recipient.removeprefix("unit:").rpartition(":")
    return unit, duty


def _uuid(recipient: str) -> UUID | None:
    try:
        return UUID(recipient.partition(":")[2])
    except ValueError:
        return None


def _holders(work: UnitOfWork, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], list[UUID]]:
    """Who holds each duty in its unit now, deputies included; a duty without a unit: whoever holds it anywhere."""
    if not wanted:
        return {}
    found: dict[tuple[str, str], dict[UUID, None]] = defaultdict(dict)
    duties = {duty for _, duty in wanted}
    grants = select(col(Grant.person_id), col(Grant.unit), col(Grant.duty)).where(
        col(Grant.duty).in_(duties),
        col(Grant.valid_from) <= work.now,
        or_(col(Grant.valid_to).is_(None), col(Grant.valid_to) > work.now),
    )
    deputies = select(
        col(Delegation.from_person), col(Delegation.to_person), col(Delegation.unit), col(Delegation.duty)
    ).where(
        col(Delegation.duty).in_(duties), col(Delegation.valid_from) <= work.now, col(Delegation.valid_to) > work.now
    )
    for row in work.execute(grants.order_by(col(Grant.id))):
        for key in {(row.unit, row.duty), ("", row.duty)} & wanted:
            found[key][row.person_id] = None
    for row in work.execute(deputies.order_by(col(Delegation.id))):
        for key in {(row.unit, row.duty), ("", row.duty)} & wanted:
            if row.from_person in found[key]:
                found[key][row.to_person] = None
    return {key: list(people) for key, people in found.items()}


def _people(work: UnitOfWork, people: set[Any], parties: set[Any]) -> dict[UUID, Any]:
    if not people and not parties:
        return {}
    columns = (col(Person.id), col(Person.party_id), col(Person.language))
    query = select(*columns).where(
        col(Person.active), or_(col(Person.id).in_(people), col(Person.party_id).in_(parties))
    )
    return {row.id: row for row in work.execute(query.order_by(col(Person.id)))}


def _addresses(work: UnitOfWork, readers: Sequence[str]) -> dict[str, list[Address]]:
    query = select(col(Contact.id), col(Contact.holder), col(Contact.channel), col(Contact.status)).where(
        col(Contact.status) != ContactStatus.REPLACED, col(Contact.holder).in_(readers)
    )
    found: dict[str, list[Address]] = defaultdict(list)
    for row in work.execute(query.order_by(col(Contact.entered_at), col(Contact.id))):
        found[row.holder].append(Address(row.id, row.channel, row.status))
    return found


def _preferences(work: UnitOfWork, readers: Sequence[str]) -> dict[str, Any]:
    query = select(Preference.__table__).where(col(Preference.holder).in_(readers))  # type: ignore[attr-defined]
    return {row.holder: row for row in work.execute(query)}


_DAYS = Prepared(select(col(HolidayOverride.day), col(HolidayOverride.works)))


def calendar_of(work: UnitOfWork) -> Calendar:
    """The working days as they stand."""
    rows = work.rows(_DAYS)
    return Calendar({date.fromisoformat(row.day): Day.WORKS if row.works else Day.RESTS for row in rows})


def chosen(reader: Reader, names: Sequence[tuple[str, str]]) -> list[tuple[str, Address]]:
    """By which channels this reader hears, of those that are open (name, kind): (channel's name, address).

    The preferred ones that have a verified address, each; otherwise the first open one that reaches them. A unit's room and mailbox
    both hear.
    """
    reach = [(name, address) for address in reader.usable() for name, kind in names if address.channel in (name, kind)]
    first: dict[UUID, tuple[str, Address]] = {}
    for name, address in reach:
        first.setdefault(address.id, (name, address))
    ways = list(first.values())
    kinds = dict(names)
    preferred = [way for wanted in reader.channels for way in ways if wanted in (way[0], way[1].channel, kinds[way[0]])]
    if preferred:
        return list(dict.fromkeys(preferred))
    if reader.name.startswith("unit:"):
        return ways
    order = [name for name, _ in names]
    return sorted(ways, key=lambda way: order.index(way[0]))[:1]
