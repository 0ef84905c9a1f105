"""Runs that are killed again and again are not started without bound: cases are put off, operators hear which and what to do."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from engine.test_deploy import SQLITE, Clock, filed

from casework.operations.alarms import lasting
from casework.shared.home import Home
from deployments.cluster.trigger import CROWD, IDLE_SECONDS, Trigger
from deployments.declared import measure_flows
from deployments.killed import MOST
from deployments.observe.alarms import tell_of_runs
from deployments.observe.runs import FoundRun, Run
from models import Duty
from support import tree
from support.walk import Walk

M4, SWEEP = "m04_new_products", "sweep"
FLOWS = {uuid4(): flow for flow in {*measure_flows().values(), SWEEP}}


class Killing:
    """An engine whose runs vanish as soon as they are started, without a word and without moving a case."""

    def __init__(self) -> None:
        self.started: list[str] = []

    @contextmanager
    def client(self) -> Iterator["Killing"]:
        """Its own client."""
        yield self

    def read_flow_runs(self, **_: Any) -> list[Any]:
        """None is ever under way."""
        return []

    def create_flow_run_from_deployment(self, deployment: UUID) -> None:
        """Starts, and is gone."""
        self.started.append(FLOWS[deployment])


def trigger(home: Home, api: Killing, clock: Clock) -> Trigger:
    """One that knows the deployments; each is called by its flow's name."""
    made = Trigger(home, api, clock=clock)  # type: ignore[arg-type]
    made._checked, made._known = clock(), {flow: identity for identity, flow in FLOWS.items()}
    return made


def looks(trigger_: Trigger, clock: Clock, count: int) -> list[str]:
    """So many looks, a second apart."""
    said = []
    for _ in range(count):
        clock.now += 0.1
        said.append(trigger_.once())
    return said


@SQLITE
def test_after_three_killed_runs_the_cases_are_put_off_and_operators_are_told_which_and_what_to_do(
    home: Home, walk: Walk
) -> None:
    first, second = filed(walk, "M4a", 2)
    api, clock = Killing(), Clock()
    starter = trigger(home, api, clock)
    assert MOST == 3
    said = looks(starter, clock, 20)
    assert api.started == [M4] * MOST and said[MOST] == f"killed 3 times, put off: {M4}" and said[-1] == ""
    store = walk.stage.store
    assert lasting(store) == [f"run_killed/{M4}"]
    case = walk.stage.case(first)
    with store.read() as work:
        assert case.next_due == work.now + timedelta(minutes=1) and "反复中断" in case.problem
        ((content,),) = work.connection.exec_driver_sql(
            "SELECT content FROM audit_entry WHERE action = 'alarm.wrong'"
        ).all()
    assert case.number in content and walk.stage.case(second).next_due == case.next_due
    store.set_clock(case.next_due, frozen=True)
    looks(starter, clock, 20)
    assert api.started == [M4] * MOST * 2, "once more after a minute"
    with store.read() as work:
        assert walk.stage.case(first).next_due == work.now + timedelta(hours=1), "and then every hour"
    assert lasting(store) == [f"run_killed/{M4}"], "told once"
    ended = Run(id="1", flow=M4, state="COMPLETED", at=case.next_due)
    tell_of_runs(store, FoundRun(ended={M4: ended}))
    assert lasting(store) == []


@SQLITE
def test_a_sweep_that_is_killed_is_taken_apart_and_the_trigger_does_not_take_its_place(home: Home, walk: Walk) -> None:
    items = ("M4a", "M9", "M16", "M14a")
    cases = [filed(walk, item, 1, first=number)[0] for number, item in enumerate(items)]
    assert len(items) > CROWD
    api, clock = Killing(), Clock()
    starter = trigger(home, api, clock)
    looks(starter, clock, MOST)
    assert api.started == [SWEEP] * MOST
    starter._checked = clock.now = clock.now + IDLE_SECONDS + 1
    said = looks(starter, clock, MOST + 1)
    assert not [words for words in said if "nobody works" in words], "it would be the next to be killed"
    assert len(api.started) == MOST + MOST * len(items) and {api.started.count(started) for started in api.started} == {
        MOST
    }
    assert {walk.stage.case(case).next_duty for case in cases} == {Duty.SYSTEM} and looks(starter, clock, 1) == [""]


@SQLITE
def test_a_trigger_that_is_started_anew_each_time_counts_on(home: Home, walk: Walk) -> None:
    (case,) = filed(walk, "M4a", 1)
    api, clock = Killing(), Clock()
    for _ in range(MOST + 2):  # it was killed together with the run
        looks(trigger(home, api, clock), clock, 1)
    assert api.started == [M4] * MOST and "反复中断" in walk.stage.case(case).problem
    assert not trigger(home, api, clock)._tries.suspect, "put off is counted anew"


# A process like `duixian serve` without its engine, whose first step takes the whole process with it.
DIES = """
import os, signal
from casework.conditions import condition_gates
from casework.shared.home import Home
from deployments.runner import Runner
condition_gates.check = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
print(Runner(Home.from_environment(), lambda: None).once())
"""


@pytest.mark.prove
@SQLITE
def test_a_process_that_its_own_run_kills_is_not_killed_for_ever(home: Home, walk: Walk) -> None:
    (case,) = filed(walk, "M4a", 1)
    ended = []
    for _ in range(MOST + 1):
        ran = subprocess.run(
            [sys.executable, "-c", DIES], cwd=tree.ROOT, env={**os.environ, **home.environment()},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        ended.append(ran.returncode)
    assert ended == [-signal.SIGKILL] * MOST + [0], ran.stderr[-2000:]
    assert "反复中断" in walk.stage.case(case).problem and lasting(walk.stage.store) == [f"run_killed/{M4}"]
