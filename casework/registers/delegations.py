"""Delegations (AB 岗): for some days one person acts for another, and passes every guard again in their own right."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import aliased
from sqlmodel import col

from casework.errors import Refused
from casework.reference import reference, touch
from casework.registers import people
from casework.registers.desk import Actor, Writer, filled, writer, writing
from casework.registers.grants import duty_of
from casework.words import duty_zh
from models import Delegation, Duty, Person
from models.clock import end_of, start_of
from models.people import ONLOOKERS
from models.store import Store
from models.work import Work


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


def add(
    store: Store,
    actor: Actor,
    *,
    principal: str,
    delegate: str,
    duty: Duty | str,
    unit: str,
    first: date,
    last: date,
    reason: str,
) -> UUID:
    """Lets `delegate` act for `principal` from the first day to the last, both included.

    The principal says so, or an administrator.
    """
    with writing(store) as work:
        return add_in(
            store, work, actor, principal=principal, delegate=delegate, duty=duty, unit=unit, first=first, last=last,
            reason=reason,
        )  # fmt: skip


def add_in(store: Store, work: Work, actor: Actor, **what: Any) -> UUID:
    """The same within an open transaction."""
    return let(store, work, actor, **what)[0]


def let(
    store: Store,
    work: Work,
    actor: Actor,
    *,
    principal: str,
    delegate: str,
    duty: Duty | str,
    unit: str,
    first: date,
    last: date,
    reason: str,
) -> tuple[UUID, bool]:
    """The delegation within an open transaction, and whether it is new."""
    wanted, why = duty_of(duty), filled(reason, "reason", "委托原因", "the reason")
    if last < first:
        raise Refused("span", f"截止日 {last} 早于起始日 {first}", "the last day lies before the first", field="last")
    work.flush()
    absent, stand_in = people.find_open(work, principal), people.find_open(work, delegate)
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
    query = (
        select(Delegation.__table__, absent.login.label("principal"), stand_in.login.label("delegate"))  # type: ignore[attr-defined]
        .join(absent, absent.id == col(Delegation.from_person))  # type: ignore[arg-type]
        .join(stand_in, stand_in.id == col(Delegation.to_person))  # type: ignore[arg-type]
        .order_by(col(Delegation.valid_from), absent.login)
    )
    with store.read() as work:
        return [
            DelegationRow(
                id=row.id,
                principal=row.principal,
                delegate=row.delegate,
                duty=row.duty,
                unit=row.unit,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                reason=row.reason,
            )
            for row in work.execute(query.where(col(Delegation.valid_to) > work.now))
        ]


def _refuse_wrong_pair(store: Store, work: Work, absent: Writer, stand_in: Writer, duty: Duty, unit: str) -> None:
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
    if not any(one.unit == unit and one.holds(work.now) for one in facts.own.get((absent.id, duty), ())):
        raise Refused(
            "no_duty",
            f"{absent.name} 在{unit}没有{duty_zh(duty)}职责，无从委托（受托的职责不能转委托）",
            f"{absent.name} holds no such duty in {unit}: nothing to delegate",
            field="duty",
        )


def _overlapping(work: Work, duty: Duty, unit: str, begins: datetime, ends: datetime) -> list[tuple[UUID, UUID]]:
    query = select(col(Delegation.from_person), col(Delegation.to_person)).where(
        col(Delegation.duty) == duty,
        col(Delegation.unit) == unit,
        col(Delegation.valid_from) < ends,
        col(Delegation.valid_to) > begins,
    )
    return [(row.from_person, row.to_person) for row in work.execute(query)]


def _refuse_chain(
    work: Work, absent: Writer, stand_in: Writer, duty: Duty, unit: str, begins: datetime, ends: datetime
) -> None:
    """Who is away cannot stand in: no loops, and no chains, which would end with nobody."""
    pairs = _overlapping(work, duty, unit, begins, ends)
    theirs = set(people.accounts_of(work, stand_in.natural_key))
    if any(giver in theirs for giver, _ in pairs):
        raise Refused(
            "loop",
            f"{stand_in.name} 在这段时间里已把同一职责委托他人，不能再受托，请另选一人",
            f"{stand_in.name} is away too in that time: choose somebody else",
            field="delegate",
        )
    mine = set(people.accounts_of(work, absent.natural_key))
    if any(taker in mine for _, taker in pairs):
        raise Refused(
            "loop",
            f"{absent.name} 在这段时间里正受他人委托办理同一职责，请先结束该委托",
            f"{absent.name} stands in for somebody in that time: end that first",
            field="principal",
        )


def _same(
    work: Work, absent: Writer, stand_in: Writer, duty: Duty, unit: str, begins: datetime, ends: datetime
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
