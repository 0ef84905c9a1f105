"""保障措施（三）: two or three flagship firms for each industrial cluster."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Example, Known, Measure, Sheet, Text, document_key, form, label, together
from policies.programme import Every, Plan, Planner, Reviewed, Work, indicator, milestone, refuse_twins, review
from policies.xiuzhou_2023.units import COMMERCE, HIGH_TECH_ZONE, TOWNS

FEWEST, MOST = 2, 3
REFUSED = f"每个产业集群应遴选 {FEWEST}-{MOST} 家龙头企业"


@form
class Nominee:
    """One firm with its scores for the three qualities that the clause names."""

    firm: str = label("企业名称", "firm")
    technology: int = label("技术实力得分", "score: technology", maximum=100)
    growth: int = label("成长前景得分", "score: growth", maximum=100)
    reputation: int = label("品牌知名度得分", "score: brand", maximum=100)


@form
class FlagshipPlan(Plan):
    """The cluster, and the firms nominated."""

    cluster: str = label("产业集群", "cluster")
    nominees: tuple[Nominee, ...] = label("提名企业", "nominees")


@form
class FlagshipFacts(Reviewed):
    """What the reviewer certifies about those chosen."""

    cluster: str = label("产业集群", "cluster")
    chosen: tuple[Nominee, ...] = label("选定的龙头企业", "firms chosen", default=())
    notice_held: bool = label("名单已公示且无未决异议", "the list was published and no objection is open")
    replaces: str = label("被替换的企业（调整时填写）", "firm replaced", default="")

    def check(self) -> None:
        refuse_twins("chosen", tuple(one.firm for one in self.chosen))


def flagships(facts: FlagshipFacts, sheet: Sheet) -> None:
    """Two or three firms a cluster, both ends included, over all its plans, less those replaced; after a public notice."""
    review(facts, sheet)
    sheet.require(len(facts.chosen) >= 1, REFUSED)
    plans = (facts, *sheet.others())
    gone = {document_key(plan.replaces) for plan in plans if plan.replaces.strip()}
    named = together(*(tuple(one.firm for one in plan.chosen) for plan in plans))
    standing = [firm for firm in named if document_key(firm) not in gone]
    told = f"{REFUSED}；{facts.cluster}合计 {len(standing)} 家"
    sheet.require(FEWEST <= len(standing) <= MOST, told)
    sheet.require(facts.notice_held, "名单未公示，或有未决异议")
    sheet.nothing_due(f"{facts.cluster}：{'、'.join(one.firm for one in facts.chosen)}，本条不涉及资金兑付")


def _firms(*names: str) -> tuple[Nominee, ...]:
    return tuple(Nominee(firm=f"算例{name}企业", technology=90, growth=85, reputation=80) for name in names)


GOOD = FlagshipFacts(
    name="算例遴选", on_task=True, accountable=True, cluster="算例集群", chosen=_firms("甲", "乙"), notice_held=True
)
FIRM = Text("龙头企业", "firm")
TOTAL = f"{REFUSED}；算例集群合计 {{}} 家"
GIVES = "算例集群：算例甲企业、算例乙企业{}，本条不涉及资金兑付"

FLAGSHIPS = Work(
    id="S3",
    title=Text("产业集群龙头企业遴选", "flagship firms of a cluster"),
    claim=FlagshipPlan,
    facts=FlagshipFacts,
    rule=flagships,
    reviewed_jointly=False,
    subject=("cluster",),
    whole=("cluster",),
    planned_by=Planner.LEAD_OR_TOWN,
    milestones=(milestone(3, "公布龙头企业名单", "list published"), milestone(12, "年度评估和调整", "yearly review")),
    indicators=(
        indicator(
            "S3-suppliers", "配套中小微企业", "small suppliers", "家", every=Every.YEAR, per=FIRM, among="chosen"
        ),
        indicator("S3-output", "龙头企业产值", "output of flagships", "万元", per=FIRM, among="chosen"),
    ),
    examples=(
        Example(title="两家", facts=GOOD, gives=GIVES.format("")),
        Example(title="三家", facts=replace(GOOD, chosen=_firms("甲", "乙", "丙")), gives=GIVES.format("、算例丙企业")),
        Example(title="一家", facts=replace(GOOD, chosen=_firms("甲")), refused=TOTAL.format(1)),
        Example(title="四家", facts=replace(GOOD, chosen=_firms("甲", "乙", "丙", "丁")), refused=TOTAL.format(4)),
        Example(
            title="另一计划已选两家，再选一家",
            facts=replace(GOOD, chosen=_firms("丙")),
            known=Known(others=(GOOD,)),
            gives="算例集群：算例丙企业，本条不涉及资金兑付",
        ),
        Example(
            title="另一计划已选两家，再选两家",
            facts=replace(GOOD, chosen=_firms("丙", "丁")),
            known=Known(others=(GOOD,)),
            refused=TOTAL.format(4),
        ),
        Example(
            title="另一计划已选三家，替换其中一家",
            facts=replace(GOOD, chosen=_firms("丁"), replaces="算例甲企业"),
            known=Known(others=(replace(GOOD, chosen=_firms("甲", "乙", "丙")),)),
            gives="算例集群：算例丁企业，本条不涉及资金兑付",
        ),
    ),
)

MEASURE = Measure(
    code="S3",
    clause="保障措施（三）",
    title=Text("坚持龙头示范", "flagship firms"),
    units=(COMMERCE, TOWNS, HIGH_TECH_ZONE),
    items=(FLAGSHIPS,),
)
