"""第 21 条: energy storage where traditional industries cluster, and joint purchase of power by small users."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Choice, Example, Measure, Sheet, Text, form, label
from policies.programme import Direction, Every, Plan, Reviewed, Work, indicator, milestone, review
from policies.xiuzhou_2023.units import COMMERCE, POWER, REFORM


class Line(Choice):
    """The two lines of work."""

    STORAGE = "storage", "储能设施建设", "energy storage"
    PURCHASE = "purchase", "集中购售电", "joint purchase of power"


@form
class EnergyPlan(Plan):
    """A storage project in a block, or a purchase group."""

    line: Line = label("工作类别", "line of work")
    block: str = label("产业集中区块", "block", default="")
    participants: tuple[str, ...] = label("参与企业、协会和售电公司", "firms, associations, power sellers", default=())


@form
class EnergyFacts(Reviewed):
    """What the reviewer certifies; each line of work has its own condition."""

    line: Line = label("工作类别", "line of work")
    clustered: bool = label("位于传统产业集中区块", "where traditional industries cluster", default=False)
    three_parties: bool = label("政府、协会、企业三方联动", "government, association and firms together", default=False)
    small_users: bool = label("组织的是中小微用电企业", "small and medium users", default=False)


def energy(facts: EnergyFacts, sheet: Sheet) -> None:
    """Storage stands where the industries are; a purchase group joins three parties for small users."""
    review(facts, sheet)
    storage = facts.line == Line.STORAGE
    sheet.require((not storage) | facts.clustered, "储能设施不在传统产业集中区块")
    sheet.require(storage | facts.three_parties, "计划未安排政府、协会、企业三方联动")
    sheet.require(storage | facts.small_users, "集中购售电应面向中小微用电企业")
    sheet.nothing_due(f"{facts.line.zh}为工作推进事项，不涉及资金兑付")


STORAGE = EnergyFacts(name="算例储能", on_task=True, accountable=True, line=Line.STORAGE, clustered=True)
PURCHASE = EnergyFacts(
    name="算例购电", on_task=True, accountable=True, line=Line.PURCHASE, three_parties=True, small_users=True
)
BLOCK, GROUP = Text("区块", "block"), Text("购电组", "purchase group")

ENERGY = Work(
    id="M21",
    title=Text("储能设施和集中购售电", "energy storage and joint purchase of power"),
    claim=EnergyPlan,
    facts=EnergyFacts,
    rule=energy,
    subject=("name", "line"),
    milestones=(
        milestone(3, "项目备案或组成购电组", "filed, or group formed"),
        milestone(9, "开工或签订合同", "works begun, or contract signed"),
        milestone(12, "投运或结算", "in operation, or settled"),
    ),
    indicators=(
        indicator("M21-storage", "已投运储能容量", "storage in operation", "MWh", per=BLOCK),
        indicator("M21-users", "参与集中交易企业", "firms in joint purchases", "家", per=GROUP),
        indicator("M21-volume", "集中交易电量", "power bought", "万 kWh", every=Every.MONTH, per=GROUP),
        indicator("M21-price", "成交均价", "mean price", "元/kWh", per=GROUP, direction=Direction.LOWER),
    ),
    examples=(
        Example(title="储能项目", facts=STORAGE, gives="储能设施建设为工作推进事项，不涉及资金兑付"),
        Example(title="购电组", facts=PURCHASE, gives="集中购售电为工作推进事项，不涉及资金兑付"),
        Example(title="储能不在区块", facts=replace(STORAGE, clustered=False), refused="储能设施不在传统产业集中区块"),
    ),
)

MEASURE = Measure(
    code="M21",
    clause="第 21 条",
    title=Text("建设新型储能设施降低用电成本", "energy storage and power pooling"),
    units=(REFORM, COMMERCE, POWER),
    items=(ENERGY,),
)
