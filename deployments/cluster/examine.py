"""The doctor's questions to a cluster: is the engine closed, does it forget, has it our deployments, does anybody work?"""

from collections.abc import Iterator

from casework.shared.home import Home
from deployments.cluster.cluster_settings import BIND, DATABASE, SECRET, URL, Cluster, faults
from deployments.cluster.exposure import strangers, unswept
from deployments.cluster.shared_engine import Shared
from deployments.engine_http import Away
from deployments.examining.deployed import deployed, workers
from deployments.finding import DoctorFinding
from models.database import UnsafeStore

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


def cluster(home: Home, shared: Cluster) -> Iterator[DoctorFinding]:
    """Everything about an engine that several machines share."""
    found = [(variable, zh, en) for variable, zh, en in faults(shared)]
    try:
        found += [*strangers(shared.url, shared.secret), *unswept(shared.url, shared.secret)]
    except Away as trouble:
        zh = f"流程引擎没有应答（{trouble}）：请启动 duixian engine；案件由 duixian trigger 照常推进"
        yield DoctorFinding("engine", "fail", zh, f"the engine does not answer ({trouble}): start duixian engine")
        yield from _told(found, complete=False)
    else:
        yield DoctorFinding("engine", "ok", f"流程引擎运行中：{shared.url}", f"the engine runs: {shared.url}")
        yield from _told(found, complete=True)
        if not found:
            connection = Shared(home.engine, shared)
            yield from deployed(connection)
            yield from workers(connection)
    yield from role(home)


def _told(found: list[tuple[str, str, str]], *, complete: bool) -> Iterator[DoctorFinding]:
    wrong = {_ABOUT.get(variable, "engine-kept") for variable, _, _ in found}
    for variable, zh, en in found:
        yield DoctorFinding(_ABOUT.get(variable, "engine-kept"), "fail", zh, en)
    for name, (zh, en) in _WELL.items():
        if complete and name not in wrong:
            yield DoctorFinding(name, "ok", zh, en)


def role(home: Home) -> Iterator[DoctorFinding]:
    """Several machines need a database that is no file."""
    try:
        store = home.store()
    except UnsafeStore:
        return  # said already
    if store.engine.dialect.name != "postgresql":
        zh = "多台机器须共用 PostgreSQL：请设 DUIXIAN_DATABASE_URL"
        yield DoctorFinding(
            "database-role", "fail", zh, "several machines must share a PostgreSQL: set DUIXIAN_DATABASE_URL"
        )
