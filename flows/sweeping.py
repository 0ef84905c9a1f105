"""How the flows of the calendar work: once a date, once in a while, over rows that are due; and the sweep over all of it.

What is due is asked of the records. The sweep makes up what nobody did: a date of yesterday or before, one that failed, or one of
today that its own flow has not taken half an hour after midnight.
"""

import logging
from datetime import date, timedelta
from typing import Any

from prefect import Flow, Task

from casework.calendar_jobs import job_runner
from casework.lifecycle import due_cases
from casework.lifecycle.failed_runs import nobodys_fault, words_for
from casework.operations.heartbeat import JOBS, SWEEP, beat
from casework.shared.errors import Refused
from casework.shared.run_summary import RunSummary
from flows.pages import MeasureFlow, calendar_flow, flow_of, scheduled_flow
from flows.runs import by_itself, call, leave
from flows.schedule import GRACE, schedules
from tasks.runtime import store

log = logging.getLogger("duixian.flows")


def once_a_date(kind: str, business_date: date | None, verb: Task[[date], RunSummary]) -> RunSummary:
    """Carries a job out for every date that is due, the oldest first, or for the one that is named; each is claimed once.

    A date that has not come yet is refused. One that fails is noted, tried again later and stops no other.
    """
    try:
        done = job_runner.run_due(store(), kind, business_date, lambda day: _carried_out(verb, day))
    except Refused as no:
        done = RunSummary(refused=[(f"{kind} {business_date}", no.zh)])
    return _left(kind, done)


def once_in_a_while(kind: str, verb: Task[[date], RunSummary]) -> RunSummary:
    """Does what began or ended since somebody looked; nothing where that was done."""
    return _left(kind, job_runner.run_due(store(), kind, verb=lambda since: _carried_out(verb, since)))


def the_rows(flow: str, verb: Task[[], RunSummary]) -> RunSummary:
    """Does what rows say is due; the rows are the claim."""
    done = call(verb)
    row = next(schedule for schedule in schedules() if schedule.flow == flow)
    leave(flow.replace("_", "-"), row.title, done)
    return done


def sweep_up() -> RunSummary:
    """Everything that is due, once; its finish is a row, by whose absence others notice that no sweep runs any more."""
    jobs, total = due_jobs()
    for job in jobs:
        total.add(_alone(job))
    dated, nobodys = calendar_due(GRACE)
    total.add(nobodys)
    for job, day in dated:
        total.add(_alone(job, *([day] if day else [])))
    with store().write() as work:
        beat(work, SWEEP)
        beat(work, JOBS)
    leave("sweep", "巡检 sweep", total)
    return total


def due_jobs() -> tuple[list[MeasureFlow], RunSummary]:
    """The flows that have something to do now, each once; and what is due but has no flow, as failed."""
    jobs: list[MeasureFlow] = [scheduled_flow("lapse_unanswered")] if due_cases.lapsed(store()) else []
    nobody = RunSummary()
    for policy, measure in due_cases.measures(store()):
        try:
            flow = flow_of(policy, measure)
        except LookupError as unknown:
            log.error("%s %s: %s", policy, measure, unknown)
            nobody.failed.append((f"{policy} {measure}", str(unknown)))
            continue
        if flow not in jobs:
            jobs.append(flow)
    return jobs, nobody


def calendar_due(grace: timedelta) -> tuple[list[tuple[MeasureFlow, date | None]], RunSummary]:
    """The flows of the calendar that nobody started, in their order, with their business dates; what has no flow, as failed."""
    job_runner.begin(store())
    found: list[tuple[MeasureFlow, date | None]] = []
    nobody = RunSummary()
    for kind, day in job_runner.waiting(store(), grace):
        try:
            found.append((calendar_flow(kind), day))
        except LookupError as unknown:
            log.error("%s", unknown)
            nobody.failed.append((kind, str(unknown)))
    return found, nobody


def _alone(job: Flow[..., RunSummary], *arguments: Any) -> RunSummary:
    """One flow; where it fails by itself it stops no other, and its own run says what was wrong."""
    try:
        return call(job, *arguments)
    except Exception as wrong:
        if nobodys_fault(wrong) or not by_itself(wrong):
            raise
        log.exception("%s failed: the others go on", job.name)
        return RunSummary(failed=[(job.name, words_for(wrong))])


def _carried_out(verb: Task[[date], RunSummary], day: date) -> RunSummary:
    """The step as a task run; where the engine cuts it off it is done without, for what it writes is keyed."""
    try:
        return call(verb, day)
    except Exception as wrong:
        if nobodys_fault(wrong) or by_itself(wrong):
            raise
        log.warning("%s was cut off by the engine (%s): going on without it", verb.name, type(wrong).__name__)
        return verb.fn(day)


def _left(kind: str, done: RunSummary) -> RunSummary:
    """Leaves the artifact of the flow that carries a kind out."""
    row = next(schedule for schedule in schedules() if schedule.kind == kind)
    leave(row.flow.replace("_", "-"), row.title, done)
    return done
