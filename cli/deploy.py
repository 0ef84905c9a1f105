"""`deploy`, `engine`, `worker`, `trigger`: the system on several machines, which the environment names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import home, output
from cli.errors import refused
from cli.house import HouseGroup, Json, command, group, option
from cli.language import t

if TYPE_CHECKING:
    from deployments.cluster.api import Api
    from deployments.cluster.deploy import Plan

app = group("多机运行", "Several machines")
deploy = typer.Typer(
    name="deploy",
    help=t(
        "多机部署：先列出差异，再使引擎中的部署与声明一致",
        "Deployments on several machines: shows the difference first",
    ),
    cls=HouseGroup,
    add_completion=False,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@deploy.callback()
def root(
    context: typer.Context,
    dry_run: Annotated[bool, option("--dry-run", zh="只列出差异", en="show the difference only")] = False,
    yes: Annotated[bool, option("--yes", zh="不再询问，直接执行", en="do not ask")] = False,
    prune: Annotated[
        bool, option("--prune", zh="删除声明中已没有的部署", en="remove what is declared no more")
    ] = False,
    json: Json = False,
) -> None:
    if context.invoked_subcommand:
        return
    from deployments.cluster.deploy import apply, plan
    from deployments.cluster.exposure import refuse_exposed

    api = _api()
    refuse_exposed(api.cluster)
    wanted = _asked(lambda: plan(api))
    if not json:
        _show(wanted, prune)
    due = bool(wanted.pool or wanted.changes or (prune and wanted.surplus))
    go = due and not dry_run and (yes or _agreed(json))
    done = _asked(lambda: apply(api, wanted, prune=prune)) if go else 0
    if json:
        output.print_json({**_body(wanted), "applied": done})
    elif go:
        output.line(t(f"已完成 {done} 项", f"done: {done}"))


@command(
    deploy, "render", "写出容器镜像、Compose 和 Kubernetes 清单", "Write image, Compose file and Kubernetes manifests"
)
def render(
    out: Annotated[str, option("--out", zh="输出文件夹", en="folder", metavar="DIR")] = "out/deploy",
    policies: Annotated[
        str | None,
        option(
            "--policies",
            zh="一并挂载的自有政策（默认为 DUIXIAN_POLICIES 所指）",
            en="policies of your own to mount (default: what DUIXIAN_POLICIES names)",
            metavar="DIR",
        ),
    ] = None,
    json: Json = False,
) -> None:
    from deployments.cluster.own_policies import FOLDER
    from deployments.cluster.render import files, write

    folder = Path(out)
    written = [str(one) for one in write(folder, files(policies))]
    left = [str(one) for one in sorted((folder / FOLDER).rglob("*.py")) if str(one) not in written]
    if left:
        words = t(
            "上次留下、会一并挂载的文件，不要的请删除：",
            "left from before and mounted too, remove what is not wanted: ",
        )
        print(words + ", ".join(left), file=sys.stderr)
    if json:
        output.print_json({"files": written})
        return
    for one in written:
        output.line(one)


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
    for one in wanted:
        output.line(f"{one};")
    output.line(t("-- 登录账号由管理员另建，口令用 \\password 设定：", "-- accounts, made by an administrator:"))
    output.line(module.logins())
    if done:
        output.line(t(f"-- 已执行 {done} 条", f"-- carried out: {done}"))


def _cluster() -> Any:
    from deployments.cluster.settings import Cluster

    return Cluster.needed()


def _api() -> Api:
    from deployments.cluster.api import Api

    return Api(_cluster())


def _asked(question: Any) -> Any:
    """What the engine answers; an engine that is away or refuses is told in one line."""
    from deployments.cluster.api import Away, Strange

    try:
        return question()
    except (Away, Strange) as trouble:
        zh, en = f"流程引擎没有应答或拒绝了请求：{trouble}", f"the engine is away or refused: {trouble}"
        raise refused("engine", zh, en) from trouble


def _agreed(json: bool) -> bool:
    """Whether a person who looks on says yes; nobody looking on means no."""
    if json or not sys.stdin.isatty():
        words = t("未执行：请加 --yes", "nothing was done: add --yes")
        print(words, file=sys.stderr)
        return False
    return bool(typer.confirm(t("执行以上改动？", "do this?")))


def _show(wanted: Plan, prune: bool) -> None:
    if wanted.empty:
        output.line(t("没有差异", "no change"))
        return
    marks = {"created": "+", "changed": "~"}
    if wanted.pool:
        output.line(t("+ 工作池 duixian（process）", "+ work pool duixian (process)"))
    for one in wanted.changes:
        output.line(f"{marks[one.kind]} {one.name}")
        for name, (old, new) in one.fields.items():
            if name != "description":
                output.line(f"    {name}: {_short(old)} → {_short(new)}" if one.id else f"    {name}: {_short(new)}")
    for one in wanted.surplus:
        kept = "" if prune else t("（保留；删除请加 --prune）", " (kept; --prune removes it)")
        output.line(f"- {one.name}{kept}")


def _short(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _body(wanted: Plan) -> dict[str, Any]:
    return {
        "pool": wanted.pool,
        "no_change": wanted.empty,
        "changes": [
            {
                "kind": one.kind,
                "flow": one.name,
                "fields": {k: {"old": o, "new": n} for k, (o, n) in one.fields.items()},
            }
            for one in wanted.changes
        ],
        "surplus": [one.name for one in wanted.surplus],
    }
