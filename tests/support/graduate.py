"""A natural person who applies: entered through the registers, with an account, a login, papers, and cases by real acts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from casework.applications.case_opening import NewCase, open_case
from casework.applications.evidence_vault import Vault, examine
from casework.command_handler import act
from casework.lifecycle import commands as r
from casework.parties import party_register, payee_accounts
from casework.parties.party_register import NewParty
from casework.parties.payee_accounts import NewAccount
from casework.shared.register_writes import SYSTEM
from casework.staff import person_accounts
from casework.staff.person_accounts import NewPerson
from models import Duty, State, UnitRecord
from models.store import Store
from support.office import identity_number
from support.stage import LEAD, VALUES, Stage, named, officer
from support.walk import Walk

D, S = Duty, State
NAME, PHONE, ACCOUNT, NUMBER = "算小毕", "13912345678", "6222020011223344", identity_number(7)
SECRETS = (NAME, PHONE, ACCOUNT, NUMBER, "算小毕-学位证")
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n"
JOINT = ("区委人才办", "区人力社保局")
RULES = {
    "P-lead": {"M2b": LEAD}, "P2b-shape": {"shape": "per_unit", "unit": "night", "amount": "200", "at_most_units": 3},
    "P2b-times": 3,
}  # fmt: skip


@dataclass
class Graduate:
    """A natural person with an account and a login, and where papers are kept."""

    walk: Walk
    vault: Vault
    party: UUID
    login: UUID

    @property
    def store(self) -> Store:
        return self.walk.stage.store

    def case(self, folder: Path, until: State = S.CLOSED) -> UUID:
        """A case of theirs, brought to a state by real acts."""
        paper = folder / "算小毕-学位证.pdf"
        paper.write_bytes(PDF)
        claim = {
            "graduate": NAME, "degree": "bachelor", "arrived_on": "2023-08-30", "nights": 2, "payee": "graduate",
            "host": "算例企业0",
        }  # fmt: skip
        new = NewCase(
            act_id=self.walk.act_id(), policy="XZ2023", item="M2b", party=self.party, claim=claim,
            papers={slot: [examine(paper)] for slot in ("invitation", "degree", "tickets", "intention")},
        )  # fmt: skip
        made = open_case(self.store, self.login, new, vault=self.vault).case
        opened = self.walk.stage.case(made)
        act(self.store, r.File(case=made, by=self.login, act_id=self.walk.act_id(), seen=opened.version))
        self.walk.to(made, S.FILED, D.ACCEPTOR)
        if until is S.FILED:
            return made
        certified = self.walk.to(made, S.ACCEPTED, D.CERTIFIER)
        yes = dict.fromkeys(("graduated_or_final_year", "invited", "recruitment_or_exchange", "willing_to_work"), True)
        facts = {**{key: claim[key] for key in claim if key != "host"}, **yes}
        self.walk.do(r.Certify, certified, facts=facts)
        for unit in JOINT:
            asked = self.walk.stage.case(made)
            self.walk.do(r.Opine, asked, by=named(f"joint {unit}"), duty=D.JOINT_REVIEWER)
        self.walk.to(made, until)
        return made


def graduate(store: Store, folder: Path, **values: Any) -> Graduate:
    """Somebody entered through the registers, in an office that can pay."""
    stage = Stage(store).furnish(values={**VALUES, **RULES, **values})
    with store.write() as work:
        for unit in JOINT:
            work.add(UnitRecord, name=unit, kind="bureau")
            stage.person(work, f"joint {unit}")
            stage.grant(work, f"joint {unit}", D.JOINT_REVIEWER, unit)
        for login in ("keeper", "second"):
            stage.person(work, login, D.ADMINISTRATOR)
    account = NewAccount(number=ACCOUNT, bank="算例银行", clearing_code="102335000001")
    new = NewParty(kind="person", name=NAME, code=NUMBER, contact=PHONE, account=account)
    party = party_register.add(store, SYSTEM, new)
    for waiting, _ in payee_accounts.unverified(store):
        payee_accounts.verify(store, officer(D.CHECKER), waiting, paper="算例开户许可")
    login = person_accounts.add(
        store, SYSTEM, NewPerson(login="g1", name=NAME, identity=NUMBER, party=party, contact=PHONE)
    )
    return Graduate(Walk(stage), Vault(folder / "vault"), party, login)
