"""`verify` finds, from stored records alone, what went past a condition: each planted row is named, and nothing before it."""

import pytest
from sqlalchemy import text

from models import Duty, State
from models.store import Store
from models.triggers import uninstall
from models.verification.gate_invariants import CHECKS
from models.verify import verify
from support.overriding import missing, waive
from support.stage import Stage, officer
from support.walk import Walk, exclude

S, D = State, Duty
TAMPERS = [
    (
        "UPDATE check_record SET result = 'fail' WHERE name = 'exclusion'",
        "I25-conditions",
        "check=exclusion, result=fail",
    ),
    ("UPDATE check_record SET result = 'no_data' WHERE name = 'code'", "I25-conditions", "action=accept, check=code"),
    ("UPDATE check_record SET data = 'other' WHERE name = 'applicant'", "I25-checks", "action=check"),
    ("DELETE FROM check_record", "I25-checks", "recorded checks=0"),
    ("DELETE FROM check_record WHERE name = 'window'", "I25-checks", "recorded checks=7"),
    ("DELETE FROM waiver", "I25-conditions", "check=paper:certificate, result=no_data"),
    ("UPDATE waiver SET data = 'other'", "I25-conditions", "check=paper:certificate"),
    ("UPDATE waiver SET version = 99", "I25-waivers", "paper:certificate, version=99"),
    ("UPDATE waiver SET reason = 'other'", "I25-waivers", "paper:certificate"),
    ("UPDATE person SET natural_key = 'acceptor-0' WHERE login = 'head-0'", "I25-waivers", "paper:certificate"),
]


def paid(store: Store) -> None:
    """A case whose missing paper was overridden, and which is paid; the list of exclusions names somebody else."""
    walk = Walk(Stage(store).furnish(firms=2))
    exclude(walk.stage, 1)
    case = missing(walk)
    waive(walk, case, officer(D.ACCEPTOR), "paper:certificate")
    waive(walk, walk.stage.case(case.id), officer(D.HEAD), "paper:certificate")
    walk.to(case.id, S.PAID)


@pytest.mark.tampers
@pytest.mark.parametrize(("change", "check", "words"), TAMPERS, ids=[tamper[0] for tamper in TAMPERS])
def test_what_was_changed_by_hand_is_named(store: Store, change: str, check: str, words: str) -> None:
    paid(store)
    assert verify(store).ok
    with store.engine.begin() as connection:
        uninstall(connection)
        connection.execute(text(change))
    found = {invariant.id: str(invariant.bad) for invariant in verify(store).bad}
    assert words in found.get(check, ""), found


def test_every_check_is_proven() -> None:
    assert {invariant.id for invariant in CHECKS} == {check for _, check, _ in TAMPERS}
