"""A benefit that comes to light while a case is under way or paid: put before the certifier, before anything more is paid.

What is released to the bank and not yet exported is not exported meanwhile; what is paid is asked about afterwards, and what turns
out to be the same is for the unit that pays to get back.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from casework.lifecycle.act_context import unit
from casework.lifecycle.case_changes import CaseView, load
from casework.lifecycle.procedure import Next, Procedure, procedure_on
from casework.shared.errors import Refused
from casework.shared.reference import Reference, policy_of, reference
from casework.stacking import benefit_comparisons
from models import Duty
from models.comparisons import unpriced
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications.outbox import queue_once

_CHUNK = 500


def put_before(store: Store, work: UnitOfWork, benefits: Sequence[UUID]) -> None:
    """Compares every case that the newly entered benefits may concern; a priced one waits for its certifier at once."""
    if not benefits:
        return
    work.flush()
    facts = reference(store, work)
    listed = benefit_comparisons.touched(work, benefits)
    for start in range(0, len(listed), _CHUNK):
        _compare(work, facts, list(load(work, listed[start : start + _CHUNK]).values()))


def _compare(work: UnitOfWork, facts: Reference, cases: Sequence[CaseView]) -> None:
    procedures = {case.id: procedure_on(facts, policy_of(case.policy), case.item, work.today) for case in cases}
    paying = [case for case in cases if procedures[case.id].item.pays]
    priced = [case for case in paying if case.state in benefit_comparisons.PRICED]
    gone = [case for case in paying if case.state in benefit_comparisons.GONE]
    after = frozenset({*benefit_comparisons.PRICED, *benefit_comparisons.GONE})
    benefit_comparisons.find(work, [case.id for case in paying if case.state not in after])
    _ask(work, procedures, gone, benefit_comparisons.find(work, [case.id for case in gone], late=True))
    benefit_comparisons.find(work, [case.id for case in priced], late=True)
    waiting = benefit_comparisons.open_among(work, [case.id for case in priced])
    for case in priced:
        if (
            case.id in waiting and not case.contested
        ):  # the answer to an objection comes first; then the notice's end stops it
            benefit_comparisons.stop(work, procedures[case.id], case, waiting[case.id])


def stopped(work: UnitOfWork, procedure: Procedure, case: CaseView) -> bool:
    """Whether something came to light; the case then waits for its certifier."""
    count = benefit_comparisons.open_of(work, case.id) if case.state in benefit_comparisons.PRICED else 0
    if count:
        benefit_comparisons.stop(work, procedure, case, count)
    return bool(count)


def _ask(
    work: UnitOfWork,
    procedures: Mapping[UUID, Procedure],
    gone: Sequence[CaseView],
    found: Sequence[benefit_comparisons.PossibleMatch],
) -> None:
    """After the release nobody's turn changes: the certifier is asked, and the unit that pays knows."""
    for case in gone:
        count = sum(match.case == case.id for match in found)
        if count:
            procedure = procedures[case.id]
            said = {"case": case.number, "count": count}
            once = f"comparison:{case.number}:{case.version}:{work.now.isoformat()}"
            told = (
                unit(procedure.lead, Duty.CERTIFIER, "comparison_after_payment", **said),
                unit(procedure.treasury, Duty.FUND_OFFICER, "comparison_after_payment", **said),
            )
            for tell in told:
                queue_once(work, tell, once=f"{once}:{tell.to}", case_id=case.id, version=case.version)


def back(
    work: UnitOfWork, procedure: Procedure, case: CaseView, following: Next, problem: str = ""
) -> tuple[Next, dict[str, Any]]:
    """Whose turn a case is that comes back from payment, and what stands on it: what came to light meanwhile goes first."""
    count = benefit_comparisons.open_of(work, case.id)
    if not count:
        return following, {"problem": problem}
    benefit_comparisons.remember(work, case.id, following.duty, following.due)
    words = benefit_comparisons.problem(count, case.number)
    return procedure.turn(Duty.CERTIFIER), {"problem": f"{problem}；{words}" if problem else words}


def refusals(work: UnitOfWork, cases: Collection[CaseView]) -> dict[UUID, Refused]:
    """Why cases may not be paid for what came to light: nobody has said yet, or it was said and the sum is not priced anew."""
    waiting = benefit_comparisons.open_among(work, [case.id for case in cases])
    same = {row.case_id: row.other for row in work.execute(unpriced([case.id for case in cases]))} if cases else {}
    found = {}
    for case in cases:
        if case.id in waiting:
            zh, en = (
                benefit_comparisons.problem(waiting[case.id], case.number),
                f"{waiting[case.id]} benefits wait to be compared",
            )
            found[case.id] = Refused("comparison", zh, en)
        elif case.id in same:
            zh = f"已认定与“{same[case.id]}”为同一补助，须由负责人撤回审定（undo）后重新核算"
            en = f'"{same[case.id]}" is the same benefit: take the decision back (undo), it is priced anew'
            found[case.id] = Refused("same_benefit", zh, en)
    return found
