"""The last paragraph of the plan: validity, 就高不重复, funding and towns, each sentence with what it runs."""

from __future__ import annotations

from policies.kit import Text
from policies.programme import Clause, Closing
from policies.xiuzhou_2023.units import HIGH_TECH_ZONE, OTHERS, TOWNS

VALIDITY = Clause(
    code="F1",
    title=Text("施行日期和有效期", "validity"),
    says=Text("自 2023 年 7 月 1 日起一年有效，首末两日均在内", "in force for a year, both its ends included"),
    runs=(
        Text("开启和关闭申报窗口", "opens and closes filing"),
        Text("截止前提醒；漏发的补发", "reminds before the end; a missed day sends late"),
        Text("窗口内申报的案件按申报时的规则办完", "finishes cases filed in time under the rules frozen at filing"),
        Text("期满报告和归档", "closing report and archive"),
    ),
    settings=("P-window-end", "P-filing-deadline", "P-reminder-days"),
)
HIGHEST_ONLY = Clause(
    code="F2",
    title=Text("就高不重复", "the higher benefit only"),
    says=Text("与原有政策冲突时取高者，不重复享受", "where earlier policies conflict, the higher benefit and no other"),
    runs=(
        Text("登记其他政策的补助及其依据", "keeps a register of other benefits and their basis"),
        Text("核算时比较同一依据的全部补助", "compares all benefits on one basis when an amount is computed"),
    ),
    settings=("P-stack-scope", "P-stack-settlement"),
)
FUNDING = Clause(
    code="F3",
    title=Text("资金来源", "funding"),
    says=Text("涉及的资金由各部门专项资金列支", "money comes from each unit's earmarked fund"),
    runs=(
        Text("按单位和年度管理专项资金，预留、下达、拨付不超预算", "keeps each fund by year; never over-committed"),
        Text("资金不足时按设定办理一次，结果可重现", "handles a shortage once, reproducibly"),
    ),
    settings=("P-shortage",),
)
TOWNS_CARRY_OUT = Clause(
    code="F4",
    title=Text("各镇、嘉兴国家高新区遵照执行", "towns carry the plan out"),
    says=Text("各镇和嘉兴国家高新区照此执行", "towns and the high-tech zone carry the plan out"),
    runs=(
        Text("镇级初审", "screening by towns"),
        Text("各镇、高新区自报一镇一品方案", "towns file plans of their own"),
    ),
    settings=("P-screening",),
)

MEASURE = Closing(
    code="F",
    clause="末段",
    title=Text("施行日期、就高不重复、资金和执行", "final clause"),
    units=(OTHERS, TOWNS, HIGH_TECH_ZONE),
    items=(),
    clauses=(VALIDITY, HIGHEST_ONLY, FUNDING, TOWNS_CARRY_OUT),
)
