"""Parties, accounts and benefits: who may enter them, and what is refused."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from casework.awards import external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.funds import budget_register
from casework.parties import party_register, payee_accounts
from casework.parties.party_register import NewParty
from casework.parties.payee_accounts import NewAccount
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from models import Duty, LedgerEntry, Party, PartyAccount
from models.store import Store
from policies.benefits import KeyKind, Level
from policies.money import Money
from support.office import LEAD, TOWN, Office, code, identity_number

RATIO = {"shape": "ratio", "rate": "0.5"}


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


def refusal(call, *arguments, **named) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    assert caught.value.zh and caught.value.en
    return caught.value


class TestParties:
    def new(self, **changes):
        return NewParty(**{"kind": "enterprise", "name": "算例企业", "code": code(1), "town": TOWN, **changes})

    def test_a_party_entered_twice_is_one_and_another_name_is_refused(self, office):
        made = party_register.add(office.store, SYSTEM, self.new())
        spaced = f"{code(1)[:8]} {code(1)[8:].lower()} "
        assert party_register.add(office.store, SYSTEM, self.new(code=spaced)) == made
        assert refusal(party_register.add, office.store, SYSTEM, self.new(name="另一家")).field == "name"
        (row,) = party_register.listed(office.store)
        assert (row.name, row.code, row.town, row.demo) == ("算例企业", code(1), TOWN, True)

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"code": code(1)[:-1]}, "code", "18 位"),
            ({"code": code(1)[:-1] + ("A" if code(1)[-1] != "A" else "B")}, "code", "校验位"),
            ({"code": "I" * 18}, "code", "字符"),
            ({"code": ""}, "code", "18 位"),
            ({"kind": "firm"}, "kind", "之一"),
            ({"name": ""}, "name", "必填"),
            ({"town": "无名镇"}, "town", "没有单位"),
            ({"registered_on": date(2999, 1, 1)}, "registered_on", "之后"),
            ({"kind": "person", "code": "1"}, "code", "身份证号"),
            ({"kind": "unit", "code": "区无名局"}, "code", "没有单位"),
            ({"account": NewAccount(number="12ab", bank="银行")}, "account", "数字"),
            ({"account": NewAccount(number="1234567", bank="")}, "bank", "必填"),
            ({"account": NewAccount(number="1234567", bank="x", clearing_code="1")}, "clearing_code", "12 位"),
            ({"account": NewAccount(number="1234567", bank="x", holder="他人")}, "holder", "证明"),
        ],
    )
    def test_a_wrong_entry_is_refused_by_field_and_nothing_stays(self, office, changes, field, words):
        said = refusal(party_register.add, office.store, SYSTEM, self.new(**changes))
        assert said.field == field and words in said.zh
        assert party_register.listed(office.store) == []

    def test_a_person_is_found_again_and_the_number_is_nowhere(self, office):
        number = identity_number(3)
        new = self.new(kind="person", code=number, name="算例毕业生", town="")
        assert party_register.add(office.store, SYSTEM, new) == party_register.add(office.store, SYSTEM, new)
        with office.store.read() as work:
            rows = str(work.execute(select(Party.__table__)).all())
        assert number not in rows and f"330{'*' * 11}{number[-4:]}" in rows

    def test_a_unit_reports_under_its_own_name(self, office):
        party_register.add(office.store, SYSTEM, self.new(kind="unit", code=LEAD, name=LEAD, town=""))

    def test_many_are_entered_at_once_and_a_wrong_one_is_named(self, office):
        many = [self.new(code=code(n), name=f"企业{n}") for n in range(1, 1201)]
        entered = party_register.add_many(office.store, SYSTEM, many)
        assert entered.new == 1200 and len(set(entered.ids)) == 1200
        assert party_register.add_many(office.store, SYSTEM, many).new == 0
        wrong = [self.new(code=code(2001), name="甲"), self.new(code="1", name="乙")]
        assert refusal(party_register.add_many, office.store, SYSTEM, wrong).field == "[1].code"
        assert len(party_register.listed(office.store)) == 1200

    def test_only_those_who_take_applications_enter_parties(self, office):
        assert refusal(party_register.add, office.store, office.person("x", Duty.DECIDER), self.new()).code == "no_duty"
        party_register.add(office.store, office.person("y", Duty.CLERK), self.new())


class TestAccounts:
    def versions(self, store):
        with store.read() as work:
            query = select(PartyAccount.version, PartyAccount.status, PartyAccount.number)
            return [tuple(row) for row in work.execute(query.order_by(PartyAccount.version))]

    def test_a_changed_account_is_a_new_version_that_starts_unverified(self, office):
        party = office.party(account="33000012345678")
        assert self.versions(office.store) == [(1, "verified", "33000012345678")]
        same = NewAccount(number="3300 0012 3456 78", bank="算例银行")
        payee_accounts.enter(office.store, SYSTEM, party, same)
        payee_accounts.enter(office.store, SYSTEM, party, NewAccount(number="99000012345678", bank="算例银行"))
        assert self.versions(office.store) == [
            (1, "replaced", "33000012345678"),
            (2, "unverified", "99000012345678"),
        ]

    def test_a_second_person_verifies_and_neither_the_first_nor_the_payee_nor_the_operator(self, office):
        party = office.party()
        clerk = office.person("clerk", Duty.CLERK, Duty.FUND_OFFICER)
        twin = office.person("twin", Duty.FUND_OFFICER, same_as="clerk")
        payee = office.person("payee", Duty.FUND_OFFICER, party=party)
        other = office.person("other", Duty.FUND_OFFICER)
        account = payee_accounts.enter(office.store, clerk, party, NewAccount(number="33000012345678", bank="算例银行"))
        for who in (clerk, twin, payee):
            assert refusal(payee_accounts.verify, office.store, who, account, paper="x").code == "second_person"
        assert refusal(payee_accounts.verify, office.store, SYSTEM, account, paper="x").code == "in_person"
        assert refusal(payee_accounts.verify, office.store, other, account, paper="").field == "paper"
        payee_accounts.verify(office.store, other, account, paper="开户许可")
        payee_accounts.verify(office.store, other, account, paper="开户许可")
        assert self.versions(office.store)[0][1] == "verified"

    def test_a_party_enters_its_own_account_and_no_other(self, office):
        mine, theirs = office.party(1), office.party(2)
        signer = office.person("signer", party=mine)
        payee_accounts.enter(office.store, signer, mine, NewAccount(number="33000012345678", bank="x"))
        new = NewAccount(number="33000012345678", bank="x")
        assert refusal(payee_accounts.enter, office.store, signer, theirs, new).code == "no_duty"
        assert refusal(payee_accounts.enter, office.store, SYSTEM, uuid4(), new).field == "party"

    def test_a_replaced_account_is_not_verified(self, office):
        party, other = office.party(), office.person("other", Duty.FUND_OFFICER)
        old = payee_accounts.enter(office.store, SYSTEM, party, NewAccount(number="33000012345678", bank="x"))
        payee_accounts.enter(office.store, SYSTEM, party, NewAccount(number="33000099999999", bank="x"))
        assert "新版本" in refusal(payee_accounts.verify, office.store, other, old, paper="x").zh


class TestBenefits:
    def new(self, party, **changes):
        given = {
            "party": party, "kind": KeyKind.INVOICE, "basis": "3300231130 00000001", "source": "算例省补",
            "level": Level.PROVINCE, "reference": "算例（2023）1号", "amount": Money.yuan("1000"), **changes,
        }  # fmt: skip
        return NewBenefit(**given)

    def test_the_same_benefit_is_entered_once_under_its_normal_subject(self, office):
        party = office.party()
        assert (
            external_benefits.add(office.store, SYSTEM, [self.new(party), self.new(party, basis="330023113000000001")])
            == 1
        )
        assert external_benefits.add(office.store, SYSTEM, [self.new(party)]) == 0
        (row,) = external_benefits.listed(office.store, party=party)
        assert (row.subject, row.amount) == ("invoice:330023113000000001", Money.yuan("1000"))
        external_benefits.set_returned(office.store, SYSTEM, row.id, proof="退款回单")
        assert external_benefits.listed(office.store)[0].returned

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"basis": "  "}, "basis"),
            ({"amount": Money(-1)}, "amount"),
            ({"source": ""}, "source"),
            ({"reference": ""}, "reference"),
            ({"first": date(2023, 1, 1)}, "period"),
            ({"first": date(2023, 1, 2), "last": date(2023, 1, 1)}, "period"),
        ],
    )
    def test_a_wrong_benefit_is_refused_by_field(self, office, changes, field):
        assert (
            refusal(external_benefits.add, office.store, SYSTEM, [self.new(office.party(), **changes)]).field == field
        )

    def test_the_same_document_with_another_amount_is_refused(self, office):
        party = office.party()
        external_benefits.add(office.store, SYSTEM, [self.new(party)])
        other = self.new(party, amount=Money.yuan("2000"))
        assert refusal(external_benefits.add, office.store, SYSTEM, [other]).field == "reference"
        assert refusal(external_benefits.set_returned, office.store, SYSTEM, uuid4(), proof="x").field == "benefit"


def test_the_clock_of_the_store_dates_what_is_entered(office):
    office.store.set_clock(datetime(2023, 9, 1, tzinfo=UTC), frozen=True)
    budget_register.appropriate(
        office.store,
        office.person("fund-officer", Duty.FUND_OFFICER),
        unit=LEAD,
        year=2023,
        amount=Money.yuan("1"),
        document="x",
    )
    with office.store.read() as work:
        assert work.execute(select(LedgerEntry.made_at)).scalar_one() == datetime(2023, 9, 1, tzinfo=UTC)
