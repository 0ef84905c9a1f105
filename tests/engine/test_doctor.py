"""The doctor names what is wrong and says what to do; it changes nothing."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import policies
from casework.shared.home import Home
from deployments import doctor as module
from deployments.doctor import DoctorFinding, doctor
from deployments.locks import FileLock
from deployments.settings import EngineFiles
from models import State
from models.store import Store
from policies.kit import Money
from support.walk import Walk

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def found(home: Home) -> dict[str, DoctorFinding]:
    """The findings by what they are about."""
    return {finding.id: finding for finding in doctor(home)}


def test_a_sound_installation_has_nothing_worse_than_a_warning(walk: Walk, home: Home) -> None:
    findings = found(home)
    asked = "versions disk fonts files database schema identity-key clock working-days policies filing parameters"
    more = {"database-role"} if walk.stage.store.engine.dialect.name == "postgresql" else set()
    assert {*asked.split(), "rules", "duties", "staffing", "channels", "messages", "engine"} | more == set(findings)
    assert not [finding for finding in findings.values() if finding.level == "fail"]
    assert findings["parameters"].level == "warn" and "P1-shape" in findings["parameters"].zh
    assert "P16-rate" not in findings["parameters"].zh, "that one is set"
    assert findings["engine"].level == "warn" and "duixian serve" in findings["engine"].zh
    assert not home.engine.exists()


def test_a_home_without_a_database_is_told_to_make_one(tmp_path: Path) -> None:
    findings = found(Home.at(tmp_path / "nothing"))
    assert findings["database"].level == "fail" and "duixian init" in findings["database"].zh
    assert "clock" not in findings, "what stands on the database is not asked"
    assert not (tmp_path / "nothing").exists()


def test_a_year_without_working_days_is_named(store: Store, home: Home) -> None:
    store.set_clock(datetime(2051, 3, 1, tzinfo=UTC), frozen=True)
    finding = found(home)["working-days"]
    assert finding.level == "fail" and "2051、2052" in finding.zh and "duixian holidays import" in finding.zh


@SQLITE
def test_a_wrong_version_is_named_with_the_range(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    real = module.metadata.version
    monkeypatch.setattr(module.metadata, "version", lambda name: "2.1.9" if name == "sqlalchemy" else real(name))
    finding = found(home)["versions"]
    assert finding.level == "fail" and "sqlalchemy 2.1.9" in finding.zh and "make env" in finding.zh


@SQLITE
def test_a_full_disk_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("usage", (), {"free": 100 * 1024**2})
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage)
    assert found(home)["disk"].level == "fail"


@SQLITE
def test_a_check_that_breaks_is_a_finding(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> object:
        raise OSError("no such thing")

    monkeypatch.setattr(module.shutil, "disk_usage", broken)
    assert found(home)["disk"] == DoctorFinding(
        "disk", "fail", "检查未能完成（OSError: no such thing）", "the check broke (OSError: no such thing)"
    )


class Open(BaseHTTPRequestHandler):
    """A server that answers everybody."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def open_engine(home: Home) -> Iterator[EngineFiles]:
    """A home whose engine is as open as the engine's defaults are."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Open)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    files = EngineFiles.of(home)
    files.secret()
    files.say(port=server.server_address[1], swept_at="2023-09-01T00:00:00+00:00")
    lock = FileLock(files.lock)
    assert lock.take()
    yield files
    lock.release()
    server.shutdown()
    server.server_close()
    thread.join()


@SQLITE
def test_an_open_engine_a_readable_secret_and_an_old_sweep_are_failures(open_engine: EngineFiles, home: Home) -> None:
    (open_engine.folder / "secret").chmod(0o644)
    findings = found(home)
    for name, words in {
        "engine-password": "无需登录",
        "engine-origins": "任意网页",
        "engine-secret": "chmod 600",
        "sweep": "重新启动 duixian serve",
    }.items():
        assert findings[name].level == "fail" and words in findings[name].zh, name


def test_a_rule_that_was_used_and_is_no_longer_what_it_was_is_told(
    walk: Walk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk.to(walk.open("M4a", 1), State.FILED)
    assert found(home)["rules"].level == "ok"
    law = policies.get("XZ2023")
    items = tuple(replace(item, ceiling=Money.wan(1)) if item.id == "M4a" else item for item in law.measure(4))
    edited = tuple(replace(measure, items=items) if measure.code == "M4" else measure for measure in law.measures)
    monkeypatch.setitem(policies._registered, "XZ2023", replace(law, measures=edited))
    told = found(home)["rules"]
    assert told.level == "fail" and "M4a 规则版本 1 与申报时不同" in told.zh and "rules add" in told.zh
