"""第 4 条: first sets of equipment, first batches of material, and three design awards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import (
    ApplicantKind,
    Assessed,
    ByLevel,
    Chain,
    Choice,
    ChoiceKind,
    Example,
    Fixed,
    FlagKind,
    Item,
    KeyKind,
    Measure,
    Money,
    Need,
    Parameter,
    PossibleCosts,
    PossibleCostsClaimed,
    Prior,
    Ratio,
    ShapeKind,
    Sheet,
    Text,
    form,
    label,
)
from policies.xiuzhou_2023.common import (
    INVOICE,
    cost,
    joint_parameter,
    known,
    optional_parameter,
    shape_parameter,
    slot,
)
from policies.xiuzhou_2023.units import COMMERCE

K = KeyKind


class Level(Choice):
    """Who recognised the product as a first of its kind."""

    INTERNATIONAL = "international", "国际", "international"
    NATIONAL = "national", "国内", "national"
    PROVINCIAL = "provincial", "省内", "provincial"
    MUNICIPAL = "municipal", "市内", "municipal"


@form
class FirstSetClaim:
    """What the firm states about its first set or first batch."""

    level: Level = label("认定级别", "level")
    product: str = label("产品名称", "product")
    model: str = label("型号规格", "model")
    certificate_no: str = label("认定证书或公布文件编号", "certificate no.")
    issuer: str = label("认定单位", "issuer", default="")
    certified_on: date = label("认定日期", "certified on")


@form
class FirstSetFacts(FirstSetClaim):
    """The same, each point verified against the certificate or the published list."""


def first_set(facts: FirstSetFacts, sheet: Sheet) -> None:
    """A fixed amount by level; the same product at a higher level later is P4a-upgrade's."""
    sheet.price(level=facts.level)
    sheet.upgrade("P4a-upgrade", "同一产品已按较低级别享受补助，按规定不再补差")


AMOUNTS = ByLevel(
    levels={
        Level.INTERNATIONAL: Money.wan(200),
        Level.NATIONAL: Money.wan(150),
        Level.PROVINCIAL: Money.wan(50),
        Level.MUNICIPAL: Money.wan(20),
    }
)

LOOM = FirstSetFacts(
    level=Level.NATIONAL,
    product="算例智能织机",
    model="SL-1",
    certificate_no="算例 2023-1 号",
    issuer="算例认定单位",
    certified_on=date(2023, 9, 1),
)
EARLIER = Prior(subject="算例智能织机|SL-1", period="2023", amount=Money.wan(20))

FIRST_SET = Item(
    id="M4a",
    title=Text("首台（套）装备、首批次新材料补助", "first set of equipment or first batch of material"),
    chain=Chain.CASH_GRANT,
    applicants=(ApplicantKind.ENTERPRISE,),
    claim=FirstSetClaim,
    facts=FirstSetFacts,
    rule=first_set,
    shape=AMOUNTS,
    subject=("product", "model"),
    subject_kind=KeyKind.DEVICE,
    known_by=(
        known(K.DEVICE, "产品名称 | 型号规格", "product | model", "算例智能织机 | SL-1", "product", "model"),
        known(
            K.DEVICE,
            "型号规格 | 证书编号",
            "model | certificate no.",
            "SL-1 | 算例 2023-1 号",
            "model",
            "certificate_no",
        ),
        known(
            K.DEVICE,
            "产品名称 | 证书编号",
            "product | certificate no.",
            "算例智能织机 | 算例 2023-1 号",
            "product",
            "certificate_no",
        ),
        known(K.DEVICE, "产品名称", "product", "算例智能织机", "product", certain=False),
        known(K.DEVICE, "证书编号", "certificate no.", "算例 2023-1 号", "certificate_no", certain=False, inside=False),
    ),
    event_dates=("certified_on",),
    evidence=(
        slot("certificate", "认定证书、通知或公布名单", "certificate, notice or published list"),
        slot("product_photos", "产品照片及说明", "photos and description", required=False),
    ),
    parameters=(
        Parameter(
            id="P4a-upgrade",
            title=Text("同一产品后获更高级别认定", "higher level later"),
            decides=Text("difference：补差，nothing：不再补助", "pay the difference, or nothing"),
            kind=ChoiceKind(among=("difference", "nothing")),
            need=Need.WHERE_ASKED,
        ),
    ),
    examples=(
        Example(title="国际首台（套）", facts=replace(LOOM, level=Level.INTERNATIONAL), amount="2000000.00"),
        Example(title="国内首台（套）", facts=LOOM, amount="1500000.00"),
        Example(title="省内首批次新材料", facts=replace(LOOM, level=Level.PROVINCIAL), amount="500000.00"),
        Example(title="市内首台（套）", facts=replace(LOOM, level=Level.MUNICIPAL), amount="200000.00"),
        Example(title="有效期首日认定", facts=replace(LOOM, certified_on=date(2023, 7, 1)), amount="1500000.00"),
        Example(
            title="有效期前一日认定",
            facts=replace(LOOM, certified_on=date(2023, 6, 30)),
            refused="认定日期 2023-06-30 不在 2023-07-01 至 2024-06-30 之内",
        ),
        Example(title="同一产品先市内后国内，补差未定", facts=LOOM, prior=(EARLIER,), missing=("P4a-upgrade",)),
        Example(
            title="同一产品先市内后国内，补差",
            facts=LOOM,
            prior=(EARLIER,),
            parameters={"P4a-upgrade": "difference"},
            amount="1300000.00",
        ),
    ),
)


class DesignAward(Choice):
    """The three awards that count, and any other."""

    IF_GOLD = "if_gold", "iF 设计金奖", "iF Gold Award"
    RED_DOT_LUMINARY = "red_dot_luminary", "红点之星", "Red Dot: Luminary"
    RED_DOT_BEST = "red_dot_best_of_the_best", "红点至尊", "Red Dot: Best of the Best"
    OTHER = "other", "其他奖项", "any other award"


@form
class Design:
    """The award, as claim and certification both have it."""

    award: DesignAward = label("奖项", "award")
    product: str = label("获奖产品", "product")
    year: int = label("奖项年度", "year of the award", minimum=1950, maximum=2100)
    awarded_on: date = label("获奖公布日期", "announced on")


@form
class DesignClaim(PossibleCostsClaimed, Design):
    """What the firm states about its design award."""


@form
class DesignFacts(PossibleCosts, Design):
    """What the unit certifies from the organiser's certificate or database."""

    design_owner: bool = label("申请企业为获奖设计的权利人", "the applicant owns the design")
    winners: int = label("并列获奖者数（含申请企业）", "joint winners, applicant included", minimum=1)


def design_award(facts: DesignFacts, sheet: Sheet) -> None:
    """At most 500,000 yuan for each award (每项) of three; who owns the design counts only where a parameter says so."""
    counted = (facts.award == DesignAward.IF_GOLD) | (facts.award == DesignAward.RED_DOT_LUMINARY)
    sheet.require(counted | (facts.award == DesignAward.RED_DOT_BEST), "不是 iF 设计金奖、红点之星或红点至尊")
    sheet.where_set("P4b-owner", facts.design_owner, "申请企业不是获奖设计的权利人")
    sheet.price("P4b-shape", cost=facts.recognised, level=facts.award)
    sheet.cap()
    sheet.share("P4b-joint", winners=facts.winners)


LAMP = DesignFacts(
    award=DesignAward.IF_GOLD,
    product="算例座灯",
    year=2024,
    awarded_on=date(2024, 4, 29),
    design_owner=True,
    winners=1,
    cost_lines=(cost("500000"),),
)
ASSESSED = {"P4b-shape": "assessed"}
OTHER_AWARD = Prior(subject="REDDOTLUMINARY|算例座灯|2024", period="2024", amount=Money.wan(50))

DESIGN_AWARD = Item(
    id="M4b",
    title=Text("国际设计大奖补助", "design award"),
    chain=Chain.CASH_GRANT,
    applicants=(ApplicantKind.ENTERPRISE,),
    claim=DesignClaim,
    facts=DesignFacts,
    rule=design_award,
    ceiling=Money.wan(50),
    subject=("award", "product", "year"),
    subject_kind=KeyKind.AWARD,
    known_by=(
        known(
            K.AWARD,
            "奖项 | 获奖产品 | 年度",
            "award | product | year",
            "iF 设计金奖 | 算例座灯 | 2024",
            "award",
            "product",
            "year",
        ),
        known(
            K.AWARD, "奖项 | 获奖产品", "award | product", "iF 设计金奖 | 算例座灯", "award", "product", certain=False
        ),
    ),
    further_keys={"product": "product"},
    event_dates=("awarded_on",),
    document=INVOICE,
    evidence=(
        slot("certificate", "主办方证书或官网数据库页面", "organiser's certificate or database entry"),
        slot("ownership", "设计权属证明", "proof of design ownership", required=False),
        slot("costs", "相关费用发票及银行回单", "invoices and bank slips", required=False),
    ),
    parameters=(
        shape_parameter(
            "P4b-shape",
            "设计大奖",
            "design award",
            ShapeKind(shapes=(Assessed, Ratio, Fixed, ByLevel), levels=DesignAward),
        ),
        optional_parameter("P4b-owner", "是否限于获奖设计的权利人", "only for the owner of the design", FlagKind()),
        joint_parameter("P4b-joint", "获奖者", "winners"),
    ),
    examples=(
        Example(title="认定金额恰为上限", facts=LAMP, parameters=ASSESSED, amount="500000.00"),
        Example(
            title="认定金额超过上限一分",
            facts=replace(LAMP, cost_lines=(cost("500000.01"),)),
            parameters=ASSESSED,
            amount="500000.00",
        ),
        Example(
            title="认定金额低于上限一分",
            facts=replace(LAMP, cost_lines=(cost("600000", "499999.99", "超出合同价"),)),
            parameters=ASSESSED,
            amount="499999.99",
        ),
        Example(
            title="其他奖项",
            facts=replace(LAMP, award=DesignAward.OTHER),
            parameters=ASSESSED,
            refused="不是 iF 设计金奖、红点之星或红点至尊",
        ),
        Example(title="计算方式未定", facts=LAMP, missing=("P4b-shape",)),
        Example(
            title="同一产品另获一项大奖，分别封顶",
            facts=LAMP,
            parameters=ASSESSED,
            prior=(OTHER_AWARD,),
            amount="500000.00",
        ),
        Example(
            title="同一奖项再次申请",
            facts=LAMP,
            parameters=ASSESSED,
            prior=(replace(OTHER_AWARD, subject="IFGOLD|算例座灯|2024"),),
            refused="已达到最高限额 500,000.00 元",
        ),
        Example(
            title="不是权利人，未规定限于权利人",
            facts=replace(LAMP, design_owner=False),
            parameters=ASSESSED,
            amount="500000.00",
        ),
        Example(
            title="不是权利人，假设限于权利人",
            facts=replace(LAMP, design_owner=False),
            parameters={**ASSESSED, "P4b-owner": True},
            refused="申请企业不是获奖设计的权利人",
        ),
        Example(
            title="两家并列、处理未定", facts=replace(LAMP, winners=2), parameters=ASSESSED, missing=("P4b-joint",)
        ),
        Example(
            title="两家平均分享",
            facts=replace(LAMP, winners=2),
            parameters={**ASSESSED, "P4b-joint": "equal"},
            amount="250000.00",
        ),
    ),
)

MEASURE = Measure(
    code="M4",
    clause="第 4 条",
    title=Text("推动开展新产品研发", "new products"),
    units=(COMMERCE,),
    items=(FIRST_SET, DESIGN_AWARD),
)
