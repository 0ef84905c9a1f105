"""Runs an automatic step over a set: chunks, one transaction each; a bad case is flagged and never stops the others.

A step may make a case wait for what an officer enters; nothing of that kind is entered while it runs (`Work.nothing_arrives`).
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from casework.cases import CaseView, load, park, ready
from casework.errors import Problem, Retryable
from casework.outcome import Outcome
from casework.procedure import Next, Procedure, procedure_of
from casework.reference import Reference, reference
from casework.trouble import as_problem
from models import Duty, State
from models.store import Store
from models.trouble import Kind, kind_of
from models.work import Work

CHUNK = 500
TRY_AGAIN = timedelta(hours=1)
log = logging.getLogger("duixian.steps")


@dataclass(frozen=True)
class Bench:
    """What a step works with: the transaction, the reference data, and where it notes what happened."""

    work: Work
    reference: Reference
    outcome: Outcome

    def way(self, case: CaseView) -> Procedure:
        """How the case's item goes today."""
        return procedure_of(self.reference, case, self.work.today)


Step = Callable[[Bench, Sequence[CaseView]], None]


def over(
    store: Store,
    step: Step,
    *,
    states: frozenset[State],
    measure: str | None = None,
    policy: str | None = None,
    cases: Sequence[UUID] | None = None,
    turn: int = 0,
) -> Outcome:
    """Applies a step to every ready case in these states (of the measure, or only the named ones).

    `turn`: the lock of steps of which only one works at a time, 0 for none.
    """
    total = Outcome()
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
) -> tuple[Outcome, int]:
    batch: list[CaseView] = []
    try:
        with store.write() as work:
            work.nothing_arrives(turn)
            batch = ready(work, measure=measure, policy=policy, states=states, limit=CHUNK)
            bench = Bench(work, reference(store, work), Outcome())
            if batch:
                step(bench, batch)
        return bench.outcome, len(batch)
    except Exception as trouble:
        if not batch:
            raise
        return _singly(store, step, states, [case.id for case in batch], trouble, turn), len(batch)


def _named(store: Store, step: Step, states: frozenset[State], ids: list[UUID], turn: int) -> Outcome:
    """The named cases, as far as they are the system's to move."""
    try:
        with store.write() as work:
            work.nothing_arrives(turn)
            bench = Bench(work, reference(store, work), Outcome())
            batch = [case for case in load(work, ids).values() if due(case, states, work)]
            if batch:
                step(bench, sorted(batch, key=lambda case: (str(case.filed_at), case.number)))
        return bench.outcome
    except Exception as trouble:
        return _singly(store, step, states, ids, trouble, turn)


def due(case: CaseView, states: frozenset[State], work: Work) -> bool:
    """Whether the case's next action is the system's, now, in one of the states."""
    ours = case.next_duty == Duty.SYSTEM and case.next_due is not None and case.next_due <= work.now
    return ours and case.state in states and not case.held


def _singly(
    store: Store, step: Step, states: frozenset[State], ids: list[UUID], trouble: Exception, turn: int
) -> Outcome:
    """Case by case after a chunk failed as a whole, so that the bad one is known and the others go on."""
    log.warning("a chunk of %d cases failed (%s): trying them one by one", len(ids), type(trouble).__name__)
    total = Outcome()
    for identity in ids:
        number = str(identity)
        try:
            with store.write() as work:
                work.nothing_arrives(turn)
                bench = Bench(work, reference(store, work), Outcome())
                found = load(work, [identity])
                if identity in found and due(found[identity], states, work):
                    number = found[identity].number
                    step(bench, [found[identity]])
            total.add(bench.outcome)
        except Exception as wrong:
            if _lost(wrong):
                continue  # somebody else was there first: nothing of ours was written, and it is still due
            total.failed.append((number, _flag(store, identity, wrong)))
    return total


def _lost(wrong: Exception) -> bool:
    """Whether a case was only lost to somebody else; without a database there is nothing to note on it either."""
    if kind_of(wrong) is Kind.AWAY:
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
            park(work, case, Next(Duty.SYSTEM, None, work.now + TRY_AGAIN), words)
    return words
