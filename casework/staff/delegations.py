"""Delegations (AB 岗): for some days one person acts for another, and passes every guard again in their own right."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict, Unpack
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from casework.shared.errors import Refused
from casework.shared.reference import reference, touch
from casework.shared.register_writes import Actor, Writer, filled, writer, writing
from casework.staff import logins
from casework.staff.duty_grants import duty_of
from models import Delegation, Duty, Person
from models.clock import end_of, start_of
from models.duty_names import duty_zh
from models.people import ONLOOKERS
from models.store import Store
from models.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class DelegationRow:
    """A delegation as listed."""

    id: UUID
    principal: str
    delegate: str
    duty: str
    unit: str
    valid_from: datetime
    valid_to: datetime
    reason: str


class NewDelegation(TypedDict):
    """Who stands in for whom, in which duty and unit, from the first day to the last, both included."""

    principal: str
    delegate: str
    duty: Duty | str
    unit: str
    first: date
    last: date
    reason: str


def add(store: Store, actor: Actor, **new: Unpack[NewDelegation]) -> UUID:
    """Lets `delegate` act for `principal`. The principal says so, or an administrator."""
    with writing(store) as work:
        return let(store, work, actor, **new)[0]


def let(store: Store, work: UnitOfWork, actor: Actor, **new: Unpack[NewDelegation]) -> tuple[UUID, bool]:
    """The delegation within an open transaction, and whether it is new."""
    unit, first, last = new["unit"], new["first"], new["last"]
    wanted, why = duty_of(new["duty"]), filled(new["reason"], "reason", "委托原因", "the reason")
    if last < first:
        raise Refused("span", f"截止日 {last} 早于起始日 {first}", "the last day lies before the first", field="last")
    work.flush()
    absent, stand_in = logins.find_open(work, new["principal"]), logins.find_open(work, new["delegate"])
    who = writer(store, work, actor) if absent.id == actor else writer(store, work, actor, Duty.ADMINISTRATOR)
    begins, ends = start_of(first), end_of(last)
    if ends <= work.now:
        raise Refused("span", f"截止日 {last} 已过", "the last day is over", field="last")
    _refuse_wrong_pair(store, work, absent, stand_in, wanted, unit)
    known = _same(work, absent, stand_in, wanted, unit, begins, ends)
    if known is not None:
        return known, False
    _refuse_chain(work, absent, stand_in, wanted, unit, begins, ends)
    made = work.new_id()
    work.add(
        Delegation,
        id=made,
        from_person=absent.id,
        to_person=stand_in.id,
        duty=wanted,
        unit=unit,
        valid_from=begins,
        valid_to=ends,
        reason=why,
    )
    content = {
        "from": str(absent.id),
        "to": str(stand_in.id),
        "duty": wanted,
        "unit": unit,
        "first": first,
        "last": last,
    }
    work.audit(actor=who.text, action="delegations.add", subject=str(made), content=content)
    touch(work)
    return made, True


def end(store: Store, actor: Actor, delegation: UUID) -> None:
    """Ends a delegation now; one that has not begun is taken off."""
    with writing(store) as work:
        row = work.execute(select(Delegation.__table__).where(col(Delegation.id) == delegation)).first()  # type: ignore[attr-defined]
        if row is None or row.valid_to <= work.now:
            raise Refused(
                "delegation", "没有这项有效的委托", "there is no such delegation in force", field="delegation"
            )
        mine = actor in (row.from_person, row.to_person)
        who = writer(store, work, actor) if mine else writer(store, work, actor, Duty.ADMINISTRATOR)
        this = col(Delegation.id) == delegation
        if row.valid_from >= work.now:
            work.execute(delete(Delegation).where(this))
        else:
            work.execute(update(Delegation).where(this).values(valid_to=work.now))
        work.audit(actor=who.text, action="delegations.end", subject=str(delegation), content={"duty": row.duty})
        touch(work)


def listed(store: Store) -> list[DelegationRow]:
    """The delegations in force or still to come."""
    absent, stand_in = aliased(Person), aliased(Person)
    own = (getattr(Delegation, name) for name in ("id", "duty", "unit", "valid_from", "valid_to", "reason"))
    query = (
        select(absent.login.label("principal"), stand_in.login.label("delegate"), *own)  # type: ignore[attr-defined]
        .join(absent, absent.id == col(Delegation.from_person))  # type: ignore[arg-type]
        .join(stand_in, stand_in.id == col(Delegation.to_person))  # type: ignore[arg-type]
        .order_by(col(Delegation.valid_from), absent.login)
    )
    with store.read() as work:
        found = work.execute(query.where(col(Delegation.valid_to) > work.now))
        return [DelegationRow(**row._mapping) for row in found]


def _refuse_wrong_pair(store: Store, work: UnitOfWork, absent: Writer, stand_in: Writer, duty: Duty, unit: str) -> None:
    if absent.natural_key == stand_in.natural_key:
        raise Refused("self", "不能委托给本人（含本人的其他账号）", "nobody delegates to themselves", field="delegate")
    facts = reference(store, work)
    if facts.only_looks_on(stand_in.natural_key, work.now) or duty in ONLOOKERS:
        raise Refused(
            "onlooker",
            "审计人员和系统管理员的职责不能委托，也不能受托办案",
            "auditors and administrators",
            field="delegate",
        )
    assert absent.id is not None
    if not any(holding.unit == unit and holding.holds(work.now) for holding in facts.own.get((absent.id, duty), ())):
        raise Refused(
            "no_duty",
            f"{absent.name} 在{unit}没有{duty_zh(duty)}职责，无从委托（受托的职责不能转委托）",
            f"{absent.name} holds no such duty in {unit}: nothing to delegate",
            field="duty",
        )


def _overlapping(work: UnitOfWork, duty: Duty, unit: str, begins: datetime, ends: datetime) -> list[tuple[UUID, UUID]]:
    query = select(col(Delegation.from_person), col(Delegation.to_person)).where(
        col(Delegation.duty) == duty,
        col(Delegation.unit) == unit,
        col(Delegation.valid_from) < ends,
        col(Delegation.valid_to) > begins,
    )
    return [(row.from_person, row.to_person) for row in work.execute(query)]


def _refuse_chain(
    work: UnitOfWork, absent: Writer, stand_in: Writer, duty: Duty, unit: str, begins: datetime, ends: datetime
) -> None:
    """Who is away cannot stand in: no loops, and no chains, which would end with nobody."""
    pairs = _overlapping(work, duty, unit, begins, ends)
    theirs = set(logins.accounts_of(work, stand_in.natural_key))
    if any(giver in theirs for giver, _ in pairs):
        raise Refused(
            "loop",
            f"{stand_in.name} 在这段时间里已把同一职责委托他人，不能再受托，请另选一人",
            f"{stand_in.name} is away too in that time: choose somebody else",
            field="delegate",
        )
    mine = set(logins.accounts_of(work, absent.natural_key))
    if any(taker in mine for _, taker in pairs):
        raise Refused(
            "loop",
            f"{absent.name} 在这段时间里正受他人委托办理同一职责，请先结束该委托",
            f"{absent.name} stands in for somebody in that time: end that first",
            field="principal",
        )


def _same(
    work: UnitOfWork, absent: Writer, stand_in: Writer, duty: Duty, unit: str, begins: datetime, ends: datetime
) -> UUID | None:
    query = select(col(Delegation.id)).where(
        col(Delegation.from_person) == absent.id,
        col(Delegation.to_person) == stand_in.id,
        col(Delegation.duty) == duty,
        col(Delegation.unit) == unit,
        col(Delegation.valid_from) == begins,
        col(Delegation.valid_to) == ends,
    )
    found: UUID | None = work.execute(query).scalars().first()
    return found
