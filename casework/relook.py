"""Conditions are looked at again when a register changes what they looked at, so that records and lists need no act for it."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from casework.cases import load
from casework.conditions import keep, look
from casework.outcome import Outcome
from casework.procedure import procedure_of
from casework.reference import Reference, reference
from models import Case, Duty, JobClaim, JobStatus, ParameterValue, Party, PartyAccount, State
from models.clock import start_of
from models.store import Store
from models.work import Work
from policies.applicants import EXCLUSIONS, REGISTRATION, SECTORS

PAPERS = "P-papers"
BEHIND = (EXCLUSIONS.id, REGISTRATION.id, SECTORS.id, PAPERS, "P-event-basis")  # the parameters that checks look at
FIRST = UUID(int=0)
KIND = "conditions"  # of the daily job
AT_ONCE = 500  # cases in one transaction
_OPEN = tuple(
    state.value
    for state in (
        State.FILED, State.IN_CORRECTION, State.ACCEPTED, State.SCREENED, State.PLANNED, State.UNDER_JOINT_REVIEW,
        State.CERTIFIED, State.COMPUTED, State.DECIDED, State.ON_NOTICE, State.PAYABLE,
    )
)  # fmt: skip


def behind(parameter: str) -> bool:
    """Whether some check looks at this parameter or setting."""
    return parameter.partition(":")[0] in BEHIND


def touched(policy: str, parameter: str, items: Collection[str], old: Any, new: Any) -> list[ColumnElement[bool]]:
    """Which cases another value of a parameter may concern: those of the items, or of whom the two lists do not both name."""
    which = [col(Case.policy) == policy]
    name, _, item = parameter.partition(":")
    if name == EXCLUSIONS.id:
        codes = [code.upper() for code in _differ(old, new)]
        return [*which, col(Case.party_id).in_(select(col(Party.id)).where(col(Party.code).in_(codes)))]
    if name == SECTORS.id:
        return [*which, col(Case.item).in_(_differ(old, new))]
    if name == REGISTRATION.id:
        return [*which, col(Case.item).in_(sorted({*(old or ())} ^ {*(new or ())}))]
    return [*which, col(Case.item).in_([item] if item else sorted(items))]


def _differ(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> list[str]:
    one, two = old or {}, new or {}
    return sorted(key.strip() for key in {*one, *two} if one.get(key) != two.get(key))


def again(work: Work, facts: Reference, *which: ColumnElement[bool], after: UUID = FIRST) -> list[UUID]:
    """Looks at up to `AT_ONCE` open cases once more and writes what is new; their ids. What is to be told stands in the lists then.

    A filed case that the system has not looked at yet is left to it.
    """
    query = select(col(Case.id)).where(
        *which,
        col(Case.state).in_(_OPEN),
        or_(col(Case.state) != State.FILED.value, col(Case.next_duty) != Duty.SYSTEM.value),
        col(Case.id) > after,
    )
    ids = list(work.execute(query.order_by(col(Case.id)).limit(AT_ONCE)).scalars())
    if ids:
        cases = load(work, ids)
        found = look(work, facts, lambda case: procedure_of(facts, case, work.today), list(cases.values()))
        keep(work, {identity: (case, found[identity]) for identity, case in cases.items()})
    return ids


def changed(store: Store, day: date) -> Outcome:
    """The daily part: what began or ended with the day, what was more than one transaction, payees entered or verified."""
    looked = 0
    with store.read() as work:
        sets = list(_since(work, day))
    for which in sets:
        after = FIRST
        while True:
            with store.write() as work:
                ids = again(work, reference(store, work), *which, after=after)
            looked += len(ids)
            if len(ids) < AT_ONCE:
                break
            after = ids[-1]
    return Outcome(moved=[("核验", f"已重新核验 {looked}")] if looked else [])


def _since(work: Work, day: date) -> Iterator[list[ColumnElement[bool]]]:
    """Sets of cases of which something may have changed since the day of the last run."""
    last = _last(work, day)
    first, since = last.isoformat(), start_of(last)
    values = select(ParameterValue.__table__).where(  # type: ignore[attr-defined]
        col(ParameterValue.status).in_(["confirmed", "ended"]),
        or_(
            col(ParameterValue.confirmed_at) >= since,
            col(ParameterValue.valid_from).between(first, day.isoformat()),
            col(ParameterValue.valid_to).between((last - timedelta(days=1)).isoformat(), day.isoformat()),
        ),
    )
    for policy in sorted({row.policy for row in work.execute(values) if behind(row.parameter)}):
        yield [col(Case.policy) == policy]
    fresh = or_(col(PartyAccount.entered_at) >= since, col(PartyAccount.usable_from) >= since)
    parties = select(col(PartyAccount.party_id)).where(fresh)
    if work.execute(parties.limit(1)).first() is not None:
        yield [col(Case.party_id).in_(parties)]


def _last(work: Work, day: date) -> date:
    """The day of the last run before this one; the day before where there was none."""
    done = select(func.max(JobClaim.business_date)).where(
        col(JobClaim.kind) == KIND,
        col(JobClaim.status) == JobStatus.DONE.value,
        col(JobClaim.business_date) < day.isoformat(),
    )
    found = work.execute(done).scalar()
    return date.fromisoformat(found) if found else day - timedelta(days=1)
