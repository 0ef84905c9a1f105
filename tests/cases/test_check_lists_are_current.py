"""`verify` says that each open case was looked at after what its checks look at changed, and names one that was not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from casework.applications import offline_papers
from casework.applications.evidence_vault import Vault
from casework.applications.offline_papers import Looked, see
from casework.awards import external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.conditions import condition_rechecks
from casework.lifecycle.case_changes import CaseView
from casework.parties import party_corrections, payee_accounts
from casework.parties.payee_accounts import NewAccount
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.errors import Refused
from casework.shared.reference import reference
from casework.shared.register_writes import SYSTEM
from models import AuditEntry, Case, Duty, Evidence, PaperCheck, PartyAccount, State
from models.store import Store
from models.verification.check_freshness import EVALUATED, RAN
from models.verify import verify
from policies.benefits import KeyKind, Level
from policies.money import Money
from policies.parameters import Origin
from support.office import code
from support.stage import NOON, Stage, named, officer
from support.walk import Walk

S, D = State, Duty
LATER = NOON + timedelta(days=1)
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n"


def _added(walk: Walk, case: CaseView) -> None:
    with TemporaryDirectory() as folder:
        paper = Path(folder) / "算例.pdf"
        paper.write_bytes(PDF)
        Vault(Path(folder) / "vault").add(walk.stage.store, paper, case=case.id, slot="certificate", by=None)


def _seen(walk: Walk, case: CaseView) -> None:
    see(
        walk.stage.store, case=case.id, slot="military_check", good=False, note="算例：原件不符", by=officer(D.ACCEPTOR)
    )


def _corrected(walk: Walk, case: CaseView) -> None:
    made = party_corrections.correct(
        walk.stage.store, officer(D.CLERK), case.party_id, sector="算例行业", proof="算例证照"
    )
    party_corrections.confirm(walk.stage.store, officer(D.ACCEPTOR), made)


def _benefit(walk: Walk, case: CaseView) -> None:
    new = NewBenefit(
        party=case.party_id, kind=KeyKind.DEVICE, basis="算例织机1 / A", source="算例市", level=Level.CITY,
        reference="算例1号", amount=Money(100_00),
    )  # fmt: skip
    external_benefits.add(walk.stage.store, SYSTEM, [new])


def _returned(walk: Walk, case: CaseView) -> None:
    (row,) = external_benefits.listed(walk.stage.store, party=case.party_id)
    external_benefits.set_returned(walk.stage.store, SYSTEM, row.id, proof="算例凭证")


def _verified(walk: Walk, case: CaseView) -> None:
    new = NewAccount(number="622200008888", bank="算例银行", clearing_code="102335000001")
    made = payee_accounts.enter(walk.stage.store, officer(D.CLERK), case.party_id, new)
    payee_accounts.verify(walk.stage.store, officer(D.ACCEPTOR), made, paper="算例证明")


def _listed(walk: Walk, case: CaseView) -> None:
    new = Proposal(
        policy="XZ2023", name="P-exclusions", value={code(0): "算例失信"}, citation="算例文号", origin=Origin.DEMO
    )
    made = parameter_register.propose(walk.stage.store, officer(D.PARAMETER_AUTHOR), new)
    parameter_register.confirm(walk.stage.store, officer(D.PARAMETER_CONFIRMER), made)


# What changes: which module looks again, how it is changed, and where the case stands.
CHANGES: dict[str, tuple[Any, Callable[[Walk, CaseView], None], State]] = {
    "paper": (condition_rechecks, _added, S.ACCEPTED),
    "paper_check": (offline_papers, _seen, S.FILED),
    "party": (party_corrections, _corrected, S.FILED),
    "benefit": (external_benefits, _benefit, S.CERTIFIED),
    "benefit_returned": (external_benefits, _returned, S.CERTIFIED),
    "P-exclusions": (parameter_register, _listed, S.FILED),
}


def looked(store: Store) -> int:
    """How many looks without an act the records name."""
    with store.read() as work:
        return len(work.execute(select(col(AuditEntry.seq)).where(col(AuditEntry.action) == EVALUATED)).all())


def ran(store: Store) -> None:
    """The daily job says that it looked at everything entered so far."""
    with store.write() as work:
        place = work.execute(select(func.max(AuditEntry.seq))).scalar_one()
        work.audit(actor=D.SYSTEM, action=RAN, subject=work.today.isoformat(), content={"place": place})


def at_hand(store: Store, state: State, change: str = "") -> tuple[Walk, CaseView]:
    walk = Walk(Stage(store).furnish(firms=1))
    item = "M7" if state is S.FILED else "M4a"
    duty = {S.FILED: D.ACCEPTOR, S.CERTIFIED: D.SYSTEM}.get(state)
    case = walk.to(walk.open(item, 1), state, duty)
    if change == "benefit_returned":
        _benefit(walk, case)
    store.set_clock(LATER, frozen=True)
    return walk, case


@pytest.mark.tampers
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_looked_at_with_its_entry_and_one_that_was_not_is_named(
    make_store: Callable[..., Store], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, do, state = CHANGES[change]
    walk, case = at_hand(make_store(), state, change)
    before = looked(walk.stage.store)
    do(walk, case)
    ran(walk.stage.store)
    assert looked(walk.stage.store) > before
    assert "I25-current" not in {invariant.id for invariant in verify(walk.stage.store).bad}
    blind, case = at_hand(make_store(), state, change)
    monkeypatch.setattr(module, "again", lambda *_, **__: [])
    do(blind, case)
    if change == "P-exclusions":  # what one transaction cannot look at is the daily job's
        assert verify(blind.stage.store).ok
        ran(blind.stage.store)
    found = {invariant.id: invariant.bad for invariant in verify(blind.stage.store).bad}
    assert case.number in str(found["I25-current"]) and f"{change}=" in str(found["I25-current"])


@pytest.mark.tampers
@pytest.mark.parametrize("change", [name for name in CHANGES if name != "P-exclusions"])
def test_a_change_that_was_not_looked_at_is_named_though_it_is_dated_before_an_earlier_look(
    store: Store, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock was set back in between: the chain tells what came first."""
    module, do, state = CHANGES[change]
    walk, case = at_hand(store, state, change)
    store.set_clock(NOON + timedelta(hours=-2), frozen=True)
    monkeypatch.setattr(module, "again", lambda *_, **__: [])
    do(walk, case)
    assert f"{change}=" in str({invariant.id: invariant.bad for invariant in verify(store).bad}["I25-current"])


@pytest.mark.tampers
def test_a_value_and_an_account_that_no_run_looked_at_are_named_whatever_the_clock_said(
    make_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parameter_register, "again", lambda *_, **__: [])
    for do, said in ((_listed, "P-exclusions="), (_verified, "account=")):
        walk, case = at_hand(make_store(), S.FILED)
        walk.stage.store.set_clock(NOON + timedelta(hours=-2), frozen=True)
        do(walk, case)
        assert verify(walk.stage.store).ok  # the next run's
        ran(walk.stage.store)
        assert said in str({invariant.id: invariant.bad for invariant in verify(walk.stage.store).bad}["I25-current"])


@pytest.mark.tampers
def test_a_value_that_begins_later_counts_from_the_run_of_its_day(store: Store) -> None:
    _, case = at_hand(store, S.FILED)
    new = Proposal(
        policy="XZ2023", name="P-exclusions", value={code(0): "算例失信"}, citation="算例文号", origin=Origin.DEMO,
        valid_from=(LATER + timedelta(days=3)).date(),
    )  # fmt: skip
    made = parameter_register.propose(store, officer(D.PARAMETER_AUTHOR), new)
    parameter_register.confirm(store, officer(D.PARAMETER_CONFIRMER), made)
    ran(store)
    assert verify(store).ok
    store.set_clock(LATER + timedelta(days=3), frozen=True)
    ran(store)
    assert case.number in str({invariant.id: invariant.bad for invariant in verify(store).bad}["I25-current"])
    with store.write() as work:
        condition_rechecks.again(work, reference(store, work), col(Case.id) == case.id)
    assert verify(store).ok


@pytest.mark.tampers
def test_a_paper_and_an_account_that_came_by_another_door_are_named(store: Store) -> None:
    _, case = at_hand(store, S.FILED)
    with store.write() as work:
        work.add(
            Evidence, case_id=case.id, slot="other", name="a.pdf", sha256="0" * 64, size=1,
            media_type="application/pdf", added_at=LATER,
        )  # fmt: skip
    assert "paper=" in str({invariant.id: invariant.bad for invariant in verify(store).bad}["I25-current"])
    with store.write() as work:
        condition_rechecks.again(work, reference(store, work), col(Case.id) == case.id)
    assert "I25-current" not in {invariant.id for invariant in verify(store).bad}
    store.set_clock(LATER + timedelta(minutes=1), frozen=True)
    with store.write() as work:
        work.connection.execute(
            PartyAccount.__table__.update()  # type: ignore[attr-defined]
            .where(col(PartyAccount.id) == named("account-0"))
            .values(usable_from=work.now)
        )
    assert "I25-current" not in {invariant.id for invariant in verify(store).bad}
    ran(store)
    assert "account=" in str({invariant.id: invariant.bad for invariant in verify(store).bad}["I25-current"])


@pytest.mark.tampers
def test_a_look_after_the_clock_was_set_back_is_not_called_older(store: Store) -> None:
    _, case = at_hand(store, S.FILED)
    with store.read() as work:
        now = work.now
    store.set_clock(now + timedelta(hours=2), frozen=True)
    with store.write() as work:
        work.add(
            Evidence, case_id=case.id, slot="other", name="a.pdf", sha256="0" * 64, size=1,
            media_type="application/pdf", added_at=work.now,
        )  # fmt: skip
        content = {"slot": "other", "sha256": "0" * 64}
        work.audit(actor=D.SYSTEM, action="evidence.add", subject=str(case.id), content=content)
    assert "paper=" in str({invariant.id: invariant.bad for invariant in verify(store).bad}["I25-current"])
    store.set_clock(now + timedelta(hours=1), frozen=True)
    with store.write() as work:
        condition_rechecks.again(work, reference(store, work), col(Case.id) == case.id)
    assert "I25-current" not in {invariant.id for invariant in verify(store).bad}


def test_a_look_at_a_paper_that_is_sent_several_times_at_once_is_recorded_once(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=2))
    case = walk.to(walk.open("M7", 1), S.FILED, D.ACCEPTOR)
    looked = Looked(version=case.version, looks=0)

    def look(_: int) -> None:
        see(store, case=case.id, slot="military_check", good=True, note="算例", by=officer(D.ACCEPTOR), looked=looked)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(look, range(4)))
    with store.read() as work:
        assert work.execute(select(func.count()).select_from(PaperCheck)).scalar_one() == 1
    with pytest.raises(Refused, match="已有变化"):
        see(store, case=case.id, slot="military_check", good=False, note="算例", by=officer(D.ACCEPTOR), looked=looked)
