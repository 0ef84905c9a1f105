"""Every job that the calendar starts, in the order in which those of one date run.

A job is claimed once per kind and business date (`casework.calendar_jobs.job_claims`). Its `run` gets the store and the business
date it runs for, which may lie in the past when a missed run is made up; it uses short write transactions of its own and
may be cut off anywhere and run again: whatever it writes is keyed, so that a second time writes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from casework.calendar_jobs import overdue_payments, payout_rate_watch, ranking_days, retention_check
from casework.calendar_jobs.cadence import Cadence, daily, never, weekly
from casework.calendar_jobs.deadline_watch import watch_deadlines
from casework.calendar_jobs.delegation_notices import edges_due, tell_edges
from casework.calendar_jobs.filing_periods import closing_days, opening_days, window_closes, window_opens
from casework.calendar_jobs.filing_reminders import filing_reminders
from casework.calendar_jobs.integrity_check import hour_nearly_over, prove, proving_due
from casework.calendar_jobs.new_year_funds import new_budget, new_years_day
from casework.calendar_jobs.next_year_calendar import asking_days, next_year_known
from casework.calendar_jobs.restored_rules import go_on, rules_back
from casework.conditions.condition_rechecks import KIND, changed
from casework.shared.run_summary import RunSummary
from models.store import Store


def nothing_recorded(_store: Store) -> Sequence[date]:
    """No dates beside those of the cadence."""
    return ()


@dataclass(frozen=True)
class Job:
    """Something that happens on business dates. `recorded` adds dates that only the records know (a deadline put off).

    `catch_up`: whether every missed date is made up, oldest first; else only the newest, and the others are noted as skipped.
    """

    kind: str
    zh: str
    en: str
    due: Cadence
    run: Callable[[Store, date], RunSummary]
    catch_up: bool = True
    recorded: Callable[[Store], Sequence[date]] = nothing_recorded


@dataclass(frozen=True)
class Moment:
    """Something that begins or ends at instants and not at midnight: looked for each time, and marked by rows of its own.

    The functions get the day after which this installation looks for it. `at_its_time`: due when the clock starts it, where that is
    not the same as being due when nobody did.
    """

    kind: str
    zh: str
    en: str
    due: Callable[[Store, date], bool]
    run: Callable[[Store, date], RunSummary]
    at_its_time: Callable[[Store, date], bool] | None = None


JOBS: tuple[Job, ...] = (
    Job("window_opens", "申报期开始", "filing opens", never, window_opens, recorded=opening_days),
    Job("window_closes", "申报期截止", "filing closes", never, window_closes, recorded=closing_days),
    Job(
        "filing_reminders", "申报截止前提醒", "reminders before filing closes", daily, filing_reminders, catch_up=False
    ),
    Job("deadlines", "办理期限巡查", "watch over deadlines", daily, watch_deadlines, catch_up=False),
    Job(
        "next_year_holidays", "次年工作日检查", "next year's working days", asking_days, next_year_known, catch_up=False
    ),
    Job("new_budget", "新年度资金安排", "money of the new year", new_years_day, new_budget, catch_up=False),
    Job(
        "payout_targets",
        "兑付率目标核对",
        "payout rates against their targets",
        daily,
        payout_rate_watch.missed,
        catch_up=False,
    ),
    Job("rates_digest", "兑付率周报", "weekly payout rates", weekly(0), payout_rate_watch.weekly, catch_up=False),
    Job("rankings", "赛马排名", "rankings", daily, ranking_days.snapshots, catch_up=False),
    Job(
        "payments_overdue",
        "拨付结果逾期巡查",
        "payments without an answer",
        daily,
        overdue_payments.payments,
        catch_up=False,
    ),
    Job(
        "results_unmatched",
        "未匹配回单巡查",
        "results that fit no order",
        daily,
        overdue_payments.results,
        catch_up=False,
    ),
    Job(KIND, "核验项复查", "conditions looked at again", daily, changed, catch_up=False),
    Job(
        "retention", "个人信息保存期限检查", "retention of personal data", daily, retention_check.ended, catch_up=False
    ),
)

MOMENTS: tuple[Moment, ...] = (
    Moment("delegations", "委托生效与到期", "delegations begin and end", edges_due, tell_edges),
    Moment("rules", "规则版本恢复", "stopped cases whose rule is back", rules_back, go_on),
    Moment("verify", "每小时核验", "the hourly proof of the records", proving_due, prove, at_its_time=hour_nearly_over),
)


def job(kind: str) -> Job:
    """A job by its kind; an unknown one raises LookupError naming those that exist."""
    for listed in JOBS:
        if listed.kind == kind:
            return listed
    raise LookupError(f"没有任务 {kind}；现有：{'、'.join(listed.kind for listed in JOBS)}")


def named(kind: str) -> Job | Moment:
    """A job or a moment by its kind; an unknown one raises LookupError naming those that exist."""
    return next((moment for moment in MOMENTS if moment.kind == kind), None) or job(kind)
