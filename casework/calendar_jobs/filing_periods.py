"""申报期: on the day a policy's window opens its applicants and officers hear of it; after its last day it is closed with a report.

The guards of filing know the edges to the microsecond by themselves (`casework.lifecycle.filing_window`); here people are told,
what was never filed ends with its reason, and what was filed in time goes on untouched.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from casework.applications.automatic_checks import lapse
from casework.calendar_jobs.window_report import reports
from casework.lifecycle.filing_window import window
from casework.lifecycle.procedure import procedure_on
from casework.shared.notify_once import Note, tell
from casework.shared.policies_in_use import of_store
from casework.shared.reference import Reference, reference
from casework.shared.run_summary import RunSummary
from models import Case, Duty, Party, State
from models.cases import TERMINAL
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.policy import Policy
from policies.window import Window

DAY = timedelta(days=1)


def opening_days(store: Store) -> Sequence[date]:
    """The first days of the store's policies, asked anew each time: a policy may be added while we run."""
    return sorted({policy.opens for policy in _with_items(store)})


def window_of(facts: Reference, policy: Policy, today: date) -> Window:
    """A policy's filing window under the settings in force today."""
    return window(procedure_on(facts, policy, next(iter(policy)).id, today))


def closing_days(store: Store) -> Sequence[date]:
    """The first days after the windows of the store's policies, and after those whose end was put off or rolls."""
    known = _with_items(store)
    with store.read() as work:
        facts = reference(store, work)
        ends = [(policy, window_of(facts, policy, work.today).last_filing_day) for policy in known]
    return sorted({end + DAY for policy, last in ends for end in (policy.closes, last)})


def window_opens(store: Store, day: date) -> RunSummary:
    """Tells every party that may apply, and the heads and acceptors of the units in charge."""
    done = RunSummary()
    for policy in _with_items(store):
        if policy.opens != day:
            continue
        with store.read() as work:
            facts = reference(store, work)
            last, units = window_of(facts, policy, work.today).last_filing_day, leads(facts, policy, work.today)
        content = {**_named(policy), "opens_on": day.isoformat(), "closes_on": last.isoformat()}
        staff = [f"unit:{unit}:{duty}" for unit in units for duty in (Duty.HEAD, Duty.ACCEPTOR)]
        to = [*staff, *(f"party:{party}" for party in _may_apply(store, policy))]
        done.moved.append(
            (policy.code, f"开始申报，已通知 {tell(store, _notes('window_opens', policy, day, to, content))}")
        )
    return done


def window_closes(store: Store, day: date) -> RunSummary:
    """Ends what was not filed, tells those whose cases go on, and reports to the heads of the units in charge."""
    done = RunSummary()
    for policy in _with_items(store):
        with store.read() as work:
            last = window_of(reference(store, work), policy, work.today).last_filing_day
        if last + DAY == day:
            done.add(_close(store, policy, last))
        elif policy.closes + DAY == day and last >= day:
            done.waiting.append((policy.code, f"申报期已延至 {last}，届时截止"))
    return done


def leads(facts: Reference, policy: Policy, today: date) -> list[str]:
    """The units that have the policy's items in hand."""
    return sorted({procedure_on(facts, policy, item.id, today).lead for item in policy})


def _close(store: Store, policy: Policy, last: date) -> RunSummary:
    done = lapse(store)
    content = {**_named(policy), "closes_on": last.isoformat()}
    to = (f"party:{party}" for party in _with_live_cases(store, policy))
    going_on = tell(store, _notes("window_closed", policy, last, to, content))
    told = tell(store, reports(store, policy, last, content))
    done.moved.append((policy.code, f"申报截止；继续办理的申报人 {going_on}，期满报告 {told}"))
    return done


def _notes(kind: str, policy: Policy, day: date, to: Any, content: dict[str, Any]) -> Iterator[Note]:
    for recipient in to:
        yield Note(kind=kind, subject=policy.code, due=day.isoformat(), stage="edge", to=recipient, content=content)


def _named(policy: Policy) -> dict[str, Any]:
    return {"policy": policy.title.zh, "policy_en": policy.title.en}


def _with_items(store: Store) -> list[Policy]:
    return [policy for policy in of_store(store) if any(True for _ in policy)]


def _may_apply(store: Store, policy: Policy) -> list[Any]:
    """Every party of a kind that some item is for."""
    versions = [version for item in policy for version in policy.versions_of(item.id)]
    kinds = sorted({kind.value for version in versions for kind in version.applicants})
    query = select(col(Party.id)).where(col(Party.kind).in_(kinds)).order_by(col(Party.id))
    with store.read() as work:
        return _ids(work, query)


def _with_live_cases(store: Store, policy: Policy) -> list[Any]:
    ended = [state.value for state in (*TERMINAL, State.DRAFT)]
    query = select(col(Case.party_id)).distinct().where(col(Case.policy) == policy.code, col(Case.state).not_in(ended))
    with store.read() as work:
        return _ids(work, query.order_by(col(Case.party_id)))


def _ids(work: UnitOfWork, query: Any) -> list[Any]:
    return list(work.execute(query).scalars())
