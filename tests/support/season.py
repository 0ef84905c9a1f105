"""Takes cases to their end: people act when it is their turn, flows run when it is the system's, the clock jumps between."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from casework.command_handler import act_list
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.shared.run_summary import RunSummary
from flows.pages import flow_of
from models import Duty
from models.cases import TERMINAL
from support.stage import applicant, claim, facts, filer, officer
from support.walk import Walk

Run = Callable[[str], RunSummary]
TURNS = 60


def plainly(measure: str) -> RunSummary:
    """A measure's flow without the engine."""
    return flow_of("XZ2023", measure).fn()


def by_the_engine(measure: str) -> RunSummary:
    """A measure's flow as a run of the engine in use."""
    return flow_of("XZ2023", measure)()


def to_the_end(walk: Walk, cases: list[UUID], run: Run = plainly) -> RunSummary:
    """Every case to a terminal state; what the flows did on the way."""
    total = RunSummary()
    for _ in range(TURNS):
        open_ones = [case for case in map(walk.stage.case, cases) if case.state not in TERMINAL]
        if not open_ones:
            return total
        for case in open_ones:
            if case.next_duty != Duty.SYSTEM:
                walk.forward(case.id)
        total.add(_system(walk, cases, run))
    raise AssertionError(f"still open: {[(case.number, case.state, case.next_duty) for case in open_ones]}")


def filed(walk: Walk, item: str, count: int, first: int = 0) -> list[UUID]:
    """Cases that somebody has just filed."""
    with walk.stage.store.write() as work:
        made = [walk.stage.draft(work, item, first + number) for number in range(count)]
    stated = [
        r.File(case=case, by=applicant(filer(item, 0)), act_id=uuid4(), claim=claim(item, first + n))
        for n, case in enumerate(made)
    ]
    assert not [answer for answer in act_list(walk.stage.store, stated) if isinstance(answer, Exception)]
    return made


def certified(walk: Walk, item: str, count: int) -> list[UUID]:
    """Cases that a unit has just certified."""
    made = filed(walk, item, count)
    flow_of("XZ2023", item.rstrip("abc")).fn()
    by_turn: list[Callable[[int, UUID], r.Act]] = [
        lambda _, case: r.Accept(case=case, by=officer(Duty.ACCEPTOR), act_id=uuid4()),
        lambda _, case: r.Screen(case=case, by=officer(Duty.SCREENER), act_id=uuid4()),
        lambda n, case: r.Certify(case=case, by=officer(Duty.CERTIFIER), act_id=uuid4(), facts=facts(item, n)),
    ]
    for make in by_turn:
        answers = act_list(walk.stage.store, [make(n, case) for n, case in enumerate(made)])
        assert not [answer for answer in answers if isinstance(answer, Exception)], answers[:2]
    return made


def _system(walk: Walk, cases: list[UUID], run: Run) -> RunSummary:
    """Runs the flow of each measure that is due; where everything waits for a date, that date comes."""
    waiting = [case for case in map(walk.stage.case, cases) if case.next_duty == Duty.SYSTEM]
    with walk.stage.store.read() as work:
        now = work.now
    total = RunSummary()
    for measure in sorted({case.measure for case in waiting if _due(case) <= now}):
        total.add(run(measure))
    later = [_due(case) for case in map(walk.stage.case, cases) if case.next_duty == Duty.SYSTEM]
    if later and len(later) == sum(1 for case in map(walk.stage.case, cases) if case.state not in TERMINAL):
        walk.stage.store.set_clock(max(now, min(later)), frozen=True)
    return total


def _due(case: CaseView) -> datetime:
    assert case.next_due is not None
    return case.next_due
