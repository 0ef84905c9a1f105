"""No natural person has two duties on a case: not themselves, not by a second account, not by standing in for somebody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from casework.lifecycle.authorization import PriorDuty, separate
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Action
from casework.shared.errors import Problem, Refused
from casework.shared.reference import PersonView, touch
from models import Decision, Delegation, Duty, Grant, State
from models.people import COMPATIBLE, SEPARATED
from models.store import Store
from models.triggers import code_of
from models.unit_of_work import UnitOfWork
from support.attempts import ATTEMPTS
from support.rehearsal import written
from support.situations import SITUATIONS
from support.stage import LEAD, NOON, UNITS, Stage, named, officer
from support.walk import Walk

DUTIES = tuple(Duty)
ALONE = frozenset(COMPATIBLE)


def barred(held: Duty, wanted: Duty) -> bool:
    """What the contract says of a pair."""
    both = {Duty.APPLICANT, Duty.CLERK, *SEPARATED}
    return held is not wanted and {held, wanted} <= both and frozenset({held, wanted}) not in ALONE


@dataclass(frozen=True)
class Way:
    """How one natural person comes to act twice: the earlier part on the case, and who acts now for whom."""

    name: str
    earlier: tuple[str, str | None]  # natural person, account they stood in for
    now: tuple[str, str, str | None]  # account, natural person, account they stand in for
    same: bool = True


WAYS = (
    Way("in person", ("a", None), ("a", "a", None)),
    Way("by a second account", ("a", None), ("a2", "a", None)),
    Way("standing in for somebody who had a part", ("a", None), ("b", "b", "a")),
    Way("after somebody stood in for them", ("b", "a"), ("a", "a", None)),
    Way("both times through somebody else", ("b", "a"), ("c", "c", "a")),
    Way("standing in for a second account", ("a", None), ("b", "b", "a2")),
    Way("a second account, after somebody stood in", ("b", "a"), ("a2", "a", None)),
    Way("somebody else altogether", ("a", None), ("b", "b", None), same=False),
)
INSERT = Decision.__table__.insert()  # type: ignore[attr-defined]
KEYS = {"a": "a", "a2": "a", "b": "b", "c": "c"}


@pytest.fixture
def stage(store: Store) -> Stage:
    made = Stage(store).furnish(firms=1)
    with store.write() as work:
        for login, key in KEYS.items():
            made.person(work, login, key=key)
        made.draft(work, "M4a", 1)
    return made


def guarded(case: CaseView, way: Way, held: Duty, wanted: Duty) -> bool:
    """Whether the guards refuse."""
    key, stood_in_for = way.earlier
    login, own, principal = way.now
    part = PriorDuty(held, key, named(stood_in_for) if stood_in_for else None)
    who = PersonView(named(login), login, own, None, True)
    try:
        separate(case, who, wanted, [part], KEYS[principal or login], named(principal) if principal else None)
    except Refused:
        return True
    return False


def triggered(connection: Connection, case: CaseView, way: Way, held: Duty, wanted: Duty) -> bool:
    """Whether the database refuses, whatever the guards say; nothing of it stays."""

    def decision(duty: Duty, login: str, key: str, principal: str | None) -> dict[str, object]:
        return {
            "id": named(f"{login}{duty}"), "act_id": named(f"{login}{duty}"), "case_id": case.id, "version": 1,
            "action": "file", "duty": duty, "from_state": "draft", "to_state": "draft", "person_id": named(login),
            "natural_key": key, "on_behalf_of": named(principal) if principal else None, "content": "{}",
            "decided_at": NOON,
        }  # fmt: skip

    login = next(name for name, key in KEYS.items() if key == way.earlier[0])
    with connection.begin_nested() as attempt:
        connection.execute(INSERT, decision(held, login, *way.earlier))
        try:
            connection.execute(INSERT, decision(wanted, *way.now))
        except DBAPIError as no:
            assert code_of(no) == "separation-of-duties"
            return True
        finally:
            attempt.rollback()
    return False


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.prove)], indirect=True)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_every_pair_of_duties_is_kept_apart_by_guards_and_database(
    stage: Stage, way: Way, proven: Callable[[str], None]
) -> None:
    case, wrong = stage.case(named("case-1")), []
    pairs = list(permutations(set(DUTIES) - {Duty.AUDITOR, Duty.ADMINISTRATOR, Duty.SYSTEM}, 2))
    with stage.store.engine.connect().execution_options(writes=True) as connection, connection.begin() as transaction:
        connection.exec_driver_sql("DROP INDEX decision_once_a_version")  # both decisions are on the draft's version
        for held, wanted in pairs:
            expected = way.same and barred(held, wanted)
            by_database = triggered(connection, case, way, held, wanted)
            either = by_database or guarded(case, way, held, wanted)
            if (by_database, either) != (expected, expected):
                wrong.append(f"{held} then {wanted}: database {by_database}, together {either}, should be {expected}")
        transaction.rollback()
    assert not wrong, "\n".join(wrong)
    proven(f"{len(pairs)} pairs of duties {way.name}: 0 let through, 0 refused for nothing")


@pytest.mark.parametrize("hop", ["himself", "second account", "stand-in", "two stand-ins"])
def test_who_certified_cannot_decide_by_any_detour(stage: Stage, hop: str) -> None:
    walk = Walk(stage)
    case = walk.to(named("case-1"), State.COMPUTED, Duty.DECIDER)
    with stage.store.write() as work:
        certifier = officer(Duty.CERTIFIER)
        by = {"himself": certifier, "second account": named("second")}.get(hop, officer(Duty.MAKER))
        if hop == "second account":
            stage.person(work, "second", Duty.DECIDER, key=f"{Duty.CERTIFIER}-0")
        else:
            _grant(work, certifier)
        if hop in ("stand-in", "two stand-ins"):
            _delegate(work, certifier, officer(Duty.MAKER))
        if hop == "two stand-ins":
            _delegate(work, officer(Duty.MAKER), officer(Duty.CHECKER))
            by = officer(Duty.CHECKER)
        work.flush()
        touch(work)
    before = written(stage.store)
    with pytest.raises(Problem):
        ATTEMPTS[Action.DECIDE](stage.store, case, by)
    assert written(stage.store) == before


def _grant(work: UnitOfWork, person: UUID) -> None:
    for unit in UNITS:
        work.add(Grant, person_id=person, duty=Duty.DECIDER, unit=unit, valid_from=NOON - timedelta(days=9))


def _delegate(work: UnitOfWork, giver: UUID, taker: UUID) -> None:
    span = {"valid_from": NOON - timedelta(days=9), "valid_to": NOON + timedelta(days=99)}
    work.add(Delegation, from_person=giver, to_person=taker, duty=Duty.DECIDER, unit=LEAD, reason="算例", **span)


def test_a_duty_in_another_unit_is_no_duty_here(stage: Stage) -> None:
    case = Walk(stage).to(named("case-1"), State.COMPUTED, Duty.DECIDER)
    with stage.store.write() as work:
        stage.person(work, "elsewhere")
        for unit in set(UNITS) - {LEAD}:
            stage.grant(work, "elsewhere", Duty.DECIDER, unit)
        work.flush()
        touch(work)
    with pytest.raises(Refused):
        ATTEMPTS[Action.DECIDE](stage.store, case, named("elsewhere"))


def test_there_are_situations_for_every_separated_duty() -> None:
    assert {situation.duty for situation in SITUATIONS} >= set(SEPARATED) - {Duty.CLERK}
