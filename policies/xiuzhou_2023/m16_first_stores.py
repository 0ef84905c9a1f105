"""第 16 条: a brand's first store in a known mall, a large airport or a large station."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import (
    ApplicantKind,
    Chain,
    Choice,
    Costs,
    CostsClaimed,
    CountKind,
    Example,
    Item,
    KeyKind,
    ListKind,
    Measure,
    Money,
    Sheet,
    Text,
    WrongFacts,
    form,
    label,
)
from policies.xiuzhou_2023.common import (
    INVOICE,
    cost,
    definition,
    known,
    list_parameter,
    optional_parameter,
    rate_parameter,
    scope_parameter,
    slot,
)
from policies.xiuzhou_2023.units import COMMERCE

K = KeyKind


class Venue(Choice):
    """Where the store is: the three kinds that the text names; its list stays open (等区域)."""

    MALL = "mall", "知名商场", "known mall"
    AIRPORT = "airport", "大型机场", "large airport"
    STATION = "station", "大型车站", "large station"
    OTHER = "other", "其他区域", "another place of the kind"


@form
class Store:
    """The store, as claim and certification both have it."""

    brand: str = label("品牌", "brand")
    venue: Venue = label("场所类别", "kind of venue")
    venue_name: str = label("场所名称", "venue")
    address: str = label("店铺地址", "address", default="")
    opened_on: date = label("开业日期", "opened on")
    months_open: int | None = label("已连续营业月数", "months open", default=None)


@form
class StoreClaim(CostsClaimed, Store):
    """What the firm states about its store and what it invested."""


@form
class StoreFacts(Costs, Store):
    """What the unit certifies about it."""

    first_store: bool = label("品牌首店属实", "proven to be the brand's first store")
    rent: Money | None = label("认定投资中的房租（元）", "rent in the recognised investment", default=None)
    rent_months: int | None = label("该房租对应的月数", "months of that rent", default=None, minimum=1, maximum=600)

    def check(self) -> None:
        if self.rent is not None and self.rent > self.recognised:
            zh = f"房租 {self.rent} 元多于认定投资 {self.recognised} 元"
            raise WrongFacts("rent", zh, f"rent of {self.rent} yuan in {self.recognised} yuan")


def first_store(facts: StoreFacts, sheet: Sheet) -> None:
    """A rate of the actual investment, at most 500,000 yuan."""
    other = facts.venue == Venue.OTHER
    refusal = "不在知名商场、大型机场、大型车站或规定的其他区域"
    sheet.among("P16-other-venues", refusal, when=other, venue_name=facts.venue_name)
    sheet.among("P16-venues", "所在场所不在规定名单内", when=facts.venue != Venue.OTHER, venue_name=facts.venue_name)
    sheet.require(facts.first_store, "不是品牌首店")
    sheet.definition("P16-first-area", first_store=facts.first_store)
    sheet.at_least("P16-min-months", "营业时间短于规定月数", months_open=facts.months_open)
    counted = sheet.at_most_months("P16-rent-months", facts.recognised, facts.rent, rent_months=facts.rent_months)
    sheet.price("P16-rate", cost=counted)
    sheet.cap(scope="P16-scope")


STORE = StoreFacts(
    brand="算例品牌",
    venue=Venue.AIRPORT,
    venue_name="算例机场",
    opened_on=date(2023, 12, 1),
    first_store=True,
    cost_lines=(
        cost("900000", document="3300231130 00000001"),
        cost("400000", "100000", "超出计入月数的房租", document="3300231130 00000002"),
    ),
)
HALF = {"P16-rate": "0.5"}

FIRST_STORE = Item(
    id="M16",
    title=Text("品牌首店补助", "first brand store"),
    chain=Chain.CASH_GRANT,
    applicants=(ApplicantKind.ENTERPRISE,),
    claim=StoreClaim,
    facts=StoreFacts,
    rule=first_store,
    ceiling=Money.wan(50),
    subject=("brand", "venue_name"),
    known_by=(
        known(K.STORE, "品牌 | 场所名称", "brand | venue", "算例品牌 | 算例机场", "brand", "venue_name"),
        known(K.STORE, "品牌 | 店铺地址", "brand | address", "算例品牌 | 算例路 1 号", "brand", "address"),
        known(K.STORE, "店铺地址", "address", "算例路 1 号", "address", certain=False, inside=False),
        known(K.STORE, "品牌", "brand", "算例品牌", "brand", certain=False, inside=False),
    ),
    event_dates=("opened_on",),
    document=INVOICE,
    evidence=(
        slot("lease", "店面租赁合同", "lease"),
        slot("first_store", "首店证明", "proof of first store"),
        slot("contract", "装修合同", "fit-out contract"),
        slot("invoices", "发票", "invoices"),
        slot("bank_slips", "银行回单", "bank slips"),
        slot("photos", "店面照片", "photos"),
    ),
    parameters=(
        rate_parameter("P16-rate", "品牌首店", "first store"),
        definition("P16-first-area", "首店的地域范围", "area within which a store is the first"),
        list_parameter(
            "P16-other-venues",
            ("列举以外的区域", "places beyond those named"),
            ("知名商场、大型机场、大型车站以外哪些场所在支持范围内", "which other places count"),
        ),
        optional_parameter("P16-venues", "知名商场、大型机场、大型车站名单", "venues that count", ListKind()),
        optional_parameter("P16-rent-months", "计入的房租月数", "months of rent counted", CountKind(maximum=120)),
        optional_parameter("P16-min-months", "最短营业月数", "minimum months open", CountKind(maximum=120)),
        scope_parameter("P16-scope", "品牌首店", "first store"),
    ),
    examples=(
        Example(title="假设比例 50%，恰为上限", facts=STORE, parameters=HALF, amount="500000.00"),
        Example(
            title="投资多两分，仍为上限",
            facts=replace(STORE, cost_lines=(cost("1000000.02"),)),
            parameters=HALF,
            amount="500000.00",
        ),
        Example(
            title="投资少一分，不足一分舍去",
            facts=replace(STORE, cost_lines=(cost("999999.99"),)),
            parameters=HALF,
            amount="499999.99",
        ),
        Example(
            title="同一投资，假设四舍五入",
            facts=replace(STORE, cost_lines=(cost("999999.99"),)),
            parameters={**HALF, "P-rounding": "half-up"},
            amount="500000.00",
        ),
        Example(title="比例未定", facts=STORE, missing=("P16-rate",)),
        Example(
            title="列举以外的场所，范围未定",
            facts=replace(STORE, venue=Venue.OTHER),
            parameters=HALF,
            missing=("P16-other-venues",),
        ),
        Example(
            title="列举以外的场所，在假设的范围内",
            facts=replace(STORE, venue=Venue.OTHER),
            parameters={**HALF, "P16-other-venues": ["算例机场"]},
            amount="500000.00",
        ),
        Example(
            title="街边店，不在假设的范围内",
            facts=replace(STORE, venue=Venue.OTHER),
            parameters={**HALF, "P16-other-venues": ["算例步行街"]},
            refused="不在知名商场、大型机场、大型车站或规定的其他区域",
        ),
        Example(
            title="房租十八个月，假设只计十二个月",
            facts=replace(STORE, rent=Money.yuan("180000"), rent_months=18),
            parameters={**HALF, "P16-rent-months": 12},
            amount="470000.00",
        ),
        Example(
            title="房租恰为假设的月数",
            facts=replace(STORE, rent=Money.yuan("180000"), rent_months=12),
            parameters={**HALF, "P16-rent-months": 12},
            amount="500000.00",
        ),
        Example(title="不是首店", facts=replace(STORE, first_store=False), parameters=HALF, refused="不是品牌首店"),
    ),
)

MEASURE = Measure(
    code="M16",
    clause="第 16 条",
    title=Text("支持开设首店", "first stores"),
    units=(COMMERCE,),
    items=(FIRST_STORE,),
)
