"""Several machines: one declaration, a difference applied once, an engine that must be closed, a trigger that coalesces."""

import inspect
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import httpx
import pytest
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolUpdate
from prefect.client.schemas.schedules import CronSchedule
from typer.testing import CliRunner

import policies
from casework.shared.errors import Refused
from casework.shared.home import Home
from cli.app import app
from deployments.cluster import cluster_settings, trigger
from deployments.cluster.cluster_settings import BIND, DATABASE, SECRET, URL, Cluster, faults, is_private
from deployments.cluster.exposure import refuse_exposed, strangers, unswept
from deployments.cluster.shared_engine import Shared
from deployments.cluster.trigger import CHECK_SECONDS, CROWD, IDLE_SECONDS, PATIENCE_SECONDS, Trigger
from deployments.declared import NAME, POOL, as_file, declared, measure_flows
from deployments.deploying import CHANGED, CREATED, apply, deployments, plan
from deployments.doctor import doctor
from deployments.engine import Engine
from deployments.engine_http import Away
from deployments.examining.deployed import deployed as examine
from deployments.killed import MOST
from deployments.settings import EngineFiles
from flows.options import TIMEOUT_SECONDS
from flows.pages import found, scheduled_flow
from flows.schedule import schedules
from models import Duty
from support import tree
from support.one_engine import OneEngine
from support.season import filed
from support.walk import Walk

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
SOUND = Cluster(
    url="http://127.0.0.1:4200/api", secret="operator:0123456789abcdef", database="postgresql+asyncpg://e@db/e"
)


@pytest.fixture(scope="module")
def api(one_engine: OneEngine) -> Iterator[Shared]:
    """The running engine as one that several machines share; afterwards without our pool."""
    engine = one_engine()
    shared = Shared(engine.files.folder, Cluster(url=engine.url, secret=engine.files.secret()))
    with shared.client(brief=False) as client:
        for before in deployments(client).values():
            client.delete_deployment(before.id)
    yield shared
    with shared.client(brief=False) as client:
        for gone in deployments(client).values():
            client.delete_deployment(gone.id)
        client.delete_work_pool(POOL)


@pytest.fixture
def deployed(api: Shared) -> Shared:
    """The same with all our deployments, and no run under way."""
    apply(api, plan(api), prune=True)
    with api.client(brief=False) as client:
        for run in client.read_flow_runs(limit=200):
            client.delete_flow_run(run.id)
    return api


def remove(api: Shared, flow: str) -> None:
    """Somebody deletes a deployment."""
    with api.client() as client:
        client.delete_deployment(client.read_deployment_by_name(f"{flow}/{NAME}").id)


# One declaration


def test_every_measure_and_every_scheduled_flow_is_deployed_once_by_its_module_path() -> None:
    names = [deployment.flow_name for deployment in declared()]
    measures = {measure.flow for policy in policies.all_policies() for measure in policy.measures if measure.items}
    assert sorted(map(str, names)) == sorted({*measures, *(schedule.flow for schedule in schedules())})
    for deployment in declared():
        module, _, name = str(deployment.entrypoint).rpartition(".")
        assert getattr(import_module(module), name).name == deployment.flow_name
        taken = inspect.signature(getattr(import_module(module), name).fn).parameters.values()
        assert {str(parameter.annotation) for parameter in taken} <= {
            "list[uuid.UUID] | None",
            "datetime.date | None",
        }, "ids and dates only"
    assert measure_flows()["XZ2023", "M4"] == "m04_new_products"


def test_prefect_yaml_the_flows_and_the_schedules_say_the_same() -> None:
    file = yaml.safe_load((tree.ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    assert file == as_file(declared()), "write it anew: python -m deployments.declared > prefect.yaml"
    entries = {deployment["entrypoint"].rpartition(".")[2]: deployment for deployment in file["deployments"]}
    assert len(entries) == len(file["deployments"]) == len(schedules()) + len(set(measure_flows().values()))
    assert (
        {deployment["work_pool"]["name"] for deployment in entries.values()}
        == {POOL}
        == {*file["definitions"]["work_pools"]}
    )
    for row in schedules():
        entry = entries[row.flow]
        [timing] = entry["schedules"]
        assert (timing["cron"], timing["timezone"], timing["active"]) == (row.cron, row.timezone, True)
        assert (set(entry["tags"]), entry["concurrency_limit"]["limit"]) == (set(row.tags), row.concurrency)
        assert scheduled_flow(row.flow).timeout_seconds == row.timeout_seconds
    for flow in found().values():
        entry = entries[flow.name]
        assert (entry["schedules"], entry["version"], entry["concurrency_limit"]["limit"]) == ([], flow.version, 1)
        assert flow.timeout_seconds == TIMEOUT_SECONDS
    assert {"M4", "区经商局", "cash_grant"} <= set(entries["m04_new_products"]["tags"])


# The difference


@pytest.mark.slow
def test_what_differs_is_shown_and_done_once(api: Shared) -> None:
    first = plan(api)
    assert {each_change.kind for each_change in first.changes} == {CREATED} and not first.surplus
    assert apply(api, first) == len(declared()) + 1, "the pool too"
    assert plan(api).empty and apply(api, plan(api)) == 0, "no change"

    with api.client() as client:
        sweep = client.read_deployment_by_name(f"sweep/{NAME}")
        schedule = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 3 * * *", timezone="UTC"), active=True)
        client.create_deployment(
            sweep.flow_id, NAME, entrypoint="os.system", work_pool_name=POOL, schedules=[schedule], tags=["other"],
            concurrency_limit=5, paused=True, parameters={"x": 1},
            pull_steps=[{"prefect.deployments.steps.run_shell_script": {"script": "id"}}],
        )  # fmt: skip
        client.create_deployment(client.create_flow_from_name("run_jobs"), NAME, entrypoint="flows.scheduled.run_jobs")
        client.create_deployment(sweep.flow_id, "another", entrypoint="flows.scheduled.sweep")
        client.create_concurrency_limit("M4", 1)
        template = {"job_configuration": {"command": "id"}, "variables": {"properties": {}}}
        client.update_work_pool(POOL, WorkPoolUpdate(is_paused=True, base_job_template=template))
        [queue] = client.read_work_queues(work_pool_name=POOL)
        client.update_work_queue(queue.id, is_paused=True, concurrency_limit=1)
    differs = plan(api)
    pool, queue_too, change = differs.changes
    assert (pool.of, set(pool.fields)) == ("work pool", {"paused", "template"})
    assert (queue_too.of, set(queue_too.fields)) == ("work queue", {"paused", "concurrency"})
    assert change.kind == CHANGED and change.name == "sweep"
    assert change.fields["schedules"] == (("0 3 * * * @ UTC",), ("* * * * * @ Asia/Shanghai",))
    assert change.fields["tags"] == (("other",), ("calendar", "sweep")) and change.fields["paused"] == (True, False)
    assert {"entrypoint", "concurrency", "pull_steps", "parameters", "description"} <= set(change.fields)
    assert [extra.name for extra in differs.surplus] == ["run_jobs", "sweep/another", "M4"]
    levels = {sign.id: (sign.level, sign.en) for sign in examine(api)}
    assert levels["deployments"][0] == levels["deployments-undeclared"][0] == "fail"
    assert "sweep (entrypoint, " in levels["deployments"][1] and "run_jobs" in levels["deployments-undeclared"][1]

    assert apply(api, differs) == 3
    assert [extra.name for extra in plan(api).surplus] == ["run_jobs", "sweep/another", "M4"], "kept until asked for"
    assert not plan(api).changes
    assert apply(api, plan(api), prune=True) == 3 and plan(api).empty
    assert [sign.level for sign in examine(api)] == ["ok"]


@pytest.mark.prove
def test_prefects_own_command_deploys_the_same_by_hand(deployed: Shared) -> None:
    remove(deployed, "m04_new_products")
    remove(deployed, "deadlines")
    given = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "PREFECT_API_URL": deployed.url,
        "PREFECT_API_AUTH_STRING": deployed.cluster.secret,
        "PREFECT_HOME": str(deployed.files.folder),
    }
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    done = subprocess.run(command, cwd=tree.ROOT, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert plan(deployed).empty, plan(deployed).changes[:2]


@pytest.mark.slow
@SQLITE
def test_the_command_shows_first_and_does_nothing_without_a_yes(deployed: Shared, home: Home) -> None:
    api, runner = deployed, CliRunner()
    given = {URL: api.cluster.url, SECRET: api.cluster.secret, "DUIXIAN_LANG": "en", **home.environment()}

    def typed(*words: str) -> str:
        done = runner.invoke(app, ["deploy", *words], env=given)
        assert done.exit_code == 0, done.output
        return done.stdout

    assert "没有差异" in typed()
    remove(api, "m16_first_stores")
    assert "+ m16_first_stores" in typed("--dry-run")
    said = json.loads(typed("--json"))
    assert said["applied"] == 0 and [change["name"] for change in said["changes"]] == ["m16_first_stores"]
    assert "m16_first_stores" not in plan(api).ids, "nothing was done"
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
        assert [fault[0] for fault in faults(wrong, server=True)] == [variable], wrong
        with pytest.raises(Refused, match="拒绝启动") as refused:
            cluster_settings.refuse(faults(wrong, server=True))
        assert refused.value.field == variable
    assert is_private("127.0.0.1") and is_private("10.1.2.3") and is_private("::1")
    assert not is_private("") and not is_private("::") and not is_private("8.8.8.8")
    assert SOUND.secret not in repr(SOUND)


def test_the_environment_names_the_engine_and_secrets_may_be_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("operator:0123456789abcdef\n")
    given = {URL: "http://engine:4200/api/", f"{SECRET}_FILE": str(tmp_path / "secret")}
    cluster = Cluster.from_environment(given)
    assert cluster is not None and (cluster.url, cluster.host, cluster.port) == (
        "http://engine:4200/api",
        "engine",
        4200,
    )
    assert cluster.secret == "operator:0123456789abcdef" and cluster.origin == "http://engine:4200"
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
    assert [
        variable for ask in (strangers, unswept) for variable, _, _ in ask(open_engine.url, open_engine.secret)
    ] == [
        SECRET,
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD",
    ]
    with pytest.raises(Refused, match="未登录即可访问"):
        refuse_exposed(open_engine)
    with pytest.raises(Away):
        list(strangers("http://127.0.0.1:1/api", SOUND.secret))
    refuse_exposed(replace(SOUND, url="http://127.0.0.1:1/api"))  # away: it can harm nobody


def test_an_open_engine_of_one_machine_is_stopped_at_once(
    tmp_path: Path, open_engine: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    embedded = Engine(EngineFiles(folder=tmp_path))
    embedded.port = open_engine.port
    assert embedded._open_to_strangers() and "the engine's server is stopped" in caplog.text
    assert embedded.files.status()["engine"] == "down" if embedded._server else not embedded.up


@pytest.mark.slow
@SQLITE
def test_the_doctor_asks_the_engine_of_a_cluster(
    deployed: Shared, home: Home, walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = deployed
    monkeypatch.setenv(URL, api.cluster.url)
    monkeypatch.setenv(SECRET, api.cluster.secret)
    remove(api, "sweep")
    levels = {finding.id: finding.level for finding in doctor(home)}
    closed = {"engine", "engine-address", "engine-password", "engine-origins", "engine-kept"}
    assert {levels[name] for name in closed} == {"ok"}
    assert levels["deployments"] == levels["workers"] == "fail", "one is missing, and nobody works"
    assert levels["database-role"] == "fail", "machines cannot share a file"
    apply(api, plan(api))
    assert {finding.id: finding.level for finding in doctor(home)}["deployments"] == "ok"
    monkeypatch.setenv(SECRET, "operator:nobody-knows-this-one")
    assert {finding.id: finding.level for finding in doctor(home)}["engine-kept"] == "fail", (
        "what cannot be read is not well"
    )
    monkeypatch.setenv(URL, "http://127.0.0.1:1/api")
    assert {finding.id: finding.level for finding in doctor(home)}["engine"] == "fail"


@SQLITE
def test_the_doctor_finds_an_open_engine(
    open_engine: Cluster, home: Home, walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, open_engine.url)
    monkeypatch.setenv(SECRET, open_engine.secret)
    levels = {finding.id: finding.level for finding in doctor(home)}
    assert levels["engine-password"] == levels["engine-origins"] == levels["engine-kept"] == "fail"


# A trigger that coalesces


class Clock:
    """Passes when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def runs(api: Shared) -> list[str]:
    """The flows of the runs that were asked for (the schedule's own left out)."""
    known = {identity: flow for flow, identity in plan(api).ids.items()}
    with api.client() as client:
        asked = client.read_flow_runs(limit=200)
    return sorted(known[run.deployment_id] for run in asked if run.deployment_id in known and not run.auto_scheduled)


def no_sweep_of_its_own(deployed: Shared) -> None:
    """The sweep's schedule makes no runs meanwhile, and those that it made are gone."""
    with deployed.client(brief=False) as client:
        client.pause_deployment(client.read_deployment_by_name(f"sweep/{NAME}").id)
        for run in client.read_flow_runs(limit=200):
            client.delete_flow_run(run.id)


@pytest.mark.slow
@SQLITE
def test_a_measure_that_is_due_gets_one_run_however_often_one_looks(deployed: Shared, home: Home, walk: Walk) -> None:
    no_sweep_of_its_own(deployed)
    api, clock = deployed, Clock()
    message = Trigger(home, api, clock=clock)
    assert message.once() == "", "nothing due"
    case = filed(walk, "M4a", 2)[0]
    assert message.once() == "started m04_new_products"
    filed(walk, "M4a", 2, first=2)
    assert message.once() == "under way" == Trigger(home, api).once(), "another trigger knows it too"
    assert runs(api) == ["m04_new_products"]
    remove(api, "m09_flexible_production")
    filed(walk, "M9", 1, first=9)
    clock.now += CHECK_SECONDS + 1
    assert message.once() == "started m09_flexible_production", "what was lost is put back"
    clock.now += IDLE_SECONDS + 1
    assert message.once().startswith("nobody works"), "and without a worker the cases move on all the same"
    assert walk.stage.case(case).next_duty == Duty.ACCEPTOR


@pytest.mark.slow
@SQLITE
def test_a_crowd_is_given_to_one_sweep(deployed: Shared, home: Home, walk: Walk) -> None:
    no_sweep_of_its_own(deployed)
    items = ("M4a", "M9", "M10", "M16", "M14a")
    for number, item in enumerate(items):
        filed(walk, item, 1, first=number)
    assert len(items) > CROWD
    message = Trigger(home, deployed)
    assert message.once() == "started sweep" and message.once() == "a sweep is under way"
    assert runs(deployed) == ["sweep"]


@pytest.mark.slow
@SQLITE
def test_a_run_that_the_engine_never_took_counts_as_none_that_was_killed(
    deployed: Shared, home: Home, walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer(*_: object) -> None:
        raise httpx.ReadError("cut")

    no_sweep_of_its_own(deployed)
    case, looking = filed(walk, "M4a", 1)[0], Trigger(home, deployed, clock=Clock())
    with monkeypatch.context() as broken:
        broken.setattr(SyncPrefectClient, "create_flow_run_from_deployment", no_answer)
        for _ in range(MOST + 2):
            assert looking.once().startswith("engine away")
    assert walk.stage.case(case).problem == "", "its cases are not put off"
    assert looking.once() == "started m04_new_products"


@SQLITE
def test_it_moves_cases_on_by_itself_while_the_engine_is_away(home: Home, walk: Walk) -> None:
    clock = Clock()
    message = Trigger(home, Shared(home.engine, replace(SOUND, url="http://127.0.0.1:1/api")), clock=clock)
    case = filed(walk, "M4a", 1)[0]
    assert message.once().startswith("engine away")
    clock.now += PATIENCE_SECONDS + 1
    assert "moved on without it: 推进 1" in message.once()
    assert walk.stage.case(case).next_duty == Duty.ACCEPTOR
    clock.now += trigger.SWEEP_SECONDS + 1
    assert "swept without it" in message.once(), "and sweeps, though nothing is due"
