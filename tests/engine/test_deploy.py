"""Several machines: one declaration, a difference applied once, an engine that must be closed, a trigger that coalesces."""

import inspect
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

import policies
from casework.errors import Refused
from casework.home import Home
from cli.app import app
from deployments.cluster import settings, trigger
from deployments.cluster.api import Api, Away
from deployments.cluster.declaration import NAME, declared, measure_flows
from deployments.cluster.deploy import CHANGED, CREATED, apply, deployments, plan
from deployments.cluster.exposure import exposed, refuse_exposed
from deployments.cluster.settings import BIND, DATABASE, POOL, SECRET, URL, Cluster, faults, is_private
from deployments.cluster.trigger import CHECK_SECONDS, CROWD, IDLE_SECONDS, PATIENCE_SECONDS, Trigger
from deployments.doctor import doctor
from deployments.engine import Engine
from deployments.settings import EngineFiles
from flows import schedules
from flows.options import TIMEOUT_SECONDS
from flows.pages import found
from flows.schedule_table import SCHEDULED
from models import Duty
from support.one_engine import OneEngine
from support.season import filed
from support.walk import Walk

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
SOUND = Cluster(
    url="http://127.0.0.1:4200/api", secret="operator:0123456789abcdef", database="postgresql+asyncpg://e@db/e"
)


@pytest.fixture(scope="module")
def api(one_engine: OneEngine) -> Iterator[Api]:
    """The running engine as one that several machines share; afterwards without our pool."""
    engine = one_engine()
    one = Api(Cluster(url=engine.url, secret=engine.files.secret()))
    yield one
    for gone in deployments(one).values():
        one.delete(f"/deployments/{gone['id']}")
    one.delete(f"/work_pools/{POOL}")


@pytest.fixture
def deployed(api: Api) -> Api:
    """The same with all our deployments, and no run under way."""
    apply(api, plan(api))
    for run in api.post("/flow_runs/filter", {"limit": 200}):
        api.delete(f"/flow_runs/{run['id']}")
    return api


# One declaration


def test_every_measure_and_every_scheduled_flow_is_deployed_once_by_its_module_path() -> None:
    names = [one.flow for one in declared()]
    measures = {one.flow for policy in policies.all_policies() for one in policy.measures if one.items}
    assert sorted(names) == sorted({*measures, *(one.flow for one in SCHEDULED)})
    for one in declared():
        module, _, name = one.entrypoint.rpartition(".")
        assert getattr(import_module(module), name).name == one.flow
        assert ":" not in one.entrypoint and "/" not in one.entrypoint
        taken = inspect.signature(getattr(import_module(module), name).fn).parameters.values()
        assert {str(parameter.annotation) for parameter in taken} <= {"list[uuid.UUID] | None"}, "ids only"
    assert measure_flows()["XZ2023", "M4"] == "m04_new_products"


def test_schedules_tags_limits_and_time_limits_are_those_of_one_machine() -> None:
    by_flow = {one.flow: one for one in declared()}
    for line in SCHEDULED:
        one = by_flow[line.flow]
        assert one.schedules == (f"{line.cron} @ {line.timezone}",)
        assert (one.tags, one.concurrency) == (tuple(sorted(line.tags)), line.concurrency)
        assert getattr(schedules, line.flow).timeout_seconds == line.timeout_seconds
    for flow in found().values():
        assert flow.timeout_seconds == TIMEOUT_SECONDS and by_flow[flow.name].concurrency == 1
    assert {"M4", "区经商局", "cash_grant"} <= set(by_flow["m04_new_products"].tags)


# The difference


@pytest.mark.slow
def test_what_differs_is_shown_and_done_once(api: Api) -> None:
    first = plan(api)
    assert first.pool and {one.kind for one in first.changes} == {CREATED} and not first.surplus
    assert apply(api, first) == len(declared()) + 1
    assert plan(api).empty and apply(api, plan(api)) == 0, "no change"

    there = deployments(api)["sweep"]
    schedule = {"active": True, "schedule": {"cron": "0 3 * * *", "timezone": "UTC"}}
    stranger = {"name": NAME, "flow_id": there["flow_id"], "entrypoint": "flows.schedules.gone"}
    flow = api.post("/flows/", {"name": "gone"})["id"]
    api.post("/deployments/", {**stranger, "flow_id": flow})
    same = {"name": NAME, "flow_id": there["flow_id"], "entrypoint": there["entrypoint"], "work_pool_name": POOL}
    api.post("/deployments/", {**same, "schedules": [schedule], "tags": ["other"], "concurrency_limit": 5})
    differs = plan(api)
    [change] = differs.changes
    assert change.kind == CHANGED and change.name == "sweep"
    assert change.fields["schedules"] == (("0 3 * * * @ UTC",), ("* * * * * @ Asia/Shanghai",))
    assert change.fields["tags"] == (("other",), ("calendar", "sweep"))
    assert [one.name for one in differs.surplus] == ["gone"]

    assert apply(api, differs) == 1
    assert [one.name for one in plan(api).surplus] == ["gone"], "kept until asked for"
    assert len(deployments(api)["sweep"]["schedules"]) == 1, "replaced, not doubled"
    assert apply(api, plan(api), prune=True) == 1 and plan(api).empty


@pytest.mark.slow
@SQLITE
def test_the_command_shows_first_and_does_nothing_without_a_yes(deployed: Api, home: Home) -> None:
    api, runner = deployed, CliRunner()
    given = {URL: api.cluster.url, SECRET: api.cluster.secret, "DUIXIAN_LANG": "en", **home.environment()}

    def typed(*words: str) -> str:
        done = runner.invoke(app, ["deploy", *words], env=given)
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "没有差异" in typed()
    api.delete(f"/deployments/{deployments(api)['m16_first_stores']['id']}")
    assert "+ m16_first_stores" in typed("--dry-run")
    said = json.loads(typed("--json"))
    assert said["applied"] == 0 and [one["flow"] for one in said["changes"]] == ["m16_first_stores"]
    assert "m16_first_stores" not in deployments(api), "nothing was done"
    assert json.loads(typed("--json", "--yes"))["applied"] == 1
    assert json.loads(typed("--json", "--yes"))["no_change"]


# An engine that must be closed


def test_unsafe_settings_are_named_each_with_its_variable() -> None:
    assert faults(SOUND, server=True) == []
    for wrong, variable in {
        replace(SOUND, secret=""): SECRET,
        replace(SOUND, secret="operator:short"): SECRET,
        replace(SOUND, url="http://203.0.113.9.nowhere.invalid/api"): URL,
        replace(SOUND, bind="0.0.0.0"): BIND,
        replace(SOUND, bind="8.8.8.8"): BIND,
        replace(SOUND, database="sqlite+aiosqlite:///x.db"): DATABASE,
    }.items():
        assert [one[0] for one in faults(wrong, server=True)] == [variable], wrong
        with pytest.raises(Refused, match="拒绝启动") as refused:
            settings.refuse(faults(wrong, server=True))
        assert refused.value.field == variable
    assert is_private("127.0.0.1") and is_private("10.1.2.3") and is_private("::1")
    assert not is_private("") and not is_private("::") and not is_private("8.8.8.8")
    assert SOUND.secret not in repr(SOUND)


def test_the_environment_names_the_engine_and_secrets_may_be_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("operator:0123456789abcdef\n")
    given = {URL: "http://engine:4200/api/", f"{SECRET}_FILE": str(tmp_path / "secret")}
    one = Cluster.from_environment(given)
    assert one is not None and (one.url, one.host, one.port) == ("http://engine:4200/api", "engine", 4200)
    assert one.secret == "operator:0123456789abcdef" and one.origin == "http://engine:4200"
    assert Cluster.from_environment({}) is None
    (tmp_path / "url").write_text("postgresql+psycopg://duixian_service:x@db/duixian\n")
    home = Home.from_environment({"DUIXIAN_DATABASE_URL_FILE": str(tmp_path / "url"), "DUIXIAN_HOME": str(tmp_path)})
    assert home.database_url.endswith("@db/duixian") and "duixian_service:***@" in home.shown_url
    with pytest.raises(Refused, match="读不到"):
        Cluster.from_environment({URL: "http://engine:4200/api", f"{SECRET}_FILE": str(tmp_path / "none")})


class Open(BaseHTTPRequestHandler):
    """An engine as its defaults are: it answers everybody, and keeps everything."""

    def do_GET(self) -> None:
        body = {"db_vacuum": {"enabled": ["events"], "retention_period": 999 * 86_400}}
        said = {"server": {"services": body, "events": {"retention_period": "P7D"}}}
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def open_engine() -> Iterator[Cluster]:
    """A server that answers everybody."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Open)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield replace(SOUND, url=f"http://127.0.0.1:{server.server_address[1]}/api")
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_open_engine_is_found_out_by_asking_it(open_engine: Cluster) -> None:
    assert [variable for variable, _, _ in exposed(open_engine)] == [
        SECRET,
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD",
    ]
    with pytest.raises(Refused, match="未登录即可访问"):
        refuse_exposed(open_engine)
    with pytest.raises(Away):
        list(exposed(replace(SOUND, url="http://127.0.0.1:1/api")))
    refuse_exposed(replace(SOUND, url="http://127.0.0.1:1/api"))  # away: it can harm nobody


def test_an_open_engine_of_one_machine_is_stopped_at_once(
    tmp_path: Path, open_engine: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    one = Engine(EngineFiles(folder=tmp_path))
    one.port = open_engine.port
    assert one._open_to_strangers() and "the engine's server is stopped" in caplog.text
    assert one.files.status()["engine"] == "down" if one._server else not one.up


@pytest.mark.slow
@SQLITE
def test_the_doctor_asks_the_engine_of_a_cluster(
    deployed: Api, home: Home, walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = deployed
    monkeypatch.setenv(URL, api.cluster.url)
    monkeypatch.setenv(SECRET, api.cluster.secret)
    api.delete(f"/deployments/{deployments(api)['sweep']['id']}")
    levels = {one.id: one.level for one in doctor(home)}
    closed = {"engine", "engine-address", "engine-password", "engine-origins", "engine-kept"}
    assert {levels[name] for name in closed} == {"ok"}
    assert levels["deployments"] == levels["workers"] == "fail", "one is missing, and nobody works"
    assert levels["database-role"] == "fail", "machines cannot share a file"
    apply(api, plan(api))
    assert {one.id: one.level for one in doctor(home)}["deployments"] == "ok"
    monkeypatch.setenv(SECRET, "operator:nobody-knows-this-one")
    assert {one.id: one.level for one in doctor(home)}["engine-kept"] == "fail", "what cannot be read is not well"
    monkeypatch.setenv(URL, "http://127.0.0.1:1/api")
    assert {one.id: one.level for one in doctor(home)}["engine"] == "fail"


@SQLITE
def test_the_doctor_finds_an_open_engine(
    open_engine: Cluster, home: Home, walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, open_engine.url)
    monkeypatch.setenv(SECRET, open_engine.secret)
    levels = {one.id: one.level for one in doctor(home)}
    assert levels["engine-password"] == levels["engine-origins"] == levels["engine-kept"] == "fail"


# A trigger that coalesces


class Clock:
    """Passes when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def runs(api: Api) -> list[str]:
    """The flows of the runs that were asked for (the schedule's own left out)."""
    known = {str(one["id"]): flow for flow, one in deployments(api).items()}
    asked = api.post("/flow_runs/filter", {"limit": 200})
    return sorted(
        known[one["deployment_id"]] for one in asked if one["deployment_id"] in known and not one["auto_scheduled"]
    )


@pytest.mark.slow
@SQLITE
def test_a_measure_that_is_due_gets_one_run_however_often_one_looks(deployed: Api, home: Home, walk: Walk) -> None:
    api, clock = deployed, Clock()
    one = Trigger(home, api, clock=clock)
    assert one.once() == "", "nothing due"
    case = filed(walk, "M4a", 2)[0]
    assert one.once() == "started m04_new_products"
    filed(walk, "M4a", 2, first=2)
    assert one.once() == "under way" == Trigger(home, api).once(), "another trigger knows it too"
    assert runs(api) == ["m04_new_products"]
    api.delete(f"/deployments/{deployments(api)['m09_flexible_production']['id']}")
    filed(walk, "M9", 1, first=9)
    clock.now += CHECK_SECONDS + 1
    assert one.once() == "started m09_flexible_production", "what was lost is put back"
    clock.now += IDLE_SECONDS + 1
    assert one.once().startswith("nobody works"), "and without a worker the cases move on all the same"
    assert walk.stage.case(case).next_duty == Duty.ACCEPTOR


@pytest.mark.slow
@SQLITE
def test_a_crowd_is_given_to_one_sweep(deployed: Api, home: Home, walk: Walk) -> None:
    items = ("M4a", "M9", "M10", "M16", "M14a")
    for number, item in enumerate(items):
        filed(walk, item, 1, first=number)
    assert len(items) > CROWD
    one = Trigger(home, deployed)
    assert one.once() == "started sweep" and one.once() == "a sweep is under way"
    assert runs(deployed) == ["sweep"]


@SQLITE
def test_it_moves_cases_on_by_itself_while_the_engine_is_away(home: Home, walk: Walk) -> None:
    clock = Clock()
    one = Trigger(home, Api(replace(SOUND, url="http://127.0.0.1:1/api")), clock=clock)
    case = filed(walk, "M4a", 1)[0]
    assert one.once().startswith("engine away")
    clock.now += PATIENCE_SECONDS + 1
    assert "moved on without it: 推进 1" in one.once()
    assert walk.stage.case(case).next_duty == Duty.ACCEPTOR
    clock.now += trigger.SWEEP_SECONDS + 1
    assert "swept without it" in one.once(), "and sweeps, though nothing is due"
