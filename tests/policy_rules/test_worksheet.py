"""How a case computes: ceilings and their scopes, missing parameters, earlier awards, and the trace."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

import policies
from policies.kit import Award, Item, Money, Origin, Prior, Scope, Value, WrongFacts, WrongValue, hypothetical
from policies.xiuzhou_2023.common import cost
from policies.xiuzhou_2023.m01_overseas_centres import MILAN
from policies.xiuzhou_2023.m04_new_products import LAMP, LOOM, Level
from policies.xiuzhou_2023.m05_own_brands import PARIS, RELATED
from policies.xiuzhou_2023.m07_standards import NATIONAL
from policies.xiuzhou_2023.m14_trade_fairs import COLOGNE
from policies.xiuzhou_2023.m15_ecommerce import HQ, TRADE
from policies.xiuzhou_2023.m16_first_stores import STORE

XZ2023 = policies.get("XZ2023")
FACTS = {"M1": MILAN, "M4b": LAMP, "M5c": PARIS, "M7": NATIONAL, "M14b": COLOGNE, "M15b": TRADE, "M16": STORE}
FIRST = {
    "M1": "P1-shape",
    "M4b": "P4b-shape",
    "M5c": "P5c-shape",
    "M7": "P7-shape",
    "M14b": "P14-shape",
    "M15b": "P15b-shape",
}


def award(item: str, facts: Any, prior: tuple[Prior, ...] = (), **values: Any) -> Award:
    """Compute with hypothetical values; `P14_shape` stands for P14-shape."""
    return XZ2023.item(item).award(facts, hypothetical({k.replace("_", "-"): v for k, v in values.items()}), prior)


def earlier(given: Award, **changes: Any) -> Prior:
    """An award as an earlier one, altered."""
    return replace(given.as_prior(), **changes)


@pytest.mark.parametrize("item", FIRST)
def test_a_ceiling_holds_on_both_sides_to_the_fen(item: str) -> None:
    ceiling = XZ2023.item(item).ceiling
    assert ceiling
    for fen, paid in ((ceiling - 1, ceiling - 1), (ceiling, ceiling), (ceiling + 1, ceiling)):
        facts = replace(FACTS[item], cost_lines=(cost(Money(fen).yuan_text),))
        given = XZ2023.item(item).award(facts, hypothetical({FIRST[item]: "assessed"}))
        assert given.amount == paid
        assert given.lines[-1].capped is (fen > ceiling)


@pytest.mark.parametrize(
    ("level", "yuan"),
    [
        (Level.INTERNATIONAL, 2_000_000),
        (Level.NATIONAL, 1_500_000),
        (Level.PROVINCIAL, 500_000),
        (Level.MUNICIPAL, 200_000),
    ],
)
def test_first_sets_are_paid_at_once_by_level(level: Level, yuan: int) -> None:
    given = award("M4a", replace(LOOM, level=level))
    assert given.payable and given.amount == Money.yuan(yuan) and given.missing == ()


@pytest.mark.parametrize(
    ("day", "inside"),
    [(date(2023, 6, 30), False), (date(2023, 7, 1), True), (date(2024, 6, 30), True), (date(2024, 7, 1), False)],
)
def test_the_event_lies_within_the_term_both_days_included(day: date, inside: bool) -> None:
    given = award("M4a", replace(LOOM, certified_on=day))
    assert given.payable is inside
    assert inside or (given.refused and given.refused.clause == XZ2023.validity_clause)


def test_the_basis_of_the_event_is_a_setting() -> None:
    early = replace(LOOM, certified_on=date(2023, 1, 1))
    assert award("M4a", early, **{"P-event-basis": "filing"}).payable
    half_in = replace(TRADE, period_from=date(2023, 1, 1))
    steps = {"P15b-shape": {"shape": "fixed", "amount": "5"}}
    assert award("M15b", half_in, **steps).payable  # its part in the term counts
    before = replace(half_in, period_to=date(2023, 6, 30))
    assert award("M15b", before, **steps).refused
    assert award("M15b", half_in, **steps, **{"P-event-basis": "period_to"}).payable


def test_all_missing_parameters_are_listed_at_once() -> None:
    given = award("M5c", RELATED, prior=(Prior(subject="x", period="2023", amount=Money(1)),))
    assert given.missing == ("P5c-events", "P5c-shape", "P5c-scope")
    assert given.amount is None and not given.payable
    assert given.text == "不可兑付：缺少参数 P5c-events、P5c-shape、P5c-scope"


def test_a_lawful_no_does_not_wait_for_parameters() -> None:
    given = award("M16", replace(STORE, first_store=False))
    assert given.refused and given.refused.code == "M16-R3" and given.refused.clause == "第 16 条"
    assert given.missing == () and given.amount is None


def test_a_value_that_is_not_confirmed_or_not_valid_on_the_event_date_is_unset() -> None:
    item = XZ2023.item("M16")
    value = Value(
        value="0.5", citation="算例", confirmed=True, valid_from=date(2023, 12, 1), valid_to=date(2023, 12, 1)
    )
    assert item.award(STORE, {"P16-rate": value}).payable
    for unset in (
        replace(value, confirmed=False),
        replace(value, valid_from=date(2023, 12, 2), valid_to=None),
        replace(value, valid_from=None, valid_to=date(2023, 11, 30)),
    ):
        assert item.award(STORE, {"P16-rate": unset}).missing == ("P16-rate",)


def test_a_malformed_value_fails_loudly() -> None:
    with pytest.raises(WrongValue, match="P16-rate"):
        award("M16", STORE, P16_rate="3")


def test_a_level_without_an_amount_is_missing_and_never_zero() -> None:
    given = award("M7", NATIONAL, P7_shape={"shape": "by_level", "levels": {"local": "5"}})
    assert given.missing == ("P7-shape",)
    assert "国家标准" in given.text


def test_nothing_recognised_is_a_lawful_no_and_not_zero_yuan() -> None:
    nothing = replace(HQ, cost_lines=(cost("5", "0", "无凭证"),))
    given = award("M15a", nothing, P15a_rate="30%")
    assert given.refused and given.amount is None


def test_costs_are_asked_for_when_the_shape_prices_them() -> None:
    with pytest.raises(WrongFacts, match="cost_lines"):
        award("M7", NATIONAL, P7_shape="assessed")


def test_a_fact_that_a_set_parameter_compares_is_asked_for() -> None:
    with pytest.raises(WrongFacts, match="months_open"):
        award("M16", STORE, P16_rate="0.5", **{"P16-min-months": 6})


def test_facts_of_another_item_are_refused() -> None:
    with pytest.raises(WrongFacts, match="M16"):
        award("M16", LOOM)


def test_a_scope_is_asked_for_only_after_an_earlier_award() -> None:
    first = award("M14b", COLOGNE, P14_shape="assessed")
    assert first.payable
    again = replace(COLOGNE, opened_on=date(2024, 6, 3))
    assert award("M14b", again, prior=(first.as_prior(),), P14_shape="assessed").missing == ("P14-scope",)


@pytest.mark.parametrize(
    ("scope", "earlier_year", "fen"),
    [
        (Scope.SUBJECT, "2024", 30_000_000),
        (Scope.YEAR, "2024", 10_000_000),
        (Scope.YEAR, "2023", 30_000_000),
        (Scope.APPLICANT, "2023", 10_000_000),
    ],
)
def test_a_ceiling_counts_over_its_scope(scope: Scope, earlier_year: str, fen: int) -> None:
    before = Prior(subject="另一展会", period=earlier_year, amount=Money.wan(20))
    given = award("M14b", COLOGNE, prior=(before,), P14_shape="assessed", P14_scope=str(scope))
    assert given.amount == fen


def test_an_exhausted_ceiling_is_a_lawful_no() -> None:
    before = Prior(subject="另一展会", period="2024", amount=Money.wan(30))
    given = award("M14b", COLOGNE, prior=(before,), P14_shape="assessed", P14_scope="year")
    assert given.refused and "最高限额" in given.refused.text


def test_a_higher_level_later_pays_the_difference_or_nothing() -> None:
    municipal = award("M4a", replace(LOOM, level=Level.MUNICIPAL)).as_prior()
    assert award("M4a", LOOM, prior=(municipal,)).missing == ("P4a-upgrade",)
    assert award("M4a", LOOM, prior=(municipal,), P4a_upgrade="difference").amount == Money.wan(130)
    assert award("M4a", LOOM, prior=(municipal,), P4a_upgrade="nothing").refused


def test_the_same_or_a_lower_level_later_is_refused_without_asking() -> None:
    national = award("M4a", LOOM).as_prior()
    for level in (Level.NATIONAL, Level.MUNICIPAL):
        assert award("M4a", replace(LOOM, level=level), prior=(national,)).refused


def test_another_product_is_not_an_upgrade() -> None:
    other = award("M4a", replace(LOOM, product="另一产品")).as_prior()
    assert award("M4a", LOOM, prior=(other,)).amount == Money.wan(150)


def test_the_same_centre_again_depends_on_one_off_or_yearly() -> None:
    first = earlier(award("M1", MILAN, P1_shape="assessed"), amount=Money.wan(10))
    base = {"P1_shape": "assessed", "P1_scope": "year"}
    assert award("M1", MILAN, prior=(first,), **base).missing == ("P1-frequency",)
    assert award("M1", MILAN, prior=(first,), **base, P1_frequency="one_off").refused
    assert award("M1", MILAN, prior=(first,), **base, P1_frequency="yearly").refused
    last_year = earlier(award("M1", MILAN, P1_shape="assessed"), period="2022")
    assert award("M1", MILAN, prior=(last_year,), **base, P1_frequency="yearly").amount == Money.wan(100)


def test_joint_winners_share_what_the_ceiling_leaves() -> None:
    two = replace(LAMP, winners=2, cost_lines=(cost("900000"),))
    assert award("M4b", two, P4b_shape="assessed").missing == ("P4b-joint",)
    assert award("M4b", two, P4b_shape="assessed", P4b_joint="equal").amount == Money.wan(25)
    assert award("M4b", two, P4b_shape="assessed", P4b_joint="full").amount == Money.wan(50)


def test_every_line_says_clause_parameters_inputs_and_what_it_came_to() -> None:
    item: Item = XZ2023.item("M16")
    value = Value(value="0.3333", citation="算例文件第 2 条", origin=Origin.DEMO, confirmed=True)
    given = item.award(STORE, {"P16-rate": value}, evidence={"cost_lines": ("E-1", "E-2")})
    steps = [line.step for line in given.lines]
    assert steps == ["cost", "cost", "price", "cap"]
    cut, price, cap = given.lines[1], given.lines[2], given.lines[3]
    assert "核减 300,000.00 元：超出计入月数的房租" in cut.formula and cut.inputs[0].evidence == ("E-1", "E-2")
    assert (price.parameters[0].id, price.parameters[0].value) == ("P16-rate", "0.3333")
    assert (price.parameters[0].citation, price.parameters[0].origin) == ("算例文件第 2 条", "demo")
    assert price.inputs[0].evidence == ("E-1", "E-2") and price.unrounded == "333300"
    assert (cap.amount, cap.ceiling, cap.capped) == (given.amount, Money.wan(50), False)
    assert all(line.clause == "第 16 条" for line in given.lines)


def test_the_trace_shows_the_value_before_rounding() -> None:
    odd = replace(STORE, cost_lines=(cost("0.33"),))
    for rounding, fen in (("down", 16), ("half-up", 17), ("up", 17)):
        given = award("M16", odd, P16_rate="0.5", **{"P-rounding": rounding})
        assert given.amount == fen and given.lines[1].unrounded == "0.165"


def test_an_award_says_itself_in_figures_and_capitals() -> None:
    assert award("M4a", LOOM).text == "1,500,000.00 元（壹佰伍拾万元整）"
