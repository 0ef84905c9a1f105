"""第 8 条: publicity through the media, and launch events for products and brands of Xiuzhou."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import CountKind, Example, Measure, Setting, Sheet, Text, form, label
from policies.programme import Plan, Reviewed, Work, indicator, milestone, review
from policies.xiuzhou_2023.units import COMMERCE, MEDIA, PUBLICITY


@form
class PublicityPlan(Plan):
    """Channels and launches for the year."""

    channels: tuple[str, ...] = label("宣传媒体", "media")
    launches: int = label("拟办专项发布会场次", "launch events")


@form
class PublicityFacts(Reviewed):
    """What the reviewer certifies."""

    media: int = label("列入计划的媒体渠道数", "media in the plan")
    launches: int = label("列入计划的专项发布会场次", "launch events in the plan")


def publicity(facts: PublicityFacts, sheet: Sheet) -> None:
    """Several channels (how many is a setting of ours), and at least one launch event."""
    review(facts, sheet)
    least = sheet.setting("P8-channels")
    sheet.require(facts.media >= least, f"未形成多渠道宣传（至少 {least} 个媒体渠道）")
    sheet.require(facts.launches >= 1, "计划中没有特色品牌（产品）专项发布会")
    sheet.nothing_due("宣传推广为工作推进事项，不涉及资金兑付")


GOOD = PublicityFacts(name="算例宣传计划", on_task=True, accountable=True, media=2, launches=1)

CHANNELS = Setting(
    id="P8-channels",
    title=Text("多渠道的最少渠道数", "least number of channels"),
    decides=Text("计划至少列入几个媒体渠道才算多渠道", "how many media make several channels"),
    kind=CountKind(maximum=100),
    default=2,
)

PUBLICITY_PROGRAMME = Work(
    id="M8",
    title=Text("品牌宣传与专项发布", "publicity and launch events"),
    claim=PublicityPlan,
    facts=PublicityFacts,
    rule=publicity,
    ours=(CHANNELS,),
    milestones=(
        milestone(6, "首场专项发布会", "first launch event"),
        milestone(12, "年度宣传小结", "yearly summary"),
    ),
    indicators=(
        indicator("M8-items", "媒体报道", "media items", "篇"),
        indicator("M8-launches", "专项发布会", "launch events", "场"),
        indicator("M8-reach", "传播触达", "reach", "人次", source=("媒体后台统计", "the media's own counts")),
    ),
    examples=(
        Example(title="两个渠道、一场发布会", facts=GOOD, gives="宣传推广为工作推进事项，不涉及资金兑付"),
        Example(title="只有一个渠道", facts=replace(GOOD, media=1), refused="未形成多渠道宣传（至少 2 个媒体渠道）"),
        Example(
            title="只有一个渠道，设置为一个即可",
            facts=replace(GOOD, media=1),
            parameters={"P8-channels": 1},
            gives="宣传推广为工作推进事项，不涉及资金兑付",
        ),
        Example(title="没有发布会", facts=replace(GOOD, launches=0), refused="计划中没有特色品牌（产品）专项发布会"),
    ),
)

MEASURE = Measure(
    code="M8",
    clause="第 8 条",
    title=Text("加强品牌宣传推广", "publicity"),
    units=(PUBLICITY, COMMERCE, MEDIA),
    items=(PUBLICITY_PROGRAMME,),
)
