"""Measures without money: 0 yuan with a reason, the plan's own limits on both sides, promises never made."""

from dataclasses import fields, replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from policies import get
from policies.awards import Award, AwardUnit
from policies.forms import WrongFacts, document_key
from policies.known import Known
from policies.measures import Access, Chain, Example, Item
from policies.memo import Milli
from policies.money import Money
from policies.parameters import hypothetical
from policies.programme import Work, indicators
from policies.xiuzhou_2023 import m03_super_deduction as m03
from policies.xiuzhou_2023 import m12_matchmaking as m12
from policies.xiuzhou_2023 import m18_product_promotion as m18
from policies.xiuzhou_2023 import m19_fulfilment as m19
from policies.xiuzhou_2023 import s1_evaluation as s1
from policies.xiuzhou_2023.m22_vertical_factories import ORDINARY, PARCEL, SET

PLAN = get("XZ2023")
WITHOUT_MONEY = [item for item in PLAN if not item.pays]
WORKS = [item for item in WITHOUT_MONEY if isinstance(item, Work)]
EXAMPLES = [(item, example) for item in WITHOUT_MONEY for example in item.examples]


def award(item: str, facts: Any, **values: Any) -> Award:
    return PLAN.item(item).award(facts, hypothetical(values))


def good(item: str) -> Any:
    return PLAN.item(item).examples[0].facts


def told(award: Award) -> str:
    assert award.refused is not None, award.text
    return award.refused.text


@pytest.mark.parametrize(("item", "example"), EXAMPLES, ids=lambda shown: getattr(shown, "id", None) or shown.title)
def test_a_worked_example_gives_what_it_says(item: Item, example: Example) -> None:
    assert example.difference(item.run(example)) == ""


@pytest.mark.parametrize("item", WITHOUT_MONEY, ids=lambda item: item.id)
def test_no_money_is_ever_awarded_and_the_reason_is_told(item: Item) -> None:
    given = item.run(item.examples[0])
    assert given.amount == 0 and not given.payable and given.note
    assert given.unit is not AwardUnit.MONEY


@pytest.mark.parametrize("item", WITHOUT_MONEY, ids=lambda item: item.id)
def test_an_item_shows_a_case_that_passes_and_one_that_is_refused(item: Item) -> None:
    assert any(example.gives for example in item.examples) and any(example.refused for example in item.examples)


@pytest.mark.parametrize("item", WORKS, ids=lambda item: item.id)
def test_a_programme_has_indicators_and_its_milestones_lie_in_order_inside_the_policy(item: Work) -> None:
    days = [milestone.due(PLAN.opens, PLAN.closes) for milestone in item.milestones]
    assert item.indicators and item.chain is Chain.PROGRAMME
    assert days == sorted(days) and all(PLAN.opens <= day <= PLAN.closes for day in days)


@pytest.mark.parametrize("item", WORKS, ids=lambda item: item.id)
@pytest.mark.parametrize("missing", ["on_task", "accountable"])
def test_a_plan_off_its_task_or_without_names_dates_and_figures_is_refused(item: Work, missing: str) -> None:
    facts = item.examples[0].facts
    if hasattr(facts, missing):
        assert item.award(replace(facts, **{missing: False}), {}).refused is not None


def test_indicator_ids_are_unique_in_the_plan() -> None:
    assert len(indicators(PLAN)) == sum(len(item.indicators) for item in WORKS)


# 第 3 条 and 第 18 条: what is never promised


def test_measure_3_has_no_field_that_holds_an_amount_and_always_carries_its_disclaimer() -> None:
    item = PLAN.item("M3")
    assert not any("Money" in str(field.type) for form in (item.claim, item.facts) for field in fields(form))
    assert item.note == m03.DISCLAIMER and "不计算税额" in m03.DISCLAIMER.zh
    assert told(award("M3", replace(m03.GOOD, disclaimer=False))) == "自查材料未载明免责说明"


def test_measure_18_refuses_a_promise_of_preference_and_inside_information() -> None:
    assert "不作任何中标、采购份额或倾斜承诺" in m18.DISCLAIMER.zh
    assert "不得承诺倾斜" in told(award("M18", replace(m18.GOOD, promises_preference=True)))
    assert "未公开" in told(award("M18", replace(m18.GOOD, public_information=False)))


# 第 9 条, 第 11 条


def test_a_place_in_the_library_names_its_entry_and_its_review() -> None:
    given = award("M9", good("M9"))
    assert (given.unit, given.quantity) == (AwardUnit.PLACE, "算例-001")
    assert "2024-08-31" in given.note


def test_an_entry_whose_review_comes_before_it_is_wrong() -> None:
    with pytest.raises(WrongFacts, match="ends"):
        replace(good("M9"), review_on=date(2023, 8, 31))


def test_a_quota_names_its_quantity_unit_and_validity() -> None:
    given = award("M11", good("M11"))
    assert (given.unit, given.quantity) == (AwardUnit.QUOTA, "1250.5 吨标准煤")


@pytest.mark.parametrize("condition", ["completes_chain", "meets_policies", "green"])
def test_a_quota_needs_every_condition_of_its_clause(condition: str) -> None:
    assert told(award("M11", replace(good("M11"), **{condition: False})))


def test_a_quota_of_nothing_is_refused_and_of_a_thousandth_is_given() -> None:
    assert told(award("M11", replace(good("M11"), quantity=Milli(0)))) == "拟给予的指标为零"
    assert award("M11", replace(good("M11"), quantity=Milli(1))).quantity == "0.001 吨标准煤"


def test_the_four_units_of_measure_11_review_jointly() -> None:
    assert PLAN.item("M11").reviewed_jointly and len(PLAN.measure(11).units) == 4


# 第 12 条


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_plan_of_any_number_of_fairs_passes_for_three_are_the_seasons_target(number: int) -> None:
    days = [date(2023, 9, day + 1) for day in range(number)]
    given = award("M12", replace(m12.SEASON, events=m12.fairs_on(*days)))
    assert given.refused is None and f"展销会 {number} 场" in given.note


@pytest.mark.parametrize(
    ("day", "passes"),
    [(date(2023, 6, 30), False), (date(2023, 7, 1), True), (date(2024, 6, 30), True), (date(2024, 7, 1), False)],
)
def test_a_plan_has_an_event_inside_the_policys_time(day: date, passes: bool) -> None:
    given = award("M12", replace(m12.SEASON, events=m12.fairs_on(day)))
    assert (given.refused is None) is passes


def test_matchmaking_is_no_sales_fair() -> None:
    events = tuple(replace(event, kind=m12.Kind.SALES) for event in m12.SEASON.events)
    assert "展销会 0 场" in award("M12", replace(m12.SEASON, events=events)).note


def test_the_target_of_measure_12_is_three_fairs() -> None:
    (target,) = indicators(PLAN)["M12-fairs"].targets
    assert not target.met(2) and target.met(3)


def test_in_a_renewed_policy_the_fairs_count_in_its_own_time() -> None:
    renewed = PLAN.renewed(code="XZ-NEXT", opens=date(2024, 7, 1), closes=date(2025, 6, 30), changes={})
    assert told(renewed.item("M12").award(m12.SEASON, {})) == m12.NONE


# 第 19 条


def test_the_first_target_of_measure_19_is_a_baseline_and_the_second_is_not() -> None:
    first, second = m19.TARGETS
    assert (first.by, first.at_least, first.is_baseline(PLAN.opens)) == (date(2023, 6, 30), 80, True)
    assert (second.by, second.at_least, second.is_baseline(PLAN.opens)) == (date(2023, 9, 30), 100, False)


def test_the_payout_rate_is_exact_and_nothing_approved_is_no_rate() -> None:
    first = m19.TARGETS[0]
    assert m19.payout_rate(8, 10) == 80 and first.met(Fraction(80))
    assert not first.met(m19.payout_rate(79_999_999, 100_000_000) or Fraction(0))
    assert m19.payout_rate(0, 0) is None


@pytest.mark.parametrize(("access", "days"), [(Access.WITHIN_TIME_LIMIT, 0), (Access.ON_APPLICATION, 5)])
def test_days_are_promised_for_limited_time_items_and_for_no_others(access: Access, days: int) -> None:
    with pytest.raises(WrongFacts, match="promised_days"):
        m19.PolicyItem(title="算例事项", access=access, promised_days=days)


# 第 22 条


@pytest.mark.parametrize(("ratio", "passes"), [("2.99", False), ("3.0", False), ("3.001", True), ("3.01", True)])
def test_the_floor_area_ratio_must_exceed_three(ratio: str, passes: bool) -> None:
    given = award("M22", replace(PARCEL, floor_area_ratio=Milli.of(ratio)), **SET)
    assert (given.refused is None) is passes


@pytest.mark.parametrize(
    ("assessed", "price"),
    [("500.00", "350.00"), ("500.01", "350.01"), ("500.02", "350.02"), ("600", "420.00")],
)
def test_a_price_at_the_floor_or_above_passes_rounded_up_to_the_fen(assessed: str, price: str) -> None:
    given = award("M22", replace(PARCEL, assessed=Money.yuan(assessed)), **SET)
    assert (given.unit, given.quantity) == (AwardUnit.PRICE, f"{price} 元/平方米")


def test_a_price_one_fen_under_the_floor_is_refused() -> None:
    refused = told(award("M22", replace(PARCEL, assessed=Money.yuan("499.98")), **SET))
    assert refused == "起始价 349.99 元/平方米低于下限 350.00 元/平方米，不得采用"


def test_the_floor_is_rounded_up_to_the_fen_as_well() -> None:
    table = {**SET, "P22-benchmarks": {"算例等别": "500.01"}}  # 70 % of it is 350.007
    assert "低于下限 350.01" in told(award("M22", PARCEL, **table))
    assert award("M22", replace(PARCEL, assessed=Money.yuan("500.01")), **table).quantity == "350.01 元/平方米"


@pytest.mark.parametrize("reading", ["both", "either"])
@pytest.mark.parametrize("guidance", [True, False])
@pytest.mark.parametrize("priority", [True, False])
def test_guidance_and_priority_class_are_read_as_the_parameter_says(
    reading: str, guidance: bool, priority: bool
) -> None:
    facts = replace(PARCEL, fits_guidance=guidance, priority_class=priority)
    given = award("M22", facts, **SET, **{"P22-reading": reading})
    assert (given.refused is None) is (guidance and priority if reading == "both" else guidance or priority)


def test_the_reading_is_asked_for_only_where_it_decides() -> None:
    assert award("M22", replace(PARCEL, priority_class=False), **SET).missing == ("P22-reading",)
    neither = replace(PARCEL, fits_guidance=False, priority_class=False)
    assert told(award("M22", neither, **SET)) == "不符合产业导向或不属于优先发展的项目"


def test_land_that_is_not_newly_granted_is_refused() -> None:
    assert told(award("M22", replace(PARCEL, newly_granted=False), **SET)) == "不是新出让的工业用地"


@pytest.mark.parametrize(
    ("day", "passes"),
    [(date(2023, 6, 30), False), (date(2023, 7, 1), True), (date(2024, 6, 30), True), (date(2024, 7, 1), False)],
)
def test_the_grant_must_be_announced_while_the_policy_is_in_force(day: date, passes: bool) -> None:
    assert (award("M22", replace(PARCEL, announced_on=day), **SET).refused is None) is passes


def test_an_entry_made_after_the_window_stands_for_a_case_filed_in_time() -> None:
    late = replace(good("M9"), entered_on=date(2024, 7, 20), review_on=date(2025, 7, 20))
    assert award("M9", late).refused is None


def test_a_grade_without_a_benchmark_price_is_a_missing_parameter_and_not_a_refusal() -> None:
    given = award("M22", replace(PARCEL, land_grade="另一等别"), **SET)
    assert given.missing == ("P22-benchmarks（未规定“另一等别”）",) and given.amount is None


def test_a_coefficient_lowers_so_it_is_below_one() -> None:
    below = {**SET, "P22-coefficients": {"算例类别": "0.9999"}}
    assert award("M22", PARCEL, **below).quantity == "499.95 元/平方米"
    for wrong in ("1", "100%", "1.01"):
        with pytest.raises(ValueError, match="P22-coefficients"):
            award("M22", PARCEL, **{**SET, "P22-coefficients": {"算例类别": wrong}})


@pytest.mark.parametrize(("assessed", "passes"), [("349.99", False), ("350.00", True)])
def test_the_floor_holds_for_a_parcel_without_a_coefficient_too(assessed: str, passes: bool) -> None:
    given = award("M22", replace(ORDINARY, assessed=Money.yuan(assessed)), **SET)
    assert (given.refused is None) is passes
    assert not passes or given.quantity == "350.00 元/平方米"


def test_a_parcel_without_a_coefficient_asks_for_no_coefficients() -> None:
    assert award("M22", ORDINARY, **{"P22-benchmarks": SET["P22-benchmarks"]}).quantity == "500.00 元/平方米"


def test_the_memo_traces_both_tables_with_their_citations() -> None:
    used = [parameter for line in award("M22", PARCEL, **SET).lines for parameter in line.parameters]
    assert {value.id for value in used} == {"P22-coefficients", "P22-benchmarks"}
    assert all(value.citation == "算例假设值" for value in used)


# 保障措施


@pytest.mark.parametrize(("number", "passes"), [(0, False), (1, True), (2, True), (3, False)])
def test_a_town_chooses_one_or_two_industries(number: int, passes: bool) -> None:
    facts = replace(good("S2"), industries=("毛衫", "家居", "服装")[:number])
    assert (award("S2", facts).refused is None) is passes


@pytest.mark.parametrize(("number", "passes"), [(0, False), (1, False), (2, True), (3, True), (4, False)])
def test_a_cluster_has_two_or_three_flagship_firms(number: int, passes: bool) -> None:
    (first, *_) = good("S3").chosen
    chosen = tuple(replace(first, firm=f"算例 {index} 号企业") for index in range(number))
    assert (award("S3", replace(good("S3"), chosen=chosen)).refused is None) is passes


def test_one_industry_or_firm_named_twice_does_not_count_twice() -> None:
    with pytest.raises(WrongFacts, match="industries"):
        replace(good("S2"), industries=("毛衫", " 毛衫"))
    with pytest.raises(WrongFacts, match="chosen"):
        replace(good("S3"), chosen=good("S3").chosen[:1] * 2)


@pytest.mark.parametrize(("weight", "passes"), [(39, False), (40, True), (41, False)])
def test_the_weights_of_the_catalogue_make_a_whole(weight: int, passes: bool) -> None:
    facts = replace(s1.GOOD, catalogue=(s1.OUTPUT, replace(s1.ENERGY, weight=weight)))
    assert (award("S1", facts).refused is None) is passes


def test_an_association_that_benefits_does_not_review_unless_the_setting_lifts_the_bar() -> None:
    item, torn = PLAN.item("S4"), replace(good("S4"), reviews_stand_grants=True)
    known = Known(benefiting=(document_key(torn.association),))
    assert "不得参与" in told(item.award(torn, {}, known=known))
    assert item.award(torn, {}).refused is None, "the records show no application of it"
    assert item.award(torn, hypothetical({"P-association-conflict": False}), known=known).refused is None


# Quantities


@pytest.mark.parametrize("wrong", ["-1", "0.0001", "NaN", "Infinity", "", "一", 1.5, True, None])
def test_a_quantity_that_is_not_exact_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError):
        Milli.of(wrong)


def test_a_quantity_is_read_and_shown_exactly() -> None:
    assert [str(Milli.of(text)) for text in ("0", "12.500", "100", "0.001")] == ["0", "12.5", "100", "0.001"]
