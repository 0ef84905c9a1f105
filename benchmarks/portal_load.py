"""(h) The portal in use: twenty officers at once on a store of many cases; lists, case pages, forms and decisions.

Each officer reads the inbox and a list, opens a case, decides it, and thinks a second between two pages. The portal runs with its
two workers as a process of its own; whoever asks shares the machine with it, as no browser would.
"""

import http.client
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI

from benchmarks.benchmark_office import CODE, MEASURE, BenchmarkOffice, four_act_policy, open_office
from benchmarks.four_acts import in_lists
from benchmarks.measure import percentile
from casework.shared.home import Home
from casework.shared.reference import touch
from casework.staff import sign_in
from models import Duty, Grant, Person
from models.clock import real_now

USERS, THINKS, EACH = 20, 1.0, 40
PASSWORD = "benchmark-of-the-portal"
PATIENCE = 60.0
_INPUT = re.compile(r"<(?:input|button)\b[^>]*>|<textarea\b[^>]*>.*?</textarea>", re.DOTALL)
_ATTRIBUTE = re.compile(r'([a-z_-]+)="([^"]*)"')
_FORM = re.compile(r'<form\b[^>]*\bmethod="post"[^>]*>.*?</form>', re.DOTALL)


def application() -> FastAPI:
    """What each worker serves: the portal, with the benchmark's policy."""
    from web.portal_server import application as portal

    four_act_policy()
    return portal()


@dataclass
class BenchmarkOfficer:
    """One browser: its connection, its cookies, and the seconds that each kind of page took."""

    port: int
    login: str
    cases: Sequence[str]
    spent: dict[str, list[float]] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._line = http.client.HTTPConnection("localhost", self.port, timeout=PATIENCE)

    def asks(self, kind: str, address: str, sent: dict[str, str] | None = None, *, wants: int = 200) -> str:
        """A page, or the answer to a form; raises where it is not the one that was wanted."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if sent is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://localhost:{self.port}"}
        body = None if sent is None else urlencode(sent)
        start = time.perf_counter()
        self._line.request("GET" if sent is None else "POST", address, body, headers)
        answer = self._line.getresponse()
        text = answer.read().decode()
        self.spent.setdefault(kind, []).append(time.perf_counter() - start)
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, content = value.partition(";")[0].partition("=")
                self.cookies[cookie] = content
        if answer.status != wants:
            raise AssertionError(f"{address}: {answer.status}, wanted {wants}: {text[:2000]}")
        return text

    def works(self) -> None:
        """Signs in, and decides one case after another."""
        page = self.asks("sign-in page", "/sign-in")
        filled = fields(page, "/sign-in") | {"login": self.login, "password": PASSWORD}
        self.asks("sign-in", "/sign-in", filled, wants=303)
        for number in self.cases:
            self.decides(number)

    def decides(self, number: str) -> None:
        """Inbox, a list, the case, the form, its effects, the decision; a second's thought before each."""
        address = f"/desk/cases/{number}/do/decide"
        time.sleep(THINKS)
        self.asks("inbox", "/desk")
        time.sleep(THINKS)
        self.asks("list", "/desk/cases?state=computed")
        time.sleep(THINKS)
        self.asks("case page", f"/desk/cases/{number}")
        time.sleep(THINKS)
        form = self.asks("form", address)
        time.sleep(THINKS)
        effects = self.asks("effects", address, fields(form, address))
        time.sleep(THINKS)
        self.asks("act", address, fields(effects, address), wants=303)


def fields(page: str, address: str) -> dict[str, str]:
    """What the form that is sent to an address holds when nothing is typed."""
    for form in _FORM.findall(page):
        opening = dict(_ATTRIBUTE.findall(form.partition(">")[0]))
        if opening.get("action", address).partition("?")[0] not in (address, ""):
            continue
        found = {}
        for drawn in _INPUT.findall(form):
            said = {name: unescape(value) for name, value in _ATTRIBUTE.findall(drawn.partition(">")[0])}
            chosen = said.get("type") not in ("radio", "checkbox") or " checked" in drawn
            if "name" in said and chosen and said.get("name") not in ("_more", "_back"):
                found[said["name"]] = said.get("value", "")
        return found
    raise AssertionError(f"no form for {address}: {page[:2000]}")


def portal_in_use(count: int, users: int = USERS, each: int = EACH) -> Iterator[dict[str, Any]]:
    """The 95th percentile of each kind of page, in milliseconds; the first round of each officer is not counted."""
    with TemporaryDirectory(prefix="duixian-bench-", dir=os.environ.get("DUIXIAN_BENCH_DIR")) as folder:
        home = Home.at(Path(folder))
        office = open_office(home.database_url, count)
        in_lists(office, stages=2)  # every case waits for its decision
        logins = _officers(office, users)
        office.store.close()
        with _portal(home) as port:
            numbers = [f"{CODE}-{MEASURE}-{number:06d}" for number in range(1, count + 1)]
            officers = [
                BenchmarkOfficer(port, login, numbers[index::users][:each]) for index, login in enumerate(logins)
            ]
            _together(officers)
    label = {"database": "sqlite", "cases": count}
    for kind in ("inbox", "list", "case page", "form", "effects", "act"):
        spent = [1000 * seconds for officer in officers for seconds in officer.spent[kind][1:]]
        row = {"median": round(percentile(spent, 0.95), 1), "min": round(min(spent), 1), "max": round(max(spent), 1)}
        yield {"what": f"(h) portal, {users} officers: {kind}, ms, p95", **label, **row, "runs": len(spent)}


def _officers(office: BenchmarkOffice, users: int) -> list[str]:
    """Accounts that decide the cases of the one measure."""
    policy = four_act_policy()
    kept = sign_in.hashed_password(PASSWORD)
    logins = [f"decider-{index}" for index in range(users)]
    with office.store.write() as work:
        for login in logins:
            person = work.new_id()
            work.add(Person, id=person, login=login, name="演示决定人", natural_key=f"bench-{login}")
            work.flush()
            since = work.now - timedelta(days=1)
            unit = policy.measure(MEASURE).lead.zh
            work.add(Grant, person_id=person, duty=Duty.DECIDER, unit=unit, valid_from=since)
            sign_in.keep_password(work, person, kept, real_now())
        touch(work)
    return logins


@contextmanager
def _portal(home: Home) -> Iterator[int]:
    """The portal with its two workers, until the end of the block; its port."""
    with create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    code = (
        "from web.portal_server import run; from web.portal_settings import WebSettings;"
        "run(WebSettings.from_environment(), 'benchmarks.portal_load:application')"
    )
    ours = {"DUIXIAN_WEB_BIND": f"127.0.0.1:{port}", "PYTHONPATH": "."}
    process = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **home.environment(), **ours})
    try:
        _until_open(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _until_open(process: "subprocess.Popen[bytes]", port: int) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        line = http.client.HTTPConnection("localhost", port, timeout=PATIENCE)
        try:
            line.request("GET", "/help")
            line.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
        finally:
            line.close()
    raise AssertionError("the portal did not come up")


def _together(officers: Sequence[BenchmarkOfficer]) -> None:
    """All at once; the first failure of one is raised when all have ended."""
    failed: list[BaseException] = []

    def works(officer: BenchmarkOfficer, late: float) -> None:
        time.sleep(late)
        try:
            officer.works()
        except BaseException as wrong:
            failed.append(wrong)

    running = [
        threading.Thread(target=works, args=(officer, index * 6 * THINKS / len(officers)))
        for index, officer in enumerate(officers)
    ]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    if failed:
        raise failed[0]
