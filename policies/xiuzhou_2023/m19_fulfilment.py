"""第 19 条: how fast promises to firms are kept: an access class for each item, and the payout rate of each unit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from policies.kit import Access, Example, Measure, Sheet, Text, WrongFacts, form, label
from policies.programme import Every, Plan, Planner, Reviewed, Target, Work, indicator, refuse_twins, review
from policies.xiuzhou_2023.units import COMMERCE, FINANCE_OFFICE, FIRM_FACING, REFORM, SCIENCE

# The first day lies before the plan: a baseline to look back on, never a reminder.
TARGETS = (
    Target(at_least=Fraction(80), by=date(2023, 6, 30)),
    Target(at_least=Fraction(100), by=date(2023, 9, 30)),
)


@form
class PolicyItem:
    """One item of any policy for firms, how it is reached, and in how many working days where days are promised."""

    title: str = label("政策事项", "item")
    access: Access = label("兑现方式", "access")
    promised_days: int = label("承诺工作日数", "promised working days", default=0, maximum=365)

    def check(self) -> None:
        limited = self.access is Access.WITHIN_TIME_LIMIT
        if limited != (self.promised_days > 0):
            raise WrongFacts("promised_days", "限时即享须写明承诺工作日数，其他方式不填")


@form
class FulfilmentPlan(Plan):
    """The items that a unit answers for."""

    items: tuple[PolicyItem, ...] = label("惠企政策事项", "items of policies for firms")

    def check(self) -> None:
        super().check()
        refuse_twins("items", tuple(item.title for item in self.items))


@form
class FulfilmentFacts(Reviewed):
    """What the reviewer certifies about the list."""

    complete: bool = label("已列全本单位惠企政策事项", "lists all of the unit's items")
    direct: bool = label("资金已直达企业账户", "money goes straight to the firm's account", default=False)


def fulfilment(facts: FulfilmentFacts, sheet: Sheet) -> None:
    """A complete list, each item with its access class; that money reaches the firm directly is the aim."""
    review(facts, sheet)
    sheet.require(facts.complete, "惠企政策事项未列全")
    sheet.nothing_due("兑付进度按期通报，本条自身不涉及资金兑付")


def payout_rate(paid: int, approved: int) -> Fraction | None:
    """Per cent paid, exactly, of fen or of cases (`P-payout-rate-basis`); None where nothing was approved."""
    return Fraction(100 * paid, approved) if approved else None


GOOD = FulfilmentFacts(name="算例兑付清单", on_task=True, accountable=True, complete=True, direct=True)
UNIT = Text("责任单位", "unit")

FULFILMENT = Work(
    id="M19",
    title=Text("惠企政策兑付", "fulfilment of policies for firms"),
    claim=FulfilmentPlan,
    facts=FulfilmentFacts,
    rule=fulfilment,
    planned_by=Planner.EACH_UNIT,
    reviewed_jointly=False,
    indicators=(
        indicator(
            "M19-all",
            "全部惠企政策兑付率",
            "all policies",
            "%",
            every=Every.MONTH,
            per=UNIT,
            targets=TARGETS,
            kept_elsewhere=True,
        ),
        indicator(
            "M19-plan",
            "本方案兑付率",
            "this plan",
            "%",
            ("系统自动", "computed"),
            every=Every.MONTH,
            per=UNIT,
            kept_elsewhere=True,
        ),
    ),
    examples=(
        Example(title="清单完备", facts=GOOD, gives="兑付进度按期通报，本条自身不涉及资金兑付"),
        Example(
            title="资金尚未直达",
            facts=replace(GOOD, direct=False),
            gives="兑付进度按期通报，本条自身不涉及资金兑付",
        ),
        Example(title="清单不全", facts=replace(GOOD, complete=False), refused="惠企政策事项未列全"),
    ),
)

MEASURE = Measure(
    code="M19",
    clause="第 19 条",
    title=Text("加快惠企政策兑现", "fulfilment of policies"),
    units=(REFORM, COMMERCE, SCIENCE, FINANCE_OFFICE, FIRM_FACING),
    items=(FULFILMENT,),
)
