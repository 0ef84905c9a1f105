"""Each hard check stops its act; a planted fault in any check, or at any act, is noticed: by the same test, or by `verify`."""

from collections.abc import Callable

import pytest

from casework.applications import automatic_checks
from casework.awards import computation, public_notice
from casework.conditions import admission
from casework.lifecycle import commands as r
from casework.shared.errors import Refused
from models import Duty, State
from models.check_records import GATES
from models.store import Store
from models.verification import gate_invariants
from models.verification.invariant import FoundAct
from models.verify import verify
from policies.conditions import GENERAL
from support.failing_checks import PLIGHTS, Plight
from support.stage import VALUES, Stage
from support.walk import Walk, exclude

S, D = State, Duty
HARD = {condition.id for condition in GENERAL if condition.hard} | {"paper"}
# What the system does that a check must stop too, as decisions say it: the action, and where it led.
BY_RULE = {"check", "compute", "announce", "end_notice"}

pytestmark = pytest.mark.tampers


def stops(stage: Stage, plight: Plight) -> None:
    """The act at which the check's answer is needed is refused, and the refusal names the check."""
    walk = Walk(stage)
    case = plight.reach(walk, 1)
    done = True
    try:
        plight.act(walk, case)
    except Refused as no:
        assert (no.code, no.field) == ("condition", plight.check) or plight.check in str(getattr(no, "excluded", ""))
        done = False
    assert not done, f"{plight.check} stopped nothing"
    assert stage.case(case.id).state == case.state


@pytest.fixture
def stage(store: Store) -> Stage:
    return Stage(store).furnish(firms=1)


@pytest.mark.parametrize("plight", PLIGHTS, ids=lambda plight: plight.check)
def test_a_hard_check_that_fails_stops_the_act_that_needs_it(stage: Stage, plight: Plight) -> None:
    stops(stage, plight)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("plight", PLIGHTS, ids=lambda plight: plight.check)
def test_a_check_that_passes_wrongly_is_noticed(
    stage: Stage, plight: Plight, monkeypatch: pytest.MonkeyPatch, proven: Callable[[str], None]
) -> None:
    plight.hide(monkeypatch)
    with pytest.raises(AssertionError, match="stopped nothing") as noticed:
        stops(stage, plight)
    proven(str(noticed.value).splitlines()[0])


def test_every_hard_check_is_among_them() -> None:
    assert {plight.check.partition(":")[0] for plight in PLIGHTS} == HARD


def walked(stage: Stage) -> None:
    """Cases that pass every act that conditions bind, excluded all the way."""
    walk = Walk(stage)
    exclude(stage, 0)
    walk.to(walk.open("M4a", 1), S.ORDERED)
    offline = walk.to(walk.open("M4a", 2), S.PAYABLE, D.ALLOCATOR)
    walk.do(r.RegisterOffline, offline, duty=D.MAKER, document="算例凭证")
    walk.to(walk.open("M9", 3), S.DELIVERED)
    exclude(stage, 900)
    walk.to(walk.open("M10", 4), S.IN_PROGRESS)


def passed_by(store: Store, check: str) -> set[str]:
    """The acts that this check of `verify` names."""
    (invariant,) = (invariant for invariant in gate_invariants.CHECKS if invariant.id == check)
    with store.read() as work:
        acts = [act for act in invariant.find(work.connection, None) if isinstance(act, FoundAct)]  # type: ignore[arg-type]
        return {act.words.partition("action=")[2].partition(",")[0] for act in acts}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_verify_names_each_act_that_heeds_no_check(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (admission, public_notice, computation, automatic_checks):
        monkeypatch.setattr(module, "stopped", lambda *_: None)
    walked(stage)
    named = passed_by(stage.store, "I25-conditions")
    assert named == {*GATES, *BY_RULE} - {"check"}, named


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_verify_names_each_act_that_looks_at_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "_findings", lambda *_: {})
    for module in (public_notice, computation):
        monkeypatch.setattr(
            module, "evaluate_conditions", lambda _work, _reference, _way, cases: {case.id: () for case in cases}
        )
        monkeypatch.setattr(module, "store_findings", lambda *_: 0)
    walked(stage)
    named = passed_by(stage.store, "I25-checks")
    assert named == {*GATES, *BY_RULE} - {"check"}, named


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_verify_names_an_acceptance_or_a_decision_by_the_rule(
    make_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {**VALUES, "P-access": {"M4a": "on_application"}}
    stage = Stage(make_store()).furnish(firms=1, values=values)
    for module in (admission, computation, automatic_checks):
        monkeypatch.setattr(module, "stopped", lambda *_: None)
    exclude(stage, 0)
    walk = Walk(stage)
    walk.to(walk.open("M4a", 1), S.DECIDED)
    assert passed_by(stage.store, "I25-conditions") == {"check", "certify", "compute"}
    assert not verify(stage.store).ok
