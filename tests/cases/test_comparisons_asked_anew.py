"""A verdict on two benefits counts for the data that were looked at: what is certified otherwise is put before a person again."""

import pytest

from casework.awards import computation
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from models import Duty, State, Verdict
from models.store import Store
from models.verify import verify
from policies.benefits import KeyKind
from support.comparing import CITY, GROSS, enter, listed, received, say
from support.stage import Stage, claim, facts
from support.walk import Walk

K, S, V = KeyKind, State, Verdict
ENTERPRISE = received(K.ENTERPRISE, "算例企业0")
PRODUCT = received(K.DEVICE, "算例织机1")


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish(firms=1))


def said_of_the_claim(walk: Walk, *new: object) -> CaseView:
    """A screened case beside a benefit that was entered meanwhile, called another by its certifier."""
    case = walk.open("M4a", 1)
    walk.do(r.File, walk.stage.case(case), claim=claim("M4a", 1))
    walk.to(case, S.SCREENED)
    enter(walk, *new)  # type: ignore[arg-type]
    return say(walk, walk.stage.case(case), same=False)


def certified(walk: Walk, case: CaseView, **changes: str) -> CaseView:
    walk.do(r.Certify, walk.stage.case(case.id), facts={**facts("M4a", 1), **changes})
    computation.compute(walk.stage.store, cases=[case.id])
    return walk.stage.case(case.id)


def test_a_verdict_stands_where_the_facts_are_certified_as_claimed(walk: Walk) -> None:
    case = certified(walk, said_of_the_claim(walk, ENTERPRISE))
    assert (case.state, case.amount_fen, len(listed(walk, case))) == (S.COMPUTED, GROSS, 1)


@pytest.mark.parametrize("same", [True, False])
@pytest.mark.parametrize("new", [ENTERPRISE, PRODUCT], ids=["the firm alone", "part of its name"])
def test_a_verdict_on_a_claim_is_asked_for_again_where_other_facts_are_certified(
    walk: Walk, new: object, same: bool
) -> None:
    case = certified(walk, said_of_the_claim(walk, new), product="算例另一织机")
    assert (case.state, case.next_duty) == (S.CERTIFIED, Duty.CERTIFIER) and "比对" in case.problem
    assert [row.verdict for row in listed(walk, case)] == [V.DIFFERENT, V.OPEN]
    done = say(walk, case, same, number=2)
    assert (done.state, done.amount_fen) == (S.COMPUTED, GROSS - CITY if same else GROSS)  # the last word counts
    assert [row.verdict for row in listed(walk, case)] == [V.DIFFERENT, V.SAME if same else V.DIFFERENT]
    assert verify(walk.stage.store).ok


@pytest.mark.tampers
def test_verify_finds_a_verdict_on_what_is_no_more_certified(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("casework.stacking.reopened_comparisons.write", lambda *_: None)
    case = certified(walk, said_of_the_claim(walk, PRODUCT), product="算例另一织机")
    assert case.state == S.COMPUTED
    bad = {invariant.id: str(invariant.bad) for invariant in verify(walk.stage.store).bad}
    assert case.number in bad["S4-anew"]
