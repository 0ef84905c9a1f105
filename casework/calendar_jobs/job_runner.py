"""Finds what is due and has not been done, and runs it: every missed date made up, each once, whoever asks and however often."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from casework.calendar_jobs import job_registry
from casework.calendar_jobs.job_claims import ENDED, Held, claim, fail, finish, held, skip_in
from casework.calendar_jobs.job_registry import Job, Moment
from casework.calendar_jobs.job_summaries_in_english import APART
from casework.operations.heartbeat import JOBS, beat
from casework.shared.errors import Problem, Refused
from casework.shared.notify_once import tell_operators
from casework.shared.run_summary import RunSummary
from models import JobProgress, StoreMark
from models.clock import business_date, real_now, start_of
from models.store import Store
from models.unit_of_work import UnitOfWork

DAY = timedelta(days=1)
CHUNK = 100  # dates noted in one transaction
LISTED = 5  # lines of what a job did
SETTLED = "已办理或已跳过，或正由另一进程办理；确需重办请用 duixian jobs run … --again"
ALARM_AT = 3  # failures in a row of one date
Verb = Callable[[date], RunSummary]
"""Carries a job out for a business date."""
log = logging.getLogger("duixian.jobs")


@dataclass(frozen=True)
class Agenda:
    """A job's dates: those that are to be run now, those that a newer one makes up for, and up to where all is settled."""

    job: Job
    dates: tuple[date, ...]
    passed_over: tuple[date, ...]
    settled: date


def agenda(store: Store) -> list[Agenda]:
    """What every job has to do now; reads only."""
    recorded = {job.kind: job.recorded(store) for job in job_registry.JOBS}
    with store.read() as work:
        progress = _progress(work)
        start = _start(work, bool(progress))
        return [
            _of(work, job, *progress.get(job.kind, (start, start)), recorded[job.kind]) for job in job_registry.JOBS
        ]


def anything_due(store: Store, grace: timedelta = timedelta()) -> bool:
    """Whether a job or a moment waits to be run, or is new here; `grace` as in `waiting`."""
    with store.read() as work:
        known = _progress(work)
    return any(kind not in known for kind in _kinds()) or bool(waiting(store, grace))


def waiting(store: Store, grace: timedelta = timedelta()) -> list[tuple[str, date | None]]:
    """What is to be run now, in its order: a job's kind and its business date, the oldest first; then moments, without a date.

    `grace`: how long after midnight today's dates are left to whatever starts them by the clock; a date that somebody has
    tried before, or that was missed, is not left.
    """
    plan = agenda(store)
    with store.read() as work:
        left = work.today if work.now < start_of(work.today) + grace else None
        tried = {
            due_job.job.kind for due_job in plan if left in due_job.dates and held(work, due_job.job.kind, str(left))
        }
        known, start = _progress(work), _start(work, bool(_progress(work)))
    dates = sorted(((day, due_job.job) for due_job in plan for day in due_job.dates), key=_order)
    jobs = [(job.kind, day) for day, job in dates if day != left or job.kind in tried]
    moments = [
        moment.kind for moment in job_registry.MOMENTS if moment.due(store, known.get(moment.kind, (start, start))[0])
    ]
    return [*jobs, *((kind, None) for kind in moments)]


def run_due(store: Store, only: str | None = None, day: date | None = None, verb: Verb | None = None) -> RunSummary:
    """Runs all that is due, the oldest date first; one that fails is noted, tried again later and stops no other.

    `only`: of one kind alone; `day`: for that business date, due or not, if it is not done (Refused where it has not come
    yet); `verb`: carries it out in place of the job's own function.
    """
    total = RunSummary()
    plan = agenda(store)
    _refuse_future(store, day)
    since = begin(store)
    for due_job in plan:
        _pass_over(store, due_job)
    wanted = [due_job for due_job in plan if only in (None, due_job.job.kind)]
    dates = [(due, due_job.job) for due_job in wanted for due in ((day,) if day else due_job.dates)]
    for due, job in sorted(dates, key=_order):
        done = run(store, job, due, verb)
        if done is None and day is not None:
            done = RunSummary(refused=[(f"{job.kind} {day}", SETTLED)])
        total.add(done or RunSummary())
    for moment in job_registry.MOMENTS:
        if only in (None, moment.kind):
            total.add(_look(store, moment, since[moment.kind], verb, by_itself=only is None))
    _settle(store, agenda(store))
    with store.write() as work:
        beat(work, JOBS)
    return total


def _refuse_future(store: Store, day: date | None) -> None:
    with store.read() as work:
        if day is not None and day > work.today:
            raise Refused("future", f"{day} 尚未到来，不能提前办理", f"{day} has not come yet", field="--date")


def run(store: Store, job: Job, day: date, verb: Verb | None = None) -> RunSummary | None:
    """One job for one date, if nobody else has it and it is not done; what came of it."""
    attempt = claim(store, job.kind, day)
    if attempt is None:
        return None
    try:
        done = verb(day) if verb else job.run(store, day)
    except Exception as wrong:
        words = wrong.zh if isinstance(wrong, Problem) else f"系统处理出错（{type(wrong).__name__}）"
        both = f"{wrong.zh}{APART}{wrong.en}" if isinstance(wrong, Problem) else words
        log.exception("job %s of %s failed", job.kind, day)
        fail(store, job.kind, day, attempt, both)
        if attempt >= ALARM_AT:
            about = {"job": job.zh, "job_en": job.en, "day": day.isoformat(), "count": attempt}
            tell_operators(store, kind="job_failed", subject=job.kind, due=day.isoformat(), stage="failed", **about)
        return RunSummary(failed=[(f"{job.kind} {day}", words)])
    if not finish(store, job.kind, day, attempt, _said(done)):
        log.warning("job %s of %s was taken over while it ran", job.kind, day)
    return done


def _pass_over(store: Store, plan: Agenda) -> None:
    """Notes that a newer date makes up for the older ones."""
    for start in range(0, len(plan.passed_over), CHUNK):
        with store.write() as work:
            for day in plan.passed_over[start : start + CHUNK]:
                skip_in(work, plan.job.kind, day, f"由 {plan.dates[-1]} 的一次一并办理", "system")


def _said(done: RunSummary) -> str:
    """What a job did, as its claim keeps it and the listing shows it."""
    lines = [f"{what} {words}" for what, words in (*done.moved, *done.waiting, *done.refused, *done.failed)]
    return "；".join(lines[:LISTED]) + (f"；另有 {len(lines) - LISTED} 项" if len(lines) > LISTED else "")


def settled_up_to(store: Store) -> dict[str, date]:
    """How far each kind has come."""
    with store.read() as work:
        return {kind: settled for kind, (_, settled) in _progress(work).items()}


def _kinds() -> list[str]:
    return [job.kind for job in job_registry.JOBS] + [moment.kind for moment in job_registry.MOMENTS]


def _order(dated: tuple[date, Job]) -> tuple[date, int]:
    return dated[0], job_registry.JOBS.index(dated[1])


def _of(work: UnitOfWork, job: Job, since: date, settled: date, recorded: Sequence[date]) -> Agenda:
    """Due dates after the settled ones, and recorded ones since the beginning, without those that are claimed and alive."""
    late = [day for day in recorded if since < day <= work.today]
    dates = sorted({*job.due(settled, work.today), *late})
    if not dates:
        return Agenda(job, (), (), max(settled, work.today))
    now = real_now()
    claims = {claimed.business_date: claimed for claimed in held(work, job.kind, dates[0].isoformat())}
    waiting = [day for day in dates if _waits(claims.get(day.isoformat()), now)]
    ended = [day for day in dates if _ended(claims.get(day.isoformat()))]
    first_open = next((day for day in dates if day not in ended), work.today + DAY)
    up_to = max(settled, first_open - DAY)
    if job.catch_up:
        return Agenda(job, tuple(waiting), (), up_to)
    return Agenda(job, tuple(waiting[-1:]), tuple(waiting[:-1]), up_to)


def _waits(claimed: Held | None, now: datetime) -> bool:
    return claimed is None or claimed.open(now)


def _ended(claimed: Held | None) -> bool:
    return claimed is not None and claimed.status in ENDED


def _progress(work: UnitOfWork) -> dict[str, tuple[date, date]]:
    rows = work.execute(select(col(JobProgress.kind), col(JobProgress.since), col(JobProgress.settled)))
    return {row.kind: (date.fromisoformat(row.since), date.fromisoformat(row.settled)) for row in rows}


def _start(work: UnitOfWork, running: bool) -> date:
    """The last day on which a kind that is new here was not looked after.

    In a store that has run jobs before: yesterday. In a fresh one everything since the store was made is due (in a rehearsal,
    whose business time is not that of its making, since yesterday).
    """
    yesterday = work.today - DAY
    if running or work.demo:
        return yesterday
    made = work.execute(select(col(StoreMark.made_at))).scalar_one()
    return min(business_date(made) - DAY, yesterday)


def begin(store: Store) -> dict[str, date]:
    """Notes where each new kind begins, so that what is missed from now on is made up; since when each is looked after."""
    with store.read() as work:
        known = _progress(work)
        start = _start(work, bool(known))
    new = [kind for kind in _kinds() if kind not in known]
    if new:
        with store.write() as work:
            insert = (postgresql if work.postgres else sqlite).insert
            rows = [{"kind": kind, "since": start.isoformat(), "settled": start.isoformat()} for kind in new]
            work.execute(insert(JobProgress).values(rows).on_conflict_do_nothing())
    return {kind: since for kind, (since, _) in known.items()} | dict.fromkeys(new, start)


def _look(store: Store, moment: Moment, since: date, verb: Verb | None, *, by_itself: bool) -> RunSummary:
    """What began or ended since it was last looked for; trouble with it stops nothing else."""
    due = moment.due if by_itself or moment.at_its_time is None else moment.at_its_time
    try:
        if not due(store, since):
            return RunSummary()
        return verb(since) if verb else moment.run(store, since)
    except Exception as wrong:
        log.exception("%s failed", moment.kind)
        return RunSummary(failed=[(moment.kind, f"系统处理出错（{type(wrong).__name__}）")])


def _settle(store: Store, plan: Sequence[Agenda]) -> None:
    """Notes how far each kind has come; never backwards."""
    before = settled_up_to(store)
    moved = [agenda for agenda in plan if agenda.job.kind in before and agenda.settled > before[agenda.job.kind]]
    if not moved:
        return
    with store.write() as work:
        for agenda in moved:
            this = update(JobProgress).where(col(JobProgress.kind) == agenda.job.kind)
            further = this.where(col(JobProgress.settled) < agenda.settled.isoformat())
            work.execute(further.values(settled=agenda.settled.isoformat()))
