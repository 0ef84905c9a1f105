"""Two people are two sides: a second account, a deputy, or two deputies of the same person are one."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from casework.lifecycle import commands as r
from casework.parties import party_corrections, payee_accounts
from casework.parties.payee_accounts import NewAccount
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.errors import Refused
from casework.shared.reference import touch
from models import Anonymisation, Delegation, Duty, State
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
    found = {invariant.id for invariant in verify(store).bad}
    assert VERIFIED[act] in found, found


def test_a_value_is_confirmed_by_no_deputy_of_its_author(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    with store.write() as work:
        for unit in UNITS:
            walk.stage.grant(work, f"{D.PARAMETER_AUTHOR}-0", D.PARAMETER_CONFIRMER, unit)
    deputies(walk, D.PARAMETER_CONFIRMER, officer(D.PARAMETER_AUTHOR))
    new = Proposal(policy="XZ2023", name="P16-rate", value="0.2", citation="算例", origin=Origin.DEMO)
    made = parameter_register.propose(store, officer(D.PARAMETER_AUTHOR), new)
    refused(lambda: parameter_register.confirm(store, named("deputy"), made))
    parameter_register.confirm(store, officer(D.PARAMETER_CONFIRMER), made)


def test_a_changed_party_is_confirmed_by_no_deputy_of_who_proposed_it(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    deputies(walk, D.CLERK, officer(D.CLERK))
    for asks, confirms in ((officer(D.CLERK), named("deputy")), (named("deputy"), named("deputy 2"))):
        made = party_corrections.rename(
            store, asks, named("firm-0"), name=f"算例新名{asks.hex[:4]}", proof="算例变更登记"
        )
        refused(lambda: party_corrections.confirm(store, confirms, made))  # noqa: B023
    party_corrections.confirm(store, officer(D.CLERK, 1), made)


# What the registers keep of two people, and the check that says it; the second column is changed to be on the first's side.
def _value(walk: Walk) -> UUID:
    made = parameter_register.propose(
        walk.stage.store, officer(D.PARAMETER_AUTHOR),
        Proposal(policy="XZ2023", name="P16-rate", value="0.2", citation="算例", origin=Origin.DEMO),
    )  # fmt: skip
    parameter_register.confirm(walk.stage.store, officer(D.PARAMETER_CONFIRMER), made)
    return officer(D.PARAMETER_CONFIRMER)


def _extension(walk: Walk) -> UUID:
    made = parameter_register.propose(
        walk.stage.store, officer(D.PARAMETER_AUTHOR),
        Proposal(
            policy="XZ2023", name="P-filing-deadline", value="2024-07-31", citation="算例延期公告", origin=Origin.DEMO,
            valid_from=date(2024, 6, 1),
        ),
    )  # fmt: skip
    parameter_register.confirm(walk.stage.store, officer(D.PARAMETER_CONFIRMER), made)
    return officer(D.PARAMETER_CONFIRMER)


def _account(walk: Walk) -> UUID:
    new = NewAccount(number="622200008888", bank="算例银行", clearing_code="102335000001")
    made = payee_accounts.enter(walk.stage.store, officer(D.CLERK), named("firm-0"), new)
    payee_accounts.verify(walk.stage.store, officer(D.ACCEPTOR), made, paper="算例证明")
    return officer(D.ACCEPTOR)


def _change(walk: Walk) -> UUID:
    made = party_corrections.rename(
        walk.stage.store, officer(D.CLERK), named("firm-0"), name="算例新名", proof="算例登记"
    )
    party_corrections.confirm(walk.stage.store, officer(D.ACCEPTOR), made)
    return officer(D.ACCEPTOR)


def _erasure(walk: Walk) -> UUID:
    with walk.stage.store.write() as work:
        work.add(
            Anonymisation, party_id=named("firm-0"), status="rejected", ended_on="2020-01-01", due_on="2030-01-01",
            proposed_by=officer(D.ADMINISTRATOR), proposed_at=NOON, confirmed_by=officer(D.HEAD), confirmed_at=NOON,
        )  # fmt: skip
    return officer(D.HEAD)


REGISTERS: dict[str, tuple[str, Callable[[Walk], UUID], Duty, UUID]] = {
    "value": ("I16-values", _value, D.PARAMETER_CONFIRMER, officer(D.PARAMETER_AUTHOR)),
    "extension": ("I16-values", _extension, D.PARAMETER_CONFIRMER, officer(D.PARAMETER_AUTHOR)),
    "account": ("I16-accounts", _account, D.ACCEPTOR, officer(D.CLERK)),
    "change": ("I16-changes", _change, D.ACCEPTOR, officer(D.CLERK)),
    "retention": ("W3-two-people", _erasure, D.HEAD, officer(D.ADMINISTRATOR)),
}


@pytest.mark.tampers
@pytest.mark.parametrize("what", REGISTERS)
@pytest.mark.parametrize("side", ["second account", "deputy", "deputy with a duty of their own"])
def test_verify_names_what_one_side_said_and_confirmed_in_a_register(store: Store, what: str, side: str) -> None:
    check, do, duty, first = REGISTERS[what]
    walk = Walk(Stage(store).furnish(firms=1))
    second = do(walk)
    assert verify(store).ok
    with store.write() as work:
        if side == "second account":
            key = f"(SELECT natural_key FROM person WHERE id = '{text_id(store, first)}')"
            work.connection.exec_driver_sql(
                f"UPDATE person SET natural_key = {key} WHERE id = '{text_id(store, second)}'"
            )
        else:
            lent = {"valid_from": BEFORE, "valid_to": NOON + timedelta(days=999)}
            work.add(Delegation, from_person=first, to_person=second, duty=duty, unit=UNITS[0], reason="算例", **lent)
            if side == "deputy":  # and nothing else by which they could have confirmed
                work.connection.exec_driver_sql(
                    f"DELETE FROM grant_of_duty WHERE person_id = '{text_id(store, second)}'"
                )
    found = {invariant.id: invariant.bad for invariant in verify(store).bad}
    assert (check in found) is (side != "deputy with a duty of their own"), found
    if found:
        assert "one=" in str(found[check])


@pytest.mark.tampers
def test_verify_names_an_account_that_nobody_verified(store: Store) -> None:
    Stage(store).furnish(firms=1)
    with store.write() as work:
        work.connection.exec_driver_sql("UPDATE party_account SET verified_by = ''")
    assert [invariant.id for invariant in verify(store).bad] == ["I16-verified"]


def text_id(store: Store, identity: UUID) -> str:
    """An id as the database writes it."""
    return str(identity) if store.engine.dialect.name == "postgresql" else identity.hex
