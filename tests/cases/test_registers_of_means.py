"""Budgets, holidays and parameters: who may enter them, and what is refused."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from casework.funds import budget_register
from casework.parties import party_register
from casework.policy_settings import holidays, parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.privacy import identity_numbers
from casework.shared.errors import Broken, Refused
from casework.shared.reference import in_force, reference
from casework.shared.register_writes import SYSTEM
from models import Case, Duty, Fund, LedgerEntry, ParameterValue
from models.store import Store
from policies.money import Money
from policies.parameters import Origin
from policies.workdays import CalendarUnknown, Day
from support.office import LEAD, POLICY, Office, identity_number

RATIO = {"shape": "ratio", "rate": "0.5"}


@pytest.fixture
def office(store: Store) -> Office:
    return Office(store)


def refusal(call, *arguments, **named) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    assert caught.value.zh and caught.value.en
    return caught.value


class TestBudgets:
    def officer(self, office):
        return office.person("fund-officer", Duty.FUND_OFFICER)

    def give(self, office, amount="1000000", year=2023, document="财（2023）1号", actor=None, unit=LEAD):
        return budget_register.appropriate(
            office.store,
            actor or self.officer(office),
            unit=unit,
            year=year,
            amount=Money.yuan(amount),
            document=document,
        ).identity

    def take(self, office, amount, document="财（2023）9号"):
        return budget_register.cut(
            office.store, self.officer(office), unit=LEAD, year=2023, amount=Money.yuan(amount), document=document
        ).identity

    def test_the_same_document_moves_money_once(self, office):
        fund = self.give(office)
        assert self.give(office) == fund
        assert self.give(office, "500000", document="财（2023）2号") == fund
        (row,) = budget_register.listed(office.store)
        assert (row.budget, row.available) == (Money.yuan("1500000"), Money.yuan("1500000"))
        with office.store.read() as work:
            assert len(work.execute(select(LedgerEntry.id)).all()) == 2

    def test_the_same_document_with_another_sum_is_refused(self, office):
        self.give(office)
        assert refusal(self.give, office, "1000000.01").field == "document"

    def test_a_fund_is_never_cut_below_what_is_used(self, office):
        fund = self.give(office)
        with office.store.write() as work:
            moved = {"available_fen": 40_000_000, "reserved_fen": 60_000_000}
            work.execute(update(Fund).where(Fund.id == fund).values(**moved))
            entry = {"source": "available", "target": "reserved", "amount_fen": 60_000_000, "once": "test"}
            work.add(LedgerEntry, fund_id=fund, made_at=work.now, **entry)
        assert "400,000.00" in refusal(self.take, office, "400000.01").zh
        self.take(office, "400000")
        self.take(office, "400000")
        (row,) = budget_register.listed(office.store)
        assert (row.budget, row.available, row.reserved) == (60_000_000, 0, 60_000_000)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"amount": "0"}, "amount"),
            ({"amount": "-1"}, "amount"),
            ({"year": 23}, "year"),
            ({"year": True}, "year"),
            ({"document": " "}, "document"),
            ({"unit": "区无名局"}, "unit"),
        ],
    )
    def test_wrong_entries_are_refused_by_field(self, office, changes, field):
        assert refusal(self.give, office, **changes).field == field

    def test_a_plain_number_is_no_amount(self, office):
        named = {"unit": LEAD, "year": 2023, "document": "x", "amount": 100}
        assert refusal(budget_register.appropriate, office.store, self.officer(office), **named).field == "amount"

    def test_only_a_fund_officer_appropriates(self, office):
        assert refusal(self.give, office, actor=office.person("wang", Duty.DECIDER)).code == "no_duty"
        self.give(office, actor=office.person("li", Duty.FUND_OFFICER))

    def test_a_cut_of_a_fund_that_is_not_there_is_refused(self, office):
        assert refusal(self.take, office, "1").field == "unit"


class TestHolidays:
    def test_single_days_of_a_known_year_are_entered_once(self, office):
        days = {date(2023, 9, 4): Day.RESTS}
        assert holidays.add(office.store, SYSTEM, days=days, citation="算例通知") == 1
        assert holidays.add(office.store, SYSTEM, days=days, citation="算例通知") == 0
        with office.store.read() as work:
            assert not reference(office.store, work).calendar.is_workday(date(2023, 9, 4))
        assert holidays.add(office.store, SYSTEM, days={date(2023, 9, 4): Day.WORKS}, citation="更正") == 1
        assert [(row.day, row.works) for row in holidays.listed(office.store, year=2023)] == [(date(2023, 9, 4), True)]

    def test_a_year_outside_the_calendar_is_entered_as_a_whole(self, office):
        single = {date(2035, 1, 1): Day.RESTS}
        assert "整年" in refusal(holidays.add, office.store, SYSTEM, days=single, citation="通知").zh
        with office.store.read() as work, pytest.raises(CalendarUnknown):
            reference(office.store, work).calendar.is_workday(date(2035, 1, 1))
        whole = {"year": 2035, "rests": [date(2035, 1, 1)], "works": [date(2035, 1, 6)], "citation": "通知"}
        assert holidays.add_year(office.store, SYSTEM, **whole) == 365
        with office.store.read() as work:
            calendar = reference(office.store, work).calendar
        assert calendar.is_workday(date(2035, 1, 6)) and not calendar.is_workday(date(2035, 1, 1))

    def test_a_day_named_as_both_or_of_another_year_is_refused(self, office):
        both = {"year": 2035, "rests": [date(2035, 1, 1)], "works": [date(2035, 1, 1)], "citation": "通知"}
        assert refusal(holidays.add_year, office.store, SYSTEM, **both).field == "days"
        stray = {"year": 2035, "rests": [date(2036, 1, 1)], "works": [], "citation": "通知"}
        assert refusal(holidays.add_year, office.store, SYSTEM, **stray).field == "days"

    def test_a_notice_is_named_and_an_empty_list_is_refused(self, office):
        assert refusal(holidays.add, office.store, SYSTEM, days={}, citation="x").field == "days"
        days = {date(2023, 9, 4): Day.RESTS}
        assert refusal(holidays.add, office.store, SYSTEM, days=days, citation="").field == "citation"


class TestParameters:
    @pytest.fixture
    def pair(self, office):
        return office.person("author", Duty.PARAMETER_AUTHOR), office.person("confirmer", Duty.PARAMETER_CONFIRMER)

    def new(self, **changes):
        given = {"policy": POLICY.code, "name": "P14-shape", "value": RATIO, "citation": "算例会议纪要", **changes}
        return Proposal(**given)

    def values(self, office, name="P14-shape"):
        return [row for row in parameter_register.listed(office.store, POLICY, history=True) if row.name == name]

    def test_a_value_counts_once_another_person_has_confirmed_it(self, office, pair):
        author, confirmer = pair
        proposal = parameter_register.propose(office.store, author, self.new())
        assert parameter_register.propose(office.store, author, self.new()) == proposal
        with office.store.read() as work:
            assert "P14-shape" not in in_force(reference(office.store, work), POLICY.code, POLICY.opens)
        parameter_register.confirm(office.store, confirmer, proposal)
        with office.store.read() as work:
            value = in_force(reference(office.store, work), POLICY.code, POLICY.opens)["P14-shape"]
        assert (value.value, value.citation, value.valid_from) == (RATIO, "算例会议纪要", POLICY.opens)
        (row,) = self.values(office)
        assert (row.status, row.set_by, row.confirmed_by) == ("confirmed", "算例author", "算例confirmer")
        assert refusal(parameter_register.confirm, office.store, confirmer, proposal).field == "proposal"

    def test_the_author_does_not_confirm_not_even_under_another_account(self, office, pair):
        author, _ = pair
        office.person("author2", Duty.PARAMETER_CONFIRMER, same_as="author")
        from casework.staff import duty_grants, person_accounts

        duty_grants.add(office.store, SYSTEM, person="author", duty=Duty.PARAMETER_CONFIRMER, unit=LEAD)
        proposal = parameter_register.propose(office.store, author, self.new())
        for who in (author, person_accounts.id_of(office.store, "author2")):
            assert refusal(parameter_register.confirm, office.store, who, proposal).code == "second_person"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": "P14-shap"}, "name"),
            ({"name": "P-event-basis"}, "name"),
            ({"value": {"shape": "ratio", "rate": "1.5"}}, "value"),
            ({"value": {"shape": "ratio"}}, "value"),
            ({"value": {"shape": "ratio", "rate": 0.5}}, "value"),
            ({"value": None}, "value"),
            ({"value": "half"}, "value"),
            ({"citation": "  "}, "citation"),
            ({"valid_from": date(2023, 9, 1), "valid_to": date(2023, 8, 1)}, "valid_to"),
            ({"origin": Origin.HYPOTHETICAL}, "origin"),
            ({"name": "P-notice-days", "value": -1}, "value"),
            ({"name": "P-event-basis:M14b", "value": "tomorrow"}, "value"),
        ],
    )
    def test_a_malformed_proposal_is_refused_by_field(self, office, pair, changes, field):
        assert refusal(parameter_register.propose, office.store, pair[0], self.new(**changes)).field == field
        with office.store.read() as work:
            assert work.execute(select(ParameterValue.id)).first() is None

    def test_the_operator_and_people_without_the_duty_neither_propose_nor_confirm(self, office, pair):
        author, confirmer = pair
        assert refusal(parameter_register.propose, office.store, SYSTEM, self.new()).code == "in_person"
        assert refusal(parameter_register.propose, office.store, confirmer, self.new()).code == "no_duty"
        proposal = parameter_register.propose(office.store, author, self.new())
        assert refusal(parameter_register.confirm, office.store, author, proposal).code == "no_duty"
        assert refusal(parameter_register.confirm, office.store, SYSTEM, proposal).code == "in_person"

    def confirmed(self, office, pair, **changes):
        proposal = parameter_register.propose(office.store, pair[0], self.new(**changes))
        return parameter_register.confirm(office.store, pair[1], proposal)

    def test_a_later_value_ends_the_one_before_it(self, office, pair):
        self.confirmed(office, pair)
        self.confirmed(office, pair, value="assessed", valid_from=date(2024, 1, 1))
        first, second = self.values(office)
        assert (first.status, first.valid_to) == ("confirmed", "2023-12-31")
        assert (second.status, second.valid_to, second.value) == ("confirmed", "", "assessed")

    def test_each_day_has_the_value_that_held_on_it(self, office, pair):
        self.confirmed(office, pair)
        self.confirmed(office, pair, value="assessed", valid_from=date(2024, 1, 1))
        self.confirmed(office, pair, name="P-notice-days", value=7, valid_from=date(2023, 7, 1))
        self.confirmed(office, pair, name="P-notice-days", value=9, valid_from=date(2024, 1, 1))
        with office.store.read() as work:
            facts = reference(office.store, work)
        assert in_force(facts, POLICY.code, date(2023, 12, 31))["P14-shape"].value == RATIO
        assert in_force(facts, POLICY.code, date(2024, 1, 1))["P14-shape"].value == "assessed"
        assert "P14-shape" not in in_force(facts, POLICY.code, date(2023, 6, 30))
        days = [facts.setting(POLICY, "P-notice-days", date(year, 6, 30)) for year in (2022, 2024)]
        assert days == [5, 9] and facts.setting(POLICY, "P-notice-days", date(2023, 12, 31)) == 7

    def test_an_items_own_setting_is_its_own(self, office, pair):
        self.confirmed(office, pair, name="P-event-basis:M14b", value="filing")
        with office.store.read() as work:
            facts = reference(office.store, work)
        own = in_force(facts, POLICY.code, POLICY.opens, "M14b")
        assert own["P-event-basis"].value == "filing"
        assert "P-event-basis" not in in_force(facts, POLICY.code, POLICY.opens, "M5c")

    def test_a_value_from_the_same_day_takes_the_place(self, office, pair):
        self.confirmed(office, pair)
        self.confirmed(office, pair, value="assessed")
        assert sorted(row.status for row in self.values(office)) == ["confirmed", "ended"]

    def test_a_value_before_one_in_force_must_say_when_it_ends(self, office, pair):
        self.confirmed(office, pair, valid_from=date(2024, 1, 1))
        earlier = parameter_register.propose(office.store, pair[0], self.new(valid_from=date(2023, 7, 1)))
        assert refusal(parameter_register.confirm, office.store, pair[1], earlier).field == "valid_to"
        self.confirmed(office, pair, valid_from=date(2023, 7, 1), valid_to=date(2023, 12, 31))

    def test_a_rejected_proposal_stays_readable_and_dead(self, office, pair):
        proposal = parameter_register.propose(office.store, pair[0], self.new())
        parameter_register.reject(office.store, pair[1], proposal, reason="依据不足")
        assert refusal(parameter_register.confirm, office.store, pair[1], proposal).field == "proposal"
        assert [row.status for row in self.values(office)] == ["rejected"]
        assert refusal(parameter_register.confirm, office.store, pair[1], uuid4()).field == "proposal"

    def test_settings_are_listed_as_ours_with_their_default(self, office):
        rows = {row.name: row for row in parameter_register.listed(office.store, POLICY)}
        assert rows["P-notice-days"].ours and rows["P-notice-days"].default == 5
        assert not rows["P14-shape"].ours and rows["P14-shape"].status == "unset"
        assert rows["P-event-basis:M14b"].items == ("M14b",)

    def test_confirming_wakes_only_the_cases_that_wait_for_it(self, office, pair):
        party = office.party()
        waiting = [case(office.store, party, "M14b", duty, LEAD) for duty in ("parameter_author", "certifier")]
        other = case(office.store, party, "M4b", "parameter_author", LEAD)
        assert self.confirmed(office, pair) == 1
        with office.store.read() as work:
            rows = {row.id: row for row in work.execute(select(Case.__table__))}
            now = work.now
        assert rows[waiting[0]].next_duty == "system" and rows[waiting[0]].next_due <= now
        assert rows[waiting[0]].version == 1
        assert (rows[waiting[1]].next_duty, rows[other].next_duty) == ("certifier", "parameter_author")

    def test_money_wakes_the_cases_that_wait_for_it(self, office):
        waiting = case(office.store, office.party(), "M4a", "fund_officer", LEAD)
        TestBudgets().give(office)
        with office.store.read() as work:
            assert work.execute(select(Case.next_duty).where(Case.id == waiting)).scalar_one() == "system"


def case(store: Store, party: UUID, item: str, duty: str, unit: str | None = None) -> UUID:
    with store.write() as work:
        made = work.new_id()
        work.add(
            Case,
            id=made,
            number=f"{item}-{made}",
            policy=POLICY.code,
            measure=POLICY.measure_of(item).code,
            item=item,
            party_id=party,
            next_duty=duty,
            next_unit=unit,
            next_due=work.now + timedelta(days=9),
            opened_at=work.now,
            changed_at=work.now,
        )
    return made


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
class TestProduction:
    """A production store: no demo values, and identity numbers under its own key."""

    @pytest.fixture
    def office(self, make_store):
        return Office(make_store(demo=False))

    def test_demo_values_never_enter_it(self, office):
        author = office.person("author", Duty.PARAMETER_AUTHOR)
        new = Proposal(policy=POLICY.code, name="P14-shape", value=RATIO, citation="x", origin=Origin.DEMO)
        assert refusal(parameter_register.propose, office.store, author, new).field == "origin"

    def test_the_identity_key_is_made_once_and_its_loss_is_said_aloud(self, office):
        first = office.person("a", identity=identity_number(1))
        path = identity_numbers.key_file(office.store)
        assert path.stat().st_mode & 0o077 == 0
        kept = path.read_bytes()
        path.unlink()
        with pytest.raises(Broken, match="从备份恢复"):
            office.person("b", identity=identity_number(1))
        path.write_bytes(kept)
        office.person("b", identity=identity_number(1))
        path.write_bytes(b"short")
        with pytest.raises(Broken, match="已损坏"):
            office.person("c", identity=identity_number(2))
        assert first

    def test_parties_carry_no_demo_mark(self, office):
        office.party()
        assert not party_register.listed(office.store)[0].demo
