"""`deploy`, `engine`, `worker`, `trigger`: the system on several machines, which the environment names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import home, output
from cli.errors import refused
from cli.house import Json, command, group, option
from cli.language import t

if TYPE_CHECKING:
    from deployments.deploying import DeploymentPlan
    from deployments.engine_client import Connection

app = group("多机运行", "Several machines")


@command(
    app,
    "deploy",
    "部署：先列出差异，再使引擎中的部署与声明一致",
    "Deployments: shows the difference first, then makes the engine's as declared",
)
def deploy(
    dry_run: Annotated[bool, option("--dry-run", zh="只列出差异", en="show the difference only")] = False,
    yes: Annotated[bool, option("--yes", zh="不再询问，直接执行", en="do not ask")] = False,
    prune: Annotated[
        bool, option("--prune", zh="删除声明中已没有的部署", en="remove what is declared no more")
    ] = False,
    json: Json = False,
) -> None:
    from deployments.deploying import apply, plan

    engine = _engine()
    wanted = _asked(lambda: plan(engine))
    if not json:
        _show(wanted, prune)
    due = bool(wanted.changes or (prune and wanted.surplus))
    go = due and not dry_run and (yes or _agreed(json))
    done = _asked(lambda: apply(engine, wanted, prune=prune)) if go else 0
    over = _alarms_of_the_gone() if prune and (go or yes) and not dry_run else []
    if json:
        output.print_json({**_body(wanted), "applied": done, "alarms_ended": over})
        return
    if go:
        output.line(t(f"已完成 {done} 项", f"done: {done}"))
    for name in over:
        output.line(t(f"告警已解除：{name}", f"alarm ended: {name}"))


@command(app, "engine", "运行多机共用的流程引擎服务端", "Run the engine's server that several machines share")
def engine() -> None:
    _cluster()  # an address must be named before anything is imported
    from deployments.cluster.server import run

    run(home.home(), _cluster())


@command(app, "worker", "运行一个执行器：从工作池领取并执行流程", "Run a worker of the pool")
def worker(
    name: Annotated[str, option("--name", zh="执行器名称", en="its name")] = "",
    limit: Annotated[int, option("--limit", zh="同时执行的流程数", en="runs at once")] = 2,
) -> None:
    from deployments.cluster import worker as module

    module.run(home.home(), _cluster(), name=name, limit=limit)


@command(
    app, "trigger", "运行触发器：发现到期事项即启动相应举措的流程", "Run the trigger: what is due is started at once"
)
def trigger() -> None:
    from deployments.cluster import trigger as module

    module.run(home.home(), _cluster())


def roles(apply: bool, json: bool) -> None:
    """The statements that make owner, application and auditor; carried out where asked."""
    from deployments.cluster import roles as module

    store = home.opened()
    if store.engine.dialect.name != "postgresql":
        zh, en = "SQLite 没有角色：多台机器请用 PostgreSQL", "SQLite knows no roles: use PostgreSQL"
        raise refused("sqlite", zh, en, field="DUIXIAN_DATABASE_URL")
    wanted = module.statements(store)
    done = module.carry_out(store) if apply else 0
    if json:
        output.print_json({"statements": wanted, "logins": module.logins(), "applied": done})
        return
    for change in wanted:
        output.line(f"{change};")
    output.line(t("-- 登录账号由管理员另建，口令用 \\password 设定：", "-- accounts, made by an administrator:"))
    output.line(module.logins())
    if done:
        output.line(t(f"-- 已执行 {done} 条", f"-- carried out: {done}"))


def _cluster() -> Any:
    from deployments.cluster.cluster_settings import Cluster

    return Cluster.needed()


def _alarms_of_the_gone() -> list[str]:
    """Ends the alarms about flows that there are no more."""
    from deployments.observe.alarms import end_of_the_gone

    return end_of_the_gone(home.opened())


def _engine() -> Connection:
    """The engine that the environment names, else the one of the running `serve`."""
    from deployments.cluster.cluster_settings import Cluster
    from deployments.cluster.exposure import refuse_exposed
    from deployments.cluster.shared_engine import Shared
    from deployments.engine_client import Connection
    from deployments.settings import EngineFiles, be_quiet

    be_quiet()
    here = home.home()
    if (cluster := Cluster.from_environment()) is not None:
        refuse_exposed(cluster)
        return Shared(here.engine, cluster)
    files = EngineFiles.of(here)
    connection = Connection(files, files.last_port())
    if not connection.answers():
        zh = "没有正在运行的流程引擎：单机请先启动 duixian serve，多机请设 DUIXIAN_ENGINE_URL"
        en = "no engine runs: start duixian serve first, or name one (DUIXIAN_ENGINE_URL)"
        raise refused("engine", zh, en, field="DUIXIAN_ENGINE_URL")
    return connection


def _asked(question: Any) -> Any:
    """What the engine answers; an engine that is away or refuses is told in one line."""
    from deployments.engine_client import Gone
    from deployments.engine_http import Away, Strange

    try:
        return question()
    except (Away, Gone, Strange) as trouble:
        zh, en = f"流程引擎没有应答或拒绝了请求：{trouble}", f"the engine is away or refused: {trouble}"
        raise refused("engine", zh, en) from trouble


def _agreed(json: bool) -> bool:
    """Whether a person who looks on says yes; nobody looking on means no."""
    if json or not sys.stdin.isatty():
        words = t("未执行：请加 --yes", "nothing was done: add --yes")
        print(words, file=sys.stderr)
        return False
    return bool(typer.confirm(t("执行以上改动？", "do this?")))


_TOLD = ("entrypoint", "tags", "schedules", "concurrency", "version", "pool", "type")  # of what is new
_OF = {
    "deployment": "",
    "work pool": t("工作池 ", "work pool "),
    "work queue": t("队列 ", "work queue "),
    "tag limit": t("标签并发限制 ", "tag limit "),
}


def _show(wanted: DeploymentPlan, prune: bool) -> None:
    if wanted.empty:
        output.line(t("没有差异", "no change"))
        return
    marks = {"created": "+", "changed": "~"}
    for change in wanted.changes:
        output.line(f"{marks[change.kind]} {_OF[change.of]}{change.name}")
        for name, (old, new) in change.fields.items():
            if change.kind == "changed":
                output.line(f"    {name}: {_short(old)} → {_short(new)}")
            elif new and name in _TOLD:
                output.line(f"    {name}: {_short(new)}")
    for extra in wanted.surplus:
        kept = "" if prune else t("（保留；删除请加 --prune）", " (kept; --prune removes it)")
        output.line(f"- {_OF[extra.of]}{extra.name}{kept}")


def _short(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _body(wanted: DeploymentPlan) -> dict[str, Any]:
    return {
        "no_change": wanted.empty,
        "changes": [
            {
                "kind": change.kind,
                "of": change.of,
                "name": change.name,
                "fields": {k: {"old": o, "new": n} for k, (o, n) in change.fields.items()},
            }
            for change in wanted.changes
        ],
        "surplus": [{"of": extra.of, "name": extra.name} for extra in wanted.surplus],
    }
