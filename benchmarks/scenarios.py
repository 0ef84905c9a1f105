"""Scenarios (a) to (e) and (g): each returns rows of figures, every one from real runs on this machine."""

import gc
import os
import statistics
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

import policies
from benchmarks.bare import Tape, recording, replay
from benchmarks.benchmark_office import BenchmarkOffice, open_office, place
from benchmarks.four_acts import all_closed, in_lists, one_by_one
from benchmarks.measure import spread, timed
from benchmarks.population import Population
from casework.awards.budget_simulation import simulate
from casework.lifecycle import due_cases
from models.store import Store
from policies.kit import hypothetical

Row = dict[str, Any]
Run = Callable[[BenchmarkOffice], None]
ACTS = 4
RESTARTS = 3


def _seconds(kind: str, count: int, run: Run) -> float:
    """One run on a fresh database; it must have closed every case."""
    with place(kind) as url:
        office = open_office(url, count)
        seconds = timed(lambda: run(office))
        all_closed(office)
        office.store.close()
    return seconds


def _floor(kind: str, count: int, run: Run) -> tuple[Tape, float]:
    """The same writes and commits through the bare driver, and how long they take."""
    tape = Tape()
    with place(kind) as url, recording(tape):
        run(open_office(url, count))
    opening = Tape()
    with place(kind) as url, recording(opening):
        office = open_office(url, count)
        office.store.close()
        tape.writes = tape.writes[len(opening.writes) :]
        return tape, timed(lambda: replay(url, tape))


def one_by_one_and_floor(kind: str, count: int, runs: int) -> Iterator[Row]:
    """(a) and (d), run by run beside each other, so that a busy moment hits both."""
    ours, bare, shares = [], [], []
    _seconds(kind, 20, one_by_one)  # compiles the statements
    commits = 0
    for _ in range(runs):
        seconds = _seconds(kind, count, one_by_one)
        tape, floor = _floor(kind, count, one_by_one)
        commits = tape.commits
        ours.append(count / seconds)
        bare.append(count / floor)
        shares.append(100 * floor / seconds)
    label = {"database": kind, "cases": count}
    yield {"what": "(a) one by one, cases/s", **label, **spread(ours)}
    yield {"what": "(a) the same in acts/s", **label, **spread([ACTS * rate for rate in ours])}
    yield {"what": "(d) bare driver, cases/s", **label, **spread(bare), "commits": commits}
    yield {"what": "(a) as a share of (d), %", **label, **spread(shares)}


def lists(kind: str, count: int, runs: int) -> Iterator[Row]:
    """(b) and (c): everything in lists of 100; the flows' set work apart from the people's lists."""
    whole, steps = [], []
    for _ in range(runs):
        with place(kind) as url:
            office = open_office(url, count)
            clock = in_lists(office)
            all_closed(office)
            office.store.close()
        whole.append(count / (clock.people + clock.steps))
        steps.append(count / clock.steps)
    yield {"what": "(b) set work of the steps, cases/s", "database": kind, "cases": count, **spread(steps)}
    yield {"what": "(b) lists of 100 and set work, cases/s", "database": kind, "cases": count, **spread(whole)}


def waiting_cases(kind: str, count: int) -> Iterator[Row]:
    """(e) What a waiting case costs on disk and in memory, and how soon a restarted process can decide one."""
    alone = [_waiting(kind, 1) for _ in range(RESTARTS)]
    many = _waiting(kind, count)
    label = {"database": kind, "cases": count, "runs": 1}
    start_up = statistics.median(run.first_decision for run in alone)
    size, own = many.size - alone[0].size, many.own - alone[0].own
    yield {"what": "(e) database bytes a waiting case", **label, "median": round(size / count)}
    yield {"what": "(e) of these beyond the contents of its rows", **label, "median": round((size - own) / count)}
    yield {"what": "(e) of these because it waits (its index)", **label, "median": round(many.waits / count)}
    yield {"what": "(e) memory while it waits, bytes a case", **label, "median": round(many.held / count)}
    yield {"what": "(e) first decision after a restart, s, imports included", **label, "median": many.first_decision}
    later = round(many.first_decision - start_up, 3)
    yield {"what": "(e) the same beyond a start with one waiting case, s", **label, "median": later}


@dataclass(frozen=True)
class Waiting:
    """What a store of waiting cases takes: bytes in all, of its rows' contents, of the index of what is due; memory; a start."""

    size: int
    own: int
    waits: int
    held: int
    first_decision: float


def _waiting(kind: str, count: int) -> Waiting:
    with place(kind) as url:
        office = open_office(url, count)
        in_lists(office, stages=2)  # filed, certified, computed: all wait for the decider
        gc.collect()
        size, own, waits = _sizes(office.store)
        held = _held(office.store)
        decided = sorted(_first_decision(url, office, office.cases[-1 - n]) for n in range(min(RESTARTS, count)))
        office.store.close()
    return Waiting(size, own, waits, held, decided[len(decided) // 2])


def _held(store: Store) -> int:
    """Bytes of memory that looking for what is due leaves behind: waiting cases are rows, not objects."""
    tracemalloc.start()
    due_cases.measures(store)
    found = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return found


def _sizes(store: Store) -> tuple[int, int, int]:
    """Bytes of all tables and indexes, of the rows' contents, and of the index of what is due."""
    tables = [table.name for table in SQLModel.metadata.sorted_tables]
    with store.read() as work:

        def number(query: str) -> int:
            return int(work.connection.exec_driver_sql(query).scalar_one() or 0)

        if work.postgres:
            size = sum(number(f"SELECT pg_total_relation_size('{table}')") for table in tables)
            own = sum(number(f'SELECT COALESCE(SUM(pg_column_size(t.*)), 0) FROM "{table}" t') for table in tables)
            return size, own, number("SELECT pg_relation_size('case_ready')")
        size = number("SELECT SUM(pgsize) FROM dbstat")
        own = number(f"SELECT SUM(payload) FROM dbstat WHERE name IN ({','.join(repr(name) for name in tables)})")
        return size, own, number("SELECT SUM(pgsize) FROM dbstat WHERE name = 'case_ready'")


def _first_decision(url: str, office: BenchmarkOffice, case: UUID) -> float:
    """A new process opens the store and decides one case."""
    from models import Duty

    arguments = [url, str(case), str(office.people[Duty.DECIDER])]
    code = (
        "import sys, uuid; from benchmarks.benchmark_office import four_act_policy; four_act_policy();"
        "from models.store import Store; from casework.command_handler import act; from casework.lifecycle.commands import Decide;"
        "act(Store.open(sys.argv[1]), Decide(case=uuid.UUID(sys.argv[2]), by=uuid.UUID(sys.argv[3]), act_id=uuid.uuid4()))"
    )
    command = [sys.executable, "-c", code, *arguments]
    return round(timed(lambda: subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": "."})), 2)


def budget(rows: int, runs: int, compared: int = 10_000) -> Iterator[Row]:
    """(g) A million applicants under each money item, by the rules of the single case; equality shown row by row."""
    totals = [0.0] * runs
    plain = 0.0
    for item in policies.get("XZ2023").money_items:
        values = _values(item)
        population = Population(item, rows)
        for run in range(runs):
            totals[run] += timed(lambda p=population, i=item, v=values: simulate(i, p.columns, v))  # type: ignore[misc]
        sample = Population(item, compared, seed=2)
        amounts = simulate(item, sample.columns, values).amounts
        facts = [sample.facts(row) for row in range(compared)]
        parameters = hypothetical(values)
        single: list[int] = []
        plain += timed(lambda i=item, f=facts, p=parameters, s=single: s.extend(_single(i, f, p)))  # type: ignore[misc]
        if amounts.tolist() != single:
            raise AssertionError(f"{item.id}: columns and single cases differ")
    yield {"what": f"(g) ten items, {rows:,} applicants each, s", **spread(totals, 3)}
    yield {
        "what": "(g) single cases in plain Python with their traces, cases/s",
        "median": round(10 * compared / plain),
    }
    yield {"what": "(g) rows compared to the fen and equal", "median": 10 * compared}


def _single(item: Any, facts: list[Any], parameters: Any) -> list[int]:
    return [int(item.award(fact, parameters).amount or 0) for fact in facts]


def _values(item: Any) -> dict[str, Any]:
    """The parameters of the item's richest worked example: hypothetical, and enough to price every row."""
    richest = max((example for example in item.examples if example.amount), key=lambda example: len(example.parameters))
    joint = {parameter.id: "equal" for parameter in item.parameters if parameter.id.endswith("-joint")}
    return {**joint, **richest.parameters}
