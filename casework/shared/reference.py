"""Reference data that every act needs (grants, delegations, parameters, working days), read once a change.

Each write of reference data counts the `reference` series up in its own transaction; a process that sees the same count
uses what it has. So an act pays one indexed read, and a revoked grant is gone with the next act.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from json import loads
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

import policies
from casework.shared.applicant_ties import Ties, ties_of
from casework.shared.errors import Refused
from models import Delegation, Grant, HolidayOverride, ParameterValue, Person
from models.people import ONLOOKERS
from models.statements import Prepared
from models.store import Store
from models.unit_of_work import REFERENCE, UnitOfWork
from policies.parameters import Origin, Value
from policies.policy import Policy
from policies.workdays import Calendar, Day


class PersonView(NamedTuple):
    """A person's account as the guards see it."""

    id: UUID
    name: str
    natural_key: str
    party_id: UUID | None
    active: bool


PEOPLE = select(col(Person.id), col(Person.name), col(Person.natural_key), col(Person.party_id), col(Person.active))


@dataclass(frozen=True)
class Holding:
    """A duty in a unit for a time; `principal` is whom the holder stands in for, if anybody."""

    unit: str
    valid_from: datetime
    valid_to: datetime | None
    principal: UUID | None = None
    principal_key: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether it is in force at an instant."""
        return self.valid_from <= now and (self.valid_to is None or now < self.valid_to)


@dataclass(frozen=True, eq=False)
class Reference:
    """One consistent reading of all reference data."""

    count: int
    own: Mapping[tuple[UUID, str], tuple[Holding, ...]]
    delegated: Mapping[tuple[UUID, str], tuple[Holding, ...]]
    onlookers: Mapping[str, tuple[Holding, ...]]
    dated: Mapping[str, Mapping[str, tuple[Value, ...]]]
    calendar: Calendar
    officers: Mapping[UUID, PersonView]  # everybody who holds a duty, or stands in for one who does
    ties: Ties  # of these natural persons, the parties to which they belong under whatever account

    def holding(self, person: UUID, duty: str, unit: str | None, now: datetime) -> Holding | None:
        """The person's own grant for the duty (in the unit, where one is named), else a delegation from one who holds it.

        A closed account holds nothing and nobody stands in for it, whatever its grants and delegations say.
        """
        if not self.open(person):
            return None
        for holding in self.own.get((person, duty), ()):
            if holding.holds(now) and unit in (None, holding.unit):
                return holding
        for holding in self.delegated.get((person, duty), ()):
            principal = self.own.get((holding.principal, duty), ()) if holding.principal else ()
            still_holds = self.open(holding.principal) and any(
                held.holds(now) and held.unit == holding.unit for held in principal
            )
            if holding.holds(now) and unit in (None, holding.unit) and still_holds:
                return holding
        return None

    def open(self, person: UUID | None) -> bool:
        """Whether an officer's account is open."""
        found = self.officers.get(person) if person else None
        return found is not None and found.active

    def only_looks_on(self, natural_key: str, now: datetime) -> bool:
        """Whether somebody audits or administers now: then they decide nothing, under whatever account."""
        return any(onlooker.holds(now) for onlooker in self.onlookers.get(natural_key, ()))

    def behind(self, person: UUID, duties: Collection[str], at: datetime) -> frozenset[str]:
        """The natural persons for whom an account did something in one of these duties: its own, or whom it stood in for."""
        known = self.officers.get(person)
        mine = frozenset({known.natural_key}) if known else frozenset()
        if any(holding.holds(at) for duty in duties for holding in self.own.get((person, duty), ())):
            return mine
        lent = (holding for duty in duties for holding in self.delegated.get((person, duty), ()))
        return mine | {holding.principal_key for holding in lent if holding.holds(at)}

    def setting(self, policy: Policy, name: str, today: date) -> Any:
        """A procedural setting in force on a business date: as set by two people, else its default."""
        definition = policy.setting(name)
        value = in_force(self, policy.code, today).get(name)
        return definition.default if value is None else definition.parse(value.value)


PERSON = Prepared(PEOPLE.where(col(Person.id) == bindparam("wanted")))


def person(work: UnitOfWork, reference: Reference, identity: UUID) -> PersonView:
    """The person's account; unknown and closed ones are refused. Those of officers are part of the reference data."""
    found = reference.officers.get(identity)
    if found is None:
        rows = work.rows(PERSON, wanted=identity)
        found = PersonView._make(rows[0]) if rows else None
    if found is None or not found.active:
        raise Refused("person", "操作人不存在或已停用", "this account does not exist or is closed", field="by")
    return found


def person_key(work: UnitOfWork, reference: Reference, account: UUID) -> str:
    """The natural person behind an account, closed ones included."""
    known = reference.officers.get(account)
    return known.natural_key if known else PersonView._make(work.rows(PERSON, wanted=account)[0]).natural_key


@lru_cache(maxsize=4096)
def in_force(reference: Reference, policy: str, day: date, item: str = "") -> Mapping[str, Value]:
    """The confirmed values that hold on a day, by name; an item's own (`P-event-basis:M4a`) under their plain names."""
    found: dict[str, Value] = {}
    for name, values in reference.dated.get(policy, {}).items():
        plain, _, owner = name.partition(":")
        held = [value for value in values if value.holds_on(day)]
        if held and owner in ("", item):
            found[plain] = held[-1]
    return found


def touch(work: UnitOfWork) -> None:
    """Says that reference data changed in this transaction."""
    work.number(REFERENCE)
    work.touched = True


def reference(store: Store, work: UnitOfWork) -> Reference:
    """The reference data as of this transaction; what it changed itself is read anew, for it may yet be undone."""
    count = work.changes
    if work.touched:
        return _read(work, count)
    known: Reference | None = getattr(store, "_reference", None)
    if known is None or known.count != count:
        known = _read(work, count)
        store._reference = known  # type: ignore[attr-defined]
    return known


def _read(work: UnitOfWork, count: int) -> Reference:
    holders = select(col(Grant.person_id)).union(select(col(Delegation.from_person)), select(col(Delegation.to_person)))
    officers = {p.id: PersonView._make(p) for p in work.execute(PEOPLE.where(col(Person.id).in_(holders)))}
    own: dict[tuple[UUID, str], list[Holding]] = {}
    for g in work.execute(select(Grant.__table__)):  # type: ignore[attr-defined]
        own.setdefault((g.person_id, g.duty), []).append(Holding(g.unit, g.valid_from, g.valid_to))
    delegated: dict[tuple[UUID, str], list[Holding]] = {}
    for d in work.execute(select(Delegation.__table__)):  # type: ignore[attr-defined]
        held = Holding(d.unit, d.valid_from, d.valid_to, d.from_person, officers[d.from_person].natural_key)
        delegated.setdefault((d.to_person, d.duty), []).append(held)
    onlookers: dict[str, tuple[Holding, ...]] = {}
    for (person, duty), holdings in own.items():
        if duty in ONLOOKERS:
            key = officers[person].natural_key
            onlookers[key] = (*onlookers.get(key, ()), *holdings)
    return Reference(
        count=count,
        own={key: tuple(value) for key, value in own.items()},
        delegated={key: tuple(value) for key, value in delegated.items()},
        onlookers=onlookers,
        dated=_values(work),
        officers=officers,
        ties=ties_of(work, select(col(Person.natural_key)).where(col(Person.id).in_(holders))),
        calendar=Calendar({date.fromisoformat(d.day): Day.WORKS if d.works else Day.RESTS for d in _holidays(work)}),
    )


def _holidays(work: UnitOfWork) -> Any:
    return work.execute(select(col(HolidayOverride.day), col(HolidayOverride.works)))


def _values(work: UnitOfWork) -> dict[str, dict[str, tuple[Value, ...]]]:
    """Confirmed values by policy and parameter, the one that begins last at the end."""
    found: dict[str, dict[str, tuple[Value, ...]]] = {}
    query = select(ParameterValue.__table__).where(col(ParameterValue.status) == "confirmed")  # type: ignore[attr-defined]
    for row in work.execute(query.order_by(col(ParameterValue.valid_from))):
        value = Value(
            value=loads(row.value),
            citation=row.citation,
            origin=Origin.DEMO if row.origin == "demo" else Origin.OFFICIAL,
            valid_from=date.fromisoformat(row.valid_from),
            valid_to=date.fromisoformat(row.valid_to) if row.valid_to else None,
            confirmed=True,
        )
        named = found.setdefault(row.policy, {})
        named[row.parameter] = (*named.get(row.parameter, ()), value)
    return found


NOT_HERE = ("该政策未安装，请告知系统管理员", "its policy is not installed: tell the operator")


class PolicyNotInstalled(Refused, LookupError):
    """The policy of a case is not here, or cannot be used; says why, and what to do."""


def is_installed(code: str) -> bool:
    """Whether the policy of a case is here. What goes over the cases of all policies passes over those of one that is not, so that
    the others go on; the doctor names it, and an act on such a case answers why."""
    try:
        policies.get(code)
    except policies.NoPolicy:
        return False
    return True


def policy_of(code: str) -> Policy:
    """The policy of a case; where it is not here, the case is refused, and the others of a list go on."""
    try:
        return policies.get(code)
    except policies.NoPolicy as gone:
        raise PolicyNotInstalled("policy", gone.zh, gone.en, field="policy") from gone
