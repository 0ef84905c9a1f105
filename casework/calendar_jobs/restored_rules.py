"""Cases that were stopped because the rule of their filing was not here go on as soon as it is here again."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView, view
from casework.lifecycle.case_writes import give_to_system
from casework.lifecycle.rule_binding import OWNER, STOPPED, missing
from casework.shared.reference import policy_of
from casework.shared.run_summary import RunSummary
from models import Case, Duty, State
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.measures import Chain

_STOPPED = (State.FILED.value, State.CERTIFIED.value)  # where a unit's head has nothing else to do


def rules_back(store: Store, _since: date) -> bool:
    """Whether a stopped case could go on."""
    with store.read() as work:
        return next(_could_go_on(work), None) is not None


def go_on(store: Store, _since: date) -> RunSummary:
    """Gives the stopped cases back to the system; nothing happened to them, so no version counts up."""
    outcome = RunSummary()
    with store.write() as work:
        for case in list(_could_go_on(work)):
            give_to_system(work, case.id, case.version, OWNER)
            content = {"rule_version": case.rule_version, "rule_digest": case.rule_digest}
            work.audit(actor=Duty.SYSTEM, action="go_on", subject=case.number, version=case.version, content=content)
            outcome.moved.append((case.number, State(case.state)))
    return outcome


def _could_go_on(work: UnitOfWork) -> Iterator[CaseView]:
    """Stopped cases whose rule is here."""
    waiting = select(col(Case.id)).where(col(Case.next_duty) == OWNER, col(Case.state).in_(_STOPPED))
    query = view().where(col(Case.id).in_(waiting), col(Case.filed_at).is_not(None)).order_by(col(Case.number))
    for row in work.execute(query):
        case = CaseView._make(row)
        if not missing(case) and (case.problem.startswith(STOPPED) or not _begins_by_rule(case)):
            yield case


def _begins_by_rule(case: CaseView) -> bool:
    """Whether a condition too may have stopped the case: a programme that was about to begin."""
    return case.state == State.CERTIFIED and policy_of(case.policy).item(case.item).chain is Chain.PROGRAMME
