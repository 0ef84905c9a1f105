"""Metrics: right, cheap, without personal data, few in number; and the dashboard shows none that does not exist."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event

from casework.operations import heartbeat
from casework.operations.alarms import Alarm, sound
from casework.shared.home import Home
from deployments.observe.metrics import exposition
from deployments.observe.reading import read
from models.store import Store
from support import tree
from support.season import filed, to_the_end
from support.stage import BUDGET
from support.walk import Walk

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
DASHBOARD = tree.ROOT / "deployments" / "grafana" / "duixian.json"


def metrics(home: Home) -> dict[str, float]:
    """Every sample with its labels, as Prometheus reads it."""
    text = exposition(read(home), engine_up=True).decode()
    return {_name(sample): sample.value for family in text_string_to_metric_families(text) for sample in family.samples}


def _name(sample: Any) -> str:
    labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
    return f"{sample.name.removeprefix('duixian_')}{{{labels}}}" if labels else sample.name.removeprefix("duixian_")


def test_they_count_what_is_there(walk: Walk, home: Home, store: Store) -> None:
    before = metrics(home)
    assert before["database_up"] == before["engine_up"] == before["schema_current"] == before["verify_ok"] == 1
    assert before["fund_fen{part=available,policy=,unit=区经商局,year=2023}"] == BUDGET
    filed(walk, "M4a", 3)
    with store.write() as work:
        heartbeat.beat(work, heartbeat.SWEEP)
    sound(store, Alarm(kind="verify_broken", content={"count": 1, "checks": "I1"}))
    after = metrics(home)
    assert (after["cases{state=filed}"], after["due_actions"], after["due_oldest_seconds"]) == (3, 3, 0)
    assert after["decisions_total{by=person}"] == 3 and after["decisions_total{by=system}"] == 0
    assert after["seconds_since{kind=sweep}"] < 60 and after["sweeps_total"] == before["sweeps_total"] + 1
    assert (after["verify_ok"], after["alarms"]) == (0, 1)
    assert after["outbox_messages{status=waiting}"] >= 3 and after["outbox_due"] >= 3
    assert after["audit_entries_total"] > before["audit_entries_total"]
    assert after["process_resident_memory_bytes"] > 0


@pytest.mark.slow
@SQLITE
def test_a_paid_case_shows_in_its_fund_and_its_orders(walk: Walk, home: Home) -> None:
    to_the_end(walk, filed(walk, "M4a", 2))
    found = metrics(home)
    assert found["cases{state=closed}"] == 2
    assert found["payment_orders{state=settled}"] == 2 and found["payment_orders_fen{state=settled}"] == 40_000_000
    assert found["fund_fen{part=paid,policy=,unit=区经商局,year=2023}"] == 40_000_000


def test_a_database_that_does_not_answer_is_a_metric_too() -> None:
    text = exposition(None, engine_up=False).decode()
    assert "duixian_database_up 0.0" in text and "duixian_engine_up 0.0" in text and "duixian_cases" not in text


@SQLITE
def test_a_reading_is_one_short_set_of_queries_whatever_the_number_of_cases(
    walk: Walk, home: Home, store: Store
) -> None:
    few, _ = asked(home, store)
    filed(walk, "M4a", 10)
    more, text = asked(home, store)
    assert len(more) == len(few) <= 25
    assert not [query for query in more if re.match(r"(?i)\s*(insert|update|delete)", query)]
    assert not re.search(r"XZ2023-M|算例企业|\d{11}", re.sub(r"[\d.e+-]+$", "", text, flags=re.MULTILINE))


def asked(home: Home, store: Store) -> tuple[list[str], str]:
    """The statements of a reading, and the metrics made of it."""
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    engine = home.store().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        text = exposition(read(home)).decode()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return statements, text


@SQLITE
def test_labels_hold_states_units_channels_and_kinds_and_are_few(walk: Walk, home: Home) -> None:
    filed(walk, "M4a", 5)
    families = list(text_string_to_metric_families(exposition(read(home), engine_up=True).decode()))
    labels = {name for family in families for sample in family.samples for name in sample.labels}
    assert labels <= {"state", "status", "unit", "year", "policy", "part", "by", "kind", "channel"}
    assert sum(len(family.samples) for family in families) < 150


def expressions(panel: Any) -> Iterator[str]:
    """Every query of a dashboard."""
    if isinstance(panel, dict):
        if isinstance(panel.get("expr"), str):
            yield panel["expr"]
        for value in panel.values():
            yield from expressions(value)
    elif isinstance(panel, list):
        for query in panel:
            yield from expressions(query)


@SQLITE
def test_the_dashboard_names_only_metrics_that_are_exported_and_shows_all_of_ours(walk: Walk, home: Home) -> None:
    filed(walk, "M4a", 1)
    text = exposition(read(home), engine_up=True).decode()
    exported = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    named = {name for expression in expressions(board) for name in re.findall(r"\bduixian_\w+", expression)}
    assert named - exported == set()
    ours = {name for name in exported if not name.startswith("duixian_process_")}
    assert ours - named == set(), "a metric that nobody shows"


def test_the_dashboard_is_whole() -> None:
    board = json.loads(Path(DASHBOARD).read_text(encoding="utf-8"))
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert all(panel["title"] and panel["targets"] and panel["datasource"]["uid"] == "${source}" for panel in panels)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in board["panels"]]
    assert len(set(places)) == len(places)
