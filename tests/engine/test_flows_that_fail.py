"""A flow that fails by itself is flagged, told and put off, and stops no other; one that the engine cut off goes on without it."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from casework.awards import computation
from casework.lifecycle import due_cases
from casework.lifecycle import step_runner as steps
from casework.lifecycle.failed_runs import FIRST
from casework.operations.alarms import lasting
from casework.privacy.log_masking import Mask, mask_records
from casework.shared.home import Home
from deployments.engine import Engine as Server
from deployments.engine_client import Connection
from deployments.runner import Runner
from deployments.settings import EngineFiles
from flows.pages import flow_of
from flows.runs import by_itself
from flows.scheduled import sweep
from models import State
from models.store import Store
from support.season import filed
from support.stage import NOON
from support.walk import Walk

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
FLOW = "m04_new_products"
ASKED = due_cases.cases
Through = Callable[[], AbstractContextManager[None]]


class Broken:
    """The law's own bug in one measure's flow; how often it was met."""

    def __init__(self) -> None:
        self.met, self.mended = 0, False

    def __call__(self, store: Store, policy: str, measure: str) -> Any:
        if measure != "M4" or self.mended:
            return ASKED(store, policy, measure)
        self.met += 1
        raise RuntimeError("户名 算例企业0 账号 6222000000000001")


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> Iterator[Broken]:
    """The flow of M4 raises until the test ends."""
    made = Broken()
    with monkeypatch.context() as patch:
        patch.setattr("flows.chains.due_cases.cases", made)
        yield made


@pytest.fixture
def forgotten(home: Home, engine: Server) -> Iterator[None]:
    """The engine is shared, and a watcher looks at the last run of each flow: the last one of M4 was well."""
    yield
    with engine.in_use(), home.in_use():
        flow_of("XZ2023", "M4")()


def without_engine(home: Home) -> Runner:
    """A runner for which no engine is there."""
    return Runner(home, lambda: None)


def another(walk: Walk) -> UUID:
    """A filed case of M9, whose flow is well."""
    case = walk.open("M9", 5)
    walk.forward(case)
    return case


def problem(walk: Walk, case: UUID) -> str:
    """What stands on the case."""
    return walk.stage.case(case).problem


def test_its_cases_are_flagged_and_put_off_and_the_other_flows_go_on(walk: Walk, home: Home, bug: Broken) -> None:
    mine, other = filed(walk, "M4a", 1)[0], another(walk)
    runner = without_engine(home)
    done = runner.until_idle()
    assert [name for name, _ in done.failed] == [FLOW] and len(done.moved) == 1
    assert problem(walk, mine) == "流程运行出错（RuntimeError），已通知运维"
    assert walk.stage.case(other).next_duty == "acceptor"
    assert (bug.met, runner.anything_due(everything=False)) == (1, False), "it is not run again at once"
    assert lasting(walk.stage.store) == [f"run_failed/{FLOW}"]


def test_it_is_tried_again_after_a_minute_and_then_after_an_hour_and_told_when_it_is_over(
    walk: Walk, home: Home, bug: Broken
) -> None:
    mine, runner, store = filed(walk, "M4a", 1)[0], without_engine(home), walk.stage.store
    runner.until_idle()
    store.set_clock(NOON + FIRST, frozen=True)
    runner.until_idle()
    assert bug.met == 2
    store.set_clock(NOON + FIRST * 59, frozen=True)
    runner.until_idle()
    assert bug.met == 2, "an hour between the later ones"
    store.set_clock(NOON + FIRST + steps.TRY_AGAIN, frozen=True)
    runner.until_idle()
    assert bug.met == 3 and walk.stage.case(mine).next_due == NOON + FIRST + 2 * steps.TRY_AGAIN
    bug.mended = True
    store.set_clock(NOON + 3 * steps.TRY_AGAIN, frozen=True)
    assert len(runner.until_idle().moved) == 1
    assert (problem(walk, mine), lasting(store)) == ("", [])


def test_a_sweep_goes_on_past_a_flow_that_fails(walk: Walk, home: Home, bug: Broken) -> None:
    filed(walk, "M4a", 1)
    other = another(walk)
    done = without_engine(home).run(sweep)
    assert [name for name, _ in done.failed] == [FLOW]
    assert walk.stage.case(other).next_duty == "acceptor"


def test_a_case_that_fails_again_and_again_waits_an_hour_each_time(
    walk: Walk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("算例")

    case, store = walk.to(filed(walk, "M4a", 1)[0], State.CERTIFIED).id, walk.stage.store
    monkeypatch.setattr("casework.awards.computation._price", fails)
    for hour in range(3):
        now = NOON + hour * steps.TRY_AGAIN
        store.set_clock(now, frozen=True)
        assert [words for _, words in computation.compute(store).failed] == ["系统处理出错（ValueError），已通知运维"]
        assert walk.stage.case(case).next_due == now + steps.TRY_AGAIN
        assert computation.compute(store).idle, "not before"


@SQLITE
def test_an_engine_that_is_not_there_after_all_cuts_a_run_off_and_it_goes_on_without(
    walk: Walk, home: Home, tmp_path: Any
) -> None:
    case = filed(walk, "M4a", 1)[0]
    nobody = Connection(EngineFiles(folder=tmp_path / "nobody"), port=9)
    nobody.files.folder.mkdir()
    runner = Runner(home, lambda: nobody)
    assert len(runner.run(flow_of("XZ2023", "M4")).moved) == 1
    assert walk.stage.case(case).next_duty == "acceptor" and lasting(walk.stage.store) == []


@SQLITE
@pytest.mark.slow
def test_through_the_engine_its_own_exception_is_not_run_a_second_time(
    walk: Walk, home: Home, engine: Server, forgotten: None, bug: Broken
) -> None:
    mine = filed(walk, "M4a", 1)[0]
    runner = Runner(home, lambda: engine)
    assert [name for name, _ in runner.once().failed] == [FLOW]
    assert bug.met == 1 and problem(walk, mine).startswith("流程运行出错")
    assert lasting(walk.stage.store) == [f"run_failed/{FLOW}"]


@SQLITE
@pytest.mark.slow
def test_its_time_limit_is_its_own_and_not_the_engines(
    walk: Walk, home: Home, engine: Server, forgotten: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    met = []

    def slow(*_: object) -> list[Any]:
        met.append(1)
        ends = time.monotonic() + 300
        while time.monotonic() < ends:
            time.sleep(0.05)
        return []

    mine = filed(walk, "M4a", 1)[0]
    limited = flow_of("XZ2023", "M4").with_options(timeout_seconds=6)
    with monkeypatch.context() as patch:
        patch.setattr("flows.chains.due_cases.cases", slow)
        done = Runner(home, lambda: engine).run(limited)
    assert done.failed == [(FLOW, "流程运行超时，已通知运维")] and met == [1]
    assert problem(walk, mine) == "流程运行超时，已通知运维"
    assert walk.stage.case(mine).next_due == NOON + timedelta(minutes=1)


def test_who_raised_last_tells_whose_fault_it_is() -> None:
    from prefect.exceptions import PrefectHTTPStatusError

    assert by_itself(RuntimeError("ours, for nothing of the engine says so"))
    assert not by_itself(PrefectHTTPStatusError.__new__(PrefectHTTPStatusError))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", ["prefect.flow_runs", "prefect.task_runs"])
def test_what_the_engine_raised_is_told_in_a_line_and_what_a_flow_raised_with_its_frames(
    name: str, masked: bool
) -> None:
    from prefect.exceptions import PrefectHTTPStatusError

    def told(wrong: Exception) -> str:
        try:
            raise wrong
        except type(wrong):
            record = log.makeRecord(name, logging.ERROR, __file__, 1, "run met an error", (), sys.exc_info())
        log.filter(record)
        return logging.Formatter().format(record)

    log, undo = logging.getLogger(name), mask_records(Mask()) if masked else lambda: None
    try:
        assert told(PrefectHTTPStatusError.__new__(PrefectHTTPStatusError)) == "run met an error"
        assert "Traceback" in told(RuntimeError("our own"))
    finally:
        undo()
