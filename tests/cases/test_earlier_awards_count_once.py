"""An earlier award is taken off once: by the rule that upgrades a product, or by 就高不重复, never by both."""

from typing import Any

import pytest

from casework.awards import computation
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.resume import wake
from casework.shared.reference import touch
from casework.views import dossier, inbox
from models import Duty, State
from models.store import Store
from support.stage import VALUES, Stage, facts, officer
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
    computation.compute(walk.stage.store, cases=[case.id for case in cases])
    assert [walk.stage.case(case.id).amount_fen for case in cases] == [MUNICIPAL, PROVINCIAL - MUNICIPAL]


def test_cases_of_one_set_are_computed_again_beside_the_same_earlier_awards(walk: Walk) -> None:
    """The store's own check runs after every test; the first of two must not be said to rest on the second."""
    other = {"brand": "算例另一品牌", "cost_lines": facts("M16", 2)["cost_lines"]}
    cases = [certified(walk, "M16", 1), certified(walk, "M16", 2, **other)]
    computation.compute(walk.stage.store, cases=[case.id for case in cases])
    assert [walk.stage.case(case.id).state for case in cases] == [State.COMPUTED, State.COMPUTED]


def test_what_turns_on_an_unset_parameter_is_said_at_certification_in_the_list_and_at_the_computation(
    store: Store,
) -> None:
    walk = Walk(Stage(store).furnish(firms=1, values={}))
    walk.to(certified(walk, "M4a", 1).id, State.COMPUTED)
    case = walk.to(walk.open("M4a", 2), State.SCREENED, Duty.CERTIFIER)
    (task,) = [each_task for each_task in inbox(store, officer(Duty.CERTIFIER)) if each_task.case.number == case.number]
    assert "certify" in task.actions
    receipt = walk.do(r.Certify, case, facts={**facts("M4a", 1), "level": "provincial"})
    assert any("审定前须补齐" in zh and "P4a-upgrade" in zh for zh, _ in receipt.warnings), receipt.warnings
    assert any("turns on P4a-upgrade, unset as yet" in en for _, en in receipt.warnings)
    said = {check["check"]: check for check in dossier(store, case.number).checks}["subject"]
    assert (said["result"], said["needed"]) == ("no_data", "decide") and "P4a-upgrade" in said["words"]
    case = walk.to(case.id, State.CERTIFIED, Duty.PARAMETER_AUTHOR)
    assert case.amount_fen is None and "P4a-upgrade" in case.problem
    with store.write() as work:
        walk.stage.value(work, "P4a-upgrade", "difference")
        touch(work)
        wake(work, "XZ2023", ["M4a"])
    computation.compute(store, cases=[case.id])
    case = walk.stage.case(case.id)
    assert (case.state, case.amount_fen) == (State.COMPUTED, PROVINCIAL - MUNICIPAL)
    assert {check["check"]: check["result"] for check in dossier(store, case.number).checks}["subject"] != "fail"
