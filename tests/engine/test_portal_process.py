"""The portal under `serve`: up with it, started again when it is killed, gone with it, and no obstacle where its port is taken."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from casework.shared.home import Home
from deployments.portal_process import PortalProcess, _pause
from models.store import Store

pytestmark = pytest.mark.slow
PATIENCE = 120.0


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def until(asked: Callable[[], bool]) -> bool:
    """Waits until something holds."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if asked():
            return True
        time.sleep(0.2)
    return False


def answers(address: str) -> bool:
    """Whether the sign-in page comes."""
    try:
        with urllib.request.urlopen(f"{address}/sign-in", timeout=20) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


@pytest.mark.prove
def test_it_answers_is_started_again_when_killed_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path, monkeypatch, workers=1) as (portal, first):
        os.kill(first, signal.SIGKILL)
        assert until(lambda: portal.pid not in (None, first)) and until(lambda: answers(portal.address))
    assert portal.pid is None and not answers(portal.address)


def test_a_port_that_is_taken_is_said_and_stops_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("DUIXIAN_WEB_BIND", f"127.0.0.1:{taken.getsockname()[1]}")
        portal = PortalProcess(Home.at(tmp_path))
        portal.start()
        assert portal.pid is None and portal.address == ""
        assert "DUIXIAN_WEB_BIND" in caplog.text
        portal.stop()


@contextmanager
def running(folder: Path, patch: pytest.MonkeyPatch, *, workers: int) -> Iterator[tuple[PortalProcess, int]]:
    """The portal of a new demo store on a free port, once it answers, with its process."""
    Store.create(Home.at(folder).database_url, demo=True).close()
    patch.setenv("DUIXIAN_WEB_BIND", f"127.0.0.1:{free_port()}")
    patch.setenv("DUIXIAN_WEB_WORKERS", str(workers))
    portal = PortalProcess(Home.at(folder))
    portal.start()
    try:
        assert until(lambda: answers(portal.address)), (folder / "portal.log").read_text()
        first = portal.pid
        assert first is not None
        yield portal, first
    finally:
        portal.stop()


def members(leader: int) -> set[int]:
    """The processes of a group that are alive."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state, _, group = (path / "stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(group) == leader and state != "Z":
            found.add(int(path.name))
    return found


@pytest.mark.prove
def test_workers_of_a_killed_portal_go_before_the_next_one_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path, monkeypatch, workers=2) as (portal, first):
        assert len(members(first)) >= 3
        os.kill(first, signal.SIGKILL)
        assert until(lambda: portal.pid not in (None, first)) and not members(first)
        second = portal.pid
    assert second is not None and not members(second)


@pytest.mark.prove
def test_it_ends_when_who_started_it_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home.at(tmp_path)
    Store.create(home.database_url, demo=True).close()
    monkeypatch.setenv("DUIXIAN_WEB_BIND", f"127.0.0.1:{free_port()}")
    monkeypatch.setenv("DUIXIAN_WEB_WORKERS", "1")
    code = (
        "import os, sys, time; from pathlib import Path; from casework.shared.home import Home\n"
        "from deployments.portal_process import PortalProcess\n"
        "portal = PortalProcess(Home.at(Path(sys.argv[1]))); portal.start(); print(portal.pid, flush=True)\n"
        "time.sleep(3); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    leader = int(done.stdout)
    try:
        assert until(lambda: not members(leader))
    finally:
        if members(leader):
            os.killpg(leader, signal.SIGKILL)


def test_an_address_that_was_taken_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home.at(tmp_path)
    Store.create(home.database_url, demo=True).close()
    monkeypatch.setenv("DUIXIAN_WEB_WORKERS", "1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("DUIXIAN_WEB_BIND", f"127.0.0.1:{taken.getsockname()[1]}")
        portal = PortalProcess(home)
        portal.start()
        assert portal.pid is None
    try:
        assert until(lambda: portal.address != "" and answers(portal.address))
    finally:
        portal.stop()


def test_what_cannot_be_started_is_logged_and_stops_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "portal.log").mkdir()  # where its output should go
    monkeypatch.setenv("DUIXIAN_WEB_BIND", f"127.0.0.1:{free_port()}")
    portal = PortalProcess(Home.at(tmp_path))
    portal.start()
    assert portal.pid is None and portal.address == "" and "cannot be started" in caplog.text
    portal.stop()


@pytest.mark.parametrize("failures", [1, 3, 1025, 10**6])
def test_it_is_tried_again_after_a_minute_at_most_however_often_it_failed(failures: int) -> None:
    assert 1 <= _pause(failures) <= 60
