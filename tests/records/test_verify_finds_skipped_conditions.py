"""With every guard off, somebody skips what had to be settled first: `verify` names the case and what it skipped."""

from collections.abc import Callable

import pytest

from models.verification import condition_invariants
from models.verify import verify
from support.dossier import DossierCase

pytestmark = pytest.mark.tampers
Intruder = Callable[..., None]
CASE = "XZ2023-M04-000001"
OPEN = "UPDATE objection SET outcome = 'open', answered_at = NULL"

# (what is done, the check that must find it, what its first bad row must say)
SKIPPED = [
    (("UPDATE joint_opinion SET opinion = 'pending'",), "C1-opinions", "opinion=pending"),
    (("UPDATE joint_opinion SET opinion = 'negative'",), "C1-opinions", "opinion=negative"),
    ((OPEN,), "C2-objections", "state=closed"),
    ((OPEN, "UPDATE case_file SET state = 'on_notice'"), "C2-objections", "objection=1"),
    (("UPDATE case_file SET contested = (1 = 1)",), "C2-objections", "objection=None"),
    (("UPDATE objection SET answer = ''",), "C3-answers", "outcome=dismissed"),
    (("UPDATE objection SET outcome = 'moot', answered_by = NULL",), "C3-answers", "outcome=moot"),
    (("UPDATE decision SET to_state = 'refused', reason = 'x' WHERE version = 6",), "C4-refusals", "version=6"),
    (
        ("UPDATE decision SET to_state = 'refused', clause = 'x', reason_code = 'x' WHERE version = 6",),
        "C4-refusals",
        CASE,
    ),
    (("UPDATE decision SET to_state = 'refused' WHERE version = 7",), "C4-refusals", "version=7"),
    (("UPDATE entitlement SET approved_fen = approved_fen + 1",), "C5-granted", "computed=50000000"),
    (
        ("UPDATE entitlement SET ended = (1 = 1), paid_fen = 0", "UPDATE award SET amount_fen = 1"),
        "C5-granted",
        "computed=1",
    ),
    (("UPDATE case_file SET state = 'computed', amount_fen = 1",), "C6-computed", "amount=1"),
    (("UPDATE case_file SET state = 'computed', amount_fen = NULL",), "C6-computed", "amount=None"),
]
TURN = "UPDATE case_file SET state = 'payable', next_duty = 'maker', next_unit = '区财政局', next_due = changed_at"


@pytest.mark.parametrize(("done", "check", "says"), SKIPPED)
def test_what_was_skipped_is_found_and_named(
    whole: DossierCase, intruder: Intruder, done: tuple[str, ...], check: str, says: str
) -> None:
    whole.beside()
    assert verify(whole.store).ok
    for statement in done:
        intruder(statement)
    found = {invariant.id: invariant.bad or "" for invariant in verify(whole.store).bad}
    assert CASE in found.get(check, "") and says in found[check], found


@pytest.mark.parametrize("start", ["", "2023-01-02", "2099-01-01"])
def test_a_deadline_that_counts_from_no_day_of_the_case_is_found(
    whole: DossierCase, intruder: Intruder, start: str
) -> None:
    intruder(f"{TURN}, due_from = '{start}'")
    found = {invariant.id: invariant.bad or "" for invariant in verify(whole.store).bad}
    assert f"due_from={start or None}" in found["C7-deadlines"]


def test_each_condition_is_broken_above() -> None:
    assert {check for _, check, _ in SKIPPED} | {"C7-deadlines"} == {check.id for check in condition_invariants.CHECKS}
