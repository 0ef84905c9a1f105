"""第 22 条: the starting price of newly granted industrial land for factories that go upwards, and its floor."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import (
    AmountKind,
    ApplicantKind,
    AwardUnit,
    Chain,
    Choice,
    ChoiceKind,
    Example,
    Item,
    LoweringKind,
    Measure,
    Money,
    Need,
    Parameter,
    Rate,
    Rounding,
    Sheet,
    TableKind,
    Text,
    form,
    label,
)
from policies.memo import Milli
from policies.xiuzhou_2023.common import slot
from policies.xiuzhou_2023.units import LAND

RATIO = Milli.of("3.0")  # the floor-area ratio's lower limit must exceed it
FLOOR = Rate.parse("70%")  # of the benchmark price, itself included
BOTH, EITHER = "both", "either"


class Supply(Choice):
    """How the land is supplied; the clause encourages the first three and demands none."""

    LEASE_FIRST = "lease_first", "先租后让", "lease, then grant"
    MIXED = "mixed", "租让结合", "lease and grant"
    FLEXIBLE = "flexible", "弹性年限出让", "grant for a flexible term"
    FULL_TERM = "full_term", "一般出让", "grant for the full term"


@form
class ParcelClaim:
    """The parcel and the project for which a price is asked."""

    parcel: str = label("地块编号", "parcel")
    project: str = label("项目名称", "project")
    supply: Supply = label("供应方式", "mode of supply")


@form
class ParcelFacts(ParcelClaim):
    """What the land office establishes; prices in yuan per square metre."""

    announced_on: date = label(
        "出让公告日",
        "grant announced on",
        hint="基准地价和修正系数按此日适用 / the day whose benchmark price and coefficient apply",
    )
    newly_granted: bool = label("新出让工业用地", "newly granted industrial land")
    fits_guidance: bool = label("符合产业导向", "fits the industry guidance")
    priority_class: bool = label("属 A 类企业等优先发展", "of a priority class such as class A")
    floor_area_ratio: Milli = label("容积率下限", "lower limit of the floor-area ratio")
    land_grade: str = label("土地等别", "land grade")
    coefficient_class: str = label(
        "修正系数类别", "class of the coefficient", default="", hint="不采取修正系数的空缺 / empty: no coefficient"
    )
    assessed: Money = label("土地评估价格（元/平方米）", "assessed price (yuan per square metre)", minimum=1)


def starting_price(facts: ParcelFacts, sheet: Sheet) -> None:
    """Of any parcel: never below 70 % of the benchmark price. A priority project's may be lowered by a coefficient < 1."""
    sheet.require(facts.newly_granted, "不是新出让的工业用地")
    lowers = bool(facts.coefficient_class.strip())
    price = _lowered(facts, sheet) if lowers else facts.assessed
    benchmark = sheet.entry("P22-benchmarks", facts.land_grade)
    if price is None or benchmark is None:
        return
    lowest = Money(FLOOR.of(benchmark, Rounding.UP))
    if not lowers:
        sheet.note(f"不采取地价修正系数，按评估价 {price} 元/平方米", assessed=facts.assessed)
    sheet.note(f"下限为基准地价 {benchmark} × {FLOOR}，进位至分：{lowest} 元/平方米", land_grade=facts.land_grade)
    sheet.require(price >= lowest, f"起始价 {price} 元/平方米低于下限 {lowest} 元/平方米，不得采用")
    sheet.give(AwardUnit.PRICE, f"{price} 元/平方米", f"出让起始价 {price} 元/平方米（{facts.supply.zh}）")


def _lowered(facts: ParcelFacts, sheet: Sheet) -> Money | None:
    """Assessed price times the coefficient, rounded up to the fen, for a project that may have one."""
    fits = facts.fits_guidance & facts.priority_class
    if facts.fits_guidance != facts.priority_class:  # only then does the reading decide
        fits = sheet.value("P22-reading") in (EITHER, None)
    sheet.require(fits, "不符合产业导向或不属于优先发展的项目")
    sheet.require(facts.floor_area_ratio > RATIO, f"容积率下限 {facts.floor_area_ratio} 未超过 3.0")
    coefficient = sheet.entry("P22-coefficients", facts.coefficient_class)
    if coefficient is None:
        return None
    price = Money(coefficient.of(facts.assessed, Rounding.UP))
    sheet.note(f"评估价 {facts.assessed} × {coefficient}，进位至分：{price} 元/平方米", assessed=facts.assessed)
    return price


PARCEL = ParcelFacts(
    parcel="算例 2023-1",
    project="算例上楼项目",
    supply=Supply.FLEXIBLE,
    announced_on=date(2024, 3, 1),
    newly_granted=True,
    fits_guidance=True,
    priority_class=True,
    floor_area_ratio=Milli.of("3.01"),
    land_grade="算例等别",
    coefficient_class="算例类别",
    assessed=Money.yuan("500"),
)
SET = {"P22-coefficients": {"算例类别": "0.7"}, "P22-benchmarks": {"算例等别": "500"}}
AT_FLOOR = "出让起始价 350.00 元/平方米（弹性年限出让）"
ONLY_GUIDANCE = replace(PARCEL, priority_class=False)
ORDINARY = replace(
    PARCEL, coefficient_class="", fits_guidance=False, priority_class=False, floor_area_ratio=Milli.of("1.5")
)


def _parameter(id: str, zh: str, en: str, decides: Text, kind: TableKind | ChoiceKind, need: Need) -> Parameter:
    return Parameter(id=id, title=Text(zh, en), decides=decides, kind=kind, need=need)


PRICE = Item(
    id="M22",
    title=Text("“工业上楼”土地出让起始价", "starting price of land for vertical factories"),
    chain=Chain.IN_KIND,
    applicants=(ApplicantKind.ENTERPRISE, ApplicantKind.UNIT),
    claim=ParcelClaim,
    facts=ParcelFacts,
    rule=starting_price,
    subject=("parcel",),
    event_dates=("announced_on",),
    evidence=(
        slot("assessment", "土地评估报告", "assessment of the land"),
        slot("planning", "规划条件（载明容积率下限）", "planning conditions with the floor-area ratio"),
    ),
    screened=False,
    parameters=(
        _parameter(
            "P22-reading",
            "产业导向与优先发展是否须同时具备",
            "guidance and priority class: both or either",
            Text("both：须同时具备，either：具备其一即可", "both are needed, or either is enough"),
            ChoiceKind(among=(BOTH, EITHER)),
            Need.WHERE_ASKED,
        ),
        _parameter(
            "P22-coefficients",
            "地价修正系数",
            "coefficients",
            Text("各类别的修正系数，小于 1（下浮）", "the coefficient of each class, below 1"),
            TableKind(of=LoweringKind()),
            Need.ALWAYS,
        ),
        _parameter(
            "P22-benchmarks",
            "工业用地基准地价（元/平方米）",
            "benchmark prices (yuan per square metre)",
            Text("各土地等别的工业用地基准地价标准", "the benchmark price of each land grade"),
            TableKind(of=AmountKind()),
            Need.ALWAYS,
        ),
    ),
    examples=(
        Example(title="恰为基准地价的 70%", facts=PARCEL, parameters=SET, gives=AT_FLOOR),
        Example(
            title="低于下限一分",
            facts=replace(PARCEL, assessed=Money.yuan("499.98")),
            parameters=SET,
            refused="起始价 349.99 元/平方米低于下限 350.00 元/平方米，不得采用",
        ),
        Example(
            title="容积率下限恰为 3.0",
            facts=replace(PARCEL, floor_area_ratio=RATIO),
            parameters=SET,
            refused="容积率下限 3 未超过 3.0",
        ),
        Example(
            title="不采取修正系数，恰为下限",
            facts=replace(ORDINARY, assessed=Money.yuan("350")),
            parameters=SET,
            gives=AT_FLOOR,
        ),
        Example(
            title="不采取修正系数，评估价低于下限一分",
            facts=replace(ORDINARY, assessed=Money.yuan("349.99")),
            parameters=SET,
            refused="起始价 349.99 元/平方米低于下限 350.00 元/平方米，不得采用",
        ),
        Example(title="只符合产业导向，读法未定", facts=ONLY_GUIDANCE, parameters=SET, missing=("P22-reading",)),
        Example(
            title="只符合产业导向，具备其一即可",
            facts=ONLY_GUIDANCE,
            parameters={**SET, "P22-reading": EITHER},
            gives=AT_FLOOR,
        ),
        Example(title="系数和基准地价未定", facts=PARCEL, missing=("P22-coefficients", "P22-benchmarks")),
    ),
)

MEASURE = Measure(
    code="M22",
    clause="第 22 条",
    title=Text("加快推进“工业上楼”", "vertical factories"),
    units=(LAND,),
    items=(PRICE,),
)
