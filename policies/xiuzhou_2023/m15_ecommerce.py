"""第 15 条: regional headquarters of e-commerce firms, and cross-border e-commerce under the pilot zone's modes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from policies.kit import (
    ApplicantKind,
    Assessed,
    Chain,
    ChoiceKind,
    Costs,
    CostsClaimed,
    Example,
    Fixed,
    Item,
    KeyKind,
    ListKind,
    Measure,
    Money,
    Need,
    Parameter,
    PossibleCosts,
    PossibleCostsClaimed,
    Prior,
    Ratio,
    Scope,
    ShapeKind,
    Sheet,
    Text,
    Tiers,
    WrongFacts,
    form,
    label,
)
from policies.xiuzhou_2023.common import (
    INVOICE,
    cost,
    definition,
    known,
    optional_parameter,
    rate_parameter,
    scope_parameter,
    shape_parameter,
    slot,
)
from policies.xiuzhou_2023.units import COMMERCE

K = KeyKind


def refuse_more(field: str, part: Money | None, whole: Money) -> None:
    """A part is no more than its whole."""
    if part is not None and part > whole:
        zh, en = f"{part} 元多于其所属的 {whole} 元", f"{part} yuan of {whole} yuan"
        raise WrongFacts(field, zh, en)


@form
class Headquarters:
    """The headquarters, as claim and certification both have it."""

    name: str = label("区域总部名称", "headquarters")
    region: str = label("管辖区域", "region", default="")
    landed_on: date = label("落地日期", "landed on")


@form
class HeadquartersClaim(CostsClaimed, Headquarters):
    """What the firm states about its headquarters and what it invested."""


@form
class HeadquartersFacts(Costs, Headquarters):
    """What the unit certifies about it."""

    newly_landed: bool = label("属新落地", "newly landed")
    regional_hq: bool = label("认定为电商企业区域总部", "recognised as an e-commerce regional headquarters")
    vat: Money = label("认定投资中的增值税（元）", "VAT in the recognised investment", default=Money(0))
    covenants_accepted: bool = label("已书面承诺落地后的事项", "the covenants are accepted in writing", default=False)

    def check(self) -> None:
        refuse_more("vat", self.vat, self.recognised)


def headquarters(facts: HeadquartersFacts, sheet: Sheet) -> None:
    """A rate of the actual investment, at most 3,000,000 yuan."""
    sheet.require(facts.newly_landed, "不是新落地的企业")
    sheet.require(facts.regional_hq, "未认定为电商企业区域总部")
    sheet.definition("P15a-definition", regional_hq=facts.regional_hq)
    sheet.where_set("P15a-covenants", facts.covenants_accepted, "未书面承诺落地后的事项")
    sheet.price("P15a-rate", cost=sheet.less("P15a-vat", facts.recognised, vat=facts.vat))
    sheet.cap(scope="P15a-scope")


HQ = HeadquartersFacts(
    name="算例电商华东总部",
    landed_on=date(2023, 11, 1),
    newly_landed=True,
    regional_hq=True,
    cost_lines=(cost("10000000"),),
)
THIRTY = {"P15a-rate": "30%"}
WITH_VAT = replace(HQ, vat=Money.yuan("1000000"))

HEADQUARTERS = Item(
    id="M15a",
    title=Text("电商企业区域总部补助", "e-commerce regional headquarters"),
    chain=Chain.CASH_GRANT,
    applicants=(ApplicantKind.ENTERPRISE,),
    claim=HeadquartersClaim,
    facts=HeadquartersFacts,
    rule=headquarters,
    ceiling=Money.wan(300),
    subject=("name",),
    known_by=(known(K.PROJECT, "区域总部名称", "headquarters", "算例电商华东总部", "name"),),
    event_dates=("landed_on",),
    document=INVOICE,
    evidence=(
        slot("hq_proof", "区域总部证明", "proof of the headquarters"),
        slot("lease", "场所租赁合同或产权证明", "lease"),
        slot("fit_out", "装修合同、发票及银行回单", "fit-out: contract, invoices, bank slips", required=False),
        slot("equipment", "设备合同、发票及银行回单", "equipment: contract, invoices, bank slips", required=False),
        slot("audit", "实际投资专项审计报告", "audit of the investment"),
    ),
    parameters=(
        rate_parameter("P15a-rate", "电商企业区域总部", "e-commerce headquarters"),
        definition("P15a-definition", "区域总部的定义", "definition of a regional headquarters"),
        Parameter(
            id="P15a-vat",
            title=Text("增值税是否计入实际投资", "VAT in or out"),
            decides=Text(
                "in：计入，out：不计入；认定投资含增值税时须设定", "in or out, where VAT is in the investment"
            ),
            kind=ChoiceKind(among=("in", "out")),
            need=Need.WHERE_ASKED,
        ),
        definition("P15a-covenants", "落地后的承诺事项", "covenants after landing"),
        scope_parameter("P15a-scope", "电商企业区域总部", "e-commerce headquarters"),
    ),
    examples=(
        Example(title="假设比例 30%，恰为上限", facts=HQ, parameters=THIRTY, amount="3000000.00"),
        Example(
            title="投资多四分，仍为上限",
            facts=replace(HQ, cost_lines=(cost("10000000.04"),)),
            parameters=THIRTY,
            amount="3000000.00",
        ),
        Example(
            title="投资少一分，不足一分舍去",
            facts=replace(HQ, cost_lines=(cost("9999999.99"),)),
            parameters=THIRTY,
            amount="2999999.99",
        ),
        Example(title="比例未定", facts=HQ, missing=("P15a-rate",)),
        Example(title="投资含增值税，计入与否未定", facts=WITH_VAT, parameters=THIRTY, missing=("P15a-vat",)),
        Example(
            title="投资含增值税，假设不计入",
            facts=WITH_VAT,
            parameters={**THIRTY, "P15a-vat": "out"},
            amount="2700000.00",
        ),
        Example(
            title="投资含增值税，假设计入",
            facts=WITH_VAT,
            parameters={**THIRTY, "P15a-vat": "in"},
            amount="3000000.00",
        ),
        Example(
            title="假设须书面承诺，未承诺",
            facts=HQ,
            parameters={**THIRTY, "P15a-covenants": "算例：三年内不迁出"},
            refused="未书面承诺落地后的事项",
        ),
        Example(
            title="不是新落地", facts=replace(HQ, newly_landed=False), parameters=THIRTY, refused="不是新落地的企业"
        ),
    ),
)


@form
class Trade:
    """The trade of a period, as claim and certification both have it."""

    supervision_mode: str = label("海关监管方式代码", "supervision mode", maximum=20)
    declared_value: Money = label("报关金额（人民币元）", "declared value (yuan)")
    period_from: date = label("期间起始日", "period from")
    period_to: date = label("期间截止日", "period to")

    def check(self) -> None:
        if self.period_to < self.period_from:
            raise WrongFacts("period_to", f"期间截止日 {self.period_to} 早于起始日 {self.period_from}")


@form
class TradeClaim(PossibleCostsClaimed, Trade):
    """What the firm states about its cross-border trade."""


@form
class TradeFacts(PossibleCosts, Trade):
    """What the unit certifies about it."""

    pilot_zone_mode: bool = label("通过跨境电商综试区监管模式", "under a supervision mode of the pilot zone")
    declared_in_term: Money | None = label(
        "其中有效期内的报关金额（元）",
        "of it inside the term (yuan)",
        default=None,
        hint="期间不全在有效期内时填写 / where the period is not all inside the term",
    )
    recognised_in_term: Money | None = label(
        "其中有效期内的认定费用（元）",
        "costs inside the term (yuan)",
        default=None,
        hint="期间不全在有效期内时填写 / where the period is not all inside the term",
    )

    def check(self) -> None:
        refuse_more("declared_in_term", self.declared_in_term, self.declared_value)
        refuse_more("recognised_in_term", self.recognised_in_term, self.recognised)


def cross_border(facts: TradeFacts, sheet: Sheet) -> None:
    """At most 500,000 yuan for import and export under the pilot zone's modes, as far as it lies in the term."""
    sheet.require(facts.pilot_zone_mode, "不是跨境电商综试区监管模式")
    sheet.among("P15b-modes", "监管方式不在规定范围内", supervision_mode=facts.supervision_mode)
    declared = sheet.in_term(facts.declared_value, facts.declared_in_term)
    cost = sheet.in_term(facts.recognised, facts.recognised_in_term)
    sheet.price("P15b-shape", cost=cost, declared_value=declared)
    sheet.cap(scope="P15b-scope")


TRADE = TradeFacts(
    supervision_mode="9710",
    declared_value=Money.wan(1000),
    period_from=date(2023, 7, 1),
    period_to=date(2023, 12, 31),
    pilot_zone_mode=True,
)
STEPS = {
    "P15b-shape": {
        "shape": "tiers",
        "tiers": [{"from": "1000000", "amount": "50000"}, {"from": "10000000", "amount": "500000.01"}],
    }
}
EARLIER = Prior(subject="9710|2023-01-01|2023-06-30", period="2023", amount=Money.wan(50))

CROSS_BORDER = Item(
    id="M15b",
    title=Text("跨境电商进出口补助", "cross-border e-commerce"),
    chain=Chain.CASH_GRANT,
    applicants=(ApplicantKind.ENTERPRISE,),
    claim=TradeClaim,
    facts=TradeFacts,
    rule=cross_border,
    ceiling=Money.wan(50),
    subject=("supervision_mode", "period_from", "period_to"),
    known_by=(
        known(
            K.PROJECT, "海关监管方式代码（另填期间）", "supervision mode, with the period", "9710", "supervision_mode"
        ),
    ),
    days=("period_from", "period_to"),
    event_dates=("period_from", "period_to"),
    span=("period_from", "period_to"),
    document=Text("报关单号或清单编号", "customs declaration or list no."),
    evidence=(
        slot("declarations", "海关报关单或申报清单", "customs declarations"),
        slot("platform_data", "平台交易数据", "platform data"),
    ),
    parameters=(
        shape_parameter(
            "P15b-shape",
            "跨境电商",
            "cross-border e-commerce",
            ShapeKind(shapes=(Tiers, Ratio, Fixed, Assessed), tiers_by="declared_value"),
        ),
        optional_parameter("P15b-modes", "监管方式代码", "supervision modes that count", ListKind()),
        scope_parameter(
            "P15b-scope", "跨境电商", "cross-border e-commerce", Scope.YEAR, Scope.SUBJECT, Scope.APPLICANT
        ),
    ),
    examples=(
        Example(title="报关金额恰达假设的高档，超过上限一分", facts=TRADE, parameters=STEPS, amount="500000.00"),
        Example(
            title="差一分未达高档",
            facts=replace(TRADE, declared_value=Money.yuan("9999999.99")),
            parameters=STEPS,
            amount="50000.00",
        ),
        Example(
            title="恰达低档", facts=replace(TRADE, declared_value=Money.wan(100)), parameters=STEPS, amount="50000.00"
        ),
        Example(
            title="差一分未达低档",
            facts=replace(TRADE, declared_value=Money.yuan("999999.99")),
            parameters=STEPS,
            refused="按规定核算的金额为零",
        ),
        Example(title="计算方式未定", facts=TRADE, missing=("P15b-shape",)),
        Example(
            title="期间跨越有效期首日，只计有效期内的部分",
            facts=replace(TRADE, period_from=date(2023, 1, 1), declared_in_term=Money.wan(100)),
            parameters=STEPS,
            amount="50000.00",
        ),
        Example(
            title="期间止于有效期前一日",
            facts=replace(TRADE, period_from=date(2023, 1, 1), period_to=date(2023, 6, 30)),
            parameters=STEPS,
            refused="期间起始日 2023-01-01 不在 2023-07-01 至 2024-06-30 之内",
        ),
        Example(
            title="一般贸易",
            facts=replace(TRADE, pilot_zone_mode=False, supervision_mode="0110"),
            parameters=STEPS,
            refused="不是跨境电商综试区监管模式",
        ),
        Example(
            title="当年已用完上限",
            facts=TRADE,
            parameters={**STEPS, "P15b-scope": "year"},
            prior=(EARLIER,),
            refused="已达到最高限额 500,000.00 元",
        ),
    ),
)

MEASURE = Measure(
    code="M15",
    clause="第 15 条",
    title=Text("积极应用电商拓市", "e-commerce"),
    units=(COMMERCE,),
    items=(HEADQUARTERS, CROSS_BORDER),
)
