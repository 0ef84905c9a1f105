"""Whatever the facts and parameters: exactly one answer, never above the ceiling, and a trace that adds up."""

import json
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import policies
from policies.awards import plain
from policies.kit import Money, Prior, WrongFacts, hypothetical
from support.random_facts import facts_of, many_facts, values_of

XZ2023 = policies.get("XZ2023")
MONEY_ITEMS = [item.id for item in XZ2023 if item.pays]
ROWS = 60
CAPPED = [item.id for item in XZ2023 if item.pays and item.ceiling]
many = settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])


@pytest.mark.slow
@pytest.mark.parametrize("name", MONEY_ITEMS)
@many
@given(data=st.data())
def test_an_award_is_exactly_one_of_amount_refusal_or_missing(name: str, data: st.DataObject) -> None:
    item = XZ2023.item(name)
    facts, values = data.draw(facts_of(item.facts)), hypothetical(data.draw(values_of(item)))
    try:
        award = item.award(facts, values)
    except WrongFacts as wrong:
        assert wrong.field  # a fact that this parameter compares was left empty
        return
    assert (award.amount is not None) + (award.refused is not None) + bool(award.missing) == 1
    assert award == item.award(facts, values)
    json.dumps(plain(award))
    if award.amount is not None:
        assert award.payable and award.lines[-1].amount == award.amount
        assert item.ceiling is None or award.amount <= item.ceiling
        sums = [line.amount for line in award.lines if line.amount is not None]
        assert all(after <= before for before, after in pairwise(sums))
    required = {parameter.id for parameter in item.parameters if parameter.required}
    assert award.refused or required - set(values) <= set(award.missing)


@pytest.mark.parametrize("name", CAPPED)
@settings(max_examples=15)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_all_awards_of_a_scope_together_stay_within_the_ceiling(name: str, data: st.DataObject, seed: int) -> None:
    item = XZ2023.item(name)
    assert item.ceiling
    values = hypothetical(data.draw(values_of(item, every=True)))
    paid = Money(data.draw(st.integers(1, item.ceiling)))
    for facts in many_facts(item.facts, ROWS, seed):
        keys = item.keys(facts, item.event_date(facts, values))
        prior = Prior(subject=keys["subject"], period=keys["year"], amount=paid, keys=keys)
        award = item.award(facts, values, (prior,))
        assert award.amount is None or paid + award.amount <= item.ceiling
