"""Asks a running engine what a stranger would ask it, and reads its settings back; believes nothing that it was told."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from deployments.cluster.api import Api, Away, Gone, Strange
from deployments.cluster.settings import SECRET, Cluster, faults, refuse

STRANGER = "http://elsewhere.example"
LONGEST_KEPT = timedelta(days=90)
VACUUMED = {"events", "flow_runs"}
Fault = tuple[str, str, str]  # what it is about, zh, en


def exposed(cluster: Cluster) -> Iterator[Fault]:
    """Everything that leaves the engine open or lets it grow without end; raises Away where it does not answer."""
    yield from faults(cluster)
    yield from strangers(cluster)
    yield from unswept(cluster)


def strangers(cluster: Cluster) -> Iterator[Fault]:
    """What an unknown caller and a foreign web page are told."""
    for header in ("", "Basic c3RyYW5nZXI6c3RyYW5nZXI="):
        status, _ = _ask(cluster, {"Authorization": header} if header else {})
        if status != 401:
            zh = f"未登录即可访问引擎接口（{status}）：请立即停止引擎，设好 {SECRET} 后再启动"
            yield SECRET, zh, f"the engine answers strangers ({status}): stop it and set {SECRET}"
            break
    _, headers = _ask(cluster, {"Origin": STRANGER, "Authorization": Api(cluster).header})
    if headers.get("access-control-allow-origin") in ("*", STRANGER):
        zh = "任意网页都可以访问引擎接口：请设定允许的来源（duixian engine 会设好）"
        yield "PREFECT_SERVER_CORS_ALLOWED_ORIGINS", zh, "the engine answers any web page: set its origins"


def unswept(cluster: Cluster) -> Iterator[Fault]:
    """What the server says of its vacuum and of how long it keeps things."""
    services: dict[str, Any] = {}
    try:
        server = Api(cluster).get("/admin/settings")["server"]
        services = server["services"]["db_vacuum"]
    except (Gone, Strange, KeyError, TypeError) as trouble:
        yield "PREFECT_API_AUTH_STRING", f"读不到引擎的设置（{trouble}）", f"its settings cannot be read ({trouble})"
        return
    on = services["enabled"]
    missing = VACUUMED - set(on if isinstance(on, list) else str(on).split(","))
    if missing:
        zh = f"引擎没有清理 {'、'.join(sorted(missing))}：数据库会一直增长"
        yield "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED", zh, f"the engine never removes {', '.join(sorted(missing))}"
    for name, kept in {
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": _span(services["retention_period"]),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": _span(server["events"]["retention_period"]),
    }.items():
        if kept > LONGEST_KEPT:
            yield name, f"引擎保留记录 {kept.days} 天，过长", f"the engine keeps its history for {kept.days} days"


def refuse_exposed(cluster: Cluster) -> None:
    """Refuses to work with an engine that is open to strangers; one that is away is let pass, for it can harm nobody."""
    refuse(faults(cluster))
    try:
        refuse(list(strangers(cluster)))
    except Away:
        return


def _span(said: Any) -> timedelta:
    """A period as the engine writes it: seconds, or ISO 8601."""
    from pydantic import TypeAdapter

    return TypeAdapter(timedelta).validate_python(said)


def _ask(cluster: Cluster, headers: dict[str, str]) -> tuple[int, dict[str, str]]:
    request = urllib.request.Request(f"{cluster.url}/flows/count", data=b"{}", method="POST")
    for name, value in {"Content-Type": "application/json", **headers}.items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as refused:
        return refused.code, {name.lower(): value for name, value in refused.headers.items()}
    except (OSError, ValueError) as trouble:
        raise Away(str(trouble)) from trouble
