"""What the calendar starts: the sweep, which starts whatever is due, and the end of what ran out of time.

The clock of the engine only ticks. What is due is asked of the records, in business time, so that a tick that comes late, twice or
not at all changes nothing but the moment.
"""

import logging

from prefect import flow

from casework.outcome import Outcome
from casework.steps import due
from flows.pages import MeasureFlow, flow_of
from flows.runs import call
from tasks.kit import store
from tasks.lapse import lapse

log = logging.getLogger("duixian.flows")


@flow(
    name="sweep",
    description="清扫：启动有到期事项的举措流程 (starts the flows that have something due, and only those)",
)
def sweep() -> Outcome:
    """Everything that is due, once."""
    jobs, total = due_jobs()
    for job in jobs:
        total.add(call(job))
    return total


@flow(
    name="lapse_unanswered",
    description="逾期：期限内未提交、未补正的案件终止 (ends drafts and corrections out of time)",
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
