"""The end: paid, delivered and reviewed cases close with a dated answer to the applicant."""

from collections.abc import Sequence

from casework.cases import CaseView, Change, record
from casework.desk import applicant
from casework.outcome import Outcome
from casework.procedure import ENDED
from casework.steps.engine import Bench, over
from casework.transitions import Action
from models import State
from models.store import Store

_KIND = {State.PAID: "paid", State.DELIVERED: "fulfilled", State.REVIEWED: "programme_closed"}


def close(store: Store, **which: object) -> Outcome:
    """Closes what is fulfilled."""
    return over(store, _close, states=frozenset(_KIND), **which)  # type: ignore[arg-type]


def _close(bench: Bench, cases: Sequence[CaseView]) -> None:
    changes = [
        Change(
            case=case,
            action=Action.CLOSE,
            target=State.CLOSED,
            next=ENDED,
            outcome="fulfilled",
            tell=(applicant(case, _KIND[State(case.state)], amount_fen=case.amount_fen),),
        )
        for case in cases
    ]
    record(bench.work, changes)
    bench.outcome.moved += [(change.case.number, change.target) for change in changes]
