"""A party that was merged into another files, opens and enters nothing any more; every refusal names its successor."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from casework.applications.application_import import bring_in
from casework.applications.application_workbook import CODE, NO, write_applications
from casework.applications.case_opening import NewCase, open_case
from casework.command_handler import act, act_list
from casework.lifecycle.case_changes import load
from casework.lifecycle.commands import File, Withdraw
from casework.parties import party_corrections, party_register, payee_accounts
from casework.parties.party_register import NewParty
from casework.parties.payee_accounts import NewAccount
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from casework.spreadsheets.answered_workbook import WrongWorkbook
from casework.staff import contact_addresses, person_accounts
from casework.staff.person_accounts import NewPerson
from models import Duty, State
from models.store import Store
from support.office import POLICY, Office, code

CLAIM = {
    "event": "paris", "season": "2024 春夏", "brand": "算例牌", "held_on": "2023-09-25",
    "cost_lines": [{"document": "3300231130 00000001", "claimed": "1000.50"}],
}  # fmt: skip
HEIR = "算例企业2"


class Merger:
    """Firm 1 with a draft, a person and an account, merged into firm 2."""

    def __init__(self, store: Store) -> None:
        store.set_clock(datetime(2023, 10, 9, 4, tzinfo=UTC), frozen=True)
        self.store, self.office = store, Office(store)
        self.clerk = self.office.person("clerk", Duty.CLERK)
        self.first, self.second = (self.office.person(f"acceptor-{n}", Duty.ACCEPTOR) for n in (1, 2))
        self.old, self.heir = self.office.party(1, account="622200000001"), self.office.party(2)
        self.own = person_accounts.add(store, SYSTEM, NewPerson(login="own", name="算例经办", party=self.old))
        self.draft = self.opened(self.old, self.own)
        self.merge(self.old, self.heir)

    def merge(self, party: UUID, into: UUID) -> None:
        change = party_corrections.merge(self.store, self.first, party, into=into, proof="算例合并公告")
        party_corrections.confirm(self.store, self.second, change)

    def opened(self, party: UUID, by: UUID) -> UUID:
        return open_case(
            self.store, by, NewCase(act_id=uuid4(), policy="XZ2023", item="M5c", party=party, claim=CLAIM)
        ).case

    def does(self, by: UUID, kind: type = File) -> None:
        with self.store.read() as work:
            version = load(work, [self.draft])[self.draft].version
        act(self.store, kind(case=self.draft, by=by, act_id=uuid4(), seen=version))


@pytest.fixture
def merger(store: Store) -> Merger:
    return Merger(store)


ACTS: dict[str, Callable[[Merger], object]] = {
    "opens": lambda m: m.opened(m.old, m.own),
    "is opened for": lambda m: m.opened(m.old, m.clerk),
    "files its draft": lambda m: m.does(m.own),
    "has its draft filed": lambda m: m.does(m.clerk),
    "enters an account": lambda m: payee_accounts.enter(
        m.store, m.own, m.old, NewAccount(number="622299", bank="算例银行")
    ),
    "has an account entered": lambda m: payee_accounts.enter(
        m.store, m.first, m.old, NewAccount(number="622299", bank="算例银行")
    ),
    "enters an address": lambda m: contact_addresses.add(
        m.store, m.own, contact_addresses.party(m.old), channel="email", address="a@example.com"
    ),
    "is given people": lambda m: person_accounts.add(
        m.store, SYSTEM, NewPerson(login="new", name="算例新", party=m.old)
    ),
    "is renamed": lambda m: party_corrections.rename(m.store, m.first, m.old, name="算例新名", proof="算例"),
    "gets another code": lambda m: party_corrections.correct(m.store, m.first, m.old, code=code(9), proof="算例"),
    "merges again": lambda m: party_corrections.merge(m.store, m.first, m.old, into=m.office.party(3), proof="算例"),
    "takes another in": lambda m: party_corrections.merge(
        m.store, m.first, m.office.party(3), into=m.old, proof="算例"
    ),
}


def test_a_merged_party_does_nothing_more_and_its_successor_is_named(merger: Merger) -> None:
    for name, attempt in ACTS.items():
        if name in ("enters an account", "enters an address"):
            with pytest.raises(Refused):
                attempt(merger)
            continue
        with pytest.raises(Refused, match=HEIR) as no:
            attempt(merger)
        assert no.value.code == "merged", name


def test_the_draft_is_withdrawn_and_filed_under_the_successor(merger: Merger) -> None:
    merger.does(merger.own, Withdraw)
    again = merger.opened(merger.heir, merger.clerk)
    with merger.store.read() as work:
        views = load(work, [merger.draft, again])
    assert (views[merger.draft].state, views[again].state) == (State.WITHDRAWN, State.DRAFT)


def test_an_account_in_the_successors_name_is_entered_with_its_proof(merger: Merger) -> None:
    new = NewAccount(number="622299", bank="算例银行", holder=HEIR, proof="算例合并公告")
    made = payee_accounts.enter(merger.store, merger.first, merger.old, new)
    checker = merger.office.person("checker", Duty.CHECKER, unit="区财政局")
    payee_accounts.verify(merger.store, checker, made, paper="算例开户许可")


def test_a_row_of_a_workbook_for_a_merged_party_names_the_successor(merger: Merger, tmp_path: Path) -> None:
    row = {
        NO: "1", CODE: code(1), "event": "巴黎时装周", "season": "2024 春夏", "brand": "算例牌",
        "held_on": "2023-09-25", "cost_lines.claimed": "1000.50", "cost_lines.document": "3300231130 00000007",
    }  # fmt: skip
    path = tmp_path / "申报.xlsx"
    write_applications(POLICY, path, {"M5c": [row]}, today=date(2023, 10, 9))
    with pytest.raises(WrongWorkbook, match=HEIR):
        bring_in(merger.store, merger.clerk, path, policy=POLICY, act_list=act_list)


def test_a_chain_of_mergers_ends_with_the_last_and_a_proposal_of_before_is_rejected(merger: Merger) -> None:
    third = party_register.add(merger.store, SYSTEM, NewParty(kind="enterprise", name="算例企业3", code=code(3)))
    waiting = party_corrections.rename(merger.store, merger.first, merger.heir, name="算例新名", proof="算例")
    merger.merge(merger.heir, third)
    with pytest.raises(Refused, match="算例企业3"):
        merger.opened(merger.old, merger.clerk)
    with pytest.raises(Refused, match="reject"):
        party_corrections.confirm(merger.store, merger.second, waiting)
