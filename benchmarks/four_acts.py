"""(a) Cases one by one: four human acts, each its own durable commit; the automatic steps between them in sets."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.benchmark_office import MEASURE, BenchmarkOffice, fresh
from casework.applications import automatic_checks
from casework.awards import computation, public_notice
from casework.command_handler import act, act_list
from casework.lifecycle import case_closing
from casework.lifecycle.commands import Act, Certify, Decide, File, RegisterOffline
from casework.lifecycle.receipts import Receipt
from casework.shared.errors import Problem
from models import Duty

Stage = tuple[Callable[[BenchmarkOffice], Sequence[Act]], Callable[[BenchmarkOffice], object]]


def _file(office: BenchmarkOffice) -> list[Act]:
    pairs = enumerate(zip(office.cases, office.applicants, strict=True))
    return [File(case=case, by=person, act_id=fresh(), claim=office.claim(i)) for i, (case, person) in pairs]


def _certify(office: BenchmarkOffice) -> list[Act]:
    by = office.people[Duty.CERTIFIER]
    return [Certify(case=c, by=by, act_id=fresh(), facts=office.claim(i)) for i, c in enumerate(office.cases)]


def _decide(office: BenchmarkOffice) -> list[Act]:
    return [Decide(case=case, by=office.people[Duty.DECIDER], act_id=fresh()) for case in office.cases]


def _pay(office: BenchmarkOffice) -> list[Act]:
    by = office.people[Duty.MAKER]
    return [RegisterOffline(case=c, by=by, act_id=fresh(), document=f"凭证 {i}") for i, c in enumerate(office.cases)]


STAGES: tuple[Stage, ...] = (
    (_file, lambda office: automatic_checks.submit(office.store, measure=MEASURE)),
    (_certify, lambda office: computation.compute(office.store, measure=MEASURE)),
    (_decide, lambda office: public_notice.announce(office.store, measure=MEASURE)),
    (_pay, lambda office: case_closing.close(office.store, measure=MEASURE)),
)


def one_by_one(office: BenchmarkOffice) -> None:
    """Every act is a call and a commit of its own."""
    for acts, step in STAGES:
        for request in acts(office):
            act(office.store, request)
        step(office)


@dataclass
class Stopwatch:
    """Seconds spent on people's acts and on the system's steps."""

    people: float = 0.0
    steps: float = 0.0


def in_lists(office: BenchmarkOffice, stages: int = len(STAGES)) -> Stopwatch:
    """Acts come in lists of 100, as officers decide them; the steps' time is kept apart."""
    clock = Stopwatch()
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


def all_closed(office: BenchmarkOffice) -> None:
    """Checks that every case reached its end, and that no invariant is broken."""
    from sqlalchemy import func, select
    from sqlmodel import col

    from models import Case
    from models.verify import verify

    with office.store.read() as work:
        states = dict(work.execute(select(col(Case.state), func.count()).group_by(col(Case.state))).tuples().all())
    if states != {"closed": len(office.cases)}:
        raise AssertionError(f"not every case is closed: {states}")
    if bad := verify(office.store).bad:
        raise AssertionError(f"broken: {[(invariant.id, invariant.bad) for invariant in bad]}")
