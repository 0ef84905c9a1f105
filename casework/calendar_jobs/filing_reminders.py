"""Reminders before the end of filing: to those who began an application, or for whom one was opened, and have not filed it.

On which days is a setting (`P-reminder-days`). The stage that counts is the last one reached; whoever already had a draft then and
has no row for the stage is told now, so that a reminder whose day was missed is sent late, and none is sent twice.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import select
from sqlmodel import col

from casework.calendar_jobs.filing_periods import window_of
from casework.shared.notify_once import Note, tell
from casework.shared.policies_in_use import of_store
from casework.shared.reference import Reference, reference
from casework.shared.run_summary import RunSummary
from models import Case, State
from models.clock import end_of
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.policy import Policy


def filing_reminders(store: Store, day: date) -> RunSummary:
    """Sends the reminders of the stage reached; the message counts the days that are left today."""
    done = RunSummary()
    for policy in of_store(store):
        with store.read() as work:
            notes = list(_due(work, reference(store, work), policy, day)) if any(True for _ in policy) else []
        told = tell(store, notes)
        if told:
            done.moved.append((policy.code, f"已提醒 {told}"))
    return done


def stages(facts: Reference, policy: Policy, today: date) -> list[int]:
    """How many calendar days before the end people are reminded, the earliest first."""
    return sorted({int(days) for days in facts.setting(policy, "P-reminder-days", today)}, reverse=True)


def stage_on(last: date, today: date, days: list[int]) -> int | None:
    """The last stage reached on a day; None before the first, and when the end is over."""
    reached = [stage for stage in days if today >= last - timedelta(days=stage)]
    return reached[-1] if reached and today <= last else None


def _due(work: UnitOfWork, facts: Reference, policy: Policy, day: date) -> Iterator[Note]:
    last = window_of(facts, policy, work.today).last_filing_day
    stage = stage_on(last, max(day, work.today), stages(facts, policy, work.today))
    if stage is None:
        return
    left = (last - work.today).days
    drafts = select(col(Case.id), col(Case.number), col(Case.item), col(Case.party_id)).where(
        col(Case.policy) == policy.code,
        col(Case.state) == State.DRAFT,
        col(Case.opened_at) < end_of(last - timedelta(days=stage)),
    )
    for row in work.execute(drafts.order_by(col(Case.number))):
        content = {
            "case": row.number,
            "item": policy.item_on(row.item, work.today).title.zh,
            "item_en": policy.item_on(row.item, work.today).title.en,
            "days": left,
            "closes_on": last.isoformat(),
        }
        yield Note(
            kind="filing_reminder", subject=row.number, due=last.isoformat(), stage=f"{stage}d",
            to=f"party:{row.party_id}", case=row.id, content=content,
        )  # fmt: skip
