"""回避: nobody who belongs to an applicant handles its case, under no account, through no deputy, in no act; `verify` names it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from casework.applications.evidence_vault import Vault
from casework.applications.offline_papers import see
from casework.awards import external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.lifecycle import authorization
from casework.lifecycle import commands as r
from casework.lifecycle.authorization import RECUSED
from casework.lifecycle.commands import Action
from casework.lifecycle.transitions import TABLE
from casework.parties import party_corrections, party_register, payee_accounts
from casework.parties.party_register import NewParty
from casework.parties.payee_accounts import NewAccount
from casework.privacy import retention
from casework.shared import register_writes
from casework.shared.applicant_ties import tied
from casework.shared.errors import Problem, Refused
from casework.shared.merged_parties import MERGED
from casework.shared.reference import reference, touch
from casework.shared.register_writes import SYSTEM
from casework.staff import contact_addresses, duty_grants, person_accounts
from casework.staff.person_accounts import NewPerson
from casework.views import stuck, whole_inbox
from models import Anonymisation, Delegation, Duty, PartyKind, State
from models.store import Store
from models.verify import verify
from policies.benefits import KeyKind, Level
from policies.money import Money
from support.attempts import ATTEMPTS, KEPT
from support.office import identity_number
from support.rehearsal import Rehearsal, written
from support.situations import SITUATIONS, Situation
from support.stage import BEFORE, LEAD, NOON, UNITS, Stage, applicant, named, officer
from support.walk import Walk, firm_of

S, D = State, Duty
OFFICERS = tuple(duty for duty in Duty if duty not in (D.SYSTEM, D.APPLICANT, D.CLERK, D.AUDITOR, D.ADMINISTRATOR))
NUMBER = identity_number(7)
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n"


def member(firm: int) -> str:
    """The natural person of a firm who has filed nothing."""
    return f"applicant-{firm}-1"


def lend(walk: Walk, work: Any, giver: UUID, taker: str, duty: Duty) -> None:
    for unit in UNITS:
        work.add(
            Delegation, from_person=giver, to_person=named(taker), duty=duty, unit=unit, reason="算例",
            valid_from=BEFORE, valid_to=NOON + timedelta(days=999),
        )  # fmt: skip


def _account(walk: Walk, work: Any, duty: Duty, firm: int) -> None:
    walk.stage.person(work, f"inside {duty}", duty, key=member(firm))


def _deputy(walk: Walk, work: Any, duty: Duty, firm: int) -> None:
    """A stranger who stands in for a member."""
    walk.stage.person(work, f"absent {duty}", duty, key=member(firm))
    walk.stage.person(work, f"inside {duty}")
    lend(walk, work, named(f"absent {duty}"), f"inside {duty}", duty)


def _stands_in(walk: Walk, work: Any, duty: Duty, firm: int) -> None:
    """A member who stands in for a stranger."""
    walk.stage.person(work, f"inside {duty}", key=member(firm))
    lend(walk, work, officer(duty), f"inside {duty}", duty)


def _merged(walk: Walk, work: Any, duty: Duty, firm: int) -> None:
    """A member of a firm that was merged into the applicant."""
    walk.stage.person(work, f"inside {duty}", duty, key=member(1))


WAYS: dict[str, Callable[[Walk, Any, Duty, int], None]] = {
    "under another account": _account,
    "through a deputy": _deputy,
    "as somebody's deputy": _stands_in,
    "of a merged firm": _merged,
}


def insiders(walk: Walk, firm: int, way: str) -> None:
    """For each duty of an officer somebody who holds it and belongs to the firm."""
    with walk.stage.store.write() as work:
        for duty in OFFICERS:
            WAYS[way](walk, work, duty, firm)
        if way == "of a merged firm":
            into = {"into": str(named(f"firm-{firm}"))}
            work.audit(actor=SYSTEM, action=MERGED, subject=str(named("firm-1")), content=into)
        work.flush()
        touch(work)


def rows_here(case: Any) -> list[tuple[Action, Duty]]:
    """What officers may do with a case that stands where it does."""
    return [
        (row.action, row.duty)
        for row in TABLE
        if row.source == case.state and row.duty in OFFICERS and (not row.turn or row.duty == case.next_duty)
    ]


@pytest.mark.prove
@pytest.mark.parametrize("way", WAYS)
def test_no_act_of_an_officer_is_open_to_who_belongs_to_the_applicant(
    make_store: Callable[..., Store], way: str, backend: str
) -> None:
    wrong, tried = [], set()
    for situation in _situations(way, backend):
        walk = Walk(Stage(make_store()).furnish(firms=2))
        case = situation.reach(walk)
        insiders(walk, firm_of(case), way)
        before, rehearsal = written(walk.stage.store), Rehearsal(walk.stage.store.url)
        for action, duty in rows_here(case):
            if said(rehearsal, action, case, officer(duty, 2)):
                continue  # a stranger may not do this here either
            tried.add(action)
            # what a bank did is kept as read, and says of a line that it moved nothing
            own = said(rehearsal if action in KEPT else walk.stage.store, action, case, named(f"inside {duty}"))
            if own != ("no_effect" if action in KEPT else RECUSED):
                wrong.append(f"{situation}: {action} by {duty}: {own or 'done'}")
        rehearsal.close()
        if written(walk.stage.store) != before:
            wrong.append(f"{situation}: a refusal wrote something")
    assert not wrong, "\n".join(wrong)
    if backend == "sqlite" and way == "under another account":
        theirs = {Action.FILE, Action.WITHDRAW, Action.OBJECT, Action.REPORT}
        assert tried == set(ATTEMPTS) - theirs - {Action.COMPARE}  # nothing here is open to be compared


def said(store: Store, action: Action, case: Any, by: UUID) -> str:
    """The code of the refusal; "" where it is done."""
    try:
        ATTEMPTS[action](store, case, by)
    except Problem as no:
        return no.code
    return ""


def _situations(way: str, backend: str) -> list[Situation]:
    """All of them for another account; for the other ways, and on the other database, the three kinds of act asked for."""
    if way == "under another account" and backend == "sqlite":
        return list(SITUATIONS)
    wanted = {(S.ACCEPTED, D.CERTIFIER), (S.COMPUTED, D.DECIDER), (S.PAYABLE, D.ALLOCATOR), (S.PAYABLE, D.CHECKER)}
    found: dict[Any, Situation] = {}
    for situation in SITUATIONS:
        if (situation.state, situation.duty) in wanted:
            found.setdefault((situation.state, situation.duty), situation)
    assert found.keys() == wanted
    return list(found.values())


@pytest.mark.tampers
@pytest.mark.parametrize("way", WAYS)
def test_verify_names_an_act_by_who_belongs_to_the_applicant(
    store: Store, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = Walk(Stage(store).furnish(firms=2))
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    insiders(walk, 0, way)
    assert verify(store).ok
    monkeypatch.setattr(authorization, "tied", lambda *_: frozenset())
    store.set_clock(NOON + timedelta(hours=1), frozen=True)  # the firms are one by then
    walk.do(r.Accept, case, by=named(f"inside {D.ACCEPTOR}"))
    found = {invariant.id: invariant.bad for invariant in verify(store).bad}
    assert list(found) == ["I8-applicants"], found
    assert found["I8-applicants"] == f"{case.number}: version={case.version + 1}, action=accept"


@pytest.mark.parametrize("hours", [-2, 24])
def test_what_was_done_before_somebody_joined_the_applicant_was_lawful(store: Store, hours: int) -> None:
    """Also where the clock was set back in between."""
    walk = Walk(Stage(store).furnish(firms=2))
    case = walk.to(walk.open("M4a", 1), S.ACCEPTED)
    store.set_clock(NOON + timedelta(hours=hours), frozen=True)
    made = person_accounts.add(
        store, SYSTEM, NewPerson(login="joined", name="算例", same_as="acceptor-0", party=named("firm-0"))
    )
    assert made and verify(store).ok
    with store.write() as work:
        for duty in (D.CERTIFIER, D.HEAD):
            walk.stage.grant(work, "acceptor-1", duty, LEAD)
        touch(work)
    with pytest.raises(Refused) as no:
        walk.do(
            r.Hold, walk.stage.case(case.id), duty=D.HEAD, by=officer(D.ACCEPTOR), reason="算例", review_on="2024-01-02"
        )
    assert no.value.code == "no_duty"  # who holds no such duty is told that, not more


def test_the_inbox_says_why_a_case_is_barred_and_who_may_instead(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=2))
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    insiders(walk, 0, "under another account")
    found = whole_inbox(store, named(f"inside {D.ACCEPTOR}"))
    assert not found.tasks
    (kept,) = found.barred
    assert kept.cases == (case.number,) and kept.zh.startswith("回避：") and "可由 算例acceptor-0" in kept.zh
    assert "belongs to the applicant" in kept.en and "算例inside" not in kept.zh.partition("可由")[2]
    with pytest.raises(Refused) as no:
        walk.do(r.Accept, case, by=named(f"inside {D.ACCEPTOR}"))
    assert "可由 算例acceptor-0" in no.value.zh
    assert stuck(store) == []
    for which in range(3):
        person_accounts.close(store, SYSTEM, f"acceptor-{which}")
    (stuck_case,) = stuck(store)
    assert (stuck_case.duty, stuck_case.holders, stuck_case.cases) == (D.ACCEPTOR, 1, (case.number,))


def test_a_natural_person_who_applies_is_the_same_under_an_officers_account(store: Store) -> None:
    Stage(store).furnish(firms=1)
    kin = person_accounts.add(store, SYSTEM, NewPerson(login="kin", name="算例某", identity=NUMBER))
    duty_grants.add(store, SYSTEM, person="kin", duty=D.ACCEPTOR, unit=LEAD)
    with store.read() as work:
        assert not reference(store, work).ties
    account = NewAccount(number="622200009999", bank="算例银行", clearing_code="102335000001")
    party = party_register.add(
        store, SYSTEM, NewParty(kind=PartyKind.PERSON, name="算例某", code=NUMBER, account=account)
    )
    with store.read() as work:
        (key,) = reference(store, work).ties
        assert tied(work, reference(store, work).ties, {key}, [party, named("firm-0")]) == {party}
    (waits,) = (waiting_account for waiting_account, name in payee_accounts.unverified(store) if name == "算例某")
    with pytest.raises(Refused):
        payee_accounts.verify(store, kin, waits, paper="算例证明")
    payee_accounts.verify(store, officer(D.ACCEPTOR), waits, paper="算例证明")


def entries(walk: Walk) -> list[Callable[[UUID], Any]]:
    """What somebody says of the first firm in a register, or of a paper of its case: each to be said once."""
    store, firm = walk.stage.store, named("firm-0")
    case = walk.open("M7", 1)
    benefit = NewBenefit(
        party=firm, kind=KeyKind.PROJECT, basis="算例项目", source="算例市", level=Level.CITY, reference="算例1号",
        amount=Money(100_00),
    )  # fmt: skip
    external_benefits.add(store, SYSTEM, [benefit])
    (row,) = external_benefits.listed(store, party=firm)
    change = party_corrections.rename(store, officer(D.CLERK), firm, name="算例新名", proof="算例变更登记")
    merger = party_corrections.merge(store, officer(D.CLERK), named("firm-1"), into=firm, proof="算例合并文件")
    account = payee_accounts.enter(store, officer(D.CLERK), firm, NewAccount(number="622200009999", bank="算例银行"))
    address = contact_addresses.add(store, applicant(0), f"party:{firm}", channel="email", address="a@example.com")
    other = replace(benefit, reference="算例2号", returned=True)
    return [
        lambda by: external_benefits.add(store, by, [other]),
        lambda by: external_benefits.set_returned(store, by, row.id, proof="算例凭证"),
        lambda by: payee_accounts.verify(store, by, account, paper="算例证明"),
        lambda by: contact_addresses.verify(store, by, address, proof="算例回拨"),
        lambda by: party_corrections.confirm(store, by, merger),
        lambda by: party_corrections.confirm(store, by, change),
        lambda by: see(store, case=case, slot="military_check", good=True, note="算例", by=by),
    ]


def test_what_a_register_takes_of_a_party_is_said_by_nobody_who_belongs_to_it(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=2))
    insiders(walk, 0, "under another account")
    acts = entries(walk)
    for do in acts:
        with pytest.raises(Refused) as no:
            do(named(f"inside {D.ACCEPTOR}"))
        assert no.value.code in (RECUSED, "second_person")
    for do in acts:
        do(officer(D.ACCEPTOR))
    assert verify(store).ok


@pytest.mark.parametrize("way", [way for way in WAYS if way != "of a merged firm"])
def test_who_belongs_to_the_applicant_adds_no_paper_as_an_officer(store: Store, way: str, tmp_path: Path) -> None:
    """At the counter they enter what the applicant may, and no more."""
    walk = Walk(Stage(store).furnish(firms=2))
    case = walk.open("M4a", 1)
    with store.write() as work:
        WAYS[way](walk, work, D.CERTIFIER, 0)
        WAYS[way](walk, work, D.CLERK, 0)
        work.flush()
        touch(work)

    def adds(slot: str, by: UUID) -> str:
        paper = tmp_path / f"{slot}.pdf"
        paper.write_bytes(PDF + slot.encode())
        try:
            Vault(tmp_path / "vault").add(store, paper, case=case, slot=slot, by=by)
        except Refused as no:
            return no.code
        return ""

    certifier, clerk = named(f"inside {D.CERTIFIER}"), named(f"inside {D.CLERK}")
    assert (adds("certificate", certifier), adds("certificate", clerk)) == (RECUSED, "")
    walk.to(case, S.ACCEPTED)
    assert (adds("certificate", certifier), adds("product_photos", clerk)) == (RECUSED, "not_the_turn")
    assert adds("product_photos", officer(D.CERTIFIER)) == ""


def test_a_person_who_applies_neither_proposes_nor_settles_the_end_of_their_own_data(store: Store) -> None:
    Stage(store).furnish(firms=1)
    kin = person_accounts.add(store, SYSTEM, NewPerson(login="kin", name="算例某", identity=NUMBER))
    duty_grants.add(store, SYSTEM, person="kin", duty=D.ADMINISTRATOR, unit=LEAD)
    party = party_register.add(store, SYSTEM, NewParty(kind=PartyKind.PERSON, name="算例某", code=NUMBER))
    with store.write() as work:
        made = work.new_id()
        work.add(
            Anonymisation, id=made, party_id=party, status="proposed", ended_on="2020-01-01", due_on="2023-01-01",
            basis="算例", proposed_by=officer(D.ADMINISTRATOR), proposed_at=work.now,
        )  # fmt: skip
    for do in (
        lambda: retention.propose(store, kin, party),
        lambda: retention.reject(store, kin, made, reason="算例"),
    ):
        with pytest.raises(Refused) as no:
            do()
        assert no.value.code == RECUSED


@pytest.mark.tampers
def test_verify_names_each_entry_by_who_belongs_to_the_party(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Walk(Stage(store).furnish(firms=2))
    insiders(walk, 0, "under another account")
    acts = entries(walk)
    monkeypatch.setattr(payee_accounts, "belongs_to", lambda *_: False)
    for module in (authorization, register_writes):
        monkeypatch.setattr(module, "tied", lambda *_: frozenset())
    monkeypatch.setattr(contact_addresses, "parties_of", lambda *_: frozenset())
    for do in acts:
        do(named(f"inside {D.ACCEPTOR}"))
    found = {invariant.id: invariant for invariant in verify(store).bad}
    assert found.keys() == {"I16-own", "I8-applicants"}
    assert found["I16-own"].rows == 6 and found["I8-applicants"].bad == "XZ2023-M07-000001: paper=military_check"
