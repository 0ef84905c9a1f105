"""The end: paid, delivered and reviewed cases close with a dated answer to the applicant."""

from collections.abc import Sequence

from casework.lifecycle.act_context import applicant
from casework.lifecycle.case_changes import CaseView, Change, record
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import ENDED
from casework.lifecycle.step_runner import StepContext, over
from casework.shared.run_summary import RunSummary
from models import State
from models.store import Store

_KIND = {State.PAID: "paid", State.DELIVERED: "fulfilled", State.REVIEWED: "programme_closed"}


def close(store: Store, **which: object) -> RunSummary:
    """Closes what is fulfilled."""
    return over(store, _close, states=frozenset(_KIND), **which)  # type: ignore[arg-type]


def _close(context: StepContext, cases: Sequence[CaseView]) -> None:
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
    record(context.work, changes)
    context.outcome.moved += [(change.case.number, change.target) for change in changes]
