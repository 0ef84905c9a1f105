"""Two people are two sides: a second account, a deputy, or two deputies of the same person are one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from casework import requests as r
from casework.errors import Refused
from casework.reference import touch
from casework.registers import parameters, party_changes
from casework.registers.parameters import Proposal
from models import Delegation, Duty, State
from models.store import Store
from models.triggers import uninstall
from models.verify import verify
from policies.parameters import Origin
from support.overriding import waive
from support.stage import BEFORE, NOON, UNITS, Stage, named, officer
from support.walk import Walk, exclude

S, D = State, Duty
HEAD = officer(D.HEAD)
# Who asks and who confirms: the head and a deputy of theirs, the other way round, and two deputies.
DETOURS = ((named("deputy"), HEAD), (HEAD, named("deputy")), (named("deputy"), named("deputy 2")))


def deputies(walk: Walk, duty: Duty, giver: Any) -> None:
    """Two people who hold nothing but the giver's duty, for some days."""
    with walk.stage.store.write() as work:
        for login in ("deputy", "deputy 2"):
            walk.stage.person(work, login)
            for unit in UNITS:
                work.add(
                    Delegation, from_person=giver, to_person=named(login), duty=duty, unit=unit, reason="算例",
                    valid_from=BEFORE, valid_to=NOON + timedelta(days=99),
                )  # fmt: skip
        work.flush()
        touch(work)


def refused(act: Callable[[], object]) -> None:
    with pytest.raises(Refused) as no:
        act()
    assert no.value.code == "second_person" and "代理人" in no.value.zh


def _undo(walk: Walk, case: Any, by: Any) -> Any:
    return walk.do(r.Undo, case, by=by, reason="算例理由")


def _reopen(walk: Walk, case: Any, by: Any) -> Any:
    return walk.do(r.Reopen, case, by=by, reason="算例理由", duty=D.HEAD)


def _rebind(walk: Walk, case: Any, by: Any) -> Any:
    return walk.do(r.Rebind, case, by=by, reason="算例理由", rule_version="1")


ACTS = {
    "waive": (S.FILED, D.ACCEPTOR, waive),
    "undo": (S.PAYABLE, D.ALLOCATOR, _undo),
    "reopen": (S.FILED, D.ACCEPTOR, _reopen),
    "rebind": (S.FILED, D.ACCEPTOR, _rebind),
}
VERIFIED = {"waive": "I25-waivers", "undo": "I23-undone", "reopen": "I23-reopened", "rebind": "I31-rebound"}


@pytest.mark.tampers
@pytest.mark.parametrize("act", ACTS)
def test_who_asks_and_who_confirms_are_two_sides_and_verify_says_so(store: Store, act: str) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    deputies(walk, D.HEAD, HEAD)
    state, duty, do = ACTS[act]
    for number, (asks, confirms) in enumerate(DETOURS, start=1):
        case = walk.to(walk.open("M4a", number), state, duty)
        if act == "reopen":
            walk.do(r.Refuse, case, reason="算例理由", reason_code="facts_wrong")
        if act == "waive":
            exclude(walk.stage, 0)
        do(walk, walk.stage.case(case.id), asks)
        refused(lambda: do(walk, walk.stage.case(case.id), confirms))  # noqa: B023
        if act == "waive":
            with store.write() as work:
                walk.stage.end(work, "P-exclusions")
                touch(work)
    if act == "waive":
        exclude(walk.stage, 0)
    do(walk, walk.stage.case(case.id), officer(D.HEAD, 1))
    assert verify(store).ok
    with store.engine.begin() as connection:
        uninstall(connection)
        done = "outcome IN ('waived', 'undone', 'reopened', 'rebound')"
        connection.execute(text(f"UPDATE decision SET on_behalf_of = '{HEAD.hex}' WHERE {done}"))
    found = {one.id for one in verify(store).bad}
    assert VERIFIED[act] in found, found


def test_a_value_is_confirmed_by_no_deputy_of_its_author(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    with store.write() as work:
        for unit in UNITS:
            walk.stage.grant(work, f"{D.PARAMETER_AUTHOR}-0", D.PARAMETER_CONFIRMER, unit)
    deputies(walk, D.PARAMETER_CONFIRMER, officer(D.PARAMETER_AUTHOR))
    new = Proposal(policy="XZ2023", name="P16-rate", value="0.2", citation="算例", origin=Origin.DEMO)
    made = parameters.propose(store, officer(D.PARAMETER_AUTHOR), new)
    refused(lambda: parameters.confirm(store, named("deputy"), made))
    parameters.confirm(store, officer(D.PARAMETER_CONFIRMER), made)


def test_a_changed_party_is_confirmed_by_no_deputy_of_who_proposed_it(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    deputies(walk, D.CLERK, officer(D.CLERK))
    for asks, confirms in ((officer(D.CLERK), named("deputy")), (named("deputy"), named("deputy 2"))):
        made = party_changes.rename(store, asks, named("firm-0"), name=f"算例新名{asks.hex[:4]}", proof="算例变更登记")
        refused(lambda: party_changes.confirm(store, confirms, made))  # noqa: B023
    party_changes.confirm(store, officer(D.CLERK, 1), made)
