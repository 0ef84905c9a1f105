"""第 6 条: regional brands with a common system of standards for production and management."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Choice, Example, Measure, Sheet, Text, form, label
from policies.programme import Plan, Reviewed, Work, indicator, milestone, review
from policies.xiuzhou_2023.units import MARKET


class Industry(Choice):
    """The industries that the text names; it leaves the list open."""

    TEXTILES = "textiles", "时尚纺织", "fashion textiles"
    HOME = "home", "智能家居", "smart home"
    OTHER = "other", "其他传统特色产业", "another traditional industry"


@form
class BrandPlan(Plan):
    """The brand that the bureau will build."""

    brand: str = label("区域品牌名称", "regional brand")
    industry: Industry = label("所属产业", "industry")
    firms: int = label("拟覆盖企业数", "firms to be covered", minimum=1)


@form
class BrandFacts(Reviewed):
    """What the reviewer certifies."""

    production_standards: bool = label("已建立标准化生产体系", "standards for production exist", default=False)
    management_standards: bool = label("已建立标准化管理体系", "standards for management exist", default=False)
    small_firms: bool = label("已带动中小微企业", "small firms take part already", default=False)


def brand(facts: BrandFacts, sheet: Sheet) -> None:
    """A plan for a regional brand; its system of standards and the firms that carry it are the aim, not the entry."""
    review(facts, sheet)
    sheet.nothing_due("区域品牌建设为工作推进事项，不涉及资金兑付")


GOOD = BrandFacts(
    name="算例区域品牌计划",
    on_task=True,
    accountable=True,
    production_standards=True,
    management_standards=True,
    small_firms=True,
)

BRAND = Work(
    id="M6",
    title=Text("区域品牌建设", "regional brand"),
    claim=BrandPlan,
    facts=BrandFacts,
    rule=brand,
    milestones=(
        milestone(3, "发布标准体系", "standards published"),
        milestone(9, "首批企业获授权", "first licences"),
        milestone(12, "年度评估", "yearly evaluation"),
    ),
    indicators=(
        indicator("M6-standards", "已发布标准", "standards published", "项"),
        indicator("M6-firms", "覆盖企业", "firms covered", "家"),
        indicator("M6-licences", "有效品牌授权", "licences in force", "件"),
    ),
    examples=(
        Example(title="计划完备", facts=GOOD, gives="区域品牌建设为工作推进事项，不涉及资金兑付"),
        Example(
            title="体系尚待建立",
            facts=replace(GOOD, production_standards=False, management_standards=False, small_firms=False),
            gives="区域品牌建设为工作推进事项，不涉及资金兑付",
        ),
        Example(title="内容不符", facts=replace(GOOD, on_task=False), refused="计划内容与本条任务不一致"),
    ),
)

MEASURE = Measure(
    code="M6", clause="第 6 条", title=Text("着力培育区域品牌", "regional brand"), units=(MARKET,), items=(BRAND,)
)
