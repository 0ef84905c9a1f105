"""An office for tests: units of the policy, people with duties, parties with valid codes; entered through the registers."""

from uuid import UUID

from stdnum.cn import ric, uscc

import policies
from casework.parties import party_register, payee_accounts
from casework.parties.party_register import NewParty
from casework.parties.payee_accounts import NewAccount
from casework.shared.register_writes import SYSTEM
from casework.staff import duty_grants, person_accounts, unit_register
from casework.staff.person_accounts import NewPerson
from models import Duty, PartyKind
from models.store import Store

POLICY = policies.get("XZ2023")
LEAD, SECOND = "区经商局", "区市场监管局"
TOWN = "算例镇"


def code(number: int) -> str:
    """A credit code with a right check digit; of nobody."""
    body = f"91330411{number:09d}"
    return body + str(uscc.calc_check_digit(body))


def identity_number(number: int) -> str:
    """An identity number with a right check digit; of nobody."""
    body = f"33041119900101{number:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


class Office:
    """Enters what a test needs, once each."""

    def __init__(self, store: Store) -> None:
        self.store = store
        unit_register.sync(store, SYSTEM, policy=POLICY)
        unit_register.add(store, SYSTEM, name=TOWN, kind="town")

    def person(self, login: str, *duties: Duty, unit: str = LEAD, **more: object) -> UUID:
        """A person with duties in a unit."""
        new = NewPerson(login=login, name=f"算例{login}", **more)  # type: ignore[arg-type]
        made = person_accounts.add(self.store, SYSTEM, new)
        for duty in duties:
            duty_grants.add(self.store, SYSTEM, person=login, duty=duty, unit=unit)
        return made

    def party(self, number: int = 1, kind: PartyKind = PartyKind.ENTERPRISE, account: str = "") -> UUID:
        """A party; with `account` one that can be paid into."""
        name = f"算例企业{number}"
        given = NewAccount(number=account, bank="算例银行") if account else None
        new = NewParty(kind=kind, name=name, code=code(number), town=TOWN, account=given)
        made = party_register.add(self.store, SYSTEM, new)
        if given:
            verifier = self.person("verifier", Duty.FUND_OFFICER)
            for waiting, _ in payee_accounts.unverified(self.store):
                payee_accounts.verify(self.store, verifier, waiting, paper="算例开户许可")
        return made
