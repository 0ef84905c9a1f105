"""Grants: who holds which duty in which unit, from when to when. Auditors and administrators hold nothing else."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlmodel import col

from casework.shared.errors import Refused
from casework.shared.reference import touch
from casework.shared.register_writes import Actor, Writer, filled, writer, writing
from casework.staff import logins, unit_register
from models import Duty, Grant, Person
from models.clock import end_of, start_of
from models.duty_names import duty_zh
from models.people import ONLOOKERS
from models.store import Store
from models.unit_of_work import UnitOfWork

WRITERS = (Duty.ADMINISTRATOR,)


@dataclass(frozen=True, kw_only=True)
class GrantRow:
    """A grant as listed."""

    id: UUID
    login: str
    name: str
    duty: str
    unit: str
    valid_from: datetime
    valid_to: datetime | None


def add(
    store: Store,
    actor: Actor,
    *,
    person: str,
    duty: Duty | str,
    unit: str,
    first: date | None = None,
    last: date | None = None,
) -> UUID:
    """Gives a duty from the first day (now) to the last (open), both included; one that holds already is given back."""
    with writing(store) as work:
        who = writer(store, work, actor, *WRITERS)
        return add_in(work, who, person=person, duty=duty, unit=unit, first=first, last=last)


def add_in(work: UnitOfWork, who: Writer, **what: Any) -> UUID:
    """The same within an open transaction, for a writer who may."""
    return give(work, who, **what)[0]


def give(
    work: UnitOfWork, who: Writer, *, person: str, duty: Duty | str, unit: str, first: date | None, last: date | None
) -> tuple[UUID, bool]:
    """The grant within an open transaction, and whether it is new."""
    wanted = duty_of(duty)
    if first and last and last < first:
        raise Refused("span", f"截止日 {last} 早于起始日 {first}", "the last day lies before the first", field="last")
    work.flush()
    holder = logins.find_open(work, person)
    unit_register.must_exist(work, unit)
    begins = start_of(first) if first else work.now
    ends = end_of(last) if last else None
    _refuse_conflict(work, holder, wanted, begins)
    assert holder.id is not None
    known = _open(work, holder.id, wanted, unit, begins, ends)
    if known is not None:
        return known, False
    made = work.new_id()
    work.add(
        Grant,
        id=made,
        person_id=holder.id,
        duty=wanted,
        unit=unit,
        valid_from=begins,
        valid_to=ends,
        granted_by=who.text,
    )
    content = {"person": str(holder.id), "duty": wanted, "unit": unit, "from": begins, "to": ends}
    work.audit(actor=who.text, action="grants.add", subject=str(made), content=content)
    touch(work)
    return made, True


def revoke(store: Store, actor: Actor, *, person: str, duty: Duty | str, unit: str, reason: str | None = None) -> int:
    """Ends the person's grants of a duty in a unit now; how many ended. The next act no longer sees them. `reason`: why, for
    the audit row; where one is given it may not be empty."""
    wanted = duty_of(duty)
    said = None if reason is None else filled(reason, "reason", "理由", "the reason", most=500)
    with writing(store) as work:
        who = writer(store, work, actor, Duty.ADMINISTRATOR)
        holder = logins.find(work, person)
        live = or_(col(Grant.valid_to).is_(None), col(Grant.valid_to) > work.now)
        mine = (col(Grant.person_id) == holder.id, col(Grant.duty) == wanted, col(Grant.unit) == unit)
        ended = work.execute(update(Grant).where(*mine, live).values(valid_to=work.now)).rowcount
        if not ended:
            raise Refused(
                "no_grant",
                f"{holder.name} 在{unit}没有有效的{duty_zh(wanted)}授权",
                f"{holder.name} holds no such duty in {unit}",
                field="duty",
            )
        content = {"person": str(holder.id), "duty": wanted, "unit": unit, "ended": ended}
        content |= {"reason": said} if said else {}
        work.audit(actor=who.text, action="grants.revoke", subject=str(holder.id), content=content)
        touch(work)
    return int(ended)


def listed(store: Store, *, person: str | None = None, unit: str | None = None) -> list[GrantRow]:
    """The grants in force or still to come, by unit and duty."""
    own = (getattr(Grant, name) for name in ("id", "duty", "unit", "valid_from", "valid_to"))
    query = select(*own, col(Person.login), col(Person.name)).join(Person, col(Person.id) == col(Grant.person_id))
    if person:
        query = query.where(col(Person.login) == person)
    if unit:
        query = query.where(col(Grant.unit) == unit)
    with store.read() as work:
        live = or_(col(Grant.valid_to).is_(None), col(Grant.valid_to) > work.now)
        found = work.execute(
            query.where(live, col(Person.active)).order_by(col(Grant.unit), col(Grant.duty), col(Person.login))
        )
        return [GrantRow(**row._mapping) for row in found]


def duty_of(duty: Duty | str) -> Duty:
    try:
        found = Duty(duty)
    except ValueError:
        found = next((known for known in Duty if duty_zh(known) == duty), Duty.SYSTEM)
    if found is Duty.SYSTEM:
        among = "、".join(f"{known}（{duty_zh(known)}）" for known in Duty if known is not Duty.SYSTEM)
        zh, english = f"没有职责“{duty}”；可授：{among}", ", ".join(known for known in Duty if known is not Duty.SYSTEM)
        raise Refused("duty", zh, f'there is no duty "{duty}"; there are {english}', field="duty")
    return found


def _refuse_conflict(work: UnitOfWork, holder: Writer, wanted: Duty, begins: datetime) -> None:
    """Auditors and administrators hold no duty on cases, under whatever account of theirs."""
    live = or_(col(Grant.valid_to).is_(None), col(Grant.valid_to) > begins)
    query = select(col(Grant.duty)).where(col(Grant.person_id).in_(logins.accounts_of(work, holder.natural_key)), live)
    held = {Duty(duty) for duty in work.execute(query).scalars()}
    others = held - {wanted}
    if (wanted in ONLOOKERS and others) or (others & ONLOOKERS):
        names = "、".join(sorted(duty_zh(other) for other in others))
        raise Refused(
            "onlooker",
            f"{holder.name} 已任{names}；审计人员和系统管理员不得兼任其他职责，请另授他人或先撤销",
            f"{holder.name} already is {', '.join(sorted(others))}: auditors and administrators hold no other duty",
            field="duty",
        )


def _open(
    work: UnitOfWork, person: UUID, duty: Duty, unit: str, begins: datetime, ends: datetime | None
) -> UUID | None:
    """The grant that already covers the time asked for."""
    query = select(col(Grant.id)).where(
        col(Grant.person_id) == person,
        col(Grant.duty) == duty,
        col(Grant.unit) == unit,
        col(Grant.valid_from) <= begins,
        or_(col(Grant.valid_to).is_(None), col(Grant.valid_to) >= ends)
        if ends is not None
        else col(Grant.valid_to).is_(None),
    )
    found: UUID | None = work.execute(query).scalars().first()
    return found
