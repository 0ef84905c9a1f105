"""The doctor's questions to a cluster: is the engine closed, does it forget, has it our deployments, does anybody work?"""

from collections.abc import Iterator

from casework.home import Home
from deployments.cluster.api import Api, Away, Gone, Strange
from deployments.cluster.deploy import plan
from deployments.cluster.exposure import strangers, unswept
from deployments.cluster.settings import BIND, DATABASE, POOL, SECRET, URL, Cluster, faults
from deployments.finding import Finding
from models.store import UnsafeStore

_ABOUT = {
    SECRET: "engine-password",
    URL: "engine-address",
    BIND: "engine-address",
    DATABASE: "engine-database",
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "engine-origins",
}
_WELL = {
    "engine-address": ("引擎只在专用网络上", "the engine is on a private network only"),
    "engine-password": ("引擎接口需登录", "the engine asks for its password"),
    "engine-origins": ("引擎接口不接受其他网页", "the engine answers its own pages only"),
    "engine-kept": ("引擎按期清理旧记录", "the engine removes its old history"),
}


def cluster(home: Home, shared: Cluster) -> Iterator[Finding]:
    """Everything about an engine that several machines share."""
    found = [(variable, zh, en) for variable, zh, en in faults(shared)]
    try:
        found += [*strangers(shared), *unswept(shared)]
    except Away as trouble:
        zh = f"流程引擎没有应答（{trouble}）：请启动 duixian engine；案件由 duixian trigger 照常推进"
        yield Finding("engine", "fail", zh, f"the engine does not answer ({trouble}): start duixian engine")
        yield from _told(found, complete=False)
    else:
        yield Finding("engine", "ok", f"流程引擎运行中：{shared.url}", f"the engine runs: {shared.url}")
        yield from _told(found, complete=True)
        if not found:
            yield from _deployed(Api(shared))
    yield from role(home)


def _told(found: list[tuple[str, str, str]], *, complete: bool) -> Iterator[Finding]:
    wrong = {_ABOUT.get(variable, "engine-kept") for variable, _, _ in found}
    for variable, zh, en in found:
        yield Finding(_ABOUT.get(variable, "engine-kept"), "fail", zh, en)
    for name, (zh, en) in _WELL.items():
        if complete and name not in wrong:
            yield Finding(name, "ok", zh, en)


def _deployed(api: Api) -> Iterator[Finding]:
    try:
        wanted = plan(api)
        workers = [] if wanted.pool else api.post(f"/work_pools/{POOL}/workers/filter", {})
    except (Away, Gone, Strange) as trouble:
        yield Finding("deployments", "fail", f"读不到引擎中的部署（{trouble}）", f"deployments unknown ({trouble})")
        return
    if wanted.empty:
        yield Finding("deployments", "ok", "引擎中的部署与声明一致", "the engine's deployments are as declared")
    else:
        count = len(wanted.changes) + len(wanted.surplus) + wanted.pool
        zh, en = f"引擎中的部署与声明有 {count} 处不同：请运行 duixian deploy", f"{count} differ: run duixian deploy"
        yield Finding("deployments", "fail" if wanted.changes or wanted.pool else "warn", zh, en)
    online = [one["name"] for one in workers if one.get("status") == "ONLINE"]
    if online:
        yield Finding("workers", "ok", f"执行器 {len(online)} 个在线", f"{len(online)} workers are online")
    else:
        zh = "没有执行器在线：请启动 duixian worker；在此之前由 duixian trigger 推进"
        yield Finding("workers", "fail", zh, "no worker is online: start duixian worker")


def role(home: Home) -> Iterator[Finding]:
    """Several machines need a database that is no file."""
    try:
        store = home.store()
    except UnsafeStore:
        return  # said already
    if store.engine.dialect.name != "postgresql":
        zh = "多台机器须共用 PostgreSQL：请设 DUIXIAN_DATABASE_URL"
        yield Finding("database-role", "fail", zh, "several machines must share a PostgreSQL: set DUIXIAN_DATABASE_URL")
