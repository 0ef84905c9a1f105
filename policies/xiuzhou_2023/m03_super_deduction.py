"""第 3 条: making the super-deduction of R&D and design costs known. It informs; it never computes or promises tax."""

from __future__ import annotations

from dataclasses import replace

from policies.kit import Example, Measure, Sheet, Text, form, label
from policies.programme import Plan, Reviewed, Work, indicator, milestone, review
from policies.xiuzhou_2023.units import SCIENCE, TAX

DISCLAIMER = Text(
    "自查仅供参考，不计算税额，不构成税务意见；能否加计扣除以税务机关依法认定为准",
    "A guide only: no tax is computed and no tax advice given; the tax authority decides by law",
)
SELF_CHECK = (
    Text("费用是否发生在新产品的研发或设计活动中", "was the cost incurred in developing or designing a new product"),
    Text("是否有立项文件，并按项目单独归集费用", "is there a project file, with costs kept by project"),
    Text("合同、发票、工时记录和成果资料是否留存备查", "are contract, invoice, time sheets and results kept"),
    Text("是否已在企业研究开发项目信息管理系统登记项目", "is the project in the city's R&D project system"),
)


@form
class GuidancePlan(Plan):
    """Whom the tax office and the science bureau will reach."""

    firms: int = label("拟辅导企业数", "firms to be guided", minimum=1)
    briefings: int = label("拟办宣讲场次", "briefings", minimum=1)


@form
class GuidanceFacts(Reviewed):
    """What the reviewer certifies."""

    disclaimer: bool = label("自查材料载明免责说明", "the self-check carries the disclaimer")
    promises_tax: bool = label("材料含税额测算或享受承诺", "the material computes or promises tax")


def guidance(facts: GuidanceFacts, sheet: Sheet) -> None:
    """Briefings, a self-check with its disclaimer, and a register of firms that use the city's system."""
    review(facts, sheet)
    sheet.require(facts.disclaimer, "自查材料未载明免责说明")
    sheet.require(not facts.promises_tax, "宣传材料不得测算税额或承诺享受")
    sheet.nothing_due("宣贯辅导不涉及资金；税收优惠由税务机关依法办理")


GOOD = GuidanceFacts(name="算例宣贯计划", on_task=True, accountable=True, disclaimer=True, promises_tax=False)

GUIDANCE = Work(
    id="M3",
    title=Text("研发费用加计扣除宣贯", "guidance on the super-deduction"),
    claim=GuidancePlan,
    facts=GuidanceFacts,
    rule=guidance,
    note=DISCLAIMER,
    self_check=SELF_CHECK,
    milestones=(
        milestone(2, "建立企业名单", "firm list made"),
        milestone(6, "完成首轮宣讲", "first round of briefings"),
        milestone(12, "汇总系统应用情况", "use of the system summed up"),
    ),
    indicators=(
        indicator("M3-firms", "辅导企业", "firms guided", "家"),
        indicator("M3-briefings", "宣讲场次", "briefings", "场"),
        indicator("M3-system", "应用研发项目信息管理系统的企业", "firms using the R&D project system", "家"),
    ),
    examples=(
        Example(title="计划完备", facts=GOOD, gives="宣贯辅导不涉及资金；税收优惠由税务机关依法办理"),
        Example(title="承诺税额", facts=replace(GOOD, promises_tax=True), refused="宣传材料不得测算税额或承诺享受"),
    ),
)

MEASURE = Measure(
    code="M3",
    clause="第 3 条",
    title=Text("加大加计扣除政策宣贯落地", "super-deduction made known"),
    units=(TAX, SCIENCE),
    items=(GUIDANCE,),
)
