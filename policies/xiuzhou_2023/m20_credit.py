"""第 20 条: more credit for manufacturing and small firms, at lower cost: monthly figures of each bank."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Example, Measure, Sheet, Text, form, label
from policies.programme import (
    Direction,
    Every,
    Indicator,
    Plan,
    Reviewed,
    Work,
    indicator,
    milestone,
    refuse_twins,
    review,
)
from policies.xiuzhou_2023.units import FINANCE_OFFICE

BANK = Text("银行", "bank")
GUARANTOR = Text("担保机构", "guarantor")
RETURNS = ("银行报送", "the banks' returns")


def _monthly(
    id: str, zh: str, en: str, measured_in: str, per: Text = BANK, *, lower: bool = False, adds: bool = True
) -> Indicator:
    direction = Direction.LOWER if lower else Direction.HIGHER
    among = "banks" if per is BANK else ""
    return indicator(
        id, zh, en, measured_in, RETURNS, every=Every.MONTH, per=per, direction=direction, among=among, adds=adds
    )


@form
class CreditPlan(Plan):
    """The banks that report, and from when."""

    banks: tuple[str, ...] = label("报送银行", "banks that report")

    def check(self) -> None:
        super().check()
        refuse_twins("banks", self.banks)


@form
class CreditFacts(Reviewed):
    """What the reviewer certifies about the returns."""

    banks: tuple[str, ...] = label("已确认的报送银行", "banks confirmed", default=())
    manufacturing_only: bool = label("中长期贷款口径限于制造业", "medium and long-term loans: manufacturing only")
    monthly: bool = label("按月报送", "reported monthly")

    def check(self) -> None:
        refuse_twins("banks", self.banks)


def credit(facts: CreditFacts, sheet: Sheet) -> None:
    """Monthly figures of each bank, with loans counted as the clause names them."""
    review(facts, sheet)
    sheet.require(len(facts.banks) >= 1, "没有报送银行")
    sheet.require(facts.manufacturing_only, "中长期贷款口径应限于制造业")
    sheet.require(facts.monthly, "应按月报送")
    sheet.nothing_due(f"由 {len(facts.banks)} 家银行按月报送，本条不涉及资金兑付")


GOOD = CreditFacts(
    name="算例信贷报送", on_task=True, accountable=True, banks=("算例银行",), manufacturing_only=True, monthly=True
)

CREDIT = Work(
    id="M20",
    title=Text("中小微信贷月度监测", "monthly figures of credit to small firms"),
    claim=CreditPlan,
    facts=CreditFacts,
    rule=credit,
    milestones=tuple(
        milestone(month, "报送当月各银行数据", "the month's figures of each bank") for month in range(1, 13)
    ),
    indicators=(
        _monthly("M20-long", "制造业中长期贷款余额", "medium and long-term manufacturing loans", "万元"),
        _monthly("M20-long-share", "制造业中长期贷款占比", "their share", "%", adds=False),
        _monthly("M20-unsecured", "小微企业信用贷款余额", "unsecured loans of small firms", "万元"),
        _monthly("M20-unsecured-share", "小微企业信用贷款占比", "their share", "%", adds=False),
        _monthly("M20-rate", "优惠贷款加权平均利率", "mean preferential rate", "%", lower=True, adds=False),
        _monthly("M20-fees", "阶段性减免收费", "fees waived", "万元"),
        _monthly("M20-guarantees", "“双保”及总对总批量担保额", "guarantees", "万元", GUARANTOR),
    ),
    examples=(
        Example(title="一家银行按月报送", facts=GOOD, gives="由 1 家银行按月报送，本条不涉及资金兑付"),
        Example(title="按季报送", facts=replace(GOOD, monthly=False), refused="应按月报送"),
        Example(
            title="全口径贷款", facts=replace(GOOD, manufacturing_only=False), refused="中长期贷款口径应限于制造业"
        ),
    ),
)

MEASURE = Measure(
    code="M20",
    clause="第 20 条",
    title=Text("推进中小微信贷“两提两降”", "credit to small firms"),
    units=(FINANCE_OFFICE,),
    items=(CREDIT,),
)
