"""第 9 条: projects of customised or flexible production enter the library of digital-transformation projects."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import (
    ApplicantKind,
    AwardUnit,
    Chain,
    Choice,
    Example,
    FlagKind,
    Item,
    Measure,
    Setting,
    Sheet,
    Text,
    WrongFacts,
    form,
    label,
)
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
    """What the bureau establishes, and under which number the project is entered (until its yearly review)."""

    project: str = label("项目名称", "project")
    mode: Mode = label("生产方式", "mode")
    traditional_industry: bool = label("属传统特色产业", "of a traditional industry")
    meets_criteria: bool = label("符合项目库入库条件", "meets the library's criteria")
    entry_no: str = label("入库编号", "entry no.")
    entered_on: date = label("入库日期", "entered on")
    review_on: date | None = label(
        "年度复核日", "yearly review on", default=None, hint="设置 P9-review 为是时填写 / where P9-review is set to yes"
    )

    def check(self) -> None:
        if self.review_on is not None:
            refuse_backwards(self.entered_on, self.review_on)


def library(facts: LibraryFacts, sheet: Sheet) -> None:
    """A place in the library. That entries are reviewed yearly, and leave it when they fail, is a setting of ours."""
    sheet.require(facts.traditional_industry, "不属于传统特色产业")
    sheet.require(facts.mode != Mode.NEITHER, "不是个性化定制或柔性化生产项目")
    sheet.require(facts.meets_criteria, "不符合数字化改造项目库入库条件")
    reviewed = ""
    if sheet.setting("P9-review"):
        if facts.review_on is None:
            raise WrongFacts("review_on", "设置 P9-review 要求年度复核，须填写复核日", "P9-review: when is its review")
        reviewed = f"，{facts.review_on} 前复核，复核不合格出库"
    sheet.give(AwardUnit.PLACE, facts.entry_no, f"纳入数字化改造项目库{reviewed}")


KNITS = LibraryFacts(
    project="算例毛衫定制线",
    mode=Mode.CUSTOMISED,
    traditional_industry=True,
    meets_criteria=True,
    entry_no="算例-001",
    entered_on=date(2023, 9, 1),
    review_on=date(2024, 8, 31),
)

REVIEW = Setting(
    id="P9-review",
    title=Text("入库项目年度复核和出库", "yearly review and exit"),
    decides=Text("入库项目是否每年复核、不合格出库", "whether entries are reviewed yearly and leave when they fail"),
    kind=FlagKind(),
    default=True,
)

LIBRARY = Item(
    id="M9",
    title=Text("数字化改造项目库入库", "entry into the project library"),
    chain=Chain.IN_KIND,
    applicants=(ApplicantKind.ENTERPRISE,),
    claim=LibraryClaim,
    facts=LibraryFacts,
    rule=library,
    ours=(REVIEW,),
    subject=("project",),
    evidence=(slot("project_plan", "项目实施方案", "project plan"),),
    examples=(
        Example(title="个性化定制项目", facts=KNITS, gives="纳入数字化改造项目库，2024-08-31 前复核，复核不合格出库"),
        Example(
            title="不作年度复核（设置为否）",
            facts=replace(KNITS, review_on=None),
            parameters={"P9-review": False},
            gives="纳入数字化改造项目库",
        ),
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
