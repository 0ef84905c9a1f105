"""保障措施（一）: evaluating the plan's work: a catalogue of indicators, rankings (赛马), publication (晾晒)."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Example, Measure, Sheet, Text, form, label
from policies.programme import Direction, Every, Plan, Reviewed, Work, indicator, milestone, refuse_twins, review
from policies.xiuzhou_2023.units import COMMERCE, OTHERS, REFORM

WHOLE = 100  # the weights of a catalogue sum up to it; ours, the text has no weights


@form
class Yardstick:
    """One indicator of the catalogue."""

    title: str = label("指标", "indicator")
    weight: int = label("权重（%）", "weight (per cent)", minimum=1, maximum=WHOLE)
    source: str = label("数据来源", "source")
    every: Every = label("周期", "period")
    direction: Direction = label("方向", "direction")


@form
class CataloguePlan(Plan):
    """Who is evaluated, and by which catalogue."""

    evaluated: tuple[str, ...] = label("评估对象", "units evaluated")
    catalogue: tuple[Yardstick, ...] = label("指标目录", "catalogue")


@form
class CatalogueFacts(Reviewed):
    """What the reviewer certifies."""

    catalogue: tuple[Yardstick, ...] = label("指标目录", "catalogue", default=())
    duties_assigned: bool = label("任务和责任已分解到单位", "tasks and duties are assigned")

    def check(self) -> None:
        refuse_twins("catalogue", tuple(one.title for one in self.catalogue))


def evaluation(facts: CatalogueFacts, sheet: Sheet) -> None:
    """A catalogue whose weights make a whole, over duties that are assigned."""
    review(facts, sheet)
    sheet.require(facts.duties_assigned, "任务和责任未分解到单位")
    weights = sum(one.weight for one in facts.catalogue)
    sheet.require(weights == WHOLE, f"指标权重合计 {weights}%，应为 {WHOLE}%")
    sheet.nothing_due(f"按 {len(facts.catalogue)} 项指标定期评估晾晒，不涉及资金兑付")


def _yardstick(title: str, weight: int, direction: Direction = Direction.HIGHER) -> Yardstick:
    return Yardstick(title=title, weight=weight, source="统计部门", every=Every.QUARTER, direction=direction)


OUTPUT, ENERGY = _yardstick("算例产值增速", 60), _yardstick("算例单位能耗", 40, Direction.LOWER)
GOOD = CatalogueFacts(
    name="算例评估方案", on_task=True, accountable=True, duties_assigned=True, catalogue=(OUTPUT, ENERGY)
)

EVALUATION = Work(
    id="S1",
    title=Text("高质量发展评价和“赛马”晾晒", "evaluation and ranking"),
    claim=CataloguePlan,
    facts=CatalogueFacts,
    rule=evaluation,
    note=Text("更正另行追加，不覆盖已晾晒的数据", "corrections are appended; published figures stay"),
    milestones=tuple(milestone(month, "评估并晾晒", "evaluated and published") for month in (3, 6, 9, 12)),
    indicators=(
        indicator("S1-score", "综合得分", "score", "分", per=Text("评估对象", "unit evaluated"), kept_elsewhere=True),
    ),
    examples=(
        Example(title="两项指标", facts=GOOD, gives="按 2 项指标定期评估晾晒，不涉及资金兑付"),
        Example(title="权重不足", facts=replace(GOOD, catalogue=(OUTPUT,)), refused="指标权重合计 60%，应为 100%"),
    ),
)

MEASURE = Measure(
    code="S1",
    clause="保障措施（一）",
    title=Text("提高思想认识", "evaluation"),
    units=(REFORM, COMMERCE, OTHERS),
    items=(EVALUATION,),
)
