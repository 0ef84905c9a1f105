"""The system's part of submission: automatic checks of what was filed, and drafts or corrections that ran out of time."""

from collections.abc import Sequence

from sqlalchemy import or_
from sqlmodel import col

from casework.conditions.condition_gates import digest, evaluate_conditions, stopped, store_findings
from casework.lifecycle.act_context import applicant, unit
from casework.lifecycle.case_changes import CaseView, Change, locked, record, view
from casework.lifecycle.case_writes import set_deadline
from casework.lifecycle.commands import Action
from casework.lifecycle.filing_window import window
from casework.lifecycle.findings import Findings
from casework.lifecycle.procedure import ENDED, after_accept
from casework.lifecycle.rule_binding import stop_unbound
from casework.lifecycle.step_runner import CHUNK, StepContext, over
from casework.shared.reference import reference
from casework.shared.run_summary import RunSummary
from models import Case, Duty, State
from models.store import Store

STATES = frozenset({State.FILED})


def submit(store: Store, **which: object) -> RunSummary:
    """Checks the filed cases; those that need a person go to the acceptor with the results in hand."""
    return over(store, _check, states=STATES, **which)  # type: ignore[arg-type]


def _check(context: StepContext, cases: Sequence[CaseView]) -> None:
    cases = stop_unbound(context, cases)
    found = evaluate_conditions(context.work, context.reference, context.procedure, cases)
    store_findings(context.work, {case.id: (case, found[case.id]) for case in cases})
    changes = [_checked(context, case, found[case.id]) for case in cases]
    record(context.work, changes)
    context.outcome.moved += [(c.case.number, c.target) for c in changes if c.target is not State.REFUSED]
    context.outcome.refused += [(c.case.number, c.reason) for c in changes if c.target is State.REFUSED]


def _checked(context: StepContext, case: CaseView, findings: Findings) -> Change:
    """The acceptor's, with the results in hand; accepted by the rule only where nothing stops an acceptance."""
    procedure = context.procedure(case)
    failed = stopped(findings, Action.ACCEPT) is not None
    results = [
        {"id": finding.result.id, "result": finding.result.result, "text": finding.result.text} for finding in findings
    ]
    content = {"checks": results, "check_list": digest(findings)}
    if procedure.accepted_by_rule and not failed:
        following = after_accept(procedure, case.town)
        told = (unit(following.unit, str(following.duty), "turn"),)
        return Change(
            case=case, action=Action.CHECK, target=State.ACCEPTED, next=following, content=content, outcome="accepted",
            tell=told,
        )  # fmt: skip
    following = procedure.turn(Duty.ACCEPTOR)
    outcome = "checks_failed" if failed else "checks_passed"
    told = (unit(following.unit, Duty.ACCEPTOR, "turn"),)
    return Change(
        case=case, action=Action.CHECK, target=State.FILED, next=following, content=content, outcome=outcome, tell=told
    )


def lapse(store: Store) -> RunSummary:
    """Drafts not filed in the window and corrections not made in time end with their reason; nothing is silently lost."""
    total = RunSummary()
    while True:
        with store.write() as work:
            context = StepContext(work, reference(store, work), RunSummary())
            waiting = or_(col(Case.state) == State.DRAFT, col(Case.state) == State.IN_CORRECTION)
            query = view().where(waiting, col(Case.next_due) <= work.now, col(Case.held).is_(False))
            batch = locked(work, query.order_by(col(Case.number)).limit(CHUNK))
            over = [case for case in batch if not _put_off(context, case)]
            record(work, [_lapsed(case) for case in over])
            context.outcome.moved += [(case.number, State.LAPSED) for case in over]
        total.add(context.outcome)
        if len(batch) < CHUNK:
            return total


def _put_off(context: StepContext, case: CaseView) -> bool:
    """A draft whose filing window was put off by a notice waits for the new end instead."""
    closes = window(context.procedure(case)).closes_at if case.state == State.DRAFT else context.work.now
    if closes <= context.work.now:
        return False
    set_deadline(context.work, case.id, case.number, case.version, closes)
    return True


def _lapsed(case: CaseView) -> Change:
    reason = "未在期限内提交" if case.state == State.DRAFT else "未在补正期限内补正"
    return Change(
        case=case,
        action=Action.LAPSE,
        target=State.LAPSED,
        next=ENDED,
        outcome="lapsed",
        reason=reason,
        tell=(applicant(case, "lapsed", reason=reason),),
    )
