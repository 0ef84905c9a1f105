"""保障措施（二）: towns and 嘉兴国家高新区 each choose one or two industries and plan for them (一镇一品)."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Example, Known, Measure, Sheet, Text, form, label, together
from policies.programme import Plan, Planner, Reviewed, Work, indicator, milestone, refuse_twins, review
from policies.xiuzhou_2023.units import COMMERCE, HIGH_TECH_ZONE, TOWNS

FEWEST, MOST = 1, 2
REFUSED = f"应选择 {FEWEST}-{MOST} 个产业"


@form
class SpecialtyPlan(Plan):
    """The industries that a town chooses."""

    town: str = label("镇或嘉兴国家高新区", "town or high-tech zone")
    industries: tuple[str, ...] = label("选择的产业", "industries chosen")


@form
class SpecialtyFacts(Reviewed):
    """What the reviewer certifies; the plan's subject is the town."""

    town: str = label("镇或嘉兴国家高新区", "town or high-tech zone")
    industries: tuple[str, ...] = label("选择的产业", "industries chosen", default=())
    traditional: bool = label("均为传统特色产业", "all are traditional industries")
    detailed_plan: bool = label("已细化制定转型提升实施方案", "a detailed plan of its own exists")

    def check(self) -> None:
        refuse_twins("industries", self.industries)


def specialty(facts: SpecialtyFacts, sheet: Sheet) -> None:
    """One or two industries a town, both ends included, over all its plans; each with a detailed plan."""
    review(facts, sheet)
    sheet.require(len(facts.industries) >= FEWEST, REFUSED)
    chosen = together(facts.industries, *(other.industries for other in sheet.others()))
    sheet.require(len(chosen) <= MOST, f"{REFUSED}；{facts.town}各计划合计：{'、'.join(chosen)}")
    sheet.require(facts.traditional, "选择的产业不是传统特色产业")
    sheet.require(facts.detailed_plan, "未细化制定转型提升实施方案")
    sheet.nothing_due(f"{facts.town}选择{'、'.join(facts.industries)}，本条不涉及资金兑付")


GOOD = SpecialtyFacts(
    name="算例一镇一品",
    on_task=True,
    accountable=True,
    town="算例镇",
    industries=("毛衫", "家居"),
    traditional=True,
    detailed_plan=True,
)

INDUSTRY = Text("产业", "industry")

SPECIALTY = Work(
    id="S2",
    title=Text("一镇一品产业选择和转型提升方案", "a town's industries and its plan for them"),
    claim=SpecialtyPlan,
    facts=SpecialtyFacts,
    rule=specialty,
    reviewed_jointly=False,
    subject=("town",),
    whole=("town",),
    planned_by=Planner.TOWN,
    milestones=(
        milestone(3, "方案通过审核并公布名单", "plan reviewed, list published"),
        milestone(12, "年度进展报告", "yearly report"),
    ),
    indicators=(
        indicator(
            "S2-output", "所选产业规上产值", "output of the industries", "万元", per=INDUSTRY, among="industries"
        ),
        indicator("S2-firms", "集群企业", "firms of the cluster", "家", per=INDUSTRY, among="industries"),
    ),
    examples=(
        Example(title="两个产业", facts=GOOD, gives="算例镇选择毛衫、家居，本条不涉及资金兑付"),
        Example(
            title="一个产业", facts=replace(GOOD, industries=("毛衫",)), gives="算例镇选择毛衫，本条不涉及资金兑付"
        ),
        Example(title="没有产业", facts=replace(GOOD, industries=()), refused=REFUSED),
        Example(
            title="三个产业",
            facts=replace(GOOD, industries=("毛衫", "家居", "服装")),
            refused=f"{REFUSED}；算例镇各计划合计：毛衫、家居、服装",
        ),
        Example(
            title="另一计划已选一个，合计两个",
            facts=replace(GOOD, industries=("家居",)),
            known=Known(others=(replace(GOOD, industries=("毛衫",)),)),
            gives="算例镇选择家居，本条不涉及资金兑付",
        ),
        Example(
            title="另一计划已选两个，合计三个",
            facts=replace(GOOD, industries=("服装",)),
            known=Known(others=(GOOD,)),
            refused=f"{REFUSED}；算例镇各计划合计：服装、毛衫、家居",
        ),
    ),
)

MEASURE = Measure(
    code="S2",
    clause="保障措施（二）",
    title=Text("实施“一镇一品”", "one town, one specialty"),
    units=(COMMERCE, TOWNS, HIGH_TECH_ZONE),
    items=(SPECIALTY,),
)
