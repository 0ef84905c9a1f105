"""第 9 条: projects of customised or flexible production enter the library of digital-transformation projects."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import ApplicantKind, AwardUnit, Chain, Choice, Example, Item, Measure, Sheet, Text, form, label
from policies.programme import refuse_backwards
from policies.xiuzhou_2023.common import slot
from policies.xiuzhou_2023.units import COMMERCE


class Mode(Choice):
    """The way of making things that the project turns to."""

    CUSTOMISED = "customised", "个性化定制", "customised"
    FLEXIBLE = "flexible", "柔性化生产", "flexible"
    BOTH = "both", "个性化定制和柔性化生产", "both"
    NEITHER = "neither", "其他", "neither"


@form
class LibraryClaim:
    """The project that the firm nominates."""

    project: str = label("项目名称", "project")
    mode: Mode = label("生产方式", "mode")
    description: str = label("改造内容", "what is changed", maximum=2000)


@form
class LibraryFacts:
    """What the bureau establishes, and under which number the project is entered until its yearly review."""

    project: str = label("项目名称", "project")
    mode: Mode = label("生产方式", "mode")
    traditional_industry: bool = label("属传统特色产业", "of a traditional industry")
    meets_criteria: bool = label("符合项目库入库条件", "meets the library's criteria")
    entry_no: str = label("入库编号", "entry no.")
    entered_on: date = label("入库日期", "entered on")
    review_on: date = label("年度复核日", "yearly review on")

    def check(self) -> None:
        refuse_backwards(self.entered_on, self.review_on)


def library(facts: LibraryFacts, sheet: Sheet) -> None:
    """A place in the library; a project that fails its yearly review leaves it."""
    sheet.require(facts.traditional_industry, "不属于传统特色产业")
    sheet.require(facts.mode != Mode.NEITHER, "不是个性化定制或柔性化生产项目")
    sheet.require(facts.meets_criteria, "不符合数字化改造项目库入库条件")
    sheet.give(AwardUnit.PLACE, facts.entry_no, f"纳入数字化改造项目库，{facts.review_on} 前复核，复核不合格出库")


KNITS = LibraryFacts(
    project="算例毛衫定制线",
    mode=Mode.CUSTOMISED,
    traditional_industry=True,
    meets_criteria=True,
    entry_no="算例-001",
    entered_on=date(2023, 9, 1),
    review_on=date(2024, 8, 31),
)

LIBRARY = Item(
    id="M9",
    title=Text("数字化改造项目库入库", "entry into the project library"),
    chain=Chain.IN_KIND,
    applicants=(ApplicantKind.ENTERPRISE,),
    claim=LibraryClaim,
    facts=LibraryFacts,
    rule=library,
    subject=("project",),
    evidence=(slot("project_plan", "项目实施方案", "project plan"),),
    examples=(
        Example(title="个性化定制项目", facts=KNITS, gives="纳入数字化改造项目库，2024-08-31 前复核，复核不合格出库"),
        Example(title="其他项目", facts=replace(KNITS, mode=Mode.NEITHER), refused="不是个性化定制或柔性化生产项目"),
    ),
)

MEASURE = Measure(
    code="M9",
    clause="第 9 条",
    title=Text("推动发展个性化定制、柔性化生产", "customised and flexible production"),
    units=(COMMERCE,),
    items=(LIBRARY,),
)
