"""第 18 条: firms are introduced to public projects and helped to take part in tenders. It promises no preference."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Choice, Example, Measure, Sheet, Text, form, label
from policies.programme import Plan, Reviewed, Work, indicator, milestone, refuse_twins, review
from policies.xiuzhou_2023.units import COMMERCE, DATA, HOUSING, REFORM, TREASURY

DISCLAIMER = Text(
    "仅作信息对接，不作任何中标、采购份额或倾斜承诺；招标投标和政府采购依法进行",
    "Introductions only: no award, share or preference is promised; tenders follow the law",
)


class ProjectLevel(Choice):
    """Whose project it is."""

    NATIONAL = "national", "国家", "national"
    PROVINCE = "province", "省", "province"
    CITY = "city", "市", "city"
    DISTRICT = "district", "区", "district"


@form
class Project:
    """A key project, and the firms introduced to it."""

    title: str = label("重点项目", "project")
    level: ProjectLevel = label("级别", "level")
    firms: tuple[str, ...] = label("拟对接企业", "firms to be introduced")


@form
class PromotionPlan(Plan):
    """Projects and firms that the units will bring together."""

    projects: tuple[Project, ...] = label("对接清单", "introductions")

    def check(self) -> None:
        super().check()
        refuse_twins("projects", tuple(project.title for project in self.projects))


@form
class PromotionFacts(Reviewed):
    """What the reviewer certifies."""

    public_information: bool = label("仅提供已公开的项目和招标信息", "gives public information only")
    promises_preference: bool = label("含倾斜、指定或份额承诺", "promises a preference or a share")


def promotion(facts: PromotionFacts, sheet: Sheet) -> None:
    """Introductions on public information, without a promise to anybody."""
    review(facts, sheet)
    sheet.require(facts.public_information, "不得提供未公开的招标信息")
    sheet.require(not facts.promises_preference, "推广不得承诺倾斜、指定采购或份额")
    sheet.nothing_due("产品推广仅作对接，不涉及资金兑付，不承诺任何倾斜")


GOOD = PromotionFacts(
    name="算例推广计划", on_task=True, accountable=True, public_information=True, promises_preference=False
)
PER_PROJECT = Text("重点项目", "project")

PROMOTION = Work(
    id="M18",
    title=Text("重点项目对接和招标参与", "introductions to projects and tenders"),
    claim=PromotionPlan,
    facts=PromotionFacts,
    rule=promotion,
    note=DISCLAIMER,
    milestones=tuple(milestone(month, "更新对接清单", "introductions updated") for month in (3, 6, 9, 12)),
    indicators=(
        indicator("M18-introductions", "对接", "introductions", "次", per=PER_PROJECT),
        indicator("M18-bids", "参与投标", "bids", "次", per=PER_PROJECT),
        indicator("M18-wins", "中标", "bids won", "次", per=PER_PROJECT),
    ),
    examples=(
        Example(title="只作对接", facts=GOOD, gives="产品推广仅作对接，不涉及资金兑付，不承诺任何倾斜"),
        Example(
            title="承诺份额",
            facts=replace(GOOD, promises_preference=True),
            refused="推广不得承诺倾斜、指定采购或份额",
        ),
    ),
)

MEASURE = Measure(
    code="M18",
    clause="第 18 条",
    title=Text("加大产品推广应用", "product promotion"),
    units=(REFORM, COMMERCE, TREASURY, HOUSING, DATA),
    items=(PROMOTION,),
)
