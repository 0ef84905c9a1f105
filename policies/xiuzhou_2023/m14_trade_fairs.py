"""第 14 条: the directory of key fairs, and joint stands of an industry association at them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import (
    ApplicantKind,
    AwardUnit,
    Chain,
    Choice,
    Costs,
    CostsClaimed,
    Example,
    Item,
    KeyKind,
    Known,
    Measure,
    Money,
    Sheet,
    Text,
    WrongFacts,
    form,
    label,
)
from policies.xiuzhou_2023.common import (
    INVOICE,
    cost,
    known,
    list_parameter,
    optional_parameter,
    scope_parameter,
    shape_parameter,
    slot,
)
from policies.xiuzhou_2023.units import COMMERCE

K = KeyKind


@form
class FairEntry:
    """A fair proposed for the directory."""

    fair_name: str = label("展会名称", "fair")
    city: str = label("举办城市", "city")
    opened_on: date = label("展会开幕日", "opens on")


@form
class FairEntryFacts(FairEntry):
    """What the unit establishes about it."""

    traditional_industry: bool = label("属传统特色产业展会", "a fair of the traditional industries")


def directory(facts: FairEntryFacts, sheet: Sheet) -> None:
    """A place in the directory of key fairs; three are in it by the text."""
    sheet.require(facts.traditional_industry, "不属于传统特色产业展会")
    sheet.give(AwardUnit.PLACE, "1", "列入重点支持的国内外展会目录")


INTERTEX = FairEntryFacts(fair_name="算例面料展", city="算例市", opened_on=date(2024, 3, 1), traditional_industry=True)

DIRECTORY = Item(
    id="M14a",
    title=Text("重点展会目录", "directory of key fairs"),
    chain=Chain.IN_KIND,
    applicants=(ApplicantKind.ASSOCIATION, ApplicantKind.ENTERPRISE, ApplicantKind.UNIT),
    claim=FairEntry,
    facts=FairEntryFacts,
    rule=directory,
    subject=("fair_name",),
    evidence=(slot("fair_profile", "展会介绍", "profile of the fair"),),
    screened=False,
    examples=(
        Example(title="传统特色产业展会", facts=INTERTEX, gives="列入重点支持的国内外展会目录"),
        Example(
            title="其他展会", facts=replace(INTERTEX, traditional_industry=False), refused="不属于传统特色产业展会"
        ),
    ),
)


class Fair(Choice):
    """The fairs that the text names, and those of the directory as kept by the unit."""

    LAS_VEGAS = "las_vegas", "美国拉斯维加斯服装服饰及面料展览会", "Las Vegas apparel and fabric"
    IMM_COLOGNE = "imm_cologne", "科隆国际家具展", "imm cologne"
    AFF_OSAKA = "aff_osaka", "AFF 大阪展", "AFF Osaka"
    CANTON = "canton_fair", "广交会", "Canton Fair"
    EAST_CHINA = "east_china_fair", "华交会", "East China Fair"
    OTHER = "other", "其他展会（须在目录内）", "another fair, if in the directory"


@form
class Stand:
    """The stand, as claim and certification both have it."""

    fair: Fair = label("展会", "fair")
    fair_name: str = label("展会名称（其他展会必填）", "name of another fair", default="")
    opened_on: date = label("展会开幕日", "fair opened on")
    exhibitors: int | None = label("抱团参展企业数", "member firms that exhibited", default=None)
    members: tuple[str, ...] = label("参展企业名单", "member firms", default=())

    def check(self) -> None:
        if self.fair is Fair.OTHER and not self.fair_name.strip():
            raise WrongFacts("fair_name", "其他展会须写明名称")


@form
class StandClaim(CostsClaimed, Stand):
    """What the association states about its joint stand."""


@form
class StandFacts(Costs, Stand):
    """What the unit certifies about it."""

    group_stand: bool = label("由行业协会组团参展", "the association took a group")
    shared_image: bool = label("进行公共形象整体特装", "a shared public-image stand was built")


def joint_stand(facts: StandFacts, sheet: Sheet) -> None:
    """At most 300,000 yuan for an association that takes a group to a key fair with a shared public-image stand."""
    refusal = "所参展会不在重点展会目录，也不是广交会或华交会"
    sheet.among("P14-directory", refusal, when=facts.fair == Fair.OTHER, listed=True, fair_name=facts.fair_name)
    sheet.require(facts.group_stand & facts.shared_image, "未组团参展或未进行公共形象整体特装")
    sheet.at_least("P14-min-group", "组团企业少于规定家数", exhibitors=facts.exhibitors)
    sheet.price("P14-shape", cost=facts.recognised)
    sheet.cap(scope="P14-scope")


COLOGNE = StandFacts(
    fair=Fair.IMM_COLOGNE,
    opened_on=date(2024, 1, 14),
    exhibitors=6,
    group_stand=True,
    shared_image=True,
    cost_lines=(cost("450000", "400000", "餐费不予认定"),),
)
HALF = {"P14-shape": {"shape": "ratio", "rate": "0.5"}}
OTHER_FAIR = replace(COLOGNE, fair=Fair.OTHER, fair_name="算例面料展")

JOINT_STAND = Item(
    id="M14b",
    title=Text("行业协会组团参展补助", "joint stand of an association"),
    chain=Chain.CASH_GRANT,
    applicants=(ApplicantKind.ASSOCIATION,),
    claim=StandClaim,
    facts=StandFacts,
    rule=joint_stand,
    ceiling=Money.wan(30),
    subject=("fair", "fair_name", "opened_on"),
    known_by=(
        known(
            K.EVENT, "展会 | 开幕日", "fair | opening day", "广交会 | 2024-04-15", ("fair", "fair_name"), "opened_on"
        ),
        known(K.EVENT, "展会", "fair", "广交会", ("fair", "fair_name"), certain=False, inside=False),
    ),
    event_dates=("opened_on",),
    listed_by="M14a",
    reviewed_by_beneficiaries=False,
    document=INVOICE,
    evidence=(
        slot("booth_contract", "展位及特装合同", "booth and stand contract"),
        slot("invoices", "发票（境外凭证附中文说明）", "invoices; foreign vouchers with notes"),
        slot("bank_slips", "银行转账回单", "bank transfer slips", hint="只认银行转账 / transfers only"),
        slot("booth_photos", "展位照片", "booth photos"),
        slot("members", "参展企业名单", "member list"),
    ),
    parameters=(
        shape_parameter("P14-shape", "组团参展", "joint stand"),
        list_parameter(
            "P14-directory",
            ("重点展会目录（文件列举以外）", "key fairs beyond those named"),
            ("哪些其他展会在目录内", "which other fairs are in the directory"),
        ),
        optional_parameter("P14-min-group", "组团参展的最少企业数", "minimum group"),
        scope_parameter("P14-scope", "组团参展", "joint stand"),
    ),
    examples=(
        Example(title="假设按 50% 补助", facts=COLOGNE, parameters=HALF, amount="200000.00"),
        Example(title="认定金额超过上限", facts=COLOGNE, parameters={"P14-shape": "assessed"}, amount="300000.00"),
        Example(
            title="认定金额恰为上限",
            facts=replace(COLOGNE, cost_lines=(cost("300000"),)),
            parameters={"P14-shape": "assessed"},
            amount="300000.00",
        ),
        Example(title="计算方式未定", facts=COLOGNE, missing=("P14-shape",)),
        Example(
            title="未整体特装",
            facts=replace(COLOGNE, shared_image=False),
            parameters=HALF,
            refused="未组团参展或未进行公共形象整体特装",
        ),
        Example(title="目录未公布的其他展会", facts=OTHER_FAIR, parameters=HALF, missing=("P14-directory",)),
        Example(
            title="已列入目录的其他展会",
            facts=OTHER_FAIR,
            parameters=HALF,
            known=Known(listed=("算例面料展",)),
            amount="200000.00",
        ),
        Example(
            title="目录以外的展会",
            facts=OTHER_FAIR,
            parameters={**HALF, "P14-directory": ["另一算例展"]},
            refused="所参展会不在重点展会目录，也不是广交会或华交会",
        ),
    ),
)

MEASURE = Measure(
    code="M14",
    clause="第 14 条",
    title=Text("鼓励企业外出参展", "trade fairs"),
    units=(COMMERCE,),
    items=(DIRECTORY, JOINT_STAND),
)
