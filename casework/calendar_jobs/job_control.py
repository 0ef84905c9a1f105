"""The calendar as its operators see it: what ran, what is due now and next; and how a person runs or skips one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from casework.calendar_jobs import job_registry, job_runner
from casework.calendar_jobs.job_claims import ENDED, Held, held, reopen_in, skip_in
from casework.calendar_jobs.job_registry import Job
from casework.calendar_jobs.job_summaries_in_english import in_english, reason
from casework.shared.errors import Refused, Retryable
from casework.shared.register_writes import Actor, Writer, filled, writer, writing
from casework.shared.run_summary import RunSummary
from models import Duty, JobStatus
from models.store import Store
from models.unit_of_work import UnitOfWork

AHEAD = timedelta(days=400)  # how far the listing looks for the next date
DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class JobRow:
    """A job as listed: its last date and what came of it, the dates that are due now, and the next one."""

    kind: str
    title: str
    title_en: str
    last_date: date | None = None
    status: str = ""
    attempts: int = 0
    ended_at: datetime | None = None
    outcome: str = ""
    outcome_en: str = ""
    reason: str = ""
    reason_en: str = ""
    due: tuple[date, ...] = ()
    next_date: date | None = None
    ahead: bool = False  # dates are settled that have not come yet: the clock was ahead once


@dataclass(frozen=True, kw_only=True)
class ClaimRow:
    """One date of one job, for the history."""

    kind: str
    business_date: str
    status: str
    attempts: int
    claimed_at: datetime
    claimed_by: str
    done_at: datetime | None
    outcome: str
    outcome_en: str
    reason: str
    reason_en: str


def listed(store: Store) -> list[JobRow]:
    """Every job of the calendar, in the order in which they run."""
    settled = job_runner.settled_up_to(store)
    plans = {agenda.job.kind: agenda for agenda in job_runner.agenda(store)}
    recorded = {job.kind: job.recorded(store) for job in job_registry.JOBS}
    with store.read() as work:
        last = {job.kind: next(iter(held(work, job.kind, limit=1)), None) for job in job_registry.JOBS}
        today = work.today
    rows = []
    for job in job_registry.JOBS:
        plan, ran = plans[job.kind], last[job.kind]
        dates = {*job.due(today, today + AHEAD), *(day for day in recorded[job.kind] if day > today)}
        coming = [day for day in sorted(dates) if day > settled.get(job.kind, today)]
        rows.append(
            JobRow(
                kind=job.kind,
                title=job.zh,
                title_en=job.en,
                due=(*plan.passed_over, *plan.dates),
                next_date=coming[0] if coming else None,
                ahead=settled.get(job.kind, today) > today,
                **_of_claim(ran),
            )
        )
    return rows


def history(store: Store, kind: str, most: int = 50) -> list[ClaimRow]:
    """The dates of one job, newest first."""
    job = job_named(kind)
    with store.read() as work:
        found = held(work, job.kind, limit=most)
    kept = [name for name in ClaimRow.__dataclass_fields__ if name != "reason" and not name.endswith("_en")]
    return [ClaimRow(**{name: getattr(claimed, name) for name in kept}, **_english(claimed)) for claimed in found]


def _english(claimed: Held) -> dict[str, Any]:
    zh, en = reason(claimed.reason, claimed.status, claimed.claimed_by)
    return {"outcome_en": in_english(claimed.outcome), "reason": zh, "reason_en": en}


def run_now(
    store: Store, actor: Actor, kind: str, day: date | None = None, *, again: str = ""
) -> tuple[date, RunSummary]:
    """Runs a job for a date (the newest that is due, else today), at somebody's word; `again`: why one that is done runs anew."""
    job = job_named(kind)
    wanted = day or _newest(store, job)
    with writing(store) as work:
        who = _keeper(store, work, actor)
        if wanted > work.today:
            raise Refused("future", f"{wanted} 尚未到来，不能提前办理", f"{wanted} has not come yet", field="--date")
        claimed = _claimed(held(work, kind, wanted.isoformat()), wanted)
        if claimed is not None and claimed.status in ENDED:
            if not again.strip():
                raise Refused("done", *_done(job, claimed), field="--date")
            reopen_in(work, kind, wanted)
        content = {"date": wanted.isoformat(), "again": again.strip()}
        work.audit(actor=who.text, action="jobs.run", subject=kind, content=content)
    done = job_runner.run(store, job, wanted)
    if done is None:
        raise Retryable(
            "taken", f"{job.zh}（{wanted}）正由另一进程办理，请稍后查看", "another process has it: look again soon"
        )
    return wanted, done


def started(store: Store, actor: Actor, flow: str) -> date:
    """Notes that somebody starts what the calendar does at any time (a sweep, delivery, the hourly proof); the business date."""
    with writing(store) as work:
        who = _keeper(store, work, actor)
        work.audit(actor=who.text, action="jobs.run", subject=flow, content={"date": work.today.isoformat()})
        return work.today


def skip(store: Store, actor: Actor, kind: str, day: date, *, reason: str) -> None:
    """Settles a date of a job without running it, with the reason."""
    job = job_named(kind)
    why = filled(reason, "reason", "理由", "the reason")
    with writing(store) as work:
        who = _keeper(store, work, actor)
        if not skip_in(work, kind, day, why, who.text):
            claimed = _claimed(held(work, kind, day.isoformat()), day)
            assert claimed is not None
            raise Refused("done", *_done(job, claimed), field="--date")
        work.audit(actor=who.text, action="jobs.skip", subject=kind, content={"date": day.isoformat(), "reason": why})


def dated(kind: str) -> bool:
    """Whether it is a job, which runs for business dates."""
    return any(job.kind == kind for job in job_registry.JOBS)


def job_named(kind: str, others: Sequence[str] = ()) -> Job:
    """A job by its kind; an unknown one is refused with the list, `others` included."""
    for job in job_registry.JOBS:
        if job.kind == kind:
            return job
    known = [*(job.kind for job in job_registry.JOBS), *others]
    zh, en = f"没有任务 {kind}；现有：{'、'.join(known)}", f"no job {kind}; known: {', '.join(known)}"
    raise Refused("kind", zh, en, field="KIND")


def _keeper(store: Store, work: UnitOfWork, actor: Actor) -> Writer:
    """The system, or an administrator."""
    return writer(store, work, actor) if actor == "system" else writer(store, work, actor, Duty.ADMINISTRATOR)


def _newest(store: Store, job: Job) -> date:
    plan = next(agenda for agenda in job_runner.agenda(store) if agenda.job is job)
    with store.read() as work:
        return plan.dates[-1] if plan.dates else work.today


def _claimed(claims: list[Held], day: date) -> Held | None:
    return next((claim for claim in claims if claim.business_date == day.isoformat()), None)


def _of_claim(ran: Held | None) -> dict[str, Any]:
    if ran is None:
        return {}
    return {
        "last_date": date.fromisoformat(ran.business_date),
        "status": ran.status,
        "attempts": ran.attempts,
        "ended_at": ran.done_at,
        "outcome": ran.outcome,
        **_english(ran),
    }


def _done(job: Job, claimed: Held) -> tuple[str, str]:
    """That it is settled or under way, and how to run it anyhow."""
    if claimed.status == JobStatus.RUNNING:
        return f"{job.zh}（{claimed.business_date}）正在办理", f"{job.kind} of {claimed.business_date} is under way"
    settled = "已跳过" if claimed.status == JobStatus.SKIPPED else "已办理"
    return (
        f"{job.zh}（{claimed.business_date}）{settled}；确需重新办理请用 --again 写明理由",
        f"{job.kind} of {claimed.business_date} is {claimed.status}; to run it anew say why with --again",
    )
