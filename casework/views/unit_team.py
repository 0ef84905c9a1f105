"""A unit's people: who holds which duty and until when, what waits for each duty and person, who stands in for whom."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, and_, case, func, select
from sqlmodel import col

from casework.lifecycle.read_access import scope
from casework.shared.errors import Refused
from casework.shared.reference import reference
from casework.staff import delegations, duty_grants
from casework.staff.delegations import DelegationRow
from casework.staff.duty_grants import GrantRow
from models import Case, Duty, JointOpinion, Person, UnitRecord
from models.store import Store
from models.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Load:
    """What waits: how many open cases, how many of them are overdue, and the earliest day by which one is due."""

    waiting: int = 0
    overdue: int = 0
    first_due: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class DutyLoad:
    """A duty of the unit with what waits for it and who may take it up; nobody is a gap."""

    duty: str
    load: Load
    holders: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody of the unit. `load`: the open cases whose turn is one of their duties here, shared with whoever holds it too."""

    login: str
    name: str
    grants: tuple[GrantRow, ...]
    load: Load
    stands_in: tuple[DelegationRow, ...]
    is_away: tuple[DelegationRow, ...]


@dataclass(frozen=True, kw_only=True)
class UnitTeam:
    """One unit as the reader sees it. `own`: their login; `keeps`: whether they may speak for others as administrators."""

    unit: str
    units: tuple[str, ...]
    duties: tuple[DutyLoad, ...]
    members: tuple[Member, ...]
    delegations: tuple[DelegationRow, ...]
    own: str
    keeps: bool


def unit_team(store: Store, wanted: str, *, reader: UUID) -> UnitTeam:
    """The team of a unit that is the reader's, the first one where none is named; onlookers see every unit."""
    with store.read() as work:
        units = _units(store, work, reader)
        unit = wanted or (units[0] if units else "")
        if unit not in units:
            raise Refused("not_yours", "没有这个单位，或您不在该单位任职", "there is no such unit, or it is not yours")
        loads = _loads(work, unit)
        login = work.execute(select(col(Person.login)).where(col(Person.id) == reader)).scalar_one()
        keeps = reference(store, work).holding(reader, Duty.ADMINISTRATOR, None, work.now) is not None
        now = work.now
    grants = [grant for grant in duty_grants.listed(store, unit=unit) if grant.valid_from <= now]
    given = [delegation for delegation in delegations.listed(store) if delegation.unit == unit]
    members = _members(grants, given, loads, now)
    holders = _holders(grants, given, now)
    named = {grant.login: grant.name for grant in grants}
    duties = tuple(
        DutyLoad(
            duty=duty, load=loads.get(duty, Load()), holders=tuple(named.get(login, login) for login in holders[duty])
        )
        for duty in Duty
        if duty in loads or holders[duty]
    )
    return UnitTeam(
        unit=unit, units=units, duties=duties, members=members, delegations=tuple(given), own=str(login), keeps=keeps
    )


def _units(store: Store, work: UnitOfWork, reader: UUID) -> tuple[str, ...]:
    """The units whose people the reader sees."""
    mine = scope(work, reference(store, work), reader)
    if mine.looks_on:
        return tuple(work.execute(select(col(UnitRecord.name)).order_by(col(UnitRecord.name))).scalars())
    return tuple(sorted(mine.units))


def _loads(work: UnitOfWork, unit: str) -> dict[str, Load]:
    """By duty what waits for it in a unit; what is on hold waits for nobody."""
    late = func.sum(case((col(Case.next_due) <= work.now, 1), else_=0)).cast(Integer)
    columns = (col(Case.next_duty), func.count(), late, func.min(col(Case.next_due)))
    live = and_(col(Case.next_duty).is_not(None), col(Case.held).is_(False))
    here = select(*columns).where(live, col(Case.next_unit) == unit, col(Case.next_duty) != Duty.JOINT_REVIEWER)
    asked = select(col(JointOpinion.case_id)).where(
        col(JointOpinion.unit) == unit, col(JointOpinion.opinion) == "pending"
    )
    joint = select(*columns).where(live, col(Case.next_duty) == Duty.JOINT_REVIEWER, col(Case.id).in_(asked))
    found = {}
    for query in (here, joint):
        for duty, waiting, overdue, due in work.execute(query.group_by(col(Case.next_duty))):
            if duty not in (Duty.SYSTEM, Duty.APPLICANT):
                found[str(duty)] = Load(waiting=waiting, overdue=overdue or 0, first_due=due)
    return found


def _holders(
    grants: Iterable[GrantRow], given: Iterable[DelegationRow], now: datetime
) -> Mapping[str, dict[str, None]]:
    """By duty the logins of who may act in it now, in their own right or for somebody."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for grant in grants:
        found[grant.duty][grant.login] = None
    for delegation in given:
        if delegation.valid_from <= now:
            found[delegation.duty][delegation.delegate] = None
    return found


def _members(
    grants: Iterable[GrantRow], given: Iterable[DelegationRow], loads: Mapping[str, Load], now: datetime
) -> tuple[Member, ...]:
    held: dict[str, list[GrantRow]] = defaultdict(list)
    for grant in grants:
        held[grant.login].append(grant)
    members = []
    for login, rows in held.items():
        stands_in = tuple(delegation for delegation in given if delegation.delegate == login)
        duties = {row.duty for row in rows} | {
            delegation.duty for delegation in stands_in if delegation.valid_from <= now
        }
        members.append(
            Member(
                login=login,
                name=rows[0].name,
                grants=tuple(rows),
                load=_sum([loads[duty] for duty in sorted(duties) if duty in loads]),
                stands_in=stands_in,
                is_away=tuple(delegation for delegation in given if delegation.principal == login),
            )
        )
    return tuple(sorted(members, key=lambda member: (-member.load.overdue, -member.load.waiting, member.login)))


def _sum(loads: list[Load]) -> Load:
    dues = [load.first_due for load in loads if load.first_due is not None]
    return Load(
        waiting=sum(load.waiting for load in loads),
        overdue=sum(load.overdue for load in loads),
        first_due=min(dues) if dues else None,
    )
