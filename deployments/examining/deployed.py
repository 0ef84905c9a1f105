"""What the engine has, compared with what is declared: deployments, pauses, limits, the pool and its template; and who works."""

from collections.abc import Iterator

from deployments.declared import POOL
from deployments.deploying import CHANGED, DEPLOYMENT, DeploymentChange, plan
from deployments.engine_client import Connection, Gone
from deployments.engine_http import Away, Strange
from deployments.finding import DoctorFinding

SHOWN = 5  # differences that are named; the rest are counted
_WORDS = {"work pool": "工作池", "work queue": "队列", "tag limit": "标签并发限制", DEPLOYMENT: ""}


def deployed(connection: Connection) -> Iterator[DoctorFinding]:
    """Whether everything in the engine is as declared; what differs is named."""
    try:
        wanted = plan(connection)
    except Exception as trouble:  # what answers there may be no engine at all
        yield DoctorFinding(
            "deployments", "fail", f"读不到引擎中的部署（{trouble}）", f"deployments unknown ({trouble})"
        )
        return
    if wanted.empty:
        yield DoctorFinding("deployments", "ok", "引擎中的部署与声明一致", "the engine's deployments are as declared")
    if wanted.changes:
        listed, count = [_named(change) for change in wanted.changes], len(wanted.changes)
        zh = f"引擎中的部署与声明有 {count} 处不同：{_some(listed, '、', '等')}；请运行 duixian deploy"
        yield DoctorFinding(
            "deployments", "fail", zh, f"{count} differ: {_some(listed, ', ', ' …')}: run duixian deploy"
        )
    if wanted.surplus:
        listed = [_named(extra) for extra in wanted.surplus]
        zh = f"引擎中有声明以外的 {len(listed)} 项：{_some(listed, '、', '等')}；请运行 duixian deploy --prune"
        en = f"{len(listed)} are not declared: {_some(listed, ', ', ' …')}: run duixian deploy --prune"
        yield DoctorFinding("deployments-undeclared", "fail", zh, en)


def workers(connection: Connection) -> Iterator[DoctorFinding]:
    """Whether anybody works."""
    try:
        with connection.client() as client:
            found = client.read_workers_for_work_pool(POOL)
    except (Away, Gone, Strange):
        found = []
    online = [worker for worker in found if worker.status and worker.status.value == "ONLINE"]
    if online:
        yield DoctorFinding("workers", "ok", f"执行器 {len(online)} 个在线", f"{len(online)} workers are online")
    else:
        zh = "没有执行器在线：请启动 duixian worker；在此之前由 duixian trigger 推进"
        yield DoctorFinding("workers", "fail", zh, "no worker is online: start duixian worker")


def _named(change: DeploymentChange) -> str:
    """A difference in a few words: "sweep (paused, schedules)"."""
    name = f"{_WORDS[change.of]} {change.name}".strip()
    return f"{name} ({', '.join(change.fields)})" if change.kind == CHANGED else name


def _some(listed: list[str], between: str, more: str) -> str:
    return between.join(listed[:SHOWN]) + (more if len(listed) > SHOWN else "")
