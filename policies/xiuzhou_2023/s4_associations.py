"""保障措施（四）: what industry associations do for the plan, and who of them may not judge it."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Choice, Example, Known, Measure, Sheet, Text, form, label
from policies.programme import Plan, Reviewed, Work, indicator, milestone, review
from policies.settings import PROCEDURE
from policies.xiuzhou_2023.units import COMMERCE, FEDERATION

CONFLICT = "该协会享受第 14 条补助，不得参与其联审"


class Task(Choice):
    """The fields that the clause names; it leaves the list open."""

    STANDARDS = "standards", "标准制修订", "standards"
    TRAINING = "training", "人才培训", "training"
    PUBLICITY = "publicity", "宣传推广", "publicity"
    EXHIBITIONS = "exhibitions", "新产品展览展示", "exhibitions of new products"
    EXCHANGE = "exchange", "国际交流合作", "international exchange"
    OTHER = "other", "其他", "other"


@form
class AssociationPlan(Plan):
    """The association, and the tasks that it takes on."""

    association: str = label("行业协会", "association")
    tasks: tuple[Task, ...] = label("承担任务", "tasks")


@form
class AssociationFacts(Reviewed):
    """What the reviewer certifies."""

    association: str = label("行业协会", "association")
    registered: bool = label("依法登记", "lawfully registered")
    tasks: tuple[Task, ...] = label("承担任务", "tasks", default=())
    reviews_stand_grants: bool = label("参与第 14 条联审", "takes part in reviewing measure 14", default=False)


def association(facts: AssociationFacts, sheet: Sheet) -> None:
    """A registered association with tasks; one that the records show as an applicant of measure 14 has no part in its review."""
    review(facts, sheet)
    sheet.require(facts.registered, "行业协会未依法登记")
    sheet.require(len(facts.tasks) >= 1, "未明确承担的任务")
    conflict = facts.reviews_stand_grants and sheet.benefits(facts.association) and sheet.setting(BAR.id)
    sheet.require(not conflict, CONFLICT)
    tasks = "、".join(task.zh for task in facts.tasks)
    sheet.nothing_due(f"{facts.association}承担{tasks}，本条不涉及资金兑付")


GOOD = AssociationFacts(
    name="算例协会任务书",
    on_task=True,
    accountable=True,
    association="算例毛衫行业协会",
    registered=True,
    tasks=(Task.STANDARDS, Task.TRAINING),
    reviews_stand_grants=True,
)
APPLIED = Known(benefiting=("算例毛衫行业协会",))
BAR = next(one for one in PROCEDURE if one.id == "P-association-conflict")

ASSOCIATIONS = Work(
    id="S4",
    title=Text("行业协会任务和成果", "tasks of industry associations"),
    claim=AssociationPlan,
    facts=AssociationFacts,
    rule=association,
    subject=("association", "name"),
    ours=(BAR,),
    benefits_of="M14b",
    note=Text("回避是本系统的设置 P-association-conflict，非文件规定", "the conflict bar is a setting of ours"),
    milestones=(milestone(6, "中期成果", "results at half time"), milestone(12, "年度成果", "results of the year")),
    indicators=(
        indicator("S4-associations", "承担任务的协会", "associations with tasks", "家"),
        indicator("S4-tasks", "完成任务", "tasks done", "项", per=Text("行业协会", "association"), among="association"),
    ),
    examples=(
        Example(title="承担两项任务", facts=GOOD, gives="算例毛衫行业协会承担标准制修订、人才培训，本条不涉及资金兑付"),
        Example(title="受益又联审", facts=GOOD, known=APPLIED, refused=CONFLICT),
        Example(
            title="受益又联审，设置为不回避",
            facts=GOOD,
            known=APPLIED,
            parameters={"P-association-conflict": False},
            gives="算例毛衫行业协会承担标准制修订、人才培训，本条不涉及资金兑付",
        ),
        Example(
            title="受益而不联审",
            facts=replace(GOOD, reviews_stand_grants=False),
            known=APPLIED,
            gives="算例毛衫行业协会承担标准制修订、人才培训，本条不涉及资金兑付",
        ),
        Example(title="没有任务", facts=replace(GOOD, tasks=()), refused="未明确承担的任务"),
    ),
)

MEASURE = Measure(
    code="S4",
    clause="保障措施（四）",
    title=Text("发挥协会积极作用", "industry associations"),
    units=(FEDERATION, COMMERCE),
    items=(ASSOCIATIONS,),
)
