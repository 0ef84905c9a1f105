"""Units, people, grants, delegations and tokens: who may enter them, and what is refused."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework.shared.errors import Refused
from casework.shared.reference import reference
from casework.shared.register_writes import SYSTEM
from casework.staff import delegations, duty_grants, person_accounts, tokens, unit_register
from casework.staff.person_accounts import NewPerson
from models import AuditEntry, Duty, Grant, Person, Token
from models.store import Store
from support.office import LEAD, POLICY, SECOND, TOWN, Office, identity_number


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


def refusal(call, *arguments, **named) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    assert caught.value.zh and caught.value.en
    return caught.value


def audits(store: Store, action: str) -> int:
    with store.read() as work:
        return len(work.execute(select(AuditEntry.seq).where(AuditEntry.action == action)).all())


def holds(store: Store, person, duty, unit=LEAD) -> bool:
    with store.read() as work:
        return reference(store, work).holding(person, duty, unit, work.now) is not None


def test_a_policys_units_are_entered_once(office):
    assert unit_register.sync(office.store, SYSTEM, policy=POLICY) == []
    assert {"区经商局", "区科技局", TOWN} <= {unit.name for unit in unit_register.listed(office.store)}
    assert audits(office.store, "units.sync") == 1
    assert unit_register.add(office.store, SYSTEM, name=TOWN) is False


def test_an_unknown_unit_is_refused_with_the_like_of_it(office):
    office.person("wang")
    said = refusal(duty_grants.add, office.store, SYSTEM, person="wang", duty="acceptor", unit="经商局")
    assert said.field == "unit" and "区经商局" in said.zh


def test_a_person_entered_twice_is_one_person(office):
    first = person_accounts.add(office.store, SYSTEM, NewPerson(login="li", name="算例李"))
    assert person_accounts.add(office.store, SYSTEM, NewPerson(login="li", name="算例李")) == first
    assert refusal(person_accounts.add, office.store, SYSTEM, NewPerson(login="li", name="另一人")).field == "login"
    assert audits(office.store, "people.add") == 1


def test_two_accounts_of_one_identity_are_one_natural_person_and_the_number_is_nowhere(office):
    number = identity_number(7)
    first = office.person("a", identity=number)
    second = office.person("b", identity=number.lower())
    third = office.person("c", same_as="a")
    with office.store.read() as work:
        rows = {row.id: row for row in work.execute(select(Person.__table__))}
        everything = str([*work.execute(select(AuditEntry.content)), *rows.values()])
    assert rows[first].natural_key == rows[second].natural_key == rows[third].natural_key
    assert number not in everything and number[:-1] not in everything


@pytest.mark.parametrize("number", ["33041119900101007", "330411199001010079", "330411199013010072", "abc"])
def test_a_wrong_identity_number_is_refused(office, number):
    assert (
        refusal(person_accounts.add, office.store, SYSTEM, NewPerson(login="x", name="x", identity=number)).field
        == "identity"
    )


@pytest.mark.parametrize("new", [NewPerson(login=" ", name="x"), NewPerson(login="x", name="a\x00b")])
def test_blank_and_control_characters_are_refused(office, new):
    assert refusal(person_accounts.add, office.store, SYSTEM, new).field in ("login", "name")


def test_only_administrators_enter_people_and_grants(office):
    clerk = office.person("clerk", Duty.CLERK)
    admin = office.person("admin", Duty.ADMINISTRATOR)
    assert refusal(person_accounts.add, office.store, clerk, NewPerson(login="y", name="y")).code == "no_duty"
    assert refusal(duty_grants.add, office.store, clerk, person="clerk", duty="decider", unit=LEAD).code == "no_duty"
    person_accounts.add(office.store, admin, NewPerson(login="y", name="y"))


def test_a_grant_holds_at_once_and_a_revoked_one_is_gone_with_the_next_act(office):
    person = office.person("wang", Duty.ACCEPTOR)
    assert holds(office.store, person, Duty.ACCEPTOR)
    assert not holds(office.store, person, Duty.ACCEPTOR, SECOND)
    duty_grants.add(office.store, SYSTEM, person="wang", duty="受理人", unit=LEAD)
    with office.store.read() as work:
        assert len(work.execute(select(Grant.id)).all()) == 1
    assert duty_grants.revoke(office.store, SYSTEM, person="wang", duty=Duty.ACCEPTOR, unit=LEAD) == 1
    assert not holds(office.store, person, Duty.ACCEPTOR)
    assert (
        refusal(duty_grants.revoke, office.store, SYSTEM, person="wang", duty="acceptor", unit=LEAD).code == "no_grant"
    )


def test_a_grant_with_days_holds_from_the_first_to_the_last(office):
    person = office.person("wang")
    with office.store.read() as work:
        today = work.today
    later = today + timedelta(days=1)
    duty_grants.add(office.store, SYSTEM, person="wang", duty="acceptor", unit=LEAD, first=later, last=later)
    with office.store.read() as work:
        facts = reference(office.store, work)
        assert facts.holding(person, Duty.ACCEPTOR, LEAD, work.now) is None
        assert facts.holding(person, Duty.ACCEPTOR, LEAD, work.now + timedelta(days=1)) is not None
        assert facts.holding(person, Duty.ACCEPTOR, LEAD, work.now + timedelta(days=2)) is None
    backwards = {"person": "wang", "duty": "acceptor", "unit": LEAD, "first": later, "last": today}
    assert refusal(duty_grants.add, office.store, SYSTEM, **backwards).field == "last"


@pytest.mark.parametrize("onlooker", [Duty.AUDITOR, Duty.ADMINISTRATOR])
def test_auditors_and_administrators_get_no_other_duty_under_any_account(office, onlooker):
    office.person("one", onlooker)
    office.person("two", same_as="one")
    assert refusal(duty_grants.add, office.store, SYSTEM, person="two", duty="decider", unit=LEAD).code == "onlooker"
    office.person("three", Duty.DECIDER)
    assert refusal(duty_grants.add, office.store, SYSTEM, person="three", duty=onlooker, unit=LEAD).code == "onlooker"


@pytest.mark.parametrize("duty", ["system", "boss", ""])
def test_a_duty_that_is_none_is_refused(office, duty):
    office.person("wang")
    assert refusal(duty_grants.add, office.store, SYSTEM, person="wang", duty=duty, unit=LEAD).field == "duty"


def test_a_closed_account_does_nothing_more(office):
    admin = office.person("admin", Duty.ADMINISTRATOR)
    person_accounts.close(office.store, SYSTEM, "admin")
    assert refusal(person_accounts.add, office.store, admin, NewPerson(login="y", name="y")).code == "person"


class TestDelegation:
    """`wang` holds the duty and is away."""

    @pytest.fixture
    def people_here(self, office):
        office.person("wang", Duty.ACCEPTOR)
        office.person("zhao", Duty.ACCEPTOR)
        office.person("li")
        with office.store.read() as work:
            self.today = work.today
        return office

    def give(self, office, principal="wang", delegate="li", actor=SYSTEM, **changes):
        last = self.today + timedelta(days=3)
        wanted = {"duty": "acceptor", "unit": LEAD, "first": self.today, "last": last, "reason": "出差", **changes}
        return delegations.add(office.store, actor, principal=principal, delegate=delegate, **wanted)

    def test_a_delegate_holds_the_duty_for_the_days_given(self, people_here):
        made = self.give(people_here)
        assert self.give(people_here) == made
        delegate = person_accounts.id_of(people_here.store, "li")
        assert holds(people_here.store, delegate, Duty.ACCEPTOR)
        assert [row.delegate for row in delegations.listed(people_here.store)] == ["li"]
        delegations.end(people_here.store, SYSTEM, made)
        assert not holds(people_here.store, delegate, Duty.ACCEPTOR)
        assert refusal(delegations.end, people_here.store, SYSTEM, made).field == "delegation"

    def test_the_absent_person_may_delegate_and_others_may_not(self, people_here):
        store = people_here.store
        assert refusal(self.give, people_here, actor=person_accounts.id_of(store, "zhao")).code == "no_duty"
        self.give(people_here, actor=person_accounts.id_of(store, "wang"))

    def test_nobody_delegates_to_themselves_not_even_to_another_account(self, people_here):
        people_here.person("wang2", same_as="wang")
        assert refusal(self.give, people_here, delegate="wang").code == "self"
        assert refusal(self.give, people_here, delegate="wang2").code == "self"

    def test_loops_and_chains_are_refused(self, people_here):
        self.give(people_here, "wang", "zhao")
        assert refusal(self.give, people_here, "zhao", "wang").code == "loop"
        assert refusal(self.give, people_here, "zhao", "li").code == "loop"
        assert refusal(self.give, people_here, "li", "wang").code == "no_duty"

    def test_what_one_does_not_hold_or_what_is_over_cannot_be_delegated(self, people_here):
        assert refusal(self.give, people_here, duty="decider").code == "no_duty"
        yesterday = self.today - timedelta(days=1)
        assert refusal(self.give, people_here, first=yesterday, last=yesterday).field == "last"
        assert refusal(self.give, people_here, last=yesterday).field == "last"
        assert refusal(self.give, people_here, reason=" ").field == "reason"

    def test_an_auditor_stands_in_for_nobody(self, people_here):
        people_here.person("auditor", Duty.AUDITOR)
        assert refusal(self.give, people_here, delegate="auditor").code == "onlooker"


def test_a_token_names_its_person_and_only_its_hash_is_kept(office):
    person = office.person("wang")
    secret = tokens.make(office.store, SYSTEM, person="wang", last=date(2999, 1, 1))
    with office.store.read() as work:
        assert tokens.person_of(work, secret) == person
        assert secret not in str([*work.execute(select(Token.__table__)), *work.execute(select(AuditEntry.content))])
        assert refusal(tokens.person_of, work, secret + "x").field == "token"
    assert [row.login for row in tokens.listed(office.store)] == ["wang"]
    assert tokens.revoke(office.store, SYSTEM, person="wang") == 1
    with office.store.read() as work:
        assert refusal(tokens.person_of, work, secret).field == "token"
    assert tokens.revoke(office.store, SYSTEM, person="wang") == 0


def test_a_token_is_made_for_oneself_or_by_an_administrator(office):
    mine, other = office.person("wang"), office.person("li")
    tokens.make(office.store, mine, person="wang")
    assert refusal(tokens.make, office.store, other, person="wang").code == "no_duty"
    assert refusal(tokens.make, office.store, SYSTEM, person="wang", last=date(2001, 1, 1)).field == "last"


def test_a_closed_account_has_no_token(office):
    office.person("wang")
    secret = tokens.make(office.store, SYSTEM, person="wang")
    person_accounts.close(office.store, SYSTEM, "wang")
    with office.store.read() as work:
        assert refusal(tokens.person_of, work, secret).field == "token"


def test_a_refused_write_leaves_nothing_behind(office):
    before = audits(office.store, "people.add")
    good, bad = NewPerson(login="good", name="好"), NewPerson(login="", name="坏")
    refusal(person_accounts.add_many, office.store, SYSTEM, [good, bad])
    assert audits(office.store, "people.add") == before
    assert "good" not in {row.login for row in person_accounts.listed(office.store)}
