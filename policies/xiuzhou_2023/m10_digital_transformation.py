"""第 10 条: digital transformation of small firms, trade by trade: pilots are chosen, accepted and copied."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Example, Measure, Sheet, Text, form, label
from policies.programme import Plan, Reviewed, Work, indicator, milestone, refuse_twins, review
from policies.xiuzhou_2023.units import COMMERCE


@form
class PilotPlan(Plan):
    """The trade, and the firms proposed as pilots."""

    trade: str = label("细分行业", "trade")
    candidates: tuple[str, ...] = label("拟选试点企业", "candidates")

    def check(self) -> None:
        super().check()
        refuse_twins("candidates", self.candidates)


@form
class PilotFacts(Reviewed):
    """What the reviewer certifies about trade and pilots."""

    traditional_trade: bool = label("属传统特色行业", "a traditional trade")
    pilots: tuple[str, ...] = label("选定的试点企业", "pilots chosen", default=())
    small_firms: bool = label("试点均为中小企业", "all pilots are small or medium firms")
    copyable: bool = label("已形成低成本、批量化复制的做法", "a cheap way to copy exists already", default=False)

    def check(self) -> None:
        refuse_twins("pilots", self.pilots)


def pilots(facts: PilotFacts, sheet: Sheet) -> None:
    """A plan for small and medium firms of a traditional trade; pilots are chosen, accepted and copied as it goes on."""
    review(facts, sheet)
    sheet.require(facts.traditional_trade, "不属于传统特色行业")
    sheet.require(facts.small_firms, "试点对象应为中小企业")
    chosen = f"选定试点企业 {len(facts.pilots)} 家" if facts.pilots else "试点企业待选定"
    sheet.nothing_due(f"{chosen}，本条不涉及资金兑付")


SWEATERS = PilotFacts(
    name="算例毛衫行业改造",
    on_task=True,
    accountable=True,
    traditional_trade=True,
    pilots=("算例毛衫一厂", "算例毛衫二厂"),
    small_firms=True,
    copyable=True,
)

PILOTS = Work(
    id="M10",
    title=Text("细分行业数字化改造试点", "pilots of digital transformation"),
    claim=PilotPlan,
    facts=PilotFacts,
    rule=pilots,
    milestones=(
        milestone(3, "选定试点企业", "pilots chosen"),
        milestone(9, "试点项目验收", "pilots accepted"),
        milestone(12, "复制推广", "copied"),
    ),
    indicators=(
        indicator("M10-pilots", "试点企业", "pilots", "家", per=Text("细分行业", "trade")),
        indicator("M10-accepted", "通过验收的试点", "pilots accepted", "家", per=Text("细分行业", "trade")),
        indicator("M10-copies", "复制推广企业", "firms that copied", "家", per=Text("细分行业", "trade")),
    ),
    examples=(
        Example(title="两家试点", facts=SWEATERS, gives="选定试点企业 2 家，本条不涉及资金兑付"),
        Example(title="试点待选定", facts=replace(SWEATERS, pilots=()), gives="试点企业待选定，本条不涉及资金兑付"),
        Example(title="大型企业", facts=replace(SWEATERS, small_firms=False), refused="试点对象应为中小企业"),
    ),
)

MEASURE = Measure(
    code="M10",
    clause="第 10 条",
    title=Text("推动细分行业中小企业数字化改造", "digital transformation of small firms"),
    units=(COMMERCE,),
    items=(PILOTS,),
)
