"""第 13 条: a display and sales centre in a known shopping district of Jiaxing, and departure-tax-refund shops."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Example, Measure, Sheet, Text, form, label
from policies.programme import Plan, Reviewed, Work, indicator, milestone, review
from policies.xiuzhou_2023.units import COMMERCE, TAX


@form
class CentrePlan(Plan):
    """Where the centre is to be, and who is to run it."""

    site: str = label("拟选商圈及场地", "site", default="")
    operator: str = label("拟定运营主体", "operator", default="")
    refund_shops: int = label("拟设离境退税商店数", "tax-refund shops planned", default=0)


@form
class CentreFacts(Reviewed):
    """What the reviewer certifies."""

    centre: bool = label("计划含展示销售中心", "the plan is for a centre", default=True)
    known_district: bool = label("位于嘉兴知名商圈", "in a known shopping district of Jiaxing", default=False)
    traditional_products: bool = label(
        "综合展示销售传统特色产业产品", "shows and sells traditional industries' goods", default=False
    )
    refund_shops: int = label("计划设立的离境退税商店数", "tax-refund shops planned", default=0)


def centre(facts: CentreFacts, sheet: Sheet) -> None:
    """A centre, refund shops or both: two tasks, and each centre's site and wares; the tax office records the shops."""
    review(facts, sheet)
    sheet.require(facts.centre | (facts.refund_shops >= 1), "计划既无展示销售中心，也无离境退税商店")
    sheet.require((not facts.centre) | facts.known_district, "选址不在嘉兴知名商圈")
    sheet.require((not facts.centre) | facts.traditional_products, "不是传统特色产业综合展示销售中心")
    sheet.nothing_due("展销中心为探索推进事项，不涉及资金兑付")


GOOD = CentreFacts(
    name="算例展销中心计划", on_task=True, accountable=True, known_district=True, traditional_products=True
)

CENTRE = Work(
    id="M13",
    title=Text("综合展示销售中心和离境退税商店", "display and sales centre, tax-refund shops"),
    claim=CentrePlan,
    facts=CentreFacts,
    rule=centre,
    milestones=(
        milestone(3, "确定选址", "site chosen"),
        milestone(6, "确定运营主体", "operator chosen"),
        milestone(12, "开业或形成阶段成果", "opened, or its stage reported"),
    ),
    indicators=(
        indicator("M13-centres", "已设展销中心", "centres opened", "个"),
        indicator("M13-firms", "入驻企业", "firms shown", "家"),
        indicator(
            "M13-refund-shops",
            "离境退税商店",
            "tax-refund shops",
            "家",
            source=("区税务局备案", "the tax office's record"),
        ),
    ),
    examples=(
        Example(title="计划完备", facts=GOOD, gives="展销中心为探索推进事项，不涉及资金兑付"),
        Example(
            title="只设离境退税商店",
            facts=CentreFacts(name="算例退税商店计划", on_task=True, accountable=True, centre=False, refund_shops=1),
            gives="展销中心为探索推进事项，不涉及资金兑付",
        ),
        Example(
            title="两项任务都没有",
            facts=replace(GOOD, centre=False),
            refused="计划既无展示销售中心，也无离境退税商店",
        ),
        Example(title="选址不在商圈", facts=replace(GOOD, known_district=False), refused="选址不在嘉兴知名商圈"),
    ),
)

MEASURE = Measure(
    code="M13",
    clause="第 13 条",
    title=Text("支持设立展销中心", "display and sales centre"),
    units=(COMMERCE, TAX),
    items=(CENTRE,),
)
