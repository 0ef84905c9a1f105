"""Thousands of random steps on real databases, held to a small model and to every invariant after each step."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

import policies
from models.store import Store
from support.office_cast import furnish, two_versions
from support.office_machine import OfficeMachine
from support.postgres import Server
from support.stores import filled

XZ2023 = policies.get("XZ2023")


@pytest.fixture(autouse=True)
def two_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan with two versions of one of its rules, for all of a search."""
    monkeypatch.setitem(policies._registered, XZ2023.code, two_versions(XZ2023))


# Runs of so many steps: their sum is 20,000 on SQLite and 4,000 on PostgreSQL.
RUNS = [("sqlite", 20230701 + n, 5_000) for n in range(4)] + [("postgresql", 20240630 + n, 2_000) for n in range(2)]
STEPS = {"sqlite": 50, "postgresql": 120}  # of rules an example: a fresh database costs more on PostgreSQL


def template(url: str) -> None:
    """The schema, and the office that every example begins with."""
    filled(demo=True)(url)
    store = Store(url)
    furnish(store)
    store.close()


def machine(backend: str, folder: Path, postgres: Callable[[], Server]) -> type[OfficeMachine]:
    """The machine on one kind of database: each example works on a fresh copy."""
    first = f"sqlite:///{folder / 'template.sqlite'}"
    if backend == "sqlite":
        template(first)

    def fresh() -> str:
        if backend == "postgresql":
            return postgres().database("office", template)
        copy = folder / "office.sqlite"
        copy.write_bytes((folder / "template.sqlite").read_bytes())
        return f"sqlite:///{copy}"

    def drop(url: str) -> None:
        if backend == "postgresql":
            postgres().drop(url)
        for file in folder.glob("office.sqlite*"):
            file.unlink()

    return type(
        "Office", (OfficeMachine,), {"fresh": staticmethod(fresh), "drop": staticmethod(drop), "steps": 0, "done": {}}
    )


def walked(backend: str, number: int, steps: int, folder: Path, postgres: Callable[[], Server]) -> type[OfficeMachine]:
    """Examples until so many steps were done."""
    made = machine(backend, folder, postgres)
    while made.steps < steps:
        examples = max(1, (steps - made.steps) // (3 * STEPS[backend]))
        checks = [
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
            HealthCheck.large_base_example,
        ]
        wanted = settings(
            max_examples=examples, stateful_step_count=STEPS[backend], deadline=None, database=None, suppress_health_check=checks,
            phases=(Phase.generate, Phase.shrink), print_blob=True, report_multiple_bugs=False, derandomize=False,
        )  # fmt: skip
        run_state_machine_as_test(seed(number + made.steps)(made), settings=wanted)
    return made


@pytest.mark.prove
@pytest.mark.parametrize(("backend", "number", "steps"), RUNS)
def test_random_steps_keep_to_the_model_and_to_every_invariant(
    backend: str, number: int, steps: int, tmp_path: Path, postgres: Callable[[], Server], proven: Callable[[str], None]
) -> None:
    made = walked(backend, number, int(os.environ.get("DUIXIAN_MODEL_STEPS", steps)), tmp_path, postgres)
    ends = ", ".join(f"{state} {n}" for state, n in sorted(made.done.items()))
    proven(f"seed {number}, {made.steps} steps, 0 breaches; cases at the end: {ends}")


@pytest.mark.prove
def test_a_search_that_fails_shows_its_case_within_a_minute(
    tmp_path: Path, postgres: Callable[[], Server], monkeypatch: pytest.MonkeyPatch, proven: Callable[[str], None]
) -> None:
    """A fault is planted in what the model says; the time is the process's own, whatever else the machine does."""

    def forgets(self: OfficeMachine) -> None:
        assert not any(case.state == "payable" for case in self.model.cases.values()), "a planted fault"

    monkeypatch.setattr(OfficeMachine, "_agree", forgets)
    began = time.process_time()
    with pytest.raises(AssertionError, match="a planted fault"):
        walked("sqlite", 1, 5_000, tmp_path, postgres)
    took = time.process_time() - began
    proven(f"found, shrunk and shown in {took:.0f} s")
    assert took < 60


@pytest.mark.torture
@pytest.mark.parametrize(("backend", "steps"), [("sqlite", 900_000), ("postgresql", 100_000)])
def test_a_million_random_steps_keep_to_the_model(
    backend: str, steps: int, tmp_path: Path, postgres: Callable[[], Server], proven: Callable[[str], None]
) -> None:
    made = walked(backend, 1, int(os.environ.get("DUIXIAN_MODEL_STEPS", steps)), tmp_path, postgres)
    proven(f"seed 1, {made.steps} steps, 0 breaches")
