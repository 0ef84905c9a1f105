"""Several machines, seen to hold: cases of every measure reach their end while workers, the engine and the database are killed.

The long form (`make torture`) takes 1,000 cases, ten minutes without the engine, and PostgreSQL stopped every 5 to 40 seconds;
DUIXIAN_CASES and DUIXIAN_OUTAGE (seconds) shorten it.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView, load
from casework.shared.errors import Problem
from deployments.deploying import plan
from models import Duty, PaymentOrder
from models.cases import TERMINAL
from models.store import Store
from models.verify import verify
from support.cluster import FragileServer, Machines, wait_for
from support.every_measure import ITEMS, District, EveryWalk, number_of
from support.stage import named

WORKERS = ("worker-1", "worker-2", "worker-3")
Answer = TypeVar("Answer")
Proven = Callable[[str], None]


@dataclass
class Officers:
    """Everybody who acts: case by case as their turn comes, an act whose answer was lost sent again with the same id."""

    walk: EveryWalk
    cases: int
    opens: Callable[[], float] = lambda: float("inf")  # how many cases have been applied for by now
    acts: int = 0
    again: int = 0
    slowest: float = 0.0
    refused: list[str] = field(default_factory=list)

    def patiently(self, ask: Callable[[], Answer]) -> Answer:
        """The answer, however often the database has to be asked."""
        ends = time.monotonic() + 600
        while True:
            try:
                return ask()
            except (DBAPIError, SQLAlchemyError):
                assert time.monotonic() < ends, "the database never came back"
                self.again += 1
                time.sleep(0.2)

    def read(self) -> list[CaseView]:
        """All cases."""

        def ask() -> list[CaseView]:
            with self.walk.stage.store.read() as work:
                return list(load(work, [named(f"case-{number}") for number in range(self.cases)]).values())

        return self.patiently(ask)

    def act(self, case: CaseView) -> None:
        """The act that is due on the case; a refusal counts unless the act itself is found done."""
        began, before = time.monotonic(), self.again
        try:
            self.patiently(lambda: self.walk.move(case))
        except (Problem, AssertionError) as trouble:
            with self.walk.stage.store.read() as work:
                done = load(work, [case.id])[case.id].version > case.version
            if not (done and self.again > before):
                self.refused.append(f"{case.number} {case.state} {case.next_duty}: {trouble}")
        self.acts += 1
        if self.again == before:
            self.slowest = max(self.slowest, time.monotonic() - began)

    def until_all_end(self, seconds: float) -> None:
        """Acts until every case has come to its end; the clock jumps when all that is left waits for a date."""
        ends = time.monotonic() + seconds
        store = self.walk.stage.store
        while open_ones := [read_case for read_case in self.read() if read_case.state not in TERMINAL]:
            assert time.monotonic() < ends, [
                (each_case.number, each_case.state, each_case.next_duty) for each_case in open_ones
            ][:20]
            here = [read_case for read_case in open_ones if number_of(read_case) < self.opens()]
            mine = [each_case for each_case in here if each_case.next_duty != Duty.SYSTEM]
            for case in mine:
                self.act(case)
            if mine:
                continue
            dates = [read_case.next_due for read_case in here if read_case.next_due is not None]
            now = self.patiently(lambda: _now(store))
            if dates and min(dates) > now:
                moment = min(dates)
                self.patiently(lambda to=moment: store.set_clock(to, frozen=True))  # type: ignore[misc]
            time.sleep(0.3)


def _now(store: Store):  # type: ignore[no-untyped-def]
    with store.read() as work:
        return work.now


@pytest.fixture
def postgresql() -> Iterator[FragileServer]:
    """The business database's server."""
    server = FragileServer()
    yield server
    server.stop()


@dataclass
class Rig:
    """The running cluster with its cases."""

    machines: Machines
    server: FragileServer
    officers: Officers
    store: Store
    done: threading.Event = field(default_factory=threading.Event)
    log: list[str] = field(default_factory=list)
    ran: int = 0  # runs that the pool completed before the engine lost its history

    def kill_a_worker_in_mid_run(self) -> None:
        """Whichever has a run under way, with its runs; another takes its place."""
        wait_for(lambda: self.done.is_set() or self._busy(), what="a run under way")
        for machine in self._busy()[:1]:
            self.log.append("worker killed in mid-run")
            self.machines.kill(machine)
            self.machines.start(machine, "worker", "--name", machine)

    def _busy(self) -> list[str]:
        return [worker for worker in WORKERS if worker in self.machines.running and self.machines.runs_of(worker)]

    def lose_the_engine(self, seconds: float) -> None:
        """Killed, its database dropped, and started again on an empty one."""
        self.ran += len(self.machines.completed())
        self.log.append("engine killed and its database dropped")
        self.machines.kill("engine")
        self.machines.database.drop()
        self.done.wait(seconds)
        self.machines.database.make()
        self.machines.start_engine()

    def stop_postgresql(self, seconds: float) -> None:
        """At once, and back after a while."""
        self.log.append("PostgreSQL stopped")
        self.server.stop_at_once()
        time.sleep(seconds)
        self.server.start_again()


def rig(folder: Path, server: FragileServer, cases: int) -> Rig:
    """Everything up: cases drafted, pool deployed, three workers and the trigger at work."""
    url = server.database("empty", lambda _: None)
    machines = Machines(folder, url)
    try:
        machines.start("engine", "engine")
        store = Store.create(url, demo=True, seed=1)
        stage = District(store).furnish_all(cases)
        wait_for(machines.api.answers, what="the engine")
        machines.deploy()
        for machine in WORKERS:
            machines.start(machine, "worker", "--name", machine)
        machines.start("trigger", "trigger")
    except BaseException:
        machines.stop()
        raise
    return Rig(machines, server, Officers(EveryWalk(stage), cases), store)


def proof(rig_: Rig, cases: int) -> None:
    """Every case at its end, none twice, nothing stuck, every invariant; no act was refused, whatever was down."""
    assert rig_.officers.refused == []
    assert len([case for case in rig_.officers.read() if case.state in TERMINAL]) == cases
    settled = (
        select(func.count()).where(col(PaymentOrder.state) == "settled").group_by(col(PaymentOrder.entitlement_id))
    )
    with rig_.store.read() as work:
        assert set(work.execute(settled).scalars()) <= {1}, "an entitlement was paid twice"
    assert not verify(rig_.store).bad
    # On a file the engine may be too slow for three workers; the cases go on all the same.
    assert rig_.ran or rig_.machines.database.kind == "SQLite", "the pool had run nothing when the engine went"
    wait_for(lambda: plan(rig_.machines.api).empty, 60, "our deployments, after the engine came back")
    for run in rig_.machines.completed():
        assert only_ids_and_dates(run.parameters), run.parameters
        assert run.state is not None and not run.state.data, "no result is kept"


def only_ids_and_dates(parameters: Mapping[str, object]) -> bool:
    """A run carries the ids of its cases and the day it stands for, nothing of what they hold."""
    cases, day = parameters.get("cases"), parameters.get("business_date")
    known = parameters.keys() <= {"cases", "business_date"}
    return known and cases is None and (day is None or date.fromisoformat(str(day)).isoformat() == day)


def play(rig_: Rig, faults: Callable[[], None], seconds: float) -> None:
    """Officers act while things go wrong beside them."""
    trouble: list[BaseException] = []

    def go() -> None:
        try:
            faults()
        except BaseException as broken:
            trouble.append(broken)

    beside = threading.Thread(target=go)
    beside.start()
    try:
        rig_.officers.until_all_end(seconds)
    finally:
        rig_.done.set()
        beside.join()
    assert not trouble, trouble


@pytest.mark.prove
def test_cases_of_every_measure_end_though_a_worker_the_engine_and_the_database_are_killed(
    tmp_path: Path, postgresql: FragileServer, proven: Proven
) -> None:
    cases = len(ITEMS)
    rig_ = rig(tmp_path, postgresql, cases)
    try:

        def faults() -> None:
            wait_for(lambda: rig_.done.is_set() or rig_.machines.completed(), what="a run of the pool")
            rig_.kill_a_worker_in_mid_run()
            rig_.stop_postgresql(1.5)
            rig_.lose_the_engine(5)

        began = time.monotonic()
        play(rig_, faults, 1200)
        proof(rig_, cases)
        proven(
            f"{cases} cases of {len(ITEMS)} items, engine on {rig_.machines.database.kind},"
            f" {rig_.officers.acts} acts, faults {rig_.log},"
            f" {rig_.ran} runs of the pool until the engine was lost, {len(rig_.machines.completed())} after,"
            f" {time.monotonic() - began:.0f} s, slowest act {rig_.officers.slowest:.2f} s:"
            " 0 lost, 0 twice, 0 acts refused"
        )
    finally:
        rig_.machines.stop()
        rig_.store.close()


@pytest.mark.torture
def test_a_thousand_cases_end_while_postgresql_stops_again_and_again_and_the_engine_is_gone_for_ten_minutes(
    tmp_path: Path, postgresql: FragileServer, proven: Proven
) -> None:
    cases, outage = int(os.environ.get("DUIXIAN_CASES", "1000")), float(os.environ.get("DUIXIAN_OUTAGE", "600"))
    seed = int(os.environ.get("DUIXIAN_SEED", "1"))
    chance = random.Random(seed)
    rig_ = rig(tmp_path, postgresql, cases)
    try:

        def stops() -> None:
            while not rig_.done.wait(chance.uniform(5, 40)):
                rig_.stop_postgresql(chance.uniform(0, 15))

        def faults() -> None:
            wait_for(lambda: rig_.done.is_set() or rig_.machines.completed(), what="a run of the pool")
            rig_.kill_a_worker_in_mid_run()
            beside = threading.Thread(target=stops)
            beside.start()
            rig_.lose_the_engine(outage)
            while not rig_.done.wait(120):
                rig_.kill_a_worker_in_mid_run()
            beside.join()

        began = time.monotonic()
        rig_.officers.opens = lambda: cases * (time.monotonic() - began + 30) / (outage + 60)
        play(rig_, faults, 3 * 3600)
        proof(rig_, cases)
        wait_for(rig_.machines.completed, 150, "a run of the pool, after the engine came back")
        counted = {what: rig_.log.count(what) for what in dict.fromkeys(rig_.log)}
        proven(
            f"{cases} cases, seed {seed}, engine on {rig_.machines.database.kind},"
            f" {rig_.officers.acts} acts, {rig_.officers.again} asked again, {counted}, engine"
            f" away {outage:.0f} s, {time.monotonic() - began:.0f} s: 0 lost, 0 twice, 0 stuck, 0 acts refused"
        )
    finally:
        rig_.machines.stop()
        rig_.store.close()
