"""Runs that are killed again and again are not started without bound: cases are put off, operators hear which and what to do."""

from datetime import timedelta
from typing import Any

from engine.test_deploy import SQLITE, Clock, filed

from casework.alarms import lasting
from casework.home import Home
from deployments.cluster.killed import MOST
from deployments.cluster.trigger import CROWD, IDLE_SECONDS, Trigger
from deployments.observe.alarms import tell_of_runs
from deployments.observe.runs import Found, Run
from models import Duty
from support.walk import Walk

M4, SWEEP = "m04_new_products", "sweep"


class Killing:
    """An engine whose runs vanish as soon as they are started, without a word and without moving a case."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def post(self, path: str, body: dict[str, Any]) -> Any:
        if path.endswith("/create_flow_run"):
            self.started.append(path.split("/")[2])
        return []


def trigger(home: Home, api: Killing, clock: Clock) -> Trigger:
    """One that knows the deployments; each is called by its flow's name."""
    from deployments.cluster.declaration import measure_flows

    made = Trigger(home, api, clock=clock)  # type: ignore[arg-type]
    made._checked, made._known = clock(), {flow: flow for flow in (*measure_flows().values(), SWEEP)}
    return made


def looks(one: Trigger, clock: Clock, count: int) -> list[str]:
    """So many looks, a second apart."""
    said = []
    for _ in range(count):
        clock.now += 0.1
        said.append(one.once())
    return said


@SQLITE
def test_after_three_killed_runs_the_cases_are_put_off_and_operators_are_told_which_and_what_to_do(
    home: Home, walk: Walk
) -> None:
    first, second = filed(walk, "M4a", 2)
    api, clock = Killing(), Clock()
    one = trigger(home, api, clock)
    assert MOST == 3
    said = looks(one, clock, 20)
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
    looks(one, clock, 20)
    assert api.started == [M4] * MOST * 2, "once more after a minute"
    with store.read() as work:
        assert walk.stage.case(first).next_due == work.now + timedelta(hours=1), "and then every hour"
    assert lasting(store) == [f"run_killed/{M4}"], "told once"
    ended = Run(id="1", flow=M4, state="COMPLETED", at=case.next_due)
    tell_of_runs(store, Found(ended={M4: ended}))
    assert lasting(store) == []


@SQLITE
def test_a_sweep_that_is_killed_is_taken_apart_and_the_trigger_does_not_take_its_place(home: Home, walk: Walk) -> None:
    items = ("M4a", "M9", "M16", "M14a")
    cases = [filed(walk, item, 1, first=number)[0] for number, item in enumerate(items)]
    assert len(items) > CROWD
    api, clock = Killing(), Clock()
    one = trigger(home, api, clock)
    looks(one, clock, MOST)
    assert api.started == [SWEEP] * MOST
    one._checked = clock.now = clock.now + IDLE_SECONDS + 1
    said = looks(one, clock, MOST + 1)
    assert not [words for words in said if "nobody works" in words], "it would be the next to be killed"
    assert len(api.started) == MOST + MOST * len(items) and {api.started.count(one) for one in api.started} == {MOST}
    assert {walk.stage.case(one).next_duty for one in cases} == {Duty.SYSTEM} and looks(one, clock, 1) == [""]
