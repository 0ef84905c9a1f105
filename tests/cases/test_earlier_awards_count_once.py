"""An earlier award is taken off once: by the rule that upgrades a product, or by 就高不重复, never by both."""

from typing import Any

import pytest

from casework import requests as r
from casework.cases import CaseView
from casework.steps import compute
from models import Duty, State
from models.store import Store
from support.stage import VALUES, Stage, facts
from support.walk import Walk

MUNICIPAL, PROVINCIAL, NATIONAL = 200_000_00, 500_000_00, 1_500_000_00


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish(values={**VALUES, "P4a-upgrade": "difference", "P16-scope": "subject"}))


def certified(walk: Walk, item: str, number: int, **changes: Any) -> CaseView:
    """A case whose certified facts are those of case 1 but for what is said."""
    case = walk.to(walk.open(item, number), State.SCREENED, Duty.CERTIFIER)
    walk.do(r.Certify, case, facts={**facts(item, 1), **changes})
    return walk.stage.case(case.id)


def test_a_product_that_rises_is_paid_the_difference_and_no_less(walk: Walk) -> None:
    first = walk.to(certified(walk, "M4a", 1).id, State.COMPUTED)
    second = walk.to(certified(walk, "M4a", 2, level="provincial").id, State.COMPUTED)
    third = walk.to(certified(walk, "M4a", 3, level="national").id, State.COMPUTED)
    paid = [case.amount_fen for case in (first, second, third)]
    assert paid == [MUNICIPAL, PROVINCIAL - MUNICIPAL, NATIONAL - PROVINCIAL]


def test_a_product_that_rises_within_one_set_is_paid_the_difference(walk: Walk) -> None:
    cases = [certified(walk, "M4a", 1), certified(walk, "M4a", 2, level="provincial")]
    compute.compute(walk.stage.store, cases=[case.id for case in cases])
    assert [walk.stage.case(case.id).amount_fen for case in cases] == [MUNICIPAL, PROVINCIAL - MUNICIPAL]


def test_cases_of_one_set_are_computed_again_beside_the_same_earlier_awards(walk: Walk) -> None:
    """The store's own check runs after every test; the first of two must not be said to rest on the second."""
    other = {"brand": "算例另一品牌", "cost_lines": facts("M16", 2)["cost_lines"]}
    cases = [certified(walk, "M16", 1), certified(walk, "M16", 2, **other)]
    compute.compute(walk.stage.store, cases=[case.id for case in cases])
    assert [walk.stage.case(case.id).state for case in cases] == [State.COMPUTED, State.COMPUTED]
