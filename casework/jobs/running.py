"""Finds what is due and has not been done, and runs it: every missed date made up, each once, whoever asks and however often."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from casework.errors import Problem
from casework.jobs import registry
from casework.jobs.claims import ENDED, Held, claim, fail, finish, held, skip_in
from casework.jobs.heartbeat import JOBS, beat, real_now
from casework.jobs.registry import Job, Moment
from casework.jobs.telling import tell_operators
from casework.outcome import Outcome
from models import JobProgress, StoreMark
from models.clock import business_date
from models.store import Store
from models.work import Work

DAY = timedelta(days=1)
CHUNK = 100  # dates noted in one transaction
LISTED = 5  # lines of what a job did
ALARM_AT = 3  # failures in a row of one date
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
    recorded = {job.kind: job.recorded(store) for job in registry.JOBS}
    with store.read() as work:
        progress = _progress(work)
        start = _start(work, bool(progress))
        return [_of(work, job, *progress.get(job.kind, (start, start)), recorded[job.kind]) for job in registry.JOBS]


def anything_due(store: Store) -> bool:
    """Whether a job or a moment waits to be run, or is new here."""
    with store.read() as work:
        known = _progress(work)
    if any(kind not in known for kind in _kinds()):
        return True
    return any(one.dates for one in agenda(store)) or any(
        one.due(store, known[one.kind][0]) for one in registry.MOMENTS
    )


def run_due(store: Store) -> Outcome:
    """Runs all that is due, the oldest date first; one that fails is noted, tried again later and stops no other."""
    total = Outcome()
    plan = agenda(store)
    since = _begin(store)
    for one in plan:
        _pass_over(store, one)
    for day, job in sorted(((day, one.job) for one in plan for day in one.dates), key=_order):
        total.add(run(store, job, day) or Outcome())
    for moment in registry.MOMENTS:
        total.add(_look(store, moment, since[moment.kind]))
    _settle(store, agenda(store))
    with store.write() as work:
        beat(work, JOBS)
    return total


def run(store: Store, job: Job, day: date) -> Outcome | None:
    """One job for one date, if nobody else has it and it is not done; what came of it."""
    attempt = claim(store, job.kind, day)
    if attempt is None:
        return None
    try:
        done = job.run(store, day)
    except Exception as wrong:
        words = wrong.zh if isinstance(wrong, Problem) else f"系统处理出错（{type(wrong).__name__}）"
        log.exception("job %s of %s failed", job.kind, day)
        fail(store, job.kind, day, attempt, words)
        if attempt >= ALARM_AT:
            about = {"job": job.zh, "job_en": job.en, "day": day.isoformat(), "count": attempt}
            tell_operators(store, kind="job_failed", subject=job.kind, due=day.isoformat(), stage="failed", **about)
        return Outcome(failed=[(f"{job.kind} {day}", words)])
    if not finish(store, job.kind, day, attempt, _said(done)):
        log.warning("job %s of %s was taken over while it ran", job.kind, day)
    return done


def _pass_over(store: Store, one: Agenda) -> None:
    """Notes that a newer date makes up for the older ones."""
    for start in range(0, len(one.passed_over), CHUNK):
        with store.write() as work:
            for day in one.passed_over[start : start + CHUNK]:
                skip_in(work, one.job.kind, day, f"由 {one.dates[-1]} 的一次一并办理", "system")


def _said(done: Outcome) -> str:
    """What a job did, as its claim keeps it and the listing shows it."""
    lines = [f"{what} {words}" for what, words in (*done.moved, *done.waiting, *done.refused, *done.failed)]
    return "；".join(lines[:LISTED]) + (f"；另有 {len(lines) - LISTED} 项" if len(lines) > LISTED else "")


def settled_up_to(store: Store) -> dict[str, date]:
    """How far each kind has come."""
    with store.read() as work:
        return {kind: settled for kind, (_, settled) in _progress(work).items()}


def _kinds() -> list[str]:
    return [job.kind for job in registry.JOBS] + [moment.kind for moment in registry.MOMENTS]


def _order(one: tuple[date, Job]) -> tuple[date, int]:
    return one[0], registry.JOBS.index(one[1])


def _of(work: Work, job: Job, since: date, settled: date, recorded: Sequence[date]) -> Agenda:
    """Due dates after the settled ones, and recorded ones since the beginning, without those that are claimed and alive."""
    late = [day for day in recorded if since < day <= work.today]
    dates = sorted({*job.due(settled, work.today), *late})
    if not dates:
        return Agenda(job, (), (), max(settled, work.today))
    now = real_now()
    claims = {one.business_date: one for one in held(work, job.kind, dates[0].isoformat())}
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


def _progress(work: Work) -> dict[str, tuple[date, date]]:
    rows = work.execute(select(col(JobProgress.kind), col(JobProgress.since), col(JobProgress.settled)))
    return {row.kind: (date.fromisoformat(row.since), date.fromisoformat(row.settled)) for row in rows}


def _start(work: Work, running: bool) -> date:
    """The last day on which a kind that is new here was not looked after.

    In a store that has run jobs before: yesterday. In a fresh one everything since the store was made is due (in a rehearsal,
    whose business time is not that of its making, since yesterday).
    """
    yesterday = work.today - DAY
    if running or work.demo:
        return yesterday
    made = work.execute(select(col(StoreMark.made_at))).scalar_one()
    return min(business_date(made) - DAY, yesterday)


def _begin(store: Store) -> dict[str, date]:
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


def _look(store: Store, moment: Moment, since: date) -> Outcome:
    """What began or ended since it was last looked for; trouble with it stops nothing else."""
    try:
        return moment.run(store, since) if moment.due(store, since) else Outcome()
    except Exception as wrong:
        log.exception("%s failed", moment.kind)
        return Outcome(failed=[(moment.kind, f"系统处理出错（{type(wrong).__name__}）")])


def _settle(store: Store, plan: Sequence[Agenda]) -> None:
    """Notes how far each kind has come; never backwards."""
    before = settled_up_to(store)
    moved = [one for one in plan if one.job.kind in before and one.settled > before[one.job.kind]]
    if not moved:
        return
    with store.write() as work:
        for one in moved:
            this = update(JobProgress).where(col(JobProgress.kind) == one.job.kind)
            further = this.where(col(JobProgress.settled) < one.settled.isoformat())
            work.execute(further.values(settled=one.settled.isoformat()))
