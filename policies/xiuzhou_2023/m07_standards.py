"""第 7 条: leading the drafting of a new standard."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import (
    ApplicantKind,
    Assessed,
    ByLevel,
    Chain,
    Choice,
    Example,
    Fixed,
    Item,
    KeyKind,
    Measure,
    Money,
    PossibleCosts,
    PossibleCostsClaimed,
    Prior,
    Ratio,
    Scope,
    ShapeKind,
    Sheet,
    Slot,
    Text,
    WrongFacts,
    form,
    label,
)
from policies.xiuzhou_2023.common import (
    INVOICE,
    cost,
    joint_parameter,
    known,
    list_parameter,
    scope_parameter,
    shape_parameter,
    slot,
)
from policies.xiuzhou_2023.units import MARKET

K = KeyKind


class Level(Choice):
    """The levels that the text names; its list stays open (等)."""

    INTERNATIONAL = "international", "国际标准", "international"
    NATIONAL = "national", "国家标准", "national"
    INDUSTRY = "industry", "行业标准", "industry"
    LOCAL = "local", "地方标准", "local"
    MILITARY = "military", "军用标准", "military"
    ZHEJIANG_MADE = "zhejiang_made", "“浙江制造”标准", "Zhejiang Made"
    OTHER = "other", "其他标准", "another"


@form
class Standard:
    """The standard, as claim and certification both have it."""

    level: Level = label("标准级别", "level")
    level_name: str = label("标准类别（其他标准必填）", "kind of another standard", default="")
    number: str = label("标准号", "standard no.")
    name: str = label("标准名称", "name", default="")
    rank: int = label("起草单位排名", "rank among the drafting units", minimum=1, maximum=1000)
    completed_on: date | None = label("发布日期（未完成的空缺）", "completed on; none while it is not", default=None)

    def check(self) -> None:
        if self.level is Level.OTHER and not self.level_name.strip():
            raise WrongFacts("level_name", "其他标准须写明类别")


@form
class StandardClaim(PossibleCostsClaimed, Standard):
    """What the firm or institution states about the standard."""


@form
class StandardFacts(PossibleCosts, Standard):
    """What the unit certifies about it."""

    completed: bool = label("已制定完成并发布", "completed")
    newly_drafted: bool = label("属制定（不含修订）", "new, not a revision")
    joint_first: int = label("并列第一的单位数（含申请单位）", "units that share rank one", minimum=1, maximum=1000)
    offline_check: str = label("军用标准线下核验记录（编号、核验人、日期）", "record of the off-line check", default="")

    def check(self) -> None:
        if self.level is Level.MILITARY and not self.offline_check.strip():
            raise WrongFacts(
                "offline_check", "军用标准不上传，须填写线下核验记录", "a military standard: record the off-line check"
            )
        if self.completed and self.completed_on is None:
            raise WrongFacts("completed_on", "已完成的标准须填写发布日期")


def leading_standard(facts: StandardFacts, sheet: Sheet) -> None:
    """At most 1,000,000 yuan for the first-ranked drafter of a new standard that is completed."""
    sheet.among("P7-levels", "不在支持的标准范围内", when=facts.level == Level.OTHER, level_name=facts.level_name)
    sheet.require(facts.rank == 1, "排名不是第一位")
    sheet.require(facts.newly_drafted, "属于标准修订")
    sheet.require(facts.completed, "标准尚未制定完成")
    sheet.price("P7-shape", cost=facts.recognised, level=facts.level)
    sheet.cap(scope="P7-scope")
    sheet.share("P7-joint", joint_first=facts.joint_first)


NATIONAL = StandardFacts(
    level=Level.NATIONAL,
    number="算例 0001-2023",
    rank=1,
    completed=True,
    completed_on=date(2023, 12, 28),
    newly_drafted=True,
    joint_first=1,
)
GROUP = replace(NATIONAL, level=Level.OTHER, level_name="算例团体标准")
BY_LEVEL = {
    "P7-shape": {
        "shape": "by_level",
        "levels": {"international": "1000000.01", "national": "500000", "local": "100000"},
    }
}


def secret(id: str, zh: str, en: str) -> Slot:
    """A paper that is never uploaded where the standard is a military one."""
    where = ("level", str(Level.MILITARY))
    return replace(slot(id, zh, en, hint="军用标准不上传 / not if military"), off_line_where=where)


SAME_YEAR = Prior(subject="算例-0002-2023", period="2023", amount=Money.wan(80))

STANDARD = Item(
    id="M7",
    title=Text("牵头制定标准补助", "leading a standard"),
    chain=Chain.CASH_GRANT,
    applicants=(ApplicantKind.ENTERPRISE, ApplicantKind.INSTITUTION),
    claim=StandardClaim,
    facts=StandardFacts,
    rule=leading_standard,
    ceiling=Money.wan(100),
    subject=("number",),
    known_by=(
        known(K.STANDARD, "标准号", "standard no.", "GB/T 12345-2023", "number"),
        known(K.STANDARD, "标准名称", "name of the standard", "算例织机安全要求", "name", certain=False, inside=False),
    ),
    event_dates=("completed_on",),
    document=INVOICE,
    evidence=(
        secret("standard", "标准文本（封面、前言、起草单位页）", "the standard"),
        secret("drafting_units", "起草单位名单及排名", "list of drafting units"),
        secret("statement", "制定（非修订）说明", "statement that it is new and no revision"),
        slot("military_check", "军用标准线下核验记录", "off-line check", required=False, upload=False),
    ),
    parameters=(
        shape_parameter(
            "P7-shape", "标准制定", "standards", ShapeKind(shapes=(ByLevel, Fixed, Assessed, Ratio), levels=Level)
        ),
        list_parameter(
            "P7-levels",
            ("列举以外的标准类别", "kinds of standard beyond those named"),
            ("哪些其他标准在支持范围内", "which other standards count"),
        ),
        joint_parameter("P7-joint", "第一起草单位", "first drafters"),
        scope_parameter("P7-scope", "标准制定", "standards", Scope.SUBJECT, Scope.YEAR, Scope.APPLICANT),
    ),
    examples=(
        Example(title="假设国家标准五十万元", facts=NATIONAL, parameters=BY_LEVEL, amount="500000.00"),
        Example(
            title="假设金额超过上限一分",
            facts=replace(NATIONAL, level=Level.INTERNATIONAL),
            parameters=BY_LEVEL,
            amount="1000000.00",
        ),
        Example(title="金额未定", facts=NATIONAL, missing=("P7-shape",)),
        Example(
            title="假设的分级里没有军用标准",
            facts=replace(NATIONAL, level=Level.MILITARY, offline_check="算例核验 1 号"),
            parameters=BY_LEVEL,
            missing=("P7-shape",),
        ),
        Example(title="列举以外的标准，范围未定", facts=GROUP, parameters=BY_LEVEL, missing=("P7-levels", "P7-shape")),
        Example(
            title="列举以外的标准，不在假设的范围内",
            facts=GROUP,
            parameters={**BY_LEVEL, "P7-levels": ["另一算例标准"]},
            refused="不在支持的标准范围内",
        ),
        Example(title="排名第二", facts=replace(NATIONAL, rank=2), parameters=BY_LEVEL, refused="排名不是第一位"),
        Example(
            title="修订", facts=replace(NATIONAL, newly_drafted=False), parameters=BY_LEVEL, refused="属于标准修订"
        ),
        Example(
            title="尚未完成",
            facts=replace(NATIONAL, completed=False, completed_on=None),
            parameters=BY_LEVEL,
            refused="标准尚未制定完成",
        ),
        Example(
            title="三家并列第一、平均分享",
            facts=replace(NATIONAL, joint_first=3),
            parameters={**BY_LEVEL, "P7-joint": "equal"},
            amount="166666.66",
        ),
        Example(
            title="按年合计封顶，余二十万元",
            facts=NATIONAL,
            parameters={**BY_LEVEL, "P7-scope": "year"},
            prior=(SAME_YEAR,),
            amount="200000.00",
        ),
        Example(
            title="据实认定",
            facts=replace(NATIONAL, cost_lines=(cost("260000"),)),
            parameters={"P7-shape": "assessed"},
            amount="260000.00",
        ),
    ),
)

MEASURE = Measure(
    code="M7",
    clause="第 7 条",
    title=Text("积极参与标准制定", "standards"),
    units=(MARKET,),
    items=(STANDARD,),
)
