"""Takes cases to their end: people act when it is their turn, flows run when it is the system's, the clock jumps between."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

from casework import requests as r
from casework.acting import act_list
from casework.cases import CaseView
from casework.outcome import Outcome
from flows.pages import flow_of
from models import Duty
from models.cases import TERMINAL
from support.stage import applicant, claim, facts, filer, officer
from support.walk import Walk

Run = Callable[[str], Outcome]
TURNS = 60


def plainly(measure: str) -> Outcome:
    """A measure's flow without the engine."""
    return flow_of("XZ2023", measure).fn()


def by_the_engine(measure: str) -> Outcome:
    """A measure's flow as a run of the engine in use."""
    return flow_of("XZ2023", measure)()


def to_the_end(walk: Walk, cases: list[UUID], run: Run = plainly) -> Outcome:
    """Every case to a terminal state; what the flows did on the way."""
    total = Outcome()
    for _ in range(TURNS):
        open_ones = [one for one in map(walk.stage.case, cases) if one.state not in TERMINAL]
        if not open_ones:
            return total
        for one in open_ones:
            if one.next_duty != Duty.SYSTEM:
                walk.forward(one.id)
        total.add(_system(walk, cases, run))
    raise AssertionError(f"still open: {[(one.number, one.state, one.next_duty) for one in open_ones]}")


def filed(walk: Walk, item: str, count: int, first: int = 0) -> list[UUID]:
    """Cases that somebody has just filed."""
    with walk.stage.store.write() as work:
        made = [walk.stage.draft(work, item, first + number) for number in range(count)]
    stated = [
        r.File(case=one, by=applicant(filer(item, 0)), act_id=uuid4(), claim=claim(item, first + n))
        for n, one in enumerate(made)
    ]
    assert not [answer for answer in act_list(walk.stage.store, stated) if isinstance(answer, Exception)]
    return made


def certified(walk: Walk, item: str, count: int) -> list[UUID]:
    """Cases that a unit has just certified."""
    made = filed(walk, item, count)
    flow_of("XZ2023", item.rstrip("abc")).fn()
    by_turn: list[Callable[[int, UUID], r.Act]] = [
        lambda _, one: r.Accept(case=one, by=officer(Duty.ACCEPTOR), act_id=uuid4()),
        lambda _, one: r.Screen(case=one, by=officer(Duty.SCREENER), act_id=uuid4()),
        lambda n, one: r.Certify(case=one, by=officer(Duty.CERTIFIER), act_id=uuid4(), facts=facts(item, n)),
    ]
    for make in by_turn:
        answers = act_list(walk.stage.store, [make(n, one) for n, one in enumerate(made)])
        assert not [answer for answer in answers if isinstance(answer, Exception)], answers[:2]
    return made


def _system(walk: Walk, cases: list[UUID], run: Run) -> Outcome:
    """Runs the flow of each measure that is due; where everything waits for a date, that date comes."""
    waiting = [one for one in map(walk.stage.case, cases) if one.next_duty == Duty.SYSTEM]
    with walk.stage.store.read() as work:
        now = work.now
    total = Outcome()
    for measure in sorted({one.measure for one in waiting if _due(one) <= now}):
        total.add(run(measure))
    later = [_due(one) for one in map(walk.stage.case, cases) if one.next_duty == Duty.SYSTEM]
    if later and len(later) == sum(1 for one in map(walk.stage.case, cases) if one.state not in TERMINAL):
        walk.stage.store.set_clock(max(now, min(later)), frozen=True)
    return total


def _due(case: CaseView) -> datetime:
    assert case.next_due is not None
    return case.next_due
