"""What happens on a business date, a verb each; and what begins or ends at an instant and is looked for again and again.

Each runs once a date under its claim (`casework.calendar_jobs.job_claims`); what it writes is keyed, so that a second
time writes nothing.
"""

from datetime import date

from prefect import task

from casework.calendar_jobs import job_registry
from casework.shared.run_summary import RunSummary
from tasks.runtime import QUIETLY, store


@task(**QUIETLY)
def open_window(business_date: date) -> RunSummary:
    """申报期开始: whoever may apply, and the units, hear that filing is open."""
    return _carried_out("window_opens", business_date)


@task(**QUIETLY)
def close_window(business_date: date) -> RunSummary:
    """申报期截止: drafts that were not filed end; applicants whose cases go on hear of it; units get the report of the period."""
    return _carried_out("window_closes", business_date)


@task(**QUIETLY)
def remind(business_date: date) -> RunSummary:
    """申报截止前提醒: whoever has a draft or could still apply."""
    return _carried_out("filing_reminders", business_date)


@task(**QUIETLY)
def escalate(business_date: date) -> RunSummary:
    """办理期限巡查: amber goes to the officer, red to the head of the unit, what stays red higher up."""
    return _carried_out("deadlines", business_date)


@task(**QUIETLY)
def ask_for_holidays(business_date: date) -> RunSummary:
    """次年工作日检查: administrators are asked for the next year's working days until they are there."""
    return _carried_out("next_year_holidays", business_date)


@task(**QUIETLY)
def open_budget(business_date: date) -> RunSummary:
    """新年度资金安排: cases that wait for money are woken where the new year has a budget for them."""
    return _carried_out("new_budget", business_date)


@task(**QUIETLY)
def compare_with_targets(business_date: date) -> RunSummary:
    """兑付率目标核对: units below their target are told."""
    return _carried_out("payout_targets", business_date)


@task(**QUIETLY)
def publish_rates(business_date: date) -> RunSummary:
    """兑付率周报: the week's payout rates."""
    return _carried_out("rates_digest", business_date)


@task(**QUIETLY)
def rank(business_date: date) -> RunSummary:
    """赛马排名: the ranking of the units as it stands."""
    return _carried_out("rankings", business_date)


@task(**QUIETLY)
def find_overdue_payments(business_date: date) -> RunSummary:
    """拨付结果逾期巡查: payments that the bank has not answered."""
    return _carried_out("payments_overdue", business_date)


@task(**QUIETLY)
def find_unmatched_results(business_date: date) -> RunSummary:
    """未匹配回单巡查: answers of the bank that fit no order."""
    return _carried_out("results_unmatched", business_date)


@task(**QUIETLY)
def review_conditions(business_date: date) -> RunSummary:
    """核验项复查: the conditions of open cases, where a register or the day changed what they look at."""
    return _carried_out("conditions", business_date)


@task(**QUIETLY)
def end_retention(business_date: date) -> RunSummary:
    """个人信息保存期限检查: personal data whose time to be kept is over."""
    return _carried_out("retention", business_date)


@task(**QUIETLY)
def tell_delegations(since: date) -> RunSummary:
    """委托生效与到期: both persons hear that a delegation began or ended after that day."""
    return _carried_out("delegations", since)


@task(**QUIETLY)
def resume(since: date) -> RunSummary:
    """规则版本恢复: cases that were stopped without their rule go on."""
    return _carried_out("rules", since)


@task(**QUIETLY)
def check_integrity(since: date) -> RunSummary:
    """每小时核验: every invariant over one consistent reading of the records."""
    return _carried_out("verify", since)


def _carried_out(kind: str, day: date) -> RunSummary:
    return job_registry.named(kind).run(store(), day)
