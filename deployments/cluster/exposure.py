"""Asks a running engine what a stranger would ask it, and reads its settings back; believes nothing that it was told."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from deployments.cluster.cluster_settings import SECRET, Cluster, faults, refuse
from deployments.engine_http import Away, Strange, as_stranger, basic, server_settings

STRANGER = "http://elsewhere.example"
LONGEST_KEPT = timedelta(days=90)
VACUUMED = {"events", "flow_runs"}
Fault = tuple[str, str, str]  # what it is about, zh, en


def strangers(url: str, secret: str) -> Iterator[Fault]:
    """What an unknown caller and a foreign web page are told."""
    for header in ("", "Basic c3RyYW5nZXI6c3RyYW5nZXI="):
        status, _ = as_stranger(url, authorization=header)
        if status != 401:
            zh = f"未登录即可访问引擎接口（{status}）：请立即停止引擎，设好 {SECRET} 后再启动"
            yield SECRET, zh, f"the engine answers strangers ({status}): stop it and set {SECRET}"
            break
    _, headers = as_stranger(url, origin=STRANGER, authorization=basic(secret))
    if headers.get("access-control-allow-origin") in ("*", STRANGER):
        zh = "任意网页都可以访问引擎接口：请设定允许的来源（duixian engine 会设好）"
        yield "PREFECT_SERVER_CORS_ALLOWED_ORIGINS", zh, "the engine answers any web page: set its origins"


def unswept(url: str, secret: str) -> Iterator[Fault]:
    """What the server says of its vacuum and of how long it keeps things."""
    services: dict[str, Any] = {}
    try:
        server = server_settings(url, secret)["server"]
        services = server["services"]["db_vacuum"]
    except (Strange, KeyError, TypeError) as trouble:
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
        refuse(list(strangers(cluster.url, cluster.secret)))
    except Away:
        return


def _span(said: Any) -> timedelta:
    """A period as the engine writes it: seconds, or ISO 8601."""
    from pydantic import TypeAdapter

    return TypeAdapter(timedelta).validate_python(said)
