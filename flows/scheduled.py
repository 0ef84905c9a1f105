"""What the calendar does, each by a flow of its own: when the clock starts it (in Asia/Shanghai), what it is, and its step.

The clock of the engine only starts them. What is due is asked of the records, in business time: a date is claimed once, a missed
one is made up, and a run that comes late, twice or not at all changes nothing but the moment. Called with a date, a flow works for
that date alone, if it is not done yet.
"""

from datetime import date

from prefect import flow

from casework.shared.run_summary import RunSummary
from flows.options import scheduled
from flows.sweeping import once_a_date, once_in_a_while, sweep_up, the_rows
from tasks import on_a_date
from tasks.announce import end_notices
from tasks.lapse import lapse
from tasks.post import send_waiting

EVERY_MINUTE, EVERY_HOUR, HALF_PAST, AT_MIDNIGHT = "* * * * *", "0 * * * *", "30 * * * *", "0 0 * * *"

# Always


@flow(
    **scheduled(
        "sweep",
        EVERY_MINUTE,
        "巡检：启动有到期事项的举措流程，补办漏办的定时任务",
        "sweep: starts the flows of measures that have something due, and makes up what the calendar missed",
        tags=["sweep"],
        kind="",
        timeout=900,
    )
)
def sweep() -> RunSummary:
    return sweep_up()


@flow(
    **scheduled(
        "deliver",
        EVERY_MINUTE,
        "寄送：把待发消息交给各渠道",
        "delivery: hands waiting messages to the channels, where no service of ours sends them all the time",
        tags=["messages"],
        kind="",
        timeout=300,
    )
)
def deliver() -> RunSummary:
    return the_rows("deliver", send_waiting)


# Filing


@flow(
    **scheduled(
        "window_opens",
        AT_MIDNIGHT,
        "申报期开始：告知可申报的主体和责任单位",
        "the window opens: whoever may apply, and the units, are told",
        tags=["filing"],
    )
)
def window_opens(business_date: date | None = None) -> RunSummary:
    return once_a_date("window_opens", business_date, on_a_date.open_window)


@flow(
    **scheduled(
        "window_closes",
        AT_MIDNIGHT,
        "申报期截止：未提交的草稿终止，出具期满报告",
        "the window closes: drafts that were not filed end, and the units get the report of the period",
        tags=["filing"],
    )
)
def window_closes(business_date: date | None = None) -> RunSummary:
    return once_a_date("window_closes", business_date, on_a_date.close_window)


@flow(
    **scheduled(
        "lapse_unanswered",
        AT_MIDNIGHT,
        "逾期：期限内未提交、未补正的案件终止",
        "out of time: drafts and corrections whose time is over end, with their reason",
        tags=["filing"],
        kind="",
    )
)
def lapse_unanswered() -> RunSummary:
    return the_rows("lapse_unanswered", lapse)


@flow(
    **scheduled(
        "filing_reminders",
        "1 0 * * *",
        "申报截止前提醒：有草稿而尚未申报的主体",
        "filing reminders: whoever has a draft that is not filed, on the days before the end",
        tags=["filing", "messages"],
    )
)
def filing_reminders(business_date: date | None = None) -> RunSummary:
    return once_a_date("filing_reminders", business_date, on_a_date.remind)


# Deadlines of the units


@flow(
    **scheduled(
        "deadlines",
        "2 0 * * *",
        "办理期限巡查：黄灯提醒经办人，红灯报单位负责人",
        "deadline watch with escalation: amber to the officer, red to the head of the unit",
        tags=["deadlines", "messages"],
    )
)
def deadlines(business_date: date | None = None) -> RunSummary:
    return once_a_date("deadlines", business_date, on_a_date.escalate)


@flow(
    **scheduled(
        "notices_end",
        AT_MIDNIGHT,
        "公示期满：无异议的案件转入拨付或交付",
        "public notices end: uncontested cases go on to payment or delivery",
        tags=["deadlines"],
        kind="",
    )
)
def notices_end() -> RunSummary:
    return the_rows("notices_end", end_notices)


@flow(
    **scheduled(
        "delegations",
        EVERY_HOUR,
        "委托生效与到期：通知委托双方",
        "delegations: both persons hear that one began or ended",
        tags=["staff", "messages"],
    )
)
def delegations() -> RunSummary:
    return once_in_a_while("delegations", on_a_date.tell_delegations)


@flow(
    **scheduled(
        "next_year_holidays",
        "3 0 1,8,15,22,29 12 *",
        "次年工作日检查：次年工作日安排未录入时提醒管理员",
        "next year's holidays: in December administrators are asked for them until they are entered",
        tags=["deadlines", "messages"],
    )
)
def next_year_holidays(business_date: date | None = None) -> RunSummary:
    return once_a_date("next_year_holidays", business_date, on_a_date.ask_for_holidays)


@flow(
    **scheduled(
        "new_budget",
        "3 0 1 1 *",
        "新年度资金安排：等待资金的案件按新年度安排继续办理",
        "money of the new year: cases that wait for money go on with the budget of the new year",
        tags=["payments"],
    )
)
def new_budget(business_date: date | None = None) -> RunSummary:
    return once_a_date("new_budget", business_date, on_a_date.open_budget)


# Rates and rankings


@flow(
    **scheduled(
        "payout_targets",
        "4 0 * * *",
        "兑付率目标核对：低于目标的单位收到提示",
        "payout rates against their targets: a unit below its target is told",
        tags=["rates", "messages"],
    )
)
def payout_targets(business_date: date | None = None) -> RunSummary:
    return once_a_date("payout_targets", business_date, on_a_date.compare_with_targets)


@flow(
    **scheduled(
        "rates_digest",
        "5 0 * * 1",
        "兑付率周报：每周一发给各单位负责人",
        "weekly payout rates: to the heads of the units, on Mondays",
        tags=["rates", "messages"],
    )
)
def rates_digest(business_date: date | None = None) -> RunSummary:
    return once_a_date("rates_digest", business_date, on_a_date.publish_rates)


@flow(
    **scheduled(
        "rankings",
        "6 0 * * *",
        "赛马排名：评比日的排名次日公布",
        "rankings: the ranking of an evaluation day is published on the next",
        tags=["rates"],
    )
)
def rankings(business_date: date | None = None) -> RunSummary:
    return once_a_date("rankings", business_date, on_a_date.rank)


# Payments


@flow(
    **scheduled(
        "payments_overdue",
        "7 0 * * *",
        "拨付结果逾期巡查：银行未回复的支付指令",
        "payments overdue: orders that the bank has not answered",
        tags=["payments", "messages"],
    )
)
def payments_overdue(business_date: date | None = None) -> RunSummary:
    return once_a_date("payments_overdue", business_date, on_a_date.find_overdue_payments)


@flow(
    **scheduled(
        "results_unmatched",
        "8 0 * * *",
        "未匹配回单巡查：与支付指令对不上的银行回单",
        "results unmatched: answers of the bank that fit no order",
        tags=["payments", "messages"],
    )
)
def results_unmatched(business_date: date | None = None) -> RunSummary:
    return once_a_date("results_unmatched", business_date, on_a_date.find_unmatched_results)


# Records


@flow(
    **scheduled(
        "conditions",
        "9 0 * * *",
        "核验项复查：名录或日期变化后重新核验未办结的案件",
        "conditions looked at again: open cases, where a register or the day changed what they look at",
        tags=["records"],
    )
)
def conditions(business_date: date | None = None) -> RunSummary:
    return once_a_date("conditions", business_date, on_a_date.review_conditions)


@flow(
    **scheduled(
        "retention",
        "10 0 * * *",
        "个人信息保存期限检查：期满的报管理员提议匿名化",
        "retention: administrators hear whose personal data has been kept for its time",
        tags=["records", "messages"],
    )
)
def retention(business_date: date | None = None) -> RunSummary:
    return once_a_date("retention", business_date, on_a_date.end_retention)


@flow(
    **scheduled(
        "rules_back",
        EVERY_HOUR,
        "规则版本恢复：因缺少规则而停下的案件继续办理",
        "rules that are back: cases that were stopped without their rule go on",
        tags=["records"],
        kind="rules",
    )
)
def rules_back() -> RunSummary:
    return once_in_a_while("rules", on_a_date.resume)


@flow(
    **scheduled(
        "integrity_check",
        HALF_PAST,
        "每小时核验：逐项核对全部不变量",
        "integrity check: every invariant over the records, once an hour",
        tags=["records"],
        kind="verify",
    )
)
def integrity_check() -> RunSummary:
    return once_in_a_while("verify", on_a_date.check_integrity)
