"""The budget simulation and the single case are one rule: the same fen in every row, and nothing paid that must wait."""

from typing import Any

import numpy as np
import pytest

import policies
from benchmarks.population import Population
from casework.awards.budget_simulation import LARGEST, simulate
from policies.kit import hypothetical
from policies.measures import Item

PLAN = policies.get("XZ2023")
ROWS = 2_000


def set_values(item: Item) -> dict[str, Any]:
    """The parameters of the item's richest worked example, and equal shares where several are in the same place."""
    richest = max((example for example in item.examples if example.amount), key=lambda example: len(example.parameters))
    joint = {parameter.id: "equal" for parameter in item.parameters if parameter.id.endswith("-joint")}
    return {**joint, **richest.parameters}


@pytest.mark.parametrize("item", PLAN.money_items, ids=lambda item: item.id)
def test_every_row_is_paid_what_the_single_case_is_paid(item: Item) -> None:
    values = set_values(item)
    population = Population(item, ROWS, seed=7)
    simulated = simulate(item, population.columns, values)
    single = [item.award(population.facts(row), hypothetical(values)).amount or 0 for row in range(ROWS)]
    assert simulated.amounts.tolist() == single
    assert simulated.payable + simulated.refused + simulated.waiting == ROWS


@pytest.mark.parametrize(
    "item", [money_item for money_item in PLAN.money_items if money_item.id != "M4a"], ids=lambda item: item.id
)
def test_an_unset_parameter_pays_nobody_and_is_named(item: Item) -> None:
    simulated = simulate(item, Population(item, 5_000).columns, {})
    assert simulated.total == 0
    assert any(name.endswith(("-shape", "-rate")) for name in simulated.missing)


def test_a_sum_beyond_sixty_four_bits_is_refused_not_wrapped() -> None:
    item = PLAN.item("M16")
    columns = Population(item, 3).columns
    columns["recognised"] = np.array([LARGEST + 1, 1, 1], dtype=np.int64)
    with pytest.raises(ValueError, match="金额过大"):
        simulate(item, columns, {"P16-rate": "0.5"})
