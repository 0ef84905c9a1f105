"""Duties that decide about money or rights, whose holders need a second factor; and which of them can sign in without one."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select
from sqlmodel import col

from casework.act_forms import CASE_FORMS, PAYMENT_FORMS
from casework.lifecycle.transitions import TABLE
from casework.parties import party_register, payee_accounts
from casework.privacy import retention
from casework.shared.reference import Reference, reference
from casework.staff import contact_addresses
from models import Duty, Passkey, Password, Person, SecondFactor
from models.store import Store
from models.unit_of_work import UnitOfWork

_ASKING = frozenset(
    {
        *(form.word for form in CASE_FORMS.values() if form.command.second_factor),
        *(form.word for form in PAYMENT_FORMS.values() if form.command.second_factor),
    }
)
# Whoever may do an act that asks for the code again: on cases, batches, values, addresses, payee accounts, parties and accounts,
# and on personal data whose retention is over.
FACTOR_DUTIES = frozenset(
    {
        *(move.duty for move in TABLE if move.action.value in _ASKING),
        *payee_accounts.VERIFIERS,
        *contact_addresses.WRITERS,
        *party_register.WRITERS,
        *retention.PROPOSERS,
        *retention.CONFIRMERS,
        Duty.PARAMETER_AUTHOR,
        Duty.PARAMETER_CONFIRMER,
        Duty.ADMINISTRATOR,
    }
)


@dataclass(frozen=True, kw_only=True)
class OfficerWithoutFactor:
    """An open account with a password, a duty of those, and no second factor."""

    login: str
    name: str


def without_factor(store: Store) -> list[OfficerWithoutFactor]:
    """Every such officer by login; who stands in for another counts like the other."""
    with store.read() as work:
        holders = _holders(work, reference(store, work))
        query = (
            select(col(Person.id), col(Person.login), col(Person.name))
            .join(Password, col(Password.person_id) == col(Person.id))
            .join(SecondFactor, col(SecondFactor.person_id) == col(Person.id), isouter=True)
            .where(
                col(Person.active),
                col(SecondFactor.confirmed_at).is_(None),
                ~exists().where(col(Passkey.person_id) == col(Person.id)),
            )
            .order_by(col(Person.login))
        )
        return [
            OfficerWithoutFactor(login=row.login, name=row.name) for row in work.execute(query) if row.id in holders
        ]


def _holders(work: UnitOfWork, facts: Reference) -> set[UUID]:
    return {
        person
        for holdings in (facts.own, facts.delegated)
        for (person, duty), listed in holdings.items()
        if Duty(duty) in FACTOR_DUTIES and any(facts.holding(person, duty, row.unit, work.now) for row in listed)
    }
