"""The system's part of submission: automatic checks of what was filed, and drafts or corrections that ran out of time."""

from collections.abc import Sequence

from sqlalchemy import or_, update
from sqlmodel import col

from casework.cases import CaseView, Change, locked, record, view
from casework.conditions import Findings, digest, keep, look, stopped
from casework.desk import applicant, unit
from casework.filing import window
from casework.outcome import Outcome
from casework.procedure import ENDED, after_accept
from casework.reference import reference
from casework.rules import stop_unbound
from casework.steps.engine import CHUNK, Bench, over
from casework.transitions import Action
from models import Case, Duty, State
from models.store import Store

STATES = frozenset({State.FILED})


def submit(store: Store, **which: object) -> Outcome:
    """Checks the filed cases; those that need a person go to the acceptor with the results in hand."""
    return over(store, _check, states=STATES, **which)  # type: ignore[arg-type]


def _check(bench: Bench, cases: Sequence[CaseView]) -> None:
    cases = stop_unbound(bench, cases)
    found = look(bench.work, bench.reference, bench.way, cases)
    keep(bench.work, {case.id: (case, found[case.id]) for case in cases})
    changes = [_checked(bench, case, found[case.id]) for case in cases]
    record(bench.work, changes)
    bench.outcome.moved += [(c.case.number, c.target) for c in changes if c.target is not State.REFUSED]
    bench.outcome.refused += [(c.case.number, c.reason) for c in changes if c.target is State.REFUSED]


def _checked(bench: Bench, case: CaseView, findings: Findings) -> Change:
    """The acceptor's, with the results in hand; accepted by the rule only where nothing stops an acceptance."""
    way = bench.way(case)
    failed = stopped(findings, Action.ACCEPT) is not None
    results = [{"id": one.result.id, "result": one.result.result, "text": one.result.text} for one in findings]
    content = {"checks": results, "check_list": digest(findings)}
    if way.accepted_by_rule and not failed:
        following = after_accept(way, case.town)
        told = (unit(following.unit, str(following.duty), "turn"),)
        return Change(
            case=case, action=Action.CHECK, target=State.ACCEPTED, next=following, content=content, outcome="accepted",
            tell=told,
        )  # fmt: skip
    following = way.turn(Duty.ACCEPTOR)
    outcome = "checks_failed" if failed else "checks_passed"
    told = (unit(following.unit, Duty.ACCEPTOR, "turn"),)
    return Change(
        case=case, action=Action.CHECK, target=State.FILED, next=following, content=content, outcome=outcome, tell=told
    )


def lapse(store: Store) -> Outcome:
    """Drafts not filed in the window and corrections not made in time end with their reason; nothing is silently lost."""
    total = Outcome()
    while True:
        with store.write() as work:
            bench = Bench(work, reference(store, work), Outcome())
            waiting = or_(col(Case.state) == State.DRAFT, col(Case.state) == State.IN_CORRECTION)
            query = view().where(waiting, col(Case.next_due) <= work.now, col(Case.held).is_(False))
            batch = locked(work, query.order_by(col(Case.number)).limit(CHUNK))
            over = [case for case in batch if not _put_off(bench, case)]
            record(work, [_lapsed(case) for case in over])
            bench.outcome.moved += [(case.number, State.LAPSED) for case in over]
        total.add(bench.outcome)
        if len(batch) < CHUNK:
            return total


def _put_off(bench: Bench, case: CaseView) -> bool:
    """A draft whose filing window was put off by a notice waits for the new end instead."""
    closes = window(bench.way(case)).closes_at if case.state == State.DRAFT else bench.work.now
    if closes <= bench.work.now:
        return False
    this = update(Case).where(col(Case.id) == case.id, col(Case.version) == case.version)
    bench.work.execute(this.values(next_due=closes))
    content = {"due": str(closes)}
    bench.work.audit(actor=Duty.SYSTEM, action="deadline", subject=case.number, version=case.version, content=content)
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
