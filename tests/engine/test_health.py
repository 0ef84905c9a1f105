"""Health and readiness over HTTP: what makes the system unready, what only informs, and what strangers are told."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from psycopg import OperationalError, errors
from sqlalchemy import text, update

from casework.operations import heartbeat
from casework.shared.errors import Refused
from casework.shared.home import Home
from deployments.observe import health as judged
from deployments.observe.endpoint import Endpoint, Where
from deployments.observe.health import Examiner, examine
from deployments.observe.reading import HealthReading, Kept, read
from models import Heartbeat
from models.clock import real_now
from models.database import UnsafeStore
from models.store import Store
from support.season import filed
from support.stage import NOON
from support.walk import Walk

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ALIVE = {"alive": True}


class Client:
    """Asks an endpoint as a probe does."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._address = endpoint.url.removeprefix("http://")

    def __call__(self, path: str, *, method: str = "GET", **headers: str) -> tuple[int, Any]:
        """Status and body (JSON where it is some)."""
        connection = http.client.HTTPConnection(self._address, timeout=60)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, json.loads(body) if body.startswith("{") else body


@contextmanager
def listening(home: Home, where: Where | None = None, engine: bool | None = None) -> Iterator[Client]:
    """An endpoint on any free port, with figures that are never stale."""
    examiner = Examiner(home, lambda: engine)
    examiner._kept = Kept(lambda: read(home), seconds=0)
    endpoint = Endpoint(where or Where(port=0), examiner)
    endpoint.start()
    try:
        yield Client(endpoint)
    finally:
        endpoint.stop()
        examiner.close()


def swept(store: Store, ago: timedelta = timedelta(0)) -> None:
    """A sweep finished so long ago."""
    with store.write() as work:
        heartbeat.beat(work, heartbeat.SWEEP)
    with store.write() as work:
        work.execute(update(Heartbeat).values(at=real_now() - ago))


def unready(home: Home) -> set[str]:
    """The ids of what keeps the system from being ready."""
    return {sign.id for sign in examine(home).signs if not sign.ok and not sign.informs}


def test_it_is_ready_after_a_sweep_and_says_why_it_is_not(walk: Walk, home: Home, store: Store) -> None:
    with listening(home, engine=False) as ask:
        assert ask("/health") == (200, ALIVE)
        status, said = ask("/ready")
        assert status == 503 and [sign["id"] for sign in said["signs"] if not sign["ok"]] == ["sweep", "engine"]
        swept(store)
        status, said = ask("/ready")
        assert status == 200 and said["ready"]
        assert {sign["id"]: sign["ok"] for sign in said["signs"]}["engine"] is False, "the engine only informs"
        swept(store, timedelta(minutes=6))
        assert ask("/ready")[0] == 503
        assert ask("/health") == (200, ALIVE), "alive is not ready"


def test_work_and_messages_that_wait_too_long_make_it_unready(walk: Walk, home: Home, store: Store) -> None:
    swept(store)
    filed(walk, "M4a", 1)
    assert unready(home) == set()
    store.set_clock(NOON + timedelta(minutes=16), frozen=True)
    assert unready(home) == {"due", "outbox"}


def test_a_full_disk_makes_it_unready(walk: Walk, home: Home, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    swept(store)
    monkeypatch.setattr("deployments.observe.reading.free", lambda _home: 100 * 1024**2)
    assert unready(home) == {"disk"}


def test_a_schema_of_another_version_makes_it_unready(
    walk: Walk, home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept(store)
    monkeypatch.setattr("deployments.observe.reading.head", lambda: "9999")
    assert unready(home) == {"schema"}


@SQLITE
def test_a_database_that_hangs_is_said_in_time_and_hangs_nobody(
    walk: Walk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judged, "PATIENCE_SECONDS", 0.2)
    over = threading.Event()
    with listening(home) as ask:
        examiner = Examiner(home)
        examiner._kept = Kept(lambda: over.wait(120) and _never(), seconds=0)  # type: ignore[arg-type,return-value]
        began = time.monotonic()
        for _ in range(3):
            assert not examiner.health().ready
        assert time.monotonic() - began < 60
        over.set()
        examiner.close()
        assert ask("/health") == (200, ALIVE)


def _never() -> HealthReading:
    raise AssertionError("nobody waits for this any more")


def test_a_database_that_is_gone_is_unready_and_not_broken(home: Home) -> None:
    away = Home.at(home.directory, database_url=f"sqlite:///{home.directory / 'nowhere' / 'duixian.db'}")
    assert {sign.id for sign in examine(away).signs if not sign.ok} == {"database"}


def silence(home: Home, monkeypatch: pytest.MonkeyPatch, trouble: Exception) -> judged.Sign:
    """The sign where the reading breaks with this."""

    def breaks(_home: Home) -> HealthReading:
        raise trouble

    monkeypatch.setattr(judged, "read", breaks)
    return next(sign for sign in examine(home).signs if not sign.ok)


@SQLITE
@pytest.mark.parametrize(
    ("trouble", "id", "says"),
    [
        (KeyError("户名 算例企业0"), "reading", "KeyError"),
        (ZeroDivisionError(), "reading", "ZeroDivisionError"),
        (OSError(28, "No space left on device"), "reading", "No space left on device"),
        (UnsafeStore("请运行 duixian db upgrade"), "database", "请运行 duixian db upgrade"),
        (errors.UndefinedTable("没有这个表"), "reading", "42P01"),
        (errors.InsufficientPrivilege("权限不够"), "reading", "42501"),
        (errors.AdminShutdown("管理员终止了连接"), "database", "数据库无应答"),
        (OperationalError("连接失败"), "database", "数据库无应答"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_only_a_lost_connection_is_called_a_database_that_does_not_answer(
    home: Home, monkeypatch: pytest.MonkeyPatch, trouble: Exception, id: str, says: str
) -> None:
    found = silence(home, monkeypatch, trouble)
    assert found.id == id and says in found.zh and "算例企业" not in found.zh + found.en
    assert (found.zh == "数据库无应答") is (says == "数据库无应答")
    assert examine(home).ready is False


def test_a_table_that_is_gone_is_named_by_its_code(
    walk: Walk, home: Home, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asks(_home: Home) -> HealthReading:
        with store.read() as work:
            work.execute(text("SELECT 1 FROM no_such_table"))
        raise AssertionError

    monkeypatch.setattr(judged, "read", asks)
    bad = next(sign for sign in examine(home).signs if not sign.ok)
    assert bad.id == "reading" and ("42P01" in bad.en or "SQLITE_ERROR" in bad.en)


@SQLITE
def test_strangers_are_told_only_whether_it_is_ready(walk: Walk, home: Home, store: Store) -> None:
    swept(store)
    with listening(home, Where(port=0, token="a-token-for-this-test")) as ask:
        assert ask("/health") == (200, ALIVE)
        assert ask("/ready") == (200, {"ready": True})
        assert ask("/metrics")[0] == 401
        assert ask("/metrics", Authorization="Bearer another-one")[0] == 401
        assert ask("/metrics", Authorization="Bearer a-token-for-this-test")[0] == 200
        assert "signs" in ask("/ready", Authorization="Bearer a-token-for-this-test")[1]


@SQLITE
def test_a_page_elsewhere_cannot_reach_it_by_a_name_of_its_own(walk: Walk, home: Home) -> None:
    with listening(home) as ask:
        assert ask("/metrics", Host="elsewhere.example")[0] == 421
        assert ask("/metrics", Host="localhost:9470")[0] == 200
        assert ask("/secret")[0] == 404
        assert ask("/health", method="POST")[0] == 501
        assert ask("/health", method="HEAD") == (200, "")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "somewhere"])
def test_a_public_address_without_a_token_is_refused(host: str) -> None:
    where = Where.from_environment({"DUIXIAN_OBSERVE_BIND": host})
    with pytest.raises(Refused, match="DUIXIAN_OBSERVE_TOKEN_FILE"):
        where.checked()
    assert Where.from_environment({"DUIXIAN_OBSERVE_BIND": host, "DUIXIAN_OBSERVE_TOKEN": "some-token"}).checked()


def test_its_address_is_a_setting(tmp_path: Any) -> None:
    (tmp_path / "token").write_text("from-a-file\n")
    named = {"DUIXIAN_OBSERVE_PORT": "9999", "DUIXIAN_OBSERVE_TOKEN_FILE": str(tmp_path / "token")}
    assert Where.from_environment(named) == Where(host="127.0.0.1", port=9999, token="from-a-file")
    for wrong in ({"DUIXIAN_OBSERVE_PORT": "many"}, {"DUIXIAN_OBSERVE_TOKEN_FILE": str(tmp_path / "gone")}):
        with pytest.raises(Refused):
            Where.from_environment(wrong)


@SQLITE
def test_a_taken_port_stops_no_service(walk: Walk, home: Home) -> None:
    with listening(home) as first:
        taken = int(first._address.rsplit(":", 1)[1])
        with listening(home, Where(port=taken)) as second:
            assert second("/health") == (200, ALIVE) and second._address != first._address


@SQLITE
def test_many_probes_ask_the_records_once(walk: Walk, home: Home) -> None:
    asked = []

    def ask() -> HealthReading:
        asked.append(1)
        return read(home)

    kept = Kept(ask, seconds=30)
    threads = [threading.Thread(target=kept) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
