"""Registers are bound by duty and unit: who holds the duty in another unit of the district has no say in them."""

from uuid import UUID

import pytest

from casework.awards import external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.parties import payee_accounts
from casework.parties.payee_accounts import NewAccount
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from models import Duty
from models.store import Store
from policies.benefits import KeyKind, Level
from policies.money import Money
from policies.parameters import Origin
from support.stage import LEAD, MARKET, TREASURY, Stage, named
from support.walk import Walk


@pytest.fixture
def stage(store: Store) -> Stage:
    """Officers of one unit only: `own` where M4a and M16 are led, `market` elsewhere, `treasury` where is paid."""
    made = Stage(store).furnish(firms=2)
    duties = (*payee_accounts.VERIFIERS, Duty.PARAMETER_AUTHOR, Duty.PARAMETER_CONFIRMER, Duty.CERTIFIER)
    with store.write() as work:
        for login, unit in (("own", LEAD), ("own-2", LEAD), ("market", MARKET), ("treasury", TREASURY)):
            made.person(work, login)
            for duty in duties:
                made.grant(work, login, duty, unit)
        work.number("reference")
    return made


def proposal(name: str, value: object) -> Proposal:
    return Proposal(policy="XZ2023", name=name, value=value, citation="算例", origin=Origin.DEMO)


def account(stage: Stage, firm: int) -> UUID:
    new = NewAccount(number=f"62229900{firm:04d}", bank="算例银行")
    return payee_accounts.enter(stage.store, SYSTEM, named(f"firm-{firm}"), new)


@pytest.mark.parametrize("name", ["P16-rate", "P-papers:M4a"])
def test_a_value_is_set_and_confirmed_where_its_item_is_led_or_paid(stage: Stage, name: str) -> None:
    store, new = stage.store, proposal(name, "0.2" if name == "P16-rate" else ["certificate"])
    with pytest.raises(Refused, match=LEAD) as no:
        parameter_register.propose(store, named("market"), new)
    assert no.value.code == "no_duty"
    made = parameter_register.propose(store, named("own"), new)
    for attempt in (parameter_register.confirm, lambda *a: parameter_register.reject(*a, reason="算例")):
        with pytest.raises(Refused, match=LEAD):
            attempt(store, named("market"), made)
    parameter_register.reject(store, named("own"), made, reason="算例")
    parameter_register.confirm(store, named("treasury"), parameter_register.propose(store, named("own"), new))


def test_a_value_of_the_whole_policy_is_set_by_any_unit_that_leads_one_of_its_items(stage: Stage) -> None:
    store, new = stage.store, proposal("P-notice-days", 6)
    parameter_register.confirm(store, named("own"), parameter_register.propose(store, named("market"), new))


def test_an_account_is_verified_where_the_payees_cases_are_handled_or_paid(stage: Stage) -> None:
    store = stage.store
    Walk(stage).open("M4a", 1, firm=0)
    made = account(stage, 0)
    with pytest.raises(Refused, match=LEAD) as no:
        payee_accounts.verify(store, named("market"), made, paper="算例开户许可")
    assert no.value.code == "no_duty"
    assert [case.id for case in payee_accounts.waiting(store, named("market"))] == []
    assert [case.id for case in payee_accounts.waiting(store, named("own"))] == [made]
    payee_accounts.verify(store, named("own"), made, paper="算例开户许可")
    again = account(stage, 0)
    assert again == made
    other = payee_accounts.enter(store, SYSTEM, named("firm-0"), NewAccount(number="622299009999", bank="算例银行"))
    payee_accounts.verify(store, named("treasury"), other, paper="算例开户许可")


def test_before_its_first_case_any_verifier_may_look_at_an_account(stage: Stage) -> None:
    payee_accounts.verify(stage.store, named("market"), account(stage, 1), paper="算例开户许可")


def test_that_a_benefit_was_given_back_is_said_where_the_partys_cases_are(stage: Stage) -> None:
    store = stage.store
    Walk(stage).open("M4a", 1, firm=0)
    new = NewBenefit(
        party=named("firm-0"), kind=KeyKind.ENTERPRISE, basis="算例企业0", source="算例市级政策", level=Level.CITY,
        reference="算例文号", amount=Money(100),
    )  # fmt: skip
    external_benefits.add(store, named("market"), [new])  # what a paper says may be entered by whoever has it
    held = external_benefits.listed(store)[0].id
    with pytest.raises(Refused, match=LEAD):
        external_benefits.set_returned(store, named("market"), held, proof="算例退款凭证")
    external_benefits.set_returned(store, named("own"), held, proof="算例退款凭证")
