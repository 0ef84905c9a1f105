"""Each expectation holds; and for each of many planted faults the expectation that is named for it does notice."""

from collections.abc import Callable

import pytest

from casework.shared.errors import Problem
from models.store import Store
from support.expectations import EXPECTATIONS, Expectation
from support.plants import FAULTS, PlantedFault
from support.stage import Stage

pytestmark = pytest.mark.slow


@pytest.fixture
def stage(make_store: Callable[..., Store]) -> Stage:
    return Stage(make_store()).furnish(firms=1)


@pytest.mark.parametrize("expectation", EXPECTATIONS.values(), ids=list(EXPECTATIONS))
def test_what_must_hold_holds(expectation: Expectation, stage: Stage) -> None:
    expectation(stage)


@pytest.mark.tampers
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_noticed(
    fault: PlantedFault, stage: Stage, monkeypatch: pytest.MonkeyPatch, proven: Callable[[str], None]
) -> None:
    fault.plant(monkeypatch, stage.store)
    with pytest.raises((AssertionError, Problem)) as noticed:
        EXPECTATIONS[fault.caught_by](stage)
    said = str(noticed.value).splitlines() or [type(noticed.value).__name__]
    proven(f"noticed by {fault.caught_by}: {said[0][:80]}")


def test_there_are_enough_faults_and_each_expectation_notices_one() -> None:
    assert len(FAULTS) >= 20
    assert {fault.caught_by for fault in FAULTS} == set(EXPECTATIONS)
