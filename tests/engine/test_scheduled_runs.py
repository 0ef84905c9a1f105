"""The engine's clock on one machine: deployments with their next runs, and runs that the long-lived process takes for itself."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.states import Cancelled, Scheduled

from casework.shared.home import Home
from deployments.declared import NAME, declared
from deployments.engine import Engine
from deployments.runner import Runner
from deployments.scheduled_runs import ScheduledRuns
from flows.schedule import schedules
from models.store import Store
from support.calendar_jobs import at
from support.one_engine import PATIENCE, OneEngine
from support.walk import Walk

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("home")]


@pytest.fixture(scope="module", autouse=True)
def _deployments_go(one_engine: OneEngine) -> Iterator[None]:
    """What was deployed goes after the last test, for the engine is shared."""
    yield
    with one_engine().client(brief=False) as client:
        for deployment in client.read_deployments():
            client.delete_deployment(deployment.id)


@pytest.fixture
def client(engine: Engine) -> Iterator[SyncPrefectClient]:
    """The engine's client."""
    with engine.client(brief=False) as client:
        yield client


@pytest.fixture
def clock(engine: Engine, client: SyncPrefectClient) -> ScheduledRuns:
    """One that has looked once, so that everything is deployed; what was due by then is gone."""
    made = ScheduledRuns(lambda: engine)
    made.look()
    for row in schedules():
        if row.cron.split()[1] == "*":  # each minute or hour
            pause(client, client.read_deployment_by_name(f"{row.flow}/{NAME}").id)
    while (due := made.take()) is not None:
        client.set_flow_run_state(due[2].id, Cancelled(), force=True)
    return made


def pause(client: SyncPrefectClient, deployment: UUID) -> None:
    """The clock makes no runs of it meanwhile: what the test makes is all there is."""
    client.pause_deployment(deployment)


def asked(client: SyncPrefectClient, flow: str, **given: Any) -> FlowRun:
    """A run that a person asks for in the engine's interface."""
    deployment = client.read_deployment_by_name(f"{flow}/{NAME}")
    return client.create_flow_run_from_deployment(deployment.id, parameters=given)


def taken(clock: ScheduledRuns, runner: Runner) -> list[str]:
    """The flows whose runs were taken and carried out."""
    names = []
    clock.look()
    while (run := clock.take()) is not None:
        flow, given, begun = run
        runner.run(flow, given, begun)
        names.append(flow.name)
    return names


def test_every_flow_of_the_calendar_is_deployed_with_its_schedule_and_its_next_run(
    engine: Engine, client: SyncPrefectClient, home: Home
) -> None:
    clock = ScheduledRuns(lambda: engine)
    assert not clock.ticking
    clock.look()
    assert clock.ticking
    there = {deployment.entrypoint: deployment for deployment in client.read_deployments()}
    assert len(there) == len(declared()), "the measures as well"
    assert there["flows.xiuzhou_2023.m04_new_products"].schedules == []
    for row in schedules():
        entry = there[f"flows.scheduled.{row.flow}"]
        [schedule] = entry.schedules
        assert (schedule.schedule.cron, schedule.schedule.timezone) == (row.cron, row.timezone) and schedule.active
        assert (sorted(entry.tags), entry.name, entry.paused) == (sorted(row.tags), NAME, False)
        assert entry.description == f"{row.zh}\n\n{row.en}"
        assert entry.global_concurrency_limit is None, "a killed process would hold its place for ever"
    waited = time.monotonic()
    without = set(schedules())
    while without and time.monotonic() - waited < PATIENCE:
        without = {row for row in without if not coming(client, there[f"flows.scheduled.{row.flow}"].id)}
        time.sleep(0.5)
    assert not without, "each shows when it runs next"
    ScheduledRuns(lambda: engine).look()
    assert len(client.read_deployments()) == len(declared()), "a second start makes none twice"


def coming(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    """The runs of a deployment that lie ahead."""
    scheduled = FlowRunFilter.model_validate({"state": {"type": {"any_": ["SCHEDULED"]}}})
    which = DeploymentFilter.model_validate({"id": {"any_": [deployment]}})
    found = client.read_flow_runs(flow_run_filter=scheduled, deployment_filter=which, limit=5)
    return [run for run in found if run.auto_scheduled]


@SQLITE
def test_a_run_for_a_date_that_a_person_asks_for_is_carried_out_by_this_process_once(
    walk: Walk, home: Home, store: Store, engine: Engine, client: SyncPrefectClient, clock: ScheduledRuns
) -> None:
    store.set_clock(at("2023-09-06"), frozen=True)
    runner = Runner(home, lambda: engine)
    first, second = (asked(client, "deadlines", business_date="2023-09-05") for _ in range(2))
    assert taken(clock, runner) == ["deadlines", "deadlines"]
    assert [client.read_flow_run(flow_run.id).state_name for flow_run in (first, second)] == ["Completed", "Completed"]
    run = client.read_flow_run(first.id)
    assert {"calendar", "deadlines"} <= set(run.tags) and run.parameters == {"business_date": "2023-09-05"}
    from casework.calendar_jobs.job_control import history

    assert [(claim.business_date, claim.status, claim.attempts) for claim in history(store, "deadlines")] == [
        ("2023-09-05", "done", 1)
    ], "the second found it done"
    assert taken(clock, runner) == [], "nothing is taken twice"


@SQLITE
def test_of_the_runs_that_the_clock_made_while_nobody_looked_only_the_newest_is_taken(
    walk: Walk, home: Home, store: Store, engine: Engine, client: SyncPrefectClient, clock: ScheduledRuns
) -> None:
    deployment = client.read_deployment_by_name(f"rankings/{NAME}")
    now = datetime.now(UTC)
    made = [late(client, engine, deployment.id, now - timedelta(days=days)) for days in (3, 2, 1)]
    by_hand = asked(client, "rankings")
    assert taken(clock, Runner(home, lambda: engine)) == ["rankings", "rankings"]
    assert [client.read_flow_run(case).state_name for case in made] == ["Skipped", "Skipped", "Completed"]
    assert client.read_flow_run(by_hand.id).state_name == "Completed", "what a person asked for is never passed over"


def late(client: SyncPrefectClient, engine: Engine, deployment: UUID, moment: datetime) -> UUID:
    """A run as the clock makes it, of a moment that is over; its API makes none that say so, its database does."""
    run = client.create_flow_run_from_deployment(deployment, state=Scheduled(scheduled_time=moment))
    connection = sqlite3.connect(engine.files.database, timeout=60)
    with connection:
        connection.execute("UPDATE flow_run SET auto_scheduled = 1 WHERE id = ?", [str(run.id)])
    connection.close()
    return run.id


@SQLITE
def test_a_run_that_a_killed_process_had_taken_stops_no_later_one(
    walk: Walk, home: Home, store: Store, engine: Engine, client: SyncPrefectClient, clock: ScheduledRuns
) -> None:
    lost = asked(client, "rankings")
    clock.look()
    assert clock.take() is not None, "taken, and never carried out"
    assert client.read_flow_run(lost.id).state_name == "Pending"
    later = asked(client, "rankings")
    following = ScheduledRuns(lambda: engine)
    assert taken(following, Runner(home, lambda: engine)) == ["rankings"]
    assert client.read_flow_run(lost.id).state_name == "Skipped"
    assert client.read_flow_run(later.id).state_name == "Completed"


def _answer_lost(patch: pytest.MonkeyPatch, clock: ScheduledRuns) -> str:
    """The engine gave the run away, and what it said of it did not arrive."""
    patch.setattr(SyncPrefectClient, "read_flow_run", no_answer)
    return "Pending"


def _engine_away(patch: pytest.MonkeyPatch, clock: ScheduledRuns) -> str:
    """The engine is not there at that moment."""
    patch.setattr(clock, "_reach", lambda: None)
    return "Scheduled"


@SQLITE
@pytest.mark.parametrize("cut", [_answer_lost, _engine_away])
def test_a_run_that_was_due_when_the_engine_was_cut_off_is_carried_out_afterwards(
    walk: Walk,
    home: Home,
    engine: Engine,
    client: SyncPrefectClient,
    clock: ScheduledRuns,
    cut: Callable[[pytest.MonkeyPatch, ScheduledRuns], str],
) -> None:
    run = asked(client, "rankings")
    clock.look()
    with pytest.MonkeyPatch.context() as broken:
        left = cut(broken, clock)
        assert clock.take() is None
    assert client.read_flow_run(run.id).state_name == left
    assert taken(clock, Runner(home, lambda: engine)) == ["rankings"]
    assert client.read_flow_run(run.id).state_name == "Completed"


@SQLITE
def test_a_run_that_nobody_began_after_it_was_taken_is_given_back_and_carried_out_once(
    walk: Walk, home: Home, engine: Engine, client: SyncPrefectClient, clock: ScheduledRuns
) -> None:
    run = asked(client, "rankings")
    clock.look()
    assert clock.take() is not None
    clock.look()
    assert client.read_flow_run(run.id).state_name == "Pending", "it is still being carried out, for all that is known"
    assert clock.take() is None, "whoever had it broke off, and asks for the next"
    runner = Runner(home, lambda: engine)
    assert taken(clock, runner) == ["rankings"] and taken(clock, runner) == []
    assert client.read_flow_run(run.id).state_name == "Completed"


def no_answer(*_: object) -> FlowRun:
    """The connection is cut before the answer."""
    raise httpx.ReadError("cut")


@SQLITE
def test_a_date_that_is_none_is_refused_and_runs_nothing(
    walk: Walk, home: Home, store: Store, engine: Engine, client: SyncPrefectClient, clock: ScheduledRuns
) -> None:
    wrong = asked(client, "rates_digest", business_date="soon")
    assert taken(clock, Runner(home, lambda: engine)) == []
    state = client.read_flow_run(wrong.id).state
    assert state is not None and (state.type.value, state.name) == ("CANCELLED", "Refused")
    assert "business_date" in str(state.message)


def test_without_an_engine_the_clock_stands_still_and_gives_nothing(home: Home) -> None:
    clock = ScheduledRuns(lambda: None)
    clock.look()
    assert not clock.ticking and clock.take() is None
