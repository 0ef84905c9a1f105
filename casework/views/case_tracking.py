"""Following a case without an account: its number and the last four digits of a telephone on record open where it stands.

Whoever tries pairs in vain waits, and a wrong pair says nothing of what is wrong with it. `now` is real time.
"""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.case_steps import CaseStep, case_steps
from casework.lifecycle.procedure import procedure_of
from casework.lifecycle.step_ratings import entered
from casework.lifecycle.wordings import DUTIES, shown_state
from casework.shared.errors import Refused
from casework.shared.reference import reference
from casework.shared.tries_in_vain import NAME_TRIES, TriesInVain, TriesOfVisitor
from casework.views.offered_items import unit_named
from models import Case, Contact, ContactStatus, Duty, Party, Person
from models.clock import business_date
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications import addresses
from policies.forms import Text

NUMBER, VISITOR = "case-number", "case-visitor"  # what is counted in vain
DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class TrackedCase:
    """Where a case stands. No name, no amount, no reason: those are for whoever signs in.

    `holder`: whose turn it is, None where it is over; `due_on`: the last day of that turn, None where only the system acts.
    """

    number: str
    item: Text
    state: Text
    held: bool
    holder: Text | None
    unit: Text | None
    due_on: date | None
    overdue: bool
    steps: tuple[CaseStep, ...]


def track(store: Store, number: str, digits: str, *, visitor: str, now: datetime) -> TrackedCase:
    """The case behind a number and the end of a telephone; Refused alike for every wrong pair, and after too many of them.

    `visitor`: the address that the request came from, "" where it is not known.
    """
    name, typed = number.strip().upper()[:64], "".join(digits.split())
    tries = TriesInVain(kind=NUMBER, name=name, source=visitor, unknown=NAME_TRIES)
    of_visitor = TriesOfVisitor(kind=VISITOR, source=visitor)
    with store.read() as work:
        of_visitor.refuse(work, now, field="number")
        tries.refuse(work, now, field="number")
        row = work.execute(view().where(col(Case.number) == name)).first()
        case = CaseView._make(row) if row is not None else None
        ends = {phone[-DIGITS:] for phone in _phones(work, case)} if case else {""}
        right = sum(hmac.compare_digest(end.encode(), typed.encode()) for end in ends) > 0 and len(typed) == DIGITS
        found = _tracked(store, work, case) if right and case is not None else None
    if found is None:
        tries.failed(store, now)
        of_visitor.failed(store, now)
        raise _wrong()
    return found


def _wrong() -> Refused:
    zh = "案件编号与手机尾号不符，请核对后重试；未登记手机号的，请登录查看或联系责任单位"
    en = "the case number and the digits do not match; where no telephone is on record, sign in or ask the unit in charge"
    return Refused("track", zh, en, field="number")


def _phones(work: UnitOfWork, case: CaseView) -> Iterator[str]:
    """The telephones on record of the applicant and of its people."""
    people = work.execute(
        select(col(Person.id), col(Person.contact)).where(col(Person.party_id) == case.party_id, col(Person.active))
    ).all()
    holders = [f"party:{case.party_id}", *(f"person:{person.id}" for person in people)]
    live = col(Contact.status) != ContactStatus.REPLACED
    entered = work.execute(select(col(Contact.address)).where(col(Contact.holder).in_(holders), live)).scalars()
    registered = work.execute(select(col(Party.contact)).where(col(Party.id) == case.party_id)).scalars()
    for text in (*entered, *registered, *(person.contact for person in people)):
        if plain := addresses.phone(text):
            yield plain


def _tracked(store: Store, work: UnitOfWork, case: CaseView) -> TrackedCase:
    way = procedure_of(reference(store, work), case, work.today)
    said, duty = shown_state(case.state, case.next_duty), Duty(case.next_duty) if case.next_duty else None
    due = case.next_due if duty is not Duty.SYSTEM else None
    return TrackedCase(
        number=case.number,
        item=way.item.title,
        state=Text(said[1], said[2]),
        held=case.held,
        holder=Text(*DUTIES[duty]) if duty else None,
        unit=Text(case.next_unit, unit_named(way.policy, case.next_unit).en) if case.next_unit else None,
        due_on=business_date(due - timedelta(microseconds=1)) if due else None,
        overdue=due is not None and not case.held and due <= work.now,
        steps=case_steps(way, case.state, case.town, entered(work, case)),
    )
