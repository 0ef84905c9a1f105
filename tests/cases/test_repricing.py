"""A case priced again for a comparison of rule versions: with what its award was priced with, while its facts are the same."""

import pytest

from casework.shared.reference import touch
from casework.views.rule_impact import Compared, compare
from models import Snapshot, State
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import content_hash
from support.stage import Stage, facts
from support.walk import Walk


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish())


def compared(stage: Stage) -> Compared:
    [row] = compare(stage.store, "XZ2023")
    return row


def new_rate(stage: Stage, rate: str) -> None:
    """Another rate of first stores' cost in force."""
    with stage.store.write() as work:
        stage.end(work, "P16-rate")
        stage.value(work, "P16-rate", rate)
        touch(work)


def test_an_award_is_priced_again_with_what_it_was_priced_with(walk: Walk) -> None:
    walk.to(walk.open("M16", 1, 1), State.COMPUTED)
    new_rate(walk.stage, "0.5")
    row = compared(walk.stage)
    assert (row.bound_fen, row.other_fen, row.difference_fen) == (30_000_00, 30_000_00, 0)


def test_facts_certified_anew_are_priced_with_what_binds_now(walk: Walk) -> None:
    case = walk.to(walk.open("M16", 1, 1), State.COMPUTED)
    new_rate(walk.stage, "0.5")
    anew = canonical_json(facts("M16", 1, fen=80_000_00))
    with walk.stage.store.write() as work:
        work.add(
            Snapshot, case_id=case.id, version=case.version + 1, kind="facts", content=anew, hash=content_hash(anew),
            made_at=work.now,
        )  # fmt: skip
    row = compared(walk.stage)
    assert (row.bound_fen, row.other_fen) == (40_000_00, 40_000_00)


def test_what_is_not_certified_has_no_amount_and_says_so(walk: Walk) -> None:
    walk.to(walk.open("M16", 1, 1), State.FILED)
    row = compared(walk.stage)
    assert (row.bound_fen, row.other_fen, row.difference_fen) == (None, None, None)
    assert row.bound_says == row.other_says == "尚未认定"
