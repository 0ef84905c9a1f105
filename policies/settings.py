"""Procedural settings: on these the text is silent. Every default is ours, not the text's, and is shown as such."""

from __future__ import annotations

from typing import Any

from policies.forms import Text
from policies.kinds import (
    AmountKind,
    ChoiceKind,
    CountKind,
    DateKind,
    DaysKind,
    FlagKind,
    Kind,
    TableKind,
    TextKind,
    UnitKind,
)
from policies.money import Rounding
from policies.parameters import Setting

ACCESS = ("without_application", "on_application", "within_time_limit")
OURS = Text("系统默认，非文件规定", "ours, not the text's")


def _setting(id: str, title: tuple[str, str], decides: tuple[str, str], kind: Kind, default: Any) -> Setting:
    return Setting(id=id, title=Text(*title), decides=Text(*decides), kind=kind, default=default)


def _working_days(id: str, zh: str, en: str, default: int, least: int = 1) -> Setting:
    words = Text(f"{zh}（工作日）", f"{en} (working days)")
    return Setting(id=id, title=words, decides=words, kind=CountKind(minimum=least, maximum=365), default=default)


DEADLINES = (
    _working_days("P-accept-days", "受理或一次性告知的期限", "to accept or return once", 5),
    _working_days("P-correction-days", "补正的期限", "to correct", 10),
    _working_days("P-screen-days", "镇（街道）初审的期限", "for a town to screen", 5),
    _working_days("P-certify-days", "认定的期限", "to certify", 20),
    _working_days("P-joint-days", "联审的期限", "for joint opinions", 10),
    _working_days("P-decide-days", "审定的期限", "to decide", 10),
    _working_days("P-notice-days", "公示的天数", "of public notice", 5, least=0),
    _working_days("P-objection-days", "答复异议的期限", "to answer an objection", 5),
    _working_days("P-allocate-days", "下达资金并形成拨付指令的期限", "to allocate and order", 10),
    _working_days("P-pay-days", "回填拨付结果的期限", "to confirm a payment", 3),
    _working_days("P-promised-days", "限时即享承诺的期限", "promised for limited-time items", 75),
)

PROCEDURE = (
    _setting(
        "P-lead",
        ("牵头单位", "lead unit"),
        (
            "按条目或事项（如 M2c）指定责任单位中由谁牵头；空缺时为第一家",
            "which unit leads, by measure or item; the first unless set",
        ),
        TableKind(of=UnitKind()),
        None,
    ),
    _setting(
        "P-acceptance",
        ("受理方式", "acceptance"),
        ("person：由受理人员受理，rule：自动核验通过即受理", "by a person, or by passing the automatic checks"),
        ChoiceKind(among=("person", "rule")),
        "person",
    ),
    _setting(
        "P-access",
        ("兑现方式", "access class"),
        (
            "按事项指定：without_application 免申即享，on_application 即申即享，within_time_limit 限时即享；未列的按事项自身",
            "by item: without application, on application, or within a time limit; others as the item has it",
        ),
        TableKind(of=ChoiceKind(among=ACCESS)),
        None,
    ),
    _setting(
        "P-amount-check",
        ("核算复核方式", "check of the computed amount"),
        ("person：由复核人员确认，rule：系统核算即视为复核", "confirmed by a person, or by the computation itself"),
        ChoiceKind(among=("person", "rule")),
        "person",
    ),
    _setting(
        "P-screening",
        ("镇（街道）先行初审", "screening by towns"),
        ("需要初审的事项是否先经注册地所在镇", "whether the town of registration screens first"),
        FlagKind(),
        True,
    ),
    _setting(
        "P-association-conflict",
        ("受益协会回避联审", "associations that benefit do not review"),
        ("第 14 条受益的协会是否不得参与评审", "whether a beneficiary of measure 14 may co-review it"),
        FlagKind(),
        True,
    ),
    _setting(
        "P-filing-deadline",
        ("延长后的申报截止日", "extended last day of filing"),
        (
            "以公告延长申报的最后一日，生效日（--from）为公告发布日，须在申报截止之前；空缺时为有效期最后一日",
            "last day by a published notice, --from the day of its publication while filing was open; the window's unless set",
        ),
        DateKind(),
        None,
    ),
    _setting(
        "P-window-end",
        ("截止日遇休息日是否顺延", "does the last day roll"),
        ("stay：不顺延，roll：顺延至下一工作日", "stay, or roll to the next working day"),
        ChoiceKind(among=("stay", "roll")),
        "stay",
    ),
    _setting(
        "P-reminder-days",
        ("截止前提醒的天数", "days of reminders before the end"),
        ("自然日", "calendar days"),
        DaysKind(),
        ["60", "30", "14", "7", "3", "1"],
    ),
    _setting(
        "P-amber-percent",
        ("黄灯提示的剩余比例", "amber share of a deadline"),
        ("办理期限剩余不超过百分之几时提示黄灯", "amber when no more than this percent of the working days is left"),
        CountKind(minimum=1, maximum=99),
        20,
    ),
    _setting(
        "P-ranking-points",
        ("赛马计分方式", "points of the ranking"),
        (
            "places：按名次计分，range：按指标值在最好与最差之间的位置计分；再按指标目录的权重合计",
            "by place, or by where a figure lies between the worst and the best; weighted as the catalogue says",
        ),
        ChoiceKind(among=("places", "range")),
        "places",
    ),
    _setting(
        "P-retention-months",
        ("个人信息保存期限（月）", "retention of personal data (months)"),
        (
            "自然人的案件全部办结后，个人信息保存多少个月；空缺时不作匿名化",
            "months after a natural person's last case ended; nothing is anonymised unless set",
        ),
        CountKind(minimum=1, maximum=1200),
        None,
    ),
)

MONEY = (
    _setting(
        "P-rounding",
        ("不足一分的处理", "parts of a fen"),
        ("比例计算结果舍去、四舍五入或进位", "dropped, rounded half up, or rounded up"),
        ChoiceKind(among=tuple(Rounding)),
        Rounding.DOWN,
    ),
    _setting(
        "P-stack-scope",
        ("就高不重复是否也适用于本方案内部", "stacking inside the plan"),
        ("同一事项在本方案内获两项支持时是否只取高者", "whether the higher alone counts inside the plan too"),
        FlagKind(),
        True,
    ),
    _setting(
        "P-stack-settlement",
        ("已领取较低一项时的处理", "when a lower sum was already paid"),
        ("difference：补差，nothing：不补，swap：退旧领新", "the difference, nothing, or swap"),
        ChoiceKind(among=("difference", "nothing", "swap")),
        "difference",
    ),
    _setting(
        "P-shortage",
        ("资金不足时的处理", "when the fund is short"),
        (
            "queue：排队，pro_rata：按比例（每笔预算只分配一次，退回款不再分配），next_year：下年度",
            "queue, pro rata (each budget is shared out once, and not what comes back), or next year",
        ),
        ChoiceKind(among=("queue", "pro_rata", "next_year")),
        "queue",
    ),
    _setting(
        "P-payout-rate-basis",
        ("兑付率口径", "basis of the payout rate"),
        ("amount：已付金额÷审定金额，case：已付件数÷审定件数", "by amount, or by case"),
        ChoiceKind(among=("amount", "case")),
        "amount",
    ),
)

PAYMENT = (
    _setting(
        "P-release-threshold",
        ("须加批的拨付限额", "threshold of the third level"),
        (
            "单笔超过此金额（元）的批次，复核后须由单位负责人加批方可放行；空缺时不设加批",
            "a batch with an order above this sum needs the head's approval before release; none unless set",
        ),
        AmountKind(),
        None,
    ),
    _setting(
        "P-payer",
        ("付款账户", "paying account"),
        (
            "拨付文件中的付款人：name 户名、bank 开户行、account 账号、clearing_code 行号（12 位）；空缺时不能导出拨付文件",
            "who pays in the files for the bank: name, bank, account, clearing_code; without it nothing is exported",
        ),
        TableKind(of=TextKind()),
        None,
    ),
)

SETTINGS = (*DEADLINES, *PROCEDURE, *MONEY, *PAYMENT)
