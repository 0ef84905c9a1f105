"""The plan's sentences, measure by measure: what the text leaves open is a parameter, what it does not say is no condition."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from policies import get
from policies.awards import Award, Prior
from policies.forms import WrongFacts, document_key
from policies.known import Known
from policies.money import Money
from policies.parameters import hypothetical
from policies.xiuzhou_2023 import m02_talent as m02
from policies.xiuzhou_2023 import m04_new_products as m04
from policies.xiuzhou_2023 import m07_standards as m07
from policies.xiuzhou_2023 import m11_green_transformation as m11
from policies.xiuzhou_2023 import m14_trade_fairs as m14
from policies.xiuzhou_2023 import m15_ecommerce as m15
from policies.xiuzhou_2023 import m16_first_stores as m16

PLAN = get("XZ2023")
HEADINGS = {
    "M1": "鼓励研发（设计）“走出去”", "M2": "支持企业研发（设计）人才引育", "M3": "加大加计扣除政策宣贯落地",
    "M4": "推动开展新产品研发", "M5": "推动自主品牌建设", "M6": "着力培育区域品牌", "M7": "积极参与标准制定",
    "M8": "加强品牌宣传推广", "M9": "推动发展个性化定制、柔性化生产", "M10": "推动细分行业中小企业数字化改造",
    "M11": "推动绿色化改造", "M12": "积极开展展销对接", "M13": "支持设立展销中心", "M14": "鼓励企业外出参展",
    "M15": "积极应用电商拓市", "M16": "支持开设首店", "M17": "鼓励开设工厂店", "M18": "加大产品推广应用",
    "M19": "加快惠企政策兑现", "M20": "推进中小微信贷“两提两降”", "M21": "建设新型储能设施降低用电成本",
    "M22": "加快推进“工业上楼”", "S1": "提高思想认识", "S2": "实施“一镇一品”", "S3": "坚持龙头示范",
    "S4": "发挥协会积极作用",
}  # fmt: skip
SAFEGUARDS = "一二三四"


def award(item: str, facts: Any, known: Known | None = None, prior: tuple[Prior, ...] = (), **values: Any) -> Award:
    return PLAN.item(item).award(facts, hypothetical(values), prior, known=known or Known())


def good(item: str) -> Any:
    return PLAN.item(item).examples[0].facts


# What is cited


def test_every_heading_is_the_documents_own() -> None:
    assert {measure.code: measure.title.zh for measure in PLAN.measures if measure.code != "F"} == HEADINGS


def test_every_clause_is_a_number_of_the_document_or_its_last_paragraph() -> None:
    for measure in PLAN.measures:
        safeguard = f"保障措施（{SAFEGUARDS[int(measure.code[1:]) - 1]}）" if measure.code[0] == "S" else ""
        assert measure.clause == (safeguard or ("末段" if measure.code == "F" else f"第 {measure.number} 条"))
        assert all(item.clause == measure.clause for item in measure)
    assert PLAN.validity_clause.startswith("末段"), "the document has no chapter of its own for it"


# 第 1 条


@pytest.mark.parametrize(
    ("day", "passes"),
    [(date(2023, 6, 30), False), (date(2023, 7, 1), True), (date(2024, 6, 30), True), (date(2024, 7, 1), False)],
)
def test_the_day_of_recognition_may_decide(day: date, passes: bool) -> None:
    facts = replace(good("M1"), opened_on=date(2021, 1, 1), recognised_on=day)
    by_recognition = {"P1-shape": "assessed", "P-event-basis": "recognised_on"}
    assert (award("M1", facts, **by_recognition).refused is None) is passes
    assert award("M1", facts, **{"P1-shape": "assessed"}).refused, "unset, the day of opening decides"


def test_a_day_that_decides_must_be_named() -> None:
    with pytest.raises(WrongFacts, match="recognised_on"):
        award("M1", good("M1"), **{"P1-shape": "assessed", "P-event-basis": "recognised_on"})


# 第 2 条


@pytest.mark.parametrize(("other", "place"), [(87, 1), (88, 1), (89, 2)])
def test_candidates_are_ranked_by_score_with_ties(other: int, place: int) -> None:
    known = Known(others=(replace(m02.DESIGNER, score=other),))
    assert award("M2a", m02.DESIGNER, known).note == m02.PLACED.format(place)


def test_what_became_of_a_recommendation_is_told_in_known_words() -> None:
    assert [result.value for result in PLAN.item("M2a").results or ()] == ["selected", "not_selected"]


def test_work_with_universities_is_a_programme_of_its_own() -> None:
    item = PLAN.item("M2d")
    assert not item.pays and {indicator.id for indicator in item.indicators} == {"M2d-agreements", "M2d-students"}  # type: ignore[attr-defined]


# 第 4 条


def test_each_design_award_has_a_ceiling_of_its_own_and_no_parameter_decides_it() -> None:
    own = "IFGOLD|算例座灯|2024"
    prior = [
        Prior(subject=subject, period="2024", amount=Money.wan(50)) for subject in (own, own.replace("2024", "2023"))
    ]
    assert award("M4b", m04.LAMP, prior=(prior[1],), **m04.ASSESSED).amount == Money.wan(50)
    assert award("M4b", m04.LAMP, prior=(prior[0],), **m04.ASSESSED).refused
    assert "P4b-scope" not in {parameter.id for parameter in PLAN.item("M4b").parameters}


@pytest.mark.parametrize(("owner", "only", "paid"), [(False, None, True), (False, True, False), (False, False, True)])
def test_a_winner_need_not_own_the_design_unless_a_parameter_says_so(
    owner: bool, only: bool | None, paid: bool
) -> None:
    values = {**m04.ASSESSED, **({} if only is None else {"P4b-owner": only})}
    assert award("M4b", replace(m04.LAMP, design_owner=owner), **values).payable is paid
    assert award("M4b", replace(m04.LAMP, design_owner=True), **values).payable


# 第 7 条


def test_a_military_standard_is_checked_off_line_and_its_papers_are_never_uploaded() -> None:
    item = PLAN.item("M7")
    military = {slot.id: slot.upload for slot in item.slots({"level": "military"})}
    assert not any(military.values())
    civil = [slot.id for slot in item.slots({"level": "national"}) if slot.upload]
    assert civil == ["standard", "drafting_units", "statement"]
    with pytest.raises(WrongFacts, match="offline_check"):
        replace(m07.NATIONAL, level=m07.Level.MILITARY)
    replace(m07.NATIONAL, level=m07.Level.MILITARY, offline_check="算例核验 1 号")


# 第 8 条, 第 9 条: readings of ours


@pytest.mark.parametrize(("media", "least", "passes"), [(1, None, False), (2, None, True), (2, 3, False), (3, 3, True)])
def test_how_many_channels_are_several_is_a_setting(media: int, least: int | None, passes: bool) -> None:
    values = {} if least is None else {"P8-channels": least}
    assert (award("M8", replace(good("M8"), media=media), **values).refused is None) is passes


def test_the_yearly_review_of_the_library_is_a_setting() -> None:
    without = replace(good("M9"), review_on=None)
    with pytest.raises(WrongFacts, match="review_on"):
        award("M9", without)
    assert award("M9", without, **{"P9-review": False}).note == "纳入数字化改造项目库"


# Aims are not conditions of entry


@pytest.mark.parametrize(
    ("item", "not_yet"),
    [
        ("M6", {"production_standards": False, "management_standards": False, "small_firms": False}),
        ("M10", {"pilots": (), "copyable": False}),
        ("M19", {"direct": False}),
    ],
)
def test_a_plan_is_not_refused_because_its_aim_is_not_reached_yet(item: str, not_yet: dict[str, Any]) -> None:
    assert award(item, replace(good(item), **not_yet)).refused is None


@pytest.mark.parametrize(
    ("item", "changes", "passes"),
    [
        ("M13", {"centre": False, "refund_shops": 0}, False),
        ("M13", {"centre": False, "refund_shops": 1, "known_district": False, "traditional_products": False}, True),
        ("M13", {"refund_shops": 0}, True),
        ("M13", {"refund_shops": 1, "known_district": False}, False),
        ("M17", {"routes": (), "season_events": 0}, False),
        ("M17", {"season_events": 0}, True),
        ("M17", {"routes": (), "season_events": 1}, True),
        ("M17", {"routes": (), "season_events": 0, "stores": ("算例工厂店",)}, True),
    ],
)
def test_two_tasks_of_a_clause_are_not_one(item: str, changes: dict[str, Any], passes: bool) -> None:
    assert (award(item, replace(good(item), **changes)).refused is None) is passes


# Lists that the text leaves open (等)


def test_another_factor_is_granted_in_its_own_unit_where_the_parameter_names_it() -> None:
    assert award("M11", m11.EMISSIONS).missing == ("P11-factors",)
    given = award("M11", m11.EMISSIONS, **{"P11-factors": {"排污权": "吨"}})
    assert given.quantity == "3.5 吨" and "排污权" in given.note
    with pytest.raises(WrongFacts, match="factor_name"):
        replace(m11.EMISSIONS, factor_name=" ")


def test_another_venue_counts_where_the_parameter_names_it() -> None:
    elsewhere = replace(m16.STORE, venue=m16.Venue.OTHER)
    assert award("M16", elsewhere, **m16.HALF).missing == ("P16-other-venues",)
    for names, paid in ((["算例机场"], True), (["算例街区"], False)):
        assert award("M16", elsewhere, **m16.HALF, **{"P16-other-venues": names}).payable is paid
        assert award("M16", m16.STORE, **m16.HALF, **{"P16-other-venues": names}).payable, "those named always count"


@pytest.mark.parametrize(("listed", "paid"), [("算例面料展", True), (" 算例面料展 ", True), ("算例家居展", False)])
def test_an_entry_of_the_directory_is_a_key_fair(listed: str, paid: bool) -> None:
    known = Known(listed=(document_key(listed),))
    assert award("M14b", m14.OTHER_FAIR, known, **m14.HALF).payable is paid
    assert paid or award("M14b", m14.OTHER_FAIR, known, **m14.HALF).missing == ("P14-directory",)


# 第 15 条, 第 16 条


@pytest.mark.parametrize(
    ("first", "last", "in_term", "amount"),
    [
        (date(2023, 7, 1), date(2024, 6, 30), None, "500000.00"),
        (date(2023, 6, 30), date(2023, 12, 31), "9999999.99", "50000.00"),
        (date(2023, 6, 30), date(2023, 12, 31), "10000000", "500000.00"),
        (date(2024, 1, 1), date(2024, 7, 1), "1000000", "50000.00"),
        (date(2023, 1, 1), date(2023, 6, 30), None, None),
        (date(2024, 7, 1), date(2024, 12, 31), None, None),
    ],
)
def test_cross_border_trade_is_priced_by_what_lies_in_the_term(
    first: date, last: date, in_term: str | None, amount: str | None
) -> None:
    part = None if in_term is None else Money.yuan(in_term)
    facts = replace(m15.TRADE, period_from=first, period_to=last, declared_in_term=part)
    given = award("M15b", facts, **m15.STEPS)
    assert (str(given.amount) if given.amount else None) == amount
    assert amount or (given.refused and given.refused.code == "M15b-W")


def test_a_period_that_reaches_out_of_the_term_needs_its_part_inside() -> None:
    out = replace(m15.TRADE, period_from=date(2023, 6, 30))
    with pytest.raises(WrongFacts, match="有效期"):
        award("M15b", out, **m15.STEPS)
    with pytest.raises(WrongFacts, match="declared_in_term"):
        replace(out, declared_in_term=m15.TRADE.declared_value + 1)


@pytest.mark.parametrize(("reading", "amount"), [("in", "3000000.00"), ("out", "2700000.00")])
def test_vat_counts_or_not_as_the_parameter_says(reading: str, amount: str) -> None:
    assert str(award("M15a", m15.WITH_VAT, **m15.THIRTY, **{"P15a-vat": reading}).amount) == amount


def test_covenants_are_asked_for_where_they_are_set() -> None:
    set_ = {**m15.THIRTY, "P15a-covenants": "算例：三年内不迁出"}
    assert award("M15a", m15.HQ, **set_).refused
    assert award("M15a", replace(m15.HQ, covenants_accepted=True), **set_).payable


@pytest.mark.parametrize(("months", "amount"), [(11, "500000.00"), (12, "500000.00"), (13, "493076.92")])
def test_rent_counts_for_the_parameters_months_at_most(months: int, amount: str) -> None:
    store = replace(m16.STORE, rent=Money.yuan("180000"), rent_months=months)
    assert str(award("M16", store, **m16.HALF, **{"P16-rent-months": 12}).amount) == amount
    assert str(award("M16", store, **m16.HALF).amount) == "500000.00"


def test_rent_without_its_months_cannot_be_limited() -> None:
    with pytest.raises(WrongFacts, match="rent_months"):
        award("M16", replace(m16.STORE, rent=Money.yuan("1")), **m16.HALF, **{"P16-rent-months": 12})


# Over the whole


@pytest.mark.parametrize(
    ("own", "other", "passes"),
    [
        (("毛衫",), (), True),
        (("毛衫",), ("家居",), True),
        (("毛衫",), (" 毛衫 ",), True),
        (("毛衫", "家居"), ("家居",), True),
        (("毛衫",), ("家居", "服装"), False),
        ((), ("家居",), False),
    ],
)
def test_a_towns_industries_are_counted_over_all_its_plans(
    own: tuple[str, ...], other: tuple[str, ...], passes: bool
) -> None:
    known = Known(others=(replace(good("S2"), industries=other),))
    assert (award("S2", replace(good("S2"), industries=own), known).refused is None) is passes


@pytest.mark.parametrize(
    ("own", "other", "passes"),
    [(1, 0, False), (1, 1, True), (1, 2, True), (2, 1, True), (2, 2, False), (1, 3, False), (0, 2, False)],
)
def test_a_clusters_flagships_are_counted_over_all_its_plans(own: int, other: int, passes: bool) -> None:
    (first, *_) = good("S3").chosen
    named = [replace(first, firm=f"算例 {number} 号企业") for number in range(own + other)]
    known = Known(others=(replace(good("S3"), chosen=tuple(named[own:])),) if other else ())
    assert (award("S3", replace(good("S3"), chosen=tuple(named[:own])), known).refused is None) is passes


def test_plans_of_another_town_or_cluster_are_another_whole() -> None:
    for item, field in (("S2", "town"), ("S3", "cluster")):
        same = PLAN.item(item).same_whole
        here, there = good(item), replace(good(item), **{field: "另一算例"})
        spelled = replace(good(item), **{field: f" {getattr(good(item), field)}"})
        assert same(here) == same(spelled) != same(there)
