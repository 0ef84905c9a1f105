"""Whose interest it is goes by the natural person: a second account is no stranger to what the first one applies for."""

from collections.abc import Callable

import pytest

from casework.applications.offline_papers import see
from casework.lifecycle import commands as r
from casework.parties import payee_accounts
from casework.parties.payee_accounts import NewAccount
from casework.shared.errors import Refused
from casework.shared.reference import touch
from casework.staff import contact_addresses
from models import Duty, State
from models.store import Store
from support.stage import Stage, applicant, claim, named, officer
from support.walk import Walk

S, D = State, Duty


@pytest.fixture
def walk(store: Store) -> Walk:
    """Beside the staff: somebody of the first firm who is an officer under another account."""
    walk = Walk(Stage(store).furnish(firms=2))
    with store.write() as work:
        walk.stage.person(work, "other account", D.ACCEPTOR, D.CLERK, key="applicant-0-1")
        work.flush()
        touch(work)
    return walk


def refused(code: str, act: Callable[[], object]) -> None:
    with pytest.raises(Refused) as no:
        act()
    assert no.value.code == code, no.value.zh


def test_who_applies_verifies_neither_paper_nor_account_nor_address_under_another_account(walk: Walk) -> None:
    store, case = walk.stage.store, walk.open("M7", 1)
    by, slot = named("other account"), {"slot": "military_check", "good": True, "note": "算例：原件相符"}
    refused("recused", lambda: see(store, case=case, by=by, **slot))  # type: ignore[arg-type]
    see(store, case=case, by=officer(D.ACCEPTOR), **slot)  # type: ignore[arg-type]
    new = NewAccount(number="622200009999", bank="算例银行", clearing_code="102335000001")
    account = payee_accounts.enter(store, applicant(0), named("firm-0"), new)
    assert payee_accounts.waiting(store, by) == []
    refused("second_person", lambda: payee_accounts.verify(store, by, account, paper="算例证明"))
    payee_accounts.verify(store, officer(D.ACCEPTOR), account, paper="算例证明")
    for holder in (f"party:{named('firm-0')}", "person:applicant-0-1"):
        made = contact_addresses.add(store, applicant(0, 1), holder, channel="email", address="a@example.com")
        refused("second_person", lambda: contact_addresses.verify(store, by, made, proof="算例回拨"))  # noqa: B023
        contact_addresses.verify(store, officer(D.CLERK), made, proof="算例回拨")


def test_who_entered_a_case_on_behalf_records_no_check_of_its_papers(walk: Walk) -> None:
    store, case = walk.stage.store, walk.open("M7", 1)
    with store.write() as work:
        walk.stage.person(work, "both", D.CLERK, D.ACCEPTOR)
        work.flush()
        touch(work)
    walk.do(r.File, walk.stage.case(case), duty=D.CLERK, by=named("both"), claim=claim("M7", 1))
    found = {"slot": "military_check", "good": True, "note": "算例：原件相符"}
    refused("separation_of_duties", lambda: see(store, case=case, by=named("both"), **found))  # type: ignore[arg-type]
    see(store, case=case, by=officer(D.ACCEPTOR), **found)  # type: ignore[arg-type]
