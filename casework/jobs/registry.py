"""Every job that the calendar starts, in the order in which those of one date run.

A job is claimed once per kind and business date (`casework.jobs.claims`). Its `run` gets the store and the business date it
runs for, which may lie in the past when a missed run is made up; it uses short write transactions of its own and may be cut
off anywhere and run again: whatever it writes is keyed, so that a second time writes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from casework.jobs import overdue, ranking, rates, retention
from casework.jobs.cadence import Cadence, daily, never, weekly
from casework.jobs.deadlines import watch_deadlines
from casework.jobs.delegations import edges_due, tell_edges
from casework.jobs.holidays import asking_days, next_year_known
from casework.jobs.proving import prove, proving_due
from casework.jobs.reminders import filing_reminders
from casework.jobs.rules import go_on, rules_back
from casework.jobs.windows import closing_days, opening_days, window_closes, window_opens
from casework.outcome import Outcome
from casework.relook import KIND, changed
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
    run: Callable[[Store, date], Outcome]
    catch_up: bool = True
    recorded: Callable[[Store], Sequence[date]] = nothing_recorded


@dataclass(frozen=True)
class Moment:
    """Something that begins or ends at instants and not at midnight: looked for each time, and marked by rows of its own.

    Both functions get the day after which this installation looks for it.
    """

    kind: str
    zh: str
    en: str
    due: Callable[[Store, date], bool]
    run: Callable[[Store, date], Outcome]


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
    Job("payout_targets", "兑付率目标核对", "payout rates against their targets", daily, rates.missed, catch_up=False),
    Job("rates_digest", "兑付率周报", "weekly payout rates", weekly(0), rates.weekly, catch_up=False),
    Job("rankings", "赛马排名", "rankings", daily, ranking.snapshots, catch_up=False),
    Job("payments_overdue", "拨付结果逾期巡查", "payments without an answer", daily, overdue.payments, catch_up=False),
    Job("results_unmatched", "未匹配回单巡查", "results that fit no order", daily, overdue.results, catch_up=False),
    Job(KIND, "核验项复查", "conditions looked at again", daily, changed, catch_up=False),
    Job("retention", "个人信息保存期限检查", "retention of personal data", daily, retention.ended, catch_up=False),
)

MOMENTS: tuple[Moment, ...] = (
    Moment("delegations", "委托生效与到期", "delegations begin and end", edges_due, tell_edges),
    Moment("rules", "规则版本恢复", "stopped cases whose rule is back", rules_back, go_on),
    Moment("verify", "每小时核验", "the hourly proof of the records", proving_due, prove),
)


def job(kind: str) -> Job:
    """A job by its kind; an unknown one raises LookupError naming those that exist."""
    for one in JOBS:
        if one.kind == kind:
            return one
    raise LookupError(f"没有任务 {kind}；现有：{'、'.join(one.kind for one in JOBS)}")
