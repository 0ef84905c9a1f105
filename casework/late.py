"""A benefit that comes to light while a case is under way: put before the certifier before anything is paid."""

from collections.abc import Sequence
from uuid import UUID

from casework import comparisons
from casework.cases import CaseView, load
from casework.procedure import Procedure, procedure
from casework.reference import Reference, policy_of, reference
from models.store import Store
from models.work import Work

_CHUNK = 500


def put_before(store: Store, work: Work, benefits: Sequence[UUID]) -> None:
    """Compares every case that the newly entered benefits may concern; a priced one waits for its certifier at once."""
    if not benefits:
        return
    work.flush()
    facts = reference(store, work)
    listed = comparisons.touched(work, benefits)
    for start in range(0, len(listed), _CHUNK):
        _compare(work, facts, list(load(work, listed[start : start + _CHUNK]).values()))


def _compare(work: Work, facts: Reference, cases: Sequence[CaseView]) -> None:
    ways = {case.id: procedure(facts, policy_of(case.policy), case.item, work.today) for case in cases}
    paying = [case for case in cases if ways[case.id].item.pays]
    priced = [case for case in paying if case.state in comparisons.PRICED]
    comparisons.find(work, [case.id for case in paying if case.state not in comparisons.PRICED])
    comparisons.find(work, [case.id for case in priced], late=True)
    waiting = comparisons.open_among(work, [case.id for case in priced])
    for case in priced:
        if (
            case.id in waiting and not case.contested
        ):  # the answer to an objection comes first; then the notice's end stops it
            comparisons.stop(work, ways[case.id], case, waiting[case.id])


def stopped(work: Work, ways: Procedure, case: CaseView) -> bool:
    """Whether something came to light; the case then waits for its certifier."""
    count = comparisons.open_of(work, case.id) if case.state in comparisons.PRICED else 0
    if count:
        comparisons.stop(work, ways, case, count)
    return bool(count)
