"""(a) Cases one by one: four human acts, each its own durable commit; the automatic steps between them in sets."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.office import MEASURE, Office, fresh
from casework.acting import Receipt, act, act_list
from casework.errors import Problem
from casework.requests import Act, Certify, Decide, File, RegisterOffline
from casework.steps import announce, close, compute, submit
from models import Duty

Stage = tuple[Callable[[Office], Sequence[Act]], Callable[[Office], object]]


def _file(office: Office) -> list[Act]:
    pairs = enumerate(zip(office.cases, office.applicants, strict=True))
    return [File(case=case, by=person, act_id=fresh(), claim=office.claim(i)) for i, (case, person) in pairs]


def _certify(office: Office) -> list[Act]:
    by = office.people[Duty.CERTIFIER]
    return [Certify(case=c, by=by, act_id=fresh(), facts=office.claim(i)) for i, c in enumerate(office.cases)]


def _decide(office: Office) -> list[Act]:
    return [Decide(case=case, by=office.people[Duty.DECIDER], act_id=fresh()) for case in office.cases]


def _pay(office: Office) -> list[Act]:
    by = office.people[Duty.MAKER]
    return [RegisterOffline(case=c, by=by, act_id=fresh(), document=f"凭证 {i}") for i, c in enumerate(office.cases)]


STAGES: tuple[Stage, ...] = (
    (_file, lambda office: submit.submit(office.store, measure=MEASURE)),
    (_certify, lambda office: compute.compute(office.store, measure=MEASURE)),
    (_decide, lambda office: announce.announce(office.store, measure=MEASURE)),
    (_pay, lambda office: close.close(office.store, measure=MEASURE)),
)


def one_by_one(office: Office) -> None:
    """Every act is a call and a commit of its own."""
    for acts, step in STAGES:
        for one in acts(office):
            act(office.store, one)
        step(office)


@dataclass
class Clock:
    """Seconds spent on people's acts and on the system's steps."""

    people: float = 0.0
    steps: float = 0.0


def in_lists(office: Office, stages: int = len(STAGES)) -> Clock:
    """Acts come in lists of 100, as officers decide them; the steps' time is kept apart."""
    clock = Clock()
    for acts, step in STAGES[:stages]:
        requests = acts(office)
        start = time.perf_counter()
        refuse_none(act_list(office.store, requests))
        between = time.perf_counter()
        step(office)
        clock.people += between - start
        clock.steps += time.perf_counter() - between
    return clock


def refuse_none(answers: Sequence[Receipt | Problem]) -> None:
    """A benchmark in which something was refused measured something else."""
    for answer in answers:
        if isinstance(answer, Problem):
            raise answer


def all_closed(office: Office) -> None:
    """Checks that every case reached its end."""
    from sqlalchemy import func, select
    from sqlmodel import col

    from models import Case

    with office.store.read() as work:
        states = dict(work.execute(select(col(Case.state), func.count()).group_by(col(Case.state))).tuples().all())
    if states != {"closed": len(office.cases)}:
        raise AssertionError(f"not every case is closed: {states}")
