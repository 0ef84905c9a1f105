"""(e), (f) The running local system: what it takes while all wait, and how soon an act is followed by the next state."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

import policies
from benchmarks.benchmark_office import BenchmarkOffice, fresh, open_office
from benchmarks.four_acts import in_lists
from benchmarks.measure import percentile
from casework.command_handler import act
from casework.lifecycle.commands import File
from casework.shared.home import Home
from models import Case, Duty
from models.statements import Prepared

_TURN = Prepared(select(col(Case.next_duty)).where(col(Case.id) == bindparam("wanted")))
PATIENCE = 30.0  # seconds
GLANCE = 0.005


def act_to_next_state(count: int) -> Iterator[dict[str, Any]]:
    """Files cases one after another while the service runs; each wait ends when the flow has handed the case on."""
    from deployments.local import Service

    with TemporaryDirectory(prefix="duixian-bench-") as folder:
        home = Home.at(Path(folder))
        office = open_office(home.database_url, count, policies.get("XZ2023"))
        service = Service(home)
        service.start()
        try:
            _wait(office, 0)  # the first run loads the page of flows
            waits = [_wait(office, index) for index in range(1, count)]
        finally:
            service.stop()
    label = {"database": "sqlite", "cases": count, "runs": count}
    yield {"what": "(f) act to next automatic state, s, p50", **label, "median": round(percentile(waits, 0.5), 3)}
    yield {"what": "(f) act to next automatic state, s, p95", **label, "median": round(percentile(waits, 0.95), 3)}
    yield {"what": "(f) act to next automatic state, s, worst", **label, "median": round(max(waits), 3)}


def idle(count: int, settle: float, watched: float) -> Iterator[dict[str, Any]]:
    """(e) What the running system takes while every case waits for a person: CPU over `watched` seconds, and memory."""
    import psutil

    from deployments.local import Service

    with TemporaryDirectory(prefix="duixian-bench-") as folder:
        home = Home.at(Path(folder))
        in_lists(open_office(home.database_url, count), stages=2)
        service = Service(home)
        service.start()
        try:
            time.sleep(settle)
            own = psutil.Process()
            engine = own.children(recursive=True)
            before = [process.cpu_times() for process in (own, *engine)]
            time.sleep(watched)
            spent = [
                _seconds(process.cpu_times()) - _seconds(then)
                for process, then in zip((own, *engine), before, strict=True)
            ]
            memory = own.memory_info().rss
        finally:
            service.stop()
    label = {"database": "sqlite", "cases": count, "runs": 1}
    yield {"what": "(e) idle CPU of the service, % of a core", **label, "median": round(100 * spent[0] / watched, 2)}
    of_engine = round(100 * sum(spent[1:]) / watched, 2)
    yield {"what": "(e) idle CPU of the engine's server, % of a core", **label, "median": of_engine}
    yield {"what": "(e) memory of the service, MiB", **label, "median": round(memory / 2**20, 1)}


def _seconds(spent: Any) -> float:
    return float(spent.user + spent.system)


def _wait(office: BenchmarkOffice, index: int) -> float:
    """Files one case and times how long the flow takes to check it and hand it to the acceptor."""
    case = office.cases[index]
    filed = File(case=case, by=office.applicants[index], act_id=fresh(), claim=office.claim(index))
    act(office.store, filed)
    start = time.perf_counter()
    while time.perf_counter() - start < PATIENCE:
        with office.store.read() as work:
            if work.rows(_TURN, wanted=case)[0].next_duty == Duty.ACCEPTOR:
                return time.perf_counter() - start
        time.sleep(GLANCE)
    raise AssertionError(f"the service did not move the case within {PATIENCE:.0f} s")
