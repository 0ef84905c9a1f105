"""Runs an automatic step over a set: chunks, one transaction each; a bad case is flagged and never stops the others.

A step may make a case wait for what an officer enters; nothing of that kind is entered while it runs (`Work.nothing_arrives`).
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from casework.lifecycle.case_changes import CaseView, load, put_off, ready, set_waiting
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.lifecycle.resume import MOMENT, TRIES, Busy
from casework.shared.error_translation import as_problem
from casework.shared.errors import Problem, Retryable
from casework.shared.reference import Reference, reference
from casework.shared.run_summary import RunSummary
from models import Duty, State
from models.database_errors import ErrorKind, kind_of
from models.store import Store
from models.unit_of_work import UnitOfWork

CHUNK = 500
TRY_AGAIN = timedelta(hours=1)
log = logging.getLogger("duixian.steps")


@dataclass(frozen=True)
class StepContext:
    """What a step works with: the transaction, the reference data, and where it notes what happened."""

    work: UnitOfWork
    reference: Reference
    outcome: RunSummary
    alone: bool = False  # the one case, after its chunk failed: whom it belongs together with is not at hand

    def procedure(self, case: CaseView) -> Procedure:
        """How the case's item goes today."""
        return procedure_of(self.reference, case, self.work.today)


Step = Callable[[StepContext, Sequence[CaseView]], None]


def over(
    store: Store,
    step: Step,
    *,
    states: frozenset[State],
    measure: str | None = None,
    policy: str | None = None,
    cases: Sequence[UUID] | None = None,
    turn: int = 0,
) -> RunSummary:
    """Applies a step to every ready case in these states (of the measure, or only the named ones).

    `turn`: the lock of steps of which only one works at a time, 0 for none.
    """
    total = RunSummary()
    if cases is not None:
        for start in range(0, len(cases), CHUNK):
            total.add(_named(store, step, states, list(cases[start : start + CHUNK]), turn))
        return total
    while True:
        done, found = _next_chunk(store, step, states, measure, policy, turn)
        total.add(done)
        if found < CHUNK:
            return total


def _next_chunk(
    store: Store, step: Step, states: frozenset[State], measure: str | None, policy: str | None, turn: int
) -> tuple[RunSummary, int]:
    batch: list[CaseView] = []
    try:
        with store.write() as work:
            work.nothing_arrives(turn)
            batch = ready(work, measure=measure, policy=policy, states=states, limit=CHUNK)
            context = StepContext(work, reference(store, work), RunSummary())
            if batch:
                step(context, batch)
        return context.outcome, len(batch)
    except Exception as trouble:
        if not batch:
            raise
        done = _singly(store, step, states, [case.id for case in batch], trouble, turn)
        stuck = isinstance(trouble, Busy) and done == RunSummary()
        return done, 0 if stuck else len(batch)  # what is stuck is still due, and looked at by the next run


def _named(store: Store, step: Step, states: frozenset[State], ids: list[UUID], turn: int) -> RunSummary:
    """The named cases, as far as they are the system's to move."""
    try:
        with store.write() as work:
            work.nothing_arrives(turn)
            context = StepContext(work, reference(store, work), RunSummary())
            batch = [case for case in load(work, ids).values() if due(case, states, work)]
            if batch:
                step(context, sorted(batch, key=lambda case: (str(case.filed_at), case.number)))
        return context.outcome
    except Exception as trouble:
        return _singly(store, step, states, ids, trouble, turn)


def due(case: CaseView, states: frozenset[State], work: UnitOfWork) -> bool:
    """Whether the case's next action is the system's, now, in one of the states."""
    ours = case.next_duty == Duty.SYSTEM and case.next_due is not None and case.next_due <= work.now
    return ours and case.state in states and not case.held


def _singly(
    store: Store, step: Step, states: frozenset[State], ids: list[UUID], trouble: Exception, turn: int
) -> RunSummary:
    """Case by case after a chunk failed as a whole, so that the bad one is known and the others go on.

    Those that would wake a case which somebody has in hand are tried again in a moment, when the others are done; after so many
    times they are left as they are, still due.
    """
    log.warning("a chunk of %d cases failed (%s): trying them one by one", len(ids), type(trouble).__name__)
    total, left = RunSummary(), ids
    for again in range(TRIES + 1):
        time.sleep(MOMENT.total_seconds() if again else 0)
        done = {identity: _one(store, step, states, identity, turn) for identity in left}
        for summary in done.values():
            total.add(summary or RunSummary())
        left = [identity for identity, summary in done.items() if summary is None]
        if not left:
            break
    return total


def _one(store: Store, step: Step, states: frozenset[State], identity: UUID, turn: int) -> RunSummary | None:
    """One case in a transaction of its own; None where it has to wait for somebody who has another case in hand."""
    number = str(identity)
    try:
        with store.write() as work:
            work.nothing_arrives(turn)
            context = StepContext(work, reference(store, work), RunSummary(), alone=True)
            found = load(work, [identity])
            if identity in found and due(found[identity], states, work):
                number = found[identity].number
                step(context, [found[identity]])
        return context.outcome
    except Busy:
        return None
    except Exception as wrong:
        if _lost(wrong):
            return RunSummary()  # somebody else was there first: nothing of ours was written, and it is still due
        return RunSummary(failed=[(number, _flag(store, identity, wrong))])


def _lost(wrong: Exception) -> bool:
    """Whether a case was only lost to somebody else; without a database there is nothing to note on it either."""
    if kind_of(wrong) is ErrorKind.AWAY:
        raise wrong
    try:
        return isinstance(as_problem(wrong), Retryable)
    except Exception:
        return False


def _flag(store: Store, identity: UUID, wrong: Exception) -> str:
    """Writes the trouble on the case, which is tried again in an hour; returns the words."""
    words = wrong.zh if isinstance(wrong, Problem) else f"系统处理出错（{type(wrong).__name__}），已通知运维"
    if not isinstance(wrong, Problem):
        log.error("case %s failed", identity, exc_info=wrong)
    with store.write() as work:
        case = load(work, [identity]).get(identity)
        if case is not None and case.next_duty == Duty.SYSTEM:
            english = wrong.en if isinstance(wrong, Problem) else ""
            set_waiting(work, case, put_off(case, work.now + TRY_AGAIN), words, english)
    return words
