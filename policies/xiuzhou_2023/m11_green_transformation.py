"""第 11 条: a quota of land or energy for supporting firms that keep the chain whole, reviewed by four units."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import ApplicantKind, AwardUnit, Chain, Choice, Example, Item, Measure, Sheet, Text, form, label
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
    """What is scarce; `en` is its unit of measure beside the Chinese one of `UNIT`."""

    LAND = "land", "土地", "land, mu"
    ENERGY = "energy", "能耗", "energy, tonnes of standard coal"


UNIT = {Factor.LAND: "亩", Factor.ENERGY: "吨标准煤"}
REFUSALS = ("不是保持产业链完整所需的配套企业", "不符合相关政策要求", "未开展绿色化改造", "拟给予的指标为零")


@form
class QuotaClaim:
    """What the firm asks for."""

    project: str = label("项目名称", "project")
    trade: Trade = label("配套产业", "supporting trade")
    trade_name: str = label("其他配套产业名称", "name of another trade", default="")
    factor: Factor = label("要素", "factor")
    quantity: Milli = label("申请数量（亩或吨标准煤）", "quantity asked for (mu or tonnes of standard coal)")


@form
class QuotaFacts(QuotaClaim):
    """What the four units establish; `quantity` is what they agree to grant."""

    completes_chain: bool = label("保持传统特色产业链完整", "keeps the chain whole")
    meets_policies: bool = label("符合相关政策要求", "meets the policies concerned")
    green: bool = label("开展绿色化改造", "carries out a green transformation")
    quantity: Milli = label("拟给予数量（亩或吨标准煤）", "quantity to be granted (mu or tonnes of standard coal)")
    valid_from: date = label("有效期起", "valid from")
    valid_to: date = label("有效期止", "valid to")

    def check(self) -> None:
        refuse_backwards(self.valid_from, self.valid_to)


def quota(facts: QuotaFacts, sheet: Sheet) -> None:
    """Supporting firms that keep the chain whole may be granted land or energy, for a time."""
    sheet.among("P11-trades", "不在配套产业名单内", when=facts.trade == Trade.OTHER, trade_name=facts.trade_name)
    conditions = (facts.completes_chain, facts.meets_policies, facts.green, facts.quantity > 0)
    for condition, refusal in zip(conditions, REFUSALS, strict=True):
        sheet.require(condition, refusal)
    granted = Quota(
        quantity=facts.quantity,
        measured_in=UNIT[facts.factor],
        valid_from=facts.valid_from,
        valid_to=facts.valid_to,
    )
    sheet.give(AwardUnit.QUOTA, f"{granted.quantity} {granted.measured_in}", f"给予{facts.factor.zh}指标 {granted}")


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
    ),
    examples=(
        Example(title="能耗指标", facts=DYER, gives="给予能耗指标 1250.5 吨标准煤（2023-10-01 至 2024-09-30）"),
        Example(title="与产业链无关", facts=replace(DYER, completes_chain=False), refused=REFUSALS[0]),
        Example(title="其他配套产业，名单未定", facts=OTHER, missing=("P11-trades",)),
    ),
)

MEASURE = Measure(
    code="M11",
    clause="第 11 条",
    title=Text("推动绿色化改造", "green transformation"),
    units=(COMMERCE, REFORM, LAND, ECOLOGY),
    items=(QUOTA,),
)
