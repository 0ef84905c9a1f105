"""Conditions are looked at again when a register changes what they looked at, so that records and lists need no act for it."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from casework.conditions.condition_gates import evaluate_conditions, store_findings
from casework.lifecycle.case_changes import load
from casework.lifecycle.procedure import procedure_of
from casework.shared.reference import Reference, reference
from casework.shared.run_summary import RunSummary
from models import AuditEntry, Case, Duty, JobClaim, JobStatus, ParameterValue, Party, PartyAccount, State
from models.clock import start_of
from models.store import Store
from models.unit_of_work import UnitOfWork
from models.verification.check_freshness import EVALUATED, RAN
from policies import all_policies
from policies.applicants import EXCLUSIONS, REGISTRATION, SECTORS

PAPERS = "P-papers"
BEHIND = (EXCLUSIONS.id, REGISTRATION.id, SECTORS.id, PAPERS, "P-event-basis")  # the parameters that checks look at
FIRST = UUID(int=0)
KIND = "conditions"  # of the daily job
_VALUE = "parameters.confirm"
_ACCOUNTS = ("accounts.enter", "accounts.verify", "accounts.reject")
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
    before, two = old or {}, new or {}
    return sorted(key.strip() for key in {*before, *two} if before.get(key) != two.get(key))


def again(work: UnitOfWork, facts: Reference, *which: ColumnElement[bool], after: UUID = FIRST) -> list[UUID]:
    """Evaluates up to `AT_ONCE` open cases once more and writes what is new; their ids. What is to be told is in the lists.

    A filed case that the system has not evaluated yet is left to it.
    """
    query = select(col(Case.id)).where(
        *which,
        col(Case.policy).in_([policy.code for policy in all_policies()]),
        col(Case.state).in_(_OPEN),
        or_(col(Case.state) != State.FILED.value, col(Case.next_duty) != Duty.SYSTEM.value),
        col(Case.id) > after,
    )
    ids = list(work.execute(query.order_by(col(Case.id)).limit(AT_ONCE)).scalars())
    if ids:
        cases = load(work, ids)
        found = evaluate_conditions(
            work, facts, lambda case: procedure_of(facts, case, work.today), list(cases.values())
        )
        store_findings(work, {identity: (case, found[identity]) for identity, case in cases.items()})
        numbers = sorted(case.number for case in cases.values())
        work.audit(actor=Duty.SYSTEM, action=EVALUATED, subject=numbers[0], content={"cases": numbers})
    return ids


def changed(store: Store, day: date) -> RunSummary:
    """The daily part: what began or ended with the day, what was more than one transaction, payees entered or verified."""
    evaluated = 0
    with store.read() as work:
        place = work.execute(select(func.max(AuditEntry.seq))).scalar() or 0
        sets = list(_since(work, day))
    for which in sets:
        after = FIRST
        while True:
            with store.write() as work:
                ids = again(work, reference(store, work), *which, after=after)
            evaluated += len(ids)
            if len(ids) < AT_ONCE:
                break
            after = ids[-1]
    with store.write() as work:
        work.audit(actor=Duty.SYSTEM, action=RAN, subject=day.isoformat(), content={"place": place})
    return RunSummary(moved=[("核验", f"已重新核验 {evaluated}")] if evaluated else [])


def _since(work: UnitOfWork, day: date) -> Iterator[list[ColumnElement[bool]]]:
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
    known, entered = _entered(work)
    for policy in sorted(known | {row.policy for row in work.execute(values) if behind(row.parameter)}):
        yield [col(Case.policy) == policy]
    fresh = or_(col(PartyAccount.entered_at) >= since, col(PartyAccount.usable_from) >= since)
    parties = select(col(PartyAccount.party_id)).where(fresh)
    if work.execute(parties.limit(1)).first() is not None:
        yield [col(Case.party_id).in_(parties)]
    for start in range(0, len(entered), AT_ONCE):
        yield [col(Case.party_id).in_(entered[start : start + AT_ONCE]), col(Case.party_id).not_in(parties)]


def _entered(work: UnitOfWork) -> tuple[set[str], list[UUID]]:
    """Policies and parties of which something was entered since the last run read the audit chain, whatever the clock said."""
    run = select(col(AuditEntry.content)).where(col(AuditEntry.action) == RAN).order_by(col(AuditEntry.seq).desc())
    last = work.execute(run.limit(1)).scalar()
    if last is None:
        return set(), []  # no run since this is kept
    later = select(col(AuditEntry.action), col(AuditEntry.content)).where(
        col(AuditEntry.seq) > loads(last)["place"], col(AuditEntry.action).in_([_VALUE, *_ACCOUNTS])
    )
    rows = [(row.action, loads(row.content)) for row in work.execute(later)]
    values = [content for action, content in rows if action == _VALUE]
    parties = {UUID(content["party"]) for action, content in rows if action != _VALUE}
    return {value["policy"] for value in values if behind(value["parameter"])}, sorted(parties)


def _last(work: UnitOfWork, day: date) -> date:
    """The day of the last run before this one; the day before where there was none."""
    done = select(func.max(JobClaim.business_date)).where(
        col(JobClaim.kind) == KIND,
        col(JobClaim.status) == JobStatus.DONE.value,
        col(JobClaim.business_date) < day.isoformat(),
    )
    found = work.execute(done).scalar()
    return date.fromisoformat(found) if found else day - timedelta(days=1)
