"""What the calendar starts: the sweep, which starts whatever is due, the jobs of the business dates, delivery, and lapses.

The clock of the engine only ticks (`schedule_table`). What is due is asked of the records, in business time, so that a tick that
comes late, twice or not at all changes nothing but the moment.
"""

import logging

from prefect import flow

from casework.jobs.heartbeat import SWEEP, beat
from casework.outcome import Outcome
from casework.steps import due
from casework.steps.setback import nobodys_fault, words_for
from flows.hooks import crashed, failed
from flows.pages import MeasureFlow, flow_of
from flows.runs import by_itself, call, leave
from flows.schedule_table import scheduled
from tasks.jobs import run_due
from tasks.kit import store
from tasks.lapse import lapse
from tasks.post import send_waiting

log = logging.getLogger("duixian.flows")


@flow(
    name="sweep",
    description="清扫：启动有到期事项的举措流程 (starts the flows that have something due, and only those)",
    timeout_seconds=scheduled("sweep").timeout_seconds,
    on_failure=[failed],
    on_crashed=[crashed],
)
def sweep() -> Outcome:
    """Everything that is due, once; its finish is a row, by whose absence others notice that no sweep runs any more."""
    jobs, total = due_jobs()
    for job in jobs:
        total.add(_alone(job))
    with store().write() as work:
        beat(work, SWEEP)
    leave("sweep", "清扫 sweep", total)
    return total


def _alone(job: MeasureFlow) -> Outcome:
    """One measure's flow; where it fails by itself it stops no other, and its own run says what was wrong."""
    try:
        return call(job)
    except Exception as wrong:
        if nobodys_fault(wrong) or not by_itself(wrong):
            raise
        log.exception("%s failed: the others go on", job.name)
        return Outcome(failed=[(job.name, words_for(wrong))])


@flow(
    name="run_jobs",
    description="定时任务：按业务日期办理，每项每日一次，漏办的补办 (jobs of the calendar, each once a business date)",
    timeout_seconds=scheduled("run_jobs").timeout_seconds,
    on_failure=[failed],
    on_crashed=[crashed],
)
def run_jobs() -> Outcome:
    """The jobs whose business date has come, and those that were missed."""
    done = call(run_due)
    leave("run-jobs", "定时任务 jobs", done)
    return done


@flow(
    name="deliver",
    description="寄送：把待发消息交给各渠道 (hands waiting messages to the channels)",
    timeout_seconds=scheduled("deliver").timeout_seconds,
    on_failure=[failed],
    on_crashed=[crashed],
)
def deliver() -> Outcome:
    """Messages that are due, where no service of ours sends them all the time."""
    done = call(send_waiting)
    leave("deliver", "寄送 delivery", done)
    return done


@flow(
    name="lapse_unanswered",
    description="逾期：期限内未提交、未补正的案件终止 (ends drafts and corrections out of time)",
    on_failure=[failed],
    on_crashed=[crashed],
)
def lapse_unanswered() -> Outcome:
    """Drafts and corrections that ran out of time."""
    return call(lapse)


def due_jobs() -> tuple[list[MeasureFlow], Outcome]:
    """The flows that have something to do now, each once; and what is due but has no flow, as failed."""
    jobs: list[MeasureFlow] = [lapse_unanswered] if due.lapsed(store()) else []
    nobody = Outcome()
    for policy, measure in due.measures(store()):
        try:
            one = flow_of(policy, measure)
        except LookupError as unknown:
            log.error("%s %s: %s", policy, measure, unknown)
            nobody.failed.append((f"{policy} {measure}", str(unknown)))
            continue
        if one not in jobs:
            jobs.append(one)
    return jobs, nobody
