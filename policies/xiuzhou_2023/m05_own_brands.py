"""第 5 条: own brands of leading firms, bank products and guarantees for them, and fashion weeks and brand events."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import (
    ApplicantKind,
    Chain,
    Choice,
    Costs,
    CostsClaimed,
    Example,
    Item,
    KeyKind,
    Measure,
    Money,
    Prior,
    Scope,
    Sheet,
    Text,
    WrongFacts,
    form,
    label,
)
from policies.programme import Every, Plan, Reviewed, Work, indicator, milestone, review
from policies.xiuzhou_2023.common import (
    INVOICE,
    cost,
    known,
    list_parameter,
    scope_parameter,
    shape_parameter,
    slot,
)
from policies.xiuzhou_2023.units import COMMERCE, FINANCE_OFFICE, MARKET

K = KeyKind


@form
class BrandPlan(Plan):
    """Leading firms whose own brands are fostered."""

    firms: tuple[str, ...] = label("拟培育的龙头企业", "leading firms")


@form
class BrandFacts(Reviewed):
    """What the reviewer certifies."""

    leading_firms: int = label("列入计划的龙头企业数", "leading firms in the plan")


def own_brands(facts: BrandFacts, sheet: Sheet) -> None:
    """A plan for at least one leading firm."""
    review(facts, sheet)
    sheet.require(facts.leading_firms >= 1, "计划中没有龙头企业")
    sheet.nothing_due("自主品牌培育为工作推进事项，不涉及资金兑付")


FOSTERED = BrandFacts(name="算例品牌培育计划", on_task=True, accountable=True, leading_firms=1)

OWN_BRANDS = Work(
    id="M5a",
    title=Text("龙头企业自主品牌培育", "own brands of leading firms"),
    claim=BrandPlan,
    facts=BrandFacts,
    rule=own_brands,
    milestones=(milestone(6, "培育名单及进展", "firms and progress"), milestone(12, "年度成效", "results of the year")),
    indicators=(
        indicator("M5a-brands", "培育自主品牌", "brands fostered", "个"),
        indicator("M5a-registrations", "新增商标注册", "registrations", "件"),
        indicator("M5a-recognitions", "获品牌认定", "recognitions", "项"),
    ),
    examples=(
        Example(title="一家龙头企业", facts=FOSTERED, gives="自主品牌培育为工作推进事项，不涉及资金兑付"),
        Example(title="没有龙头企业", facts=replace(FOSTERED, leading_firms=0), refused="计划中没有龙头企业"),
        Example(title="内容不符", facts=replace(FOSTERED, on_task=False), refused="计划内容与本条任务不一致"),
    ),
)


@form
class BankPlan(Plan):
    """Banks and guarantors that take part."""

    institutions: tuple[str, ...] = label("参与的银行和担保机构", "banks and guarantors")


@form
class BankFacts(Reviewed):
    """What the reviewer certifies."""

    institutions: int = label("列入计划的银行和担保机构数", "institutions in the plan")


def bank_products(facts: BankFacts, sheet: Sheet) -> None:
    """A feed with at least one institution behind it."""
    review(facts, sheet)
    sheet.require(facts.institutions >= 1, "计划中没有银行或担保机构")
    sheet.nothing_due("专项金融产品和担保支持为指标跟踪事项，不涉及资金兑付")


BANKS = BankFacts(name="算例金融产品台账", on_task=True, accountable=True, institutions=1)

BANK_PRODUCTS = Work(
    id="M5b",
    title=Text("专项金融产品和担保支持", "bank products and guarantees"),
    claim=BankPlan,
    facts=BankFacts,
    rule=bank_products,
    note=Text("宜由区金融办牵头，可通过 P-lead 设定", "the finance office is the natural owner: set P-lead"),
    indicators=(
        indicator("M5b-products", "专项产品", "products", "个", per=Text("银行", "bank")),
        indicator("M5b-loans", "专项产品贷款余额", "loan volume", "万元", every=Every.MONTH, per=Text("银行", "bank")),
        indicator("M5b-guarantees", "政府性融资担保余额", "guarantee volume", "万元", every=Every.MONTH),
    ),
    examples=(
        Example(title="一家机构", facts=BANKS, gives="专项金融产品和担保支持为指标跟踪事项，不涉及资金兑付"),
        Example(title="没有机构", facts=replace(BANKS, institutions=0), refused="计划中没有银行或担保机构"),
        Example(
            title="责任不明",
            facts=replace(BANKS, accountable=False),
            refused="计划未明确责任人、完成时限或指标",
        ),
    ),
)


class Event(Choice):
    """The weeks that the text names; its list stays open (等), and so does that of related brand events."""

    PARIS = "paris", "巴黎时装周", "Paris fashion week"
    MILAN = "milan", "米兰时装周", "Milan fashion week"
    TOKYO = "tokyo", "东京时装周", "Tokyo fashion week"
    SEOUL = "seoul", "首尔时装周", "Seoul fashion week"
    CHINA = "china_fashion_week", "中国国际时装周（北京）", "China International Fashion Week (Beijing)"
    SHANGHAI = "shanghai_fashion_week", "上海时装周", "Shanghai Fashion Week"
    OTHER = "other", "其他国际时尚周或相关行业品牌活动", "another international week or related brand event"


@form
class Show:
    """The event, as claim and certification both have it."""

    event: Event = label("活动", "event")
    event_name: str = label("活动名称（其他活动必填）", "name of another event", default="")
    season: str = label("季次", "season", hint="如 2024 春夏 / e.g. SS2024")
    brand: str = label("参加品牌", "brand")
    held_on: date = label("活动日期", "held on")

    def check(self) -> None:
        if self.event is Event.OTHER and not self.event_name.strip():
            raise WrongFacts("event_name", "其他活动须写明名称")


@form
class ShowClaim(CostsClaimed, Show):
    """What the firm states about its part in the event."""


@form
class ShowFacts(Costs, Show):
    """What the unit certifies about it."""

    took_part: bool = label("企业实际参加", "the firm took part")
    in_schedule: bool = label("列入主办方发布的日程", "listed in the organiser's published schedule")


def fashion_week(facts: ShowFacts, sheet: Sheet) -> None:
    """At most 1,000,000 yuan for an event whose published schedule lists the firm."""
    refusal = "不在规定的时尚周或行业品牌活动范围内"
    sheet.among("P5c-events", refusal, when=facts.event == Event.OTHER, event_name=facts.event_name)
    sheet.require(facts.took_part, "企业未实际参加")
    sheet.require(facts.in_schedule, "未列入主办方发布的日程")
    sheet.price("P5c-shape", cost=facts.recognised)
    sheet.cap(scope="P5c-scope")


PARIS = ShowFacts(
    event=Event.PARIS,
    season="2024 春夏",
    brand="算例品牌",
    held_on=date(2023, 9, 28),
    took_part=True,
    in_schedule=True,
    cost_lines=(cost("1000000"),),
)
ASSESSED = {"P5c-shape": "assessed"}
RELATED = replace(PARIS, event=Event.OTHER, event_name="算例毛衫节")
SAME_SEASON = Prior(
    subject="MILAN||2024-春夏|算例品牌",
    period="2023",
    amount=Money.wan(70),
    keys={"season": "2024-春夏", "brand": "算例品牌"},
)

FASHION_WEEK = Item(
    id="M5c",
    title=Text("时尚周和行业品牌活动补助", "fashion weeks and brand events"),
    chain=Chain.CASH_GRANT,
    applicants=(ApplicantKind.ENTERPRISE,),
    claim=ShowClaim,
    facts=ShowFacts,
    rule=fashion_week,
    ceiling=Money.wan(100),
    subject=("event", "event_name", "season", "brand"),
    known_by=(
        known(
            K.EVENT,
            "活动 | 季次 | 品牌",
            "event | season | brand",
            "巴黎时装周 | 2024 春夏 | 算例品牌",
            ("event", "event_name"),
            "season",
            "brand",
        ),
        known(
            K.EVENT,
            "活动 | 季次",
            "event | season",
            "巴黎时装周 | 2024 春夏",
            ("event", "event_name"),
            "season",
            certain=False,
            inside=False,
        ),
    ),
    further_keys={"season": "season", "brand": "brand"},
    event_dates=("held_on",),
    document=INVOICE,
    evidence=(
        slot("schedule", "主办方发布的日程（截图、网址、日期）", "organiser's schedule: capture, address, date"),
        slot("contract", "参加活动合同", "contract"),
        slot("photos", "活动现场照片", "photos"),
        slot("invoices", "发票", "invoices"),
        slot("bank_slips", "银行回单", "bank slips"),
    ),
    parameters=(
        shape_parameter("P5c-shape", "时尚周和品牌活动", "fashion weeks and brand events"),
        list_parameter(
            "P5c-events",
            ("其他国际时尚周和相关行业品牌活动", "other weeks and related brand events"),
            ("文件列举以外哪些活动在支持范围内", "which events beyond those named count"),
        ),
        scope_parameter(
            "P5c-scope", "时尚周和品牌活动", "fashion weeks", Scope.SUBJECT, Scope.SEASON, Scope.YEAR, Scope.BRAND
        ),
    ),
    examples=(
        Example(title="认定金额恰为上限", facts=PARIS, parameters=ASSESSED, amount="1000000.00"),
        Example(
            title="认定金额超过上限一分",
            facts=replace(PARIS, cost_lines=(cost("1000000.01"),)),
            parameters=ASSESSED,
            amount="1000000.00",
        ),
        Example(title="计算方式未定", facts=PARIS, missing=("P5c-shape",)),
        Example(
            title="未列入日程",
            facts=replace(PARIS, in_schedule=False),
            parameters=ASSESSED,
            refused="未列入主办方发布的日程",
        ),
        Example(title="其他活动、范围未定", facts=RELATED, missing=("P5c-events", "P5c-shape")),
        Example(
            title="其他活动在假设的范围内",
            facts=RELATED,
            parameters={**ASSESSED, "P5c-events": ["算例毛衫节"]},
            amount="1000000.00",
        ),
        Example(
            title="同季第二场、范围未定",
            facts=PARIS,
            parameters=ASSESSED,
            prior=(SAME_SEASON,),
            missing=("P5c-scope",),
        ),
        Example(
            title="同季合计封顶，余三十万元",
            facts=PARIS,
            parameters={**ASSESSED, "P5c-scope": "season"},
            prior=(SAME_SEASON,),
            amount="300000.00",
        ),
        Example(
            title="每场分别封顶",
            facts=PARIS,
            parameters={**ASSESSED, "P5c-scope": "subject"},
            prior=(SAME_SEASON,),
            amount="1000000.00",
        ),
    ),
)

MEASURE = Measure(
    code="M5",
    clause="第 5 条",
    title=Text("推动自主品牌建设", "own brands"),
    units=(MARKET, COMMERCE, FINANCE_OFFICE),
    items=(OWN_BRANDS, BANK_PRODUCTS, FASHION_WEEK),
)
