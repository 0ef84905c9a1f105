"""第 11 条: a quota of land or energy for supporting firms that keep the chain whole, reviewed by four units."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import (
    ApplicantKind,
    AwardUnit,
    Chain,
    Choice,
    Example,
    Item,
    Measure,
    Need,
    Parameter,
    Sheet,
    TableKind,
    Text,
    TextKind,
    WrongFacts,
    form,
    label,
)
from policies.memo import Milli, Quota
from policies.programme import refuse_backwards
from policies.xiuzhou_2023.common import list_parameter, slot
from policies.xiuzhou_2023.units import COMMERCE, ECOLOGY, LAND, REFORM


class Trade(Choice):
    """The supporting trades that the text names; it leaves the list open."""

    DYEING = "dyeing", "印染", "dyeing"
    PLATING = "plating", "电镀", "plating"
    CASTING = "casting", "铸造", "casting"
    OTHER = "other", "其他配套产业", "another supporting trade"


class Factor(Choice):
    """What is scarce: the two that the text names; its list stays open (等要素)."""

    LAND = "land", "土地", "land, mu"
    ENERGY = "energy", "能耗", "energy, tonnes of standard coal"
    OTHER = "other", "其他要素", "another factor"


UNIT = {Factor.LAND: "亩", Factor.ENERGY: "吨标准煤"}
REFUSALS = ("不是保持产业链完整所需的配套企业", "不符合相关政策要求", "未开展绿色化改造", "拟给予的指标为零")


@form
class QuotaClaim:
    """What the firm asks for."""

    project: str = label("项目名称", "project")
    trade: Trade = label("配套产业", "supporting trade")
    trade_name: str = label("其他配套产业名称", "name of another trade", default="")
    factor: Factor = label("要素", "factor")
    factor_name: str = label(
        "其他要素名称", "name of another factor", default="", hint="要素为其他时填写 / where the factor is another one"
    )
    quantity: Milli = label("申请数量（亩、吨标准煤或该要素的单位）", "quantity asked for, in the factor's unit")

    def check(self) -> None:
        if self.factor is Factor.OTHER and not self.factor_name.strip():
            raise WrongFacts("factor_name", "其他要素须写明名称", "name the factor")


@form
class QuotaFacts(QuotaClaim):
    """What the four units establish; `quantity` is what they agree to grant."""

    completes_chain: bool = label("保持传统特色产业链完整", "keeps the chain whole")
    meets_policies: bool = label("符合相关政策要求", "meets the policies concerned")
    green: bool = label("开展绿色化改造", "carries out a green transformation")
    quantity: Milli = label("拟给予数量（亩、吨标准煤或该要素的单位）", "quantity to be granted, in the factor's unit")
    valid_from: date = label("有效期起", "valid from")
    valid_to: date = label("有效期止", "valid to")

    def check(self) -> None:
        refuse_backwards(self.valid_from, self.valid_to)


def quota(facts: QuotaFacts, sheet: Sheet) -> None:
    """Supporting firms that keep the chain whole may be granted land, energy or another factor, for a time."""
    sheet.among("P11-trades", "不在配套产业名单内", when=facts.trade == Trade.OTHER, trade_name=facts.trade_name)
    conditions = (facts.completes_chain, facts.meets_policies, facts.green, facts.quantity > 0)
    for condition, refusal in zip(conditions, REFUSALS, strict=True):
        sheet.require(condition, refusal)
    name, measured_in = facts.factor.zh, UNIT.get(facts.factor)
    if measured_in is None:
        name = facts.factor_name.strip()
        measured_in = sheet.entry("P11-factors", name)
    if measured_in is None:
        return
    granted = Quota(
        quantity=facts.quantity,
        measured_in=measured_in,
        valid_from=facts.valid_from,
        valid_to=facts.valid_to,
    )
    sheet.give(AwardUnit.QUOTA, f"{granted.quantity} {granted.measured_in}", f"给予{name}指标 {granted}")


DYER = QuotaFacts(
    project="算例印染绿色化改造",
    trade=Trade.DYEING,
    factor=Factor.ENERGY,
    quantity=Milli.of("1250.5"),
    completes_chain=True,
    meets_policies=True,
    green=True,
    valid_from=date(2023, 10, 1),
    valid_to=date(2024, 9, 30),
)
OTHER = replace(DYER, trade=Trade.OTHER, trade_name="算例整理")
EMISSIONS = replace(DYER, factor=Factor.OTHER, factor_name="排污权", quantity=Milli.of("3.5"))

QUOTA = Item(
    id="M11",
    title=Text("配套企业土地、能耗要素支持", "quota of land or energy for supporting firms"),
    chain=Chain.IN_KIND,
    applicants=(ApplicantKind.ENTERPRISE,),
    claim=QuotaClaim,
    facts=QuotaFacts,
    rule=quota,
    subject=("project", "factor"),
    evidence=(
        slot("project_plan", "绿色化改造方案", "plan of the green transformation"),
        slot("permits", "环保、能评等批复", "environmental and energy permits", required=False),
    ),
    parameters=(
        list_parameter(
            "P11-trades",
            ("其他配套产业名单", "further supporting trades"),
            ("印染、电镀、铸造以外哪些产业计为配套产业", "which trades count beside the three named"),
        ),
        Parameter(
            id="P11-factors",
            title=Text("其他要素及其计量单位", "further factors and their units of measure"),
            decides=Text("土地、能耗以外哪些要素可以支持，各按什么单位计量", "which other factors, measured in what"),
            kind=TableKind(of=TextKind()),
            need=Need.WHERE_ASKED,
        ),
    ),
    examples=(
        Example(title="能耗指标", facts=DYER, gives="给予能耗指标 1250.5 吨标准煤（2023-10-01 至 2024-09-30）"),
        Example(title="与产业链无关", facts=replace(DYER, completes_chain=False), refused=REFUSALS[0]),
        Example(title="其他配套产业，名单未定", facts=OTHER, missing=("P11-trades",)),
        Example(title="其他要素，范围未定", facts=EMISSIONS, missing=("P11-factors",)),
        Example(
            title="其他要素在假设的范围内",
            facts=EMISSIONS,
            parameters={"P11-factors": {"排污权": "吨"}},
            gives="给予排污权指标 3.5 吨（2023-10-01 至 2024-09-30）",
        ),
        Example(
            title="其他要素不在假设的范围内",
            facts=EMISSIONS,
            parameters={"P11-factors": {"用水": "立方米"}},
            missing=("P11-factors（未规定“排污权”）",),
        ),
    ),
)

MEASURE = Measure(
    code="M11",
    clause="第 11 条",
    title=Text("推动绿色化改造", "green transformation"),
    units=(COMMERCE, REFORM, LAND, ECOLOGY),
    items=(QUOTA,),
)
