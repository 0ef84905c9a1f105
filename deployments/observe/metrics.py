"""Prometheus metrics of the running system. Labels hold states, units, channels and kinds only: no case, no person, no firm."""

import os
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from casework.calendar_jobs import job_registry as jobs
from deployments.observe.reading import HealthReading
from models import OrderState, State

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DUTIES = ("person", "system")


def exposition(reading: HealthReading | None, *, engine_up: bool | None = None) -> bytes:
    """All metrics as text; without a reading (`Examiner.look` says why) those that need none."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Ours(reading, engine_up))
    ProcessCollector(namespace="duixian", pid=os.getpid, registry=registry)
    return generate_latest(registry)


class _Ours(Collector):
    """One reading as metrics."""

    def __init__(self, reading: HealthReading | None, engine_up: bool | None) -> None:
        self._reading, self._engine_up = reading, engine_up

    def describe(self) -> Iterator[Metric]:
        """Nothing in advance."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Everything, each with its help."""
        found = self._reading
        yield _one("database_up", "1 while the database answers", found is not None)
        if self._engine_up is not None:
            yield _one("engine_up", "1 while the workflow engine answers; cases move on without it", self._engine_up)
        if found is None:
            return
        yield from _cases(found)
        yield from _messages(found)
        yield from _money(found)
        yield from _running(found)


def _cases(found: HealthReading) -> Iterator[Metric]:
    yield _by("cases", "cases by state", "state", {state.value: found.cases.get(state.value, 0) for state in State})
    yield _one("cases_failing", "live cases that the system could not process, tried again every hour", found.failing)
    yield _one("cases_held", "live cases on hold", found.held)
    yield _one("cases_overdue", "live cases whose person's deadline has passed", found.overdue)
    yield _one("due_actions", "cases that wait for the system now", found.due)
    yield _one("due_oldest_seconds", "how long the oldest of them has been due", found.due_age)
    yield _total(
        "decisions", "acts on cases since the beginning", "by", {by: found.decisions.get(by, 0) for by in DUTIES}
    )
    yield CounterMetricFamily("duixian_audit_entries", "rows of the audit chain", value=found.audit)


def _messages(found: HealthReading) -> Iterator[Metric]:
    yield _by("outbox_messages", "messages by what became of them", "status", found.messages)
    yield _one("outbox_due", "messages and sendings that are due and not done", found.waiting)
    yield _one("outbox_oldest_seconds", "how long the oldest of them has been due", found.waiting_age)
    sendings = GaugeMetricFamily("duixian_dispatches", "sendings by channel and status", labels=("channel", "status"))
    for labels, count in sorted(found.dispatches.items()):
        sendings.add_metric(labels, count)
    yield sendings
    dead = sum(count for (_, status), count in found.dispatches.items() if status in ("dead", "undeliverable"))
    yield _one("outbox_dead", "sendings that were given up, listed for a person", dead)


def _money(found: HealthReading) -> Iterator[Metric]:
    orders = {state.value: found.orders.get(state.value, (0, 0)) for state in OrderState}
    yield _by(
        "payment_orders", "payment orders by state", "state", {name: count for name, (count, _) in orders.items()}
    )
    yield _by("payment_orders_fen", "their amounts", "state", {name: fen for name, (_, fen) in orders.items()})
    funds = GaugeMetricFamily(
        "duixian_fund_fen", "funds by part; available is what is left", labels=("unit", "year", "policy", "part")
    )
    for (unit, year, policy), parts in sorted(found.funds.items()):
        for part, fen in parts.items():
            funds.add_metric((unit, str(year), policy, part), fen)
    yield funds


def _running(found: HealthReading) -> Iterator[Metric]:
    yield CounterMetricFamily("duixian_sweeps", "sweeps finished", value=found.sweeps)
    ages = GaugeMetricFamily("duixian_seconds_since", "since each last finished", labels=("kind",))
    for kind, seconds in sorted(found.beats.items()):
        ages.add_metric((kind,), seconds)
    yield ages
    known = {job.kind for job in jobs.JOBS}
    late = {kind: days for kind, days in found.jobs_late.items() if kind in known}
    yield _by("job_late_days", "business days up to which a job is not settled", "kind", late)
    broken = any(name.startswith("verify_broken") for name in found.alarms)
    yield _one("verify_ok", "0 while the last verification found a broken invariant", not broken)
    yield _one("alarms", "alarms that operators were told of and that are not over", len(found.alarms))
    yield _one("schema_current", "1 while the schema is the program's", found.schema_current)
    yield _one("disk_free_bytes", "room where the system is", found.disk_free)
    yield _one("demo", "1 for a demo or rehearsal store", found.demo)
    yield _one("reading_seconds", "what the queries of this reading took", found.seconds)


def _one(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"duixian_{name}", words, value=float(value))


def _by(name: str, words: str, label: str, values: dict[str, int]) -> Metric:
    made = GaugeMetricFamily(f"duixian_{name}", words, labels=(label,))
    for value, count in sorted(values.items()):
        made.add_metric((value,), count)
    return made


def _total(name: str, words: str, label: str, values: dict[str, int]) -> Metric:
    made = CounterMetricFamily(f"duixian_{name}", words, labels=(label,))
    for value, count in sorted(values.items()):
        made.add_metric((value,), count)
    return made
