"""An applicant as the register holds it, for its own people: itself, its account, who acts for it, where it is reached."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.shared.merged_parties import successor
from casework.staff import contact_addresses
from casework.staff.contact_addresses import ContactRow
from casework.views.own_cases import OwnParty, own_party
from models import Party, Person
from models.store import Store


@dataclass(frozen=True, kw_only=True)
class FirmPerson:
    """Somebody who may act for it; `active`: whether the account is open."""

    login: str
    name: str
    active: bool


@dataclass(frozen=True, kw_only=True)
class OwnFirm:
    """The party of the reader. `became`: the party into which it was merged, "" where it was not."""

    party: OwnParty
    sector: str
    became: str
    people: tuple[FirmPerson, ...]
    addresses: tuple[ContactRow, ...]


def own_firm(store: Store, reader: UUID) -> OwnFirm:
    """Of the reader's party; Refused for who acts for none."""
    party = own_party(store, reader)
    with store.read() as work:
        sector = work.execute(select(col(Party.sector)).where(col(Party.id) == party.id)).scalar_one()
        heir = successor(work, party.id)
        mine = select(col(Person.login), col(Person.name), col(Person.active)).where(col(Person.party_id) == party.id)
        rows = work.execute(mine.order_by(col(Person.active).desc(), col(Person.login))).all()
    return OwnFirm(
        party=party,
        sector=sector or "",
        became=heir.name if heir else "",
        people=tuple(FirmPerson(login=row.login, name=row.name, active=row.active) for row in rows),
        addresses=tuple(contact_addresses.listed(store, holder=contact_addresses.party(party.id))),
    )
