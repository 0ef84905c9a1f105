"""What was done before a rule was checked is named after an upgrade and is no breach; what is done afterwards is one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError
from sqlmodel import col

from casework.awards import external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.conditions import admission
from casework.lifecycle import act_context, authorization
from casework.lifecycle import commands as r
from casework.parties import payee_accounts
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared import register_writes
from casework.shared.reference import touch
from models import Delegation, Duty, RuleEffectiveFrom, State, triggers
from models.migrate import downgrade, head, upgrade
from models.store import Store
from models.verify import verify
from policies.benefits import KeyKind, Level
from policies.money import Money
from policies.parameters import Origin
from support.shared_invoice import priced
from support.stage import BEFORE, NOON, UNITS, VALUES, Stage, named, officer
from support.walk import Walk, exclude

S, D = State, Duty
BEFORE_THE_MARKS = "0017"
Patch = pytest.MonkeyPatch
pytestmark = [pytest.mark.slow, pytest.mark.tampers]


def furnished(store: Store) -> Walk:
    """An office with an acceptor who belongs to the first firm, and with deputies of the head and of the author of values."""
    walk = Walk(Stage(store).furnish(firms=2, values=VALUES))
    lent = {"valid_from": BEFORE, "valid_to": NOON + timedelta(days=999), "reason": "算例"}
    with store.write() as work:
        walk.stage.person(work, "inside", D.ACCEPTOR, key="applicant-0-1")
        for login, giver, duty in (
            ("head's deputy", officer(D.HEAD), D.HEAD),
            ("author's deputy", officer(D.PARAMETER_AUTHOR), D.PARAMETER_CONFIRMER),
        ):
            walk.stage.person(work, login)
            for unit in UNITS:
                work.add(Delegation, from_person=giver, to_person=named(login), duty=duty, unit=unit, **lent)
        for unit in UNITS:
            walk.stage.grant(work, f"{D.PARAMETER_AUTHOR}-0", D.PARAMETER_CONFIRMER, unit)
        work.flush()
        touch(work)
    return walk


def by_hand(store: Store, statement: str) -> None:
    """What somebody with the database's password does; the guards stay off."""
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        triggers.uninstall(connection)
        connection.exec_driver_sql(statement)


def _accepts(walk: Walk, number: int, patch: Patch) -> None:
    case = walk.to(walk.open("M4a", number), S.FILED, D.ACCEPTOR)
    patch.setattr(authorization, "tied", lambda *_: frozenset())
    walk.do(r.Accept, case, by=named("inside"))


def _says_it_was_given_back(walk: Walk, number: int, patch: Patch) -> None:
    store = walk.stage.store
    new = NewBenefit(
        party=named("firm-0"), kind=KeyKind.PROJECT, basis=f"算例项目{number}", source="算例市", level=Level.CITY,
        reference="算例1号", amount=Money(100_00),
    )  # fmt: skip
    external_benefits.add(store, officer(D.CLERK), [new])
    patch.setattr(register_writes, "tied", lambda *_: frozenset())
    external_benefits.set_returned(store, named("inside"), external_benefits.entered(store, new).id, proof="算例凭证")


def _undoes(walk: Walk, number: int, patch: Patch) -> None:
    case = walk.to(walk.open("M4a", number), S.DECIDED)
    patch.setattr(act_context, "one_side", lambda *_: False)
    for by in (officer(D.HEAD), named("head's deputy")):
        walk.do(r.Undo, walk.stage.case(case.id), by=by, duty=D.HEAD, reason="算例理由")


def _confirms_a_value(walk: Walk, number: int, patch: Patch) -> None:
    new = Proposal(policy="XZ2023", name="P16-rate", value=f"0.1{number}", citation="算例", origin=Origin.DEMO)
    made = parameter_register.propose(walk.stage.store, officer(D.PARAMETER_AUTHOR), new)
    patch.setattr(parameter_register, "one_side", lambda *_: False)
    parameter_register.confirm(walk.stage.store, named("author's deputy"), made)


def _allocates(walk: Walk, number: int, patch: Patch) -> None:
    """To an account that is not verified: that bound at the order only."""
    case = walk.to(walk.open("M4a", number, firm=number - 1), S.PAYABLE, D.ALLOCATOR)
    by_hand(walk.stage.store, f"UPDATE party_account SET status = 'unverified', version = version + {number}")
    patch.setattr(admission, "stopped", lambda *_: None)
    walk.forward(case.id)


def _prices(walk: Walk, number: int, patch: Patch) -> None:
    """Two cases on one invoice, and nobody compared them."""
    for turn, item in enumerate(("M16", "M5c")):
        priced(walk, item, 2 * number + turn, document=f"3300231130 0001234{number}", fen=100_000_00)
    by_hand(walk.stage.store, "DELETE FROM comparison")


def _releases(walk: Walk, number: int, patch: Patch) -> None:
    case = walk.to(walk.open("M4a", number), S.ORDERED)
    new = NewBenefit(
        party=case.party_id, kind=KeyKind.DEVICE, basis=f"算例织机{number} / A", source="算例市", level=Level.CITY,
        reference="算例1号", amount=Money(100_00),
    )  # fmt: skip
    external_benefits.add(walk.stage.store, officer(D.FUND_OFFICER), [new])
    by_hand(walk.stage.store, f"UPDATE comparison SET version = {case.version - 1}")


def _adds_a_benefit(walk: Walk, number: int, patch: Patch) -> None:
    """That the certified case is not looked at for."""
    case = walk.to(walk.open("M4a", number), S.CERTIFIED, D.SYSTEM)
    new = NewBenefit(
        party=case.party_id, kind=KeyKind.DEVICE, basis=f"算例织机{number} / A", source="算例市", level=Level.CITY,
        reference="算例1号", amount=Money(100_00),
    )  # fmt: skip
    patch.setattr(external_benefits, "again", lambda *_, **__: [])
    external_benefits.add(walk.stage.store, officer(D.FUND_OFFICER), [new])


ACTS: dict[str, Callable[[Walk, int, Patch], None]] = {
    "I8-applicants": _accepts,
    "I16-own": _says_it_was_given_back,
    "I23-undone": _undoes,
    "I16-values": _confirms_a_value,
    "I25-conditions": _allocates,
    "S1-awards": _prices,
    "S2-open": _releases,
    "I25-current": _adds_a_benefit,
}


def found(store: Store) -> dict[str, int]:
    """How many breaches each check finds; the guards were taken off here."""
    return {invariant.id: invariant.rows for invariant in verify(store).bad if invariant.id != "R2-guards"}


def of_before_the_marks(store: Store) -> None:
    """The store as an earlier release left it, with what was done in it until now."""
    store.engine.dispose()
    downgrade(store.url, BEFORE_THE_MARKS)


def upgraded(store: Store) -> None:
    store.engine.dispose()
    assert upgrade(store.url) == head()


@pytest.mark.parametrize("check", ACTS)
def test_an_act_of_before_is_named_and_one_of_after_is_a_breach(store: Store, check: str) -> None:
    walk = furnished(store)
    with pytest.MonkeyPatch.context() as patch:
        ACTS[check](walk, 1, patch)
    of_before_the_marks(store)
    upgraded(store)
    report = verify(store)
    assert report.ok, [str(invariant) for invariant in report.bad]
    (note,) = (note for note in report.notes if note.startswith(check))
    assert "升级前按当时的规则办理" in note and "made under the earlier rule" in note
    with pytest.MonkeyPatch.context() as patch:
        ACTS[check](walk, 2, patch)
    assert found(store) == {check: 1}
    assert note in verify(store).notes


def test_what_the_rule_of_before_refused_too_stays_a_breach(store: Store) -> None:
    walk = furnished(store)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(act_context, "one_side", lambda *_: False)
        case = walk.to(walk.open("M4a", 1), S.DECIDED)
        for _ in range(2):
            walk.do(r.Undo, walk.stage.case(case.id), by=officer(D.HEAD), duty=D.HEAD, reason="算例理由")
        excluded = walk.to(walk.open("M4a", 2, firm=1), S.FILED, D.ACCEPTOR)
        exclude(walk.stage, 1)
        patch.setattr(admission, "stopped", lambda *_: None)
        walk.do(r.Accept, excluded)
    of_before_the_marks(store)
    upgraded(store)
    assert found(store).keys() == {"I23-undone", "I25-conditions"} and not verify(store).notes


def test_a_new_store_judges_everything_and_nobody_but_an_upgrade_says_otherwise(store: Store) -> None:
    def marks() -> list[Any]:
        with store.read() as work:
            return list(work.execute(select(col(RuleEffectiveFrom.check_id))).scalars())

    assert not marks()
    furnished(store)
    with pytest.raises(DatabaseError, match="schema-only"), store.write() as work:
        work.add(RuleEffectiveFrom, check_id="I8-applicants", audit_seq=10**6)
    payee_accounts.unverified(store)  # the store goes on
    with store.write() as work:
        work.audit(actor="system", action="算例", subject="算例", content={})
    of_before_the_marks(store)
    upgraded(store)
    assert "I8-applicants" in marks() and verify(store).ok
    for statement in ("UPDATE rule_effective_from SET audit_seq = 99", "DELETE FROM rule_effective_from"):
        with pytest.raises(DatabaseError, match="schema-only"), store.write() as work:
            work.connection.exec_driver_sql(statement)
