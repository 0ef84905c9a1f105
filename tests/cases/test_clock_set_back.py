"""A business clock that is set back: what came first is told by versions and by the audit chain, never by two instants."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import select
from sqlmodel import col

from casework.applications.offline_papers import see
from casework.awards import computation, external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.conditions.check_inputs import gather
from casework.funds import budget_register
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.procedure import procedure_of
from casework.payments import bank_export
from casework.shared.errors import Refused
from casework.shared.reference import reference
from models import AwardRecord, BankResult, CheckRecord, Comparison, Duty, Entitlement, PaperCheck, State, triggers
from models.migrate import downgrade, head, upgrade
from models.store import Store
from models.verify import verify
from policies.benefits import KeyKind, Level
from policies.money import Money
from support.overriding import waive
from support.shared_invoice import COST, priced
from support.stage import LEAD, VALUES, Stage, claim, named, officer
from support.walk import Walk, answer, batch_of, exclude, order_of

WHY = "算例理由"
GROSS = 200_000_00


def back(store: Store, hours: int = 2) -> None:
    """The clock is put right, some hours earlier."""
    with store.read() as work:
        now = work.now
    store.set_clock(now - timedelta(hours=hours), frozen=True)


def undone(walk: Walk, case: UUID) -> CaseView:
    """One head asks, another confirms."""
    for which in (0, 1):
        walk.do(r.Undo, walk.stage.case(case), duty=Duty.HEAD, by=officer(Duty.HEAD, which), reason=WHY)
    return walk.stage.case(case)


def rests_on(store: Store) -> dict[tuple[int, bool], int]:
    """The award of each entitlement by its number; entitlements by what they grant and whether they are ended."""
    with store.read() as work:
        query = select(col(Entitlement.approved_fen), col(Entitlement.ended), col(AwardRecord.sequence))
        rows = work.execute(query.join(AwardRecord, col(AwardRecord.id) == col(Entitlement.award_id))).all()
    return {(row.approved_fen, row.ended): row.sequence for row in rows}


def test_a_decision_dated_before_its_computation_rests_on_it(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.to(walk.open("M4a", 1), State.COMPUTED, Duty.DECIDER)
    back(store)
    walk.do(r.Decide, case)
    assert rests_on(store) == {(GROSS, False): 1}
    assert not verify(store).bad


def test_a_lowered_sum_does_not_rise_again_beside_a_case_whose_pricing_is_dated_before_it(store: Store) -> None:
    walk = Walk(Stage(store).furnish(values=VALUES))
    lower = priced(walk, "M16", 1)
    walk.to(lower.id, State.COMPUTED, Duty.DECIDER)
    walk.do(r.Decide, walk.stage.case(lower.id), amount_fen=COST // 10, reason=WHY)
    back(store)
    higher = priced(walk, "M5c", 2)
    assert higher.amount_fen == COST - COST // 10
    assert undone(walk, lower.id).state == State.CERTIFIED
    computation.compute(store, cases=[lower.id])
    assert sum(walk.stage.case(case.id).amount_fen or 0 for case in (lower, higher)) <= COST


def test_a_lowered_sum_rises_again_beside_a_case_that_was_priced_before_it(store: Store) -> None:
    """All in one instant: a case priced earlier has got nothing of what the decision took off."""
    walk = Walk(Stage(store).furnish(values=VALUES))
    lower, other = priced(walk, "M16", 1), walk.to(walk.open("M16", 2), State.COMPUTED)
    walk.to(lower.id, State.COMPUTED, Duty.DECIDER)
    walk.do(r.Decide, walk.stage.case(lower.id), amount_fen=COST // 10, reason=WHY)
    again = undone(walk, lower.id)
    assert (again.state, again.amount_fen) == (State.COMPUTED, lower.amount_fen) and other.amount_fen


def test_an_upgrade_finds_the_award_of_what_was_promised_before(store: Store) -> None:
    walk = Walk(Stage(store).furnish(budget=GROSS))
    case = walk.to(walk.open("M4a", 1), State.COMPUTED, Duty.DECIDER)
    back(store)
    walk.do(r.Decide, case, amount_fen=150_000_00, reason=WHY)
    fund: dict[str, Any] = {"unit": LEAD, "year": 2023}
    budget_register.cut(store, officer(Duty.FUND_OFFICER), amount=Money(30_000_00), document="算例收回", **fund)
    assert undone(walk, case.id).state == State.CERTIFIED
    budget_register.appropriate(store, officer(Duty.FUND_OFFICER), amount=Money(30_000_00), document="算例追加", **fund)
    priced = walk.to(case.id, State.COMPUTED, Duty.DECIDER)
    back(store)
    walk.do(r.Decide, priced, amount_fen=1_00, reason=WHY)
    wanted = {(150_000_00, True): 1, (1_00, False): 2}
    assert rests_on(store) == wanted
    store.engine.dispose()
    downgrade(store.url, "0014")
    assert upgrade(store.url) == head()
    assert rests_on(store) == wanted and not verify(store).bad


def city(store: Store, reference: str = "算例市级文号") -> None:
    """A city's sum for the firm comes to light; whether it is the same, a person has to say."""
    benefit = NewBenefit(
        party=named("firm-0"), kind=KeyKind.ENTERPRISE, basis="算例企业0", source="算例市级政策", level=Level.CITY,
        reference=reference, amount=Money(50_000_00),
    )  # fmt: skip
    external_benefits.add(store, officer(Duty.FUND_OFFICER), [benefit])


@pytest.mark.parametrize("hours", [0, 2])
def test_what_is_the_same_as_what_was_paid_is_not_paid_again(store: Store, hours: int) -> None:
    """Found in the instant of the pricing, or dated before it: it is to be got back, and bars what comes back from the bank."""
    walk = Walk(Stage(store).furnish())
    priced = walk.to(walk.open("M4a", 1), State.COMPUTED)
    with store.read() as work:
        moment = work.now
    case = walk.to(priced.id, State.CLOSED)
    store.set_clock(moment - timedelta(hours=hours), frozen=True)
    city(store)
    again = walk.stage.case(case.id)
    walk.do(r.Compare, again, duty=Duty.CERTIFIER, comparison=1, verdict="same", reason=WHY)
    assert any("追回" in note for note in verify(store).notes)
    answer(store, order_of(store, case.id), "returned", by=officer(Duty.RECONCILER), act_id=walk.act_id())
    with pytest.raises(Refused, match="undo"):
        walk.forward(case.id)
    assert undone(walk, case.id).state == State.CERTIFIED


@pytest.mark.tampers
def test_a_release_past_an_open_comparison_is_found_though_it_is_dated_before_it(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.to(walk.open("M4a", 1), State.ORDERED)
    city(store)
    assert not verify(store).bad  # found after the release
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        triggers.uninstall(connection)
        connection.exec_driver_sql(f"UPDATE comparison SET version = {case.version - 1}")
        triggers.install(connection)
    back(store)
    assert case.number in str({invariant.id: invariant.bad for invariant in verify(store).bad}["S2-open"])


def test_a_paper_seen_again_counts_as_it_was_seen_last(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.to(walk.open("M7", 1), State.FILED, Duty.ACCEPTOR)
    for good in (True, False):
        see(store, case=case.id, slot="military_check", good=good, note=WHY, by=officer(Duty.ACCEPTOR))
        back(store)
    query = select(col(CheckRecord.result)).where(col(CheckRecord.name) == "paper:military_check")
    with store.read() as work:
        newest = work.execute(query.order_by(col(CheckRecord.sequence).desc()).limit(1)).scalar_one()
    assert newest == "fail"


def test_a_paper_seen_before_the_claim_was_stated_otherwise_is_to_be_seen_again(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.to(walk.open("M7", 1), State.FILED, Duty.ACCEPTOR)
    see(store, case=case.id, slot="military_check", good=True, note=WHY, by=officer(Duty.ACCEPTOR))
    walk.do(r.ReturnForCorrection, case, missing=("算例材料",))
    back(store)
    again = walk.stage.case(case.id)
    walk.do(r.File, again, claim={**claim("M7", 1), "name": "算例另一标准"})
    with store.read() as work:
        facts = reference(store, work)
        ways = {case.id: procedure_of(facts, again, work.today)}
        assert gather(work, facts, ways, [again], {}, {})[case.id].outdated == {"military_check"}


def test_an_upgrade_finds_the_versions_of_what_was_noted_before(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    paid, filed = walk.to(walk.open("M4a", 1), State.CLOSED), walk.to(walk.open("M7", 2), State.FILED, Duty.ACCEPTOR)
    for good in (True, False):
        back(store, -1)
        see(store, case=filed.id, slot="military_check", good=good, note=WHY, by=officer(Duty.ACCEPTOR))
    city(store)
    answer(
        store, order_of(store, paid.id), "failed", by=officer(Duty.RECONCILER), act_id=walk.act_id()
    )  # it contradicts
    back(store, -1)
    walk.do(r.Compare, walk.stage.case(paid.id), duty=Duty.CERTIFIER, comparison=1, verdict="different", reason=WHY)

    def noted() -> list[Any]:
        with store.read() as work:
            papers = select(col(PaperCheck.sequence), col(PaperCheck.version), col(PaperCheck.found))
            refused = select(col(BankResult.version)).where(col(BankResult.match) == "refused")
            asked = (papers.order_by(col(PaperCheck.sequence)), select(col(Comparison.version)), refused)
            return [work.execute(query).tuples().all() for query in asked]

    wanted = [[(1, filed.version, "ok"), (2, filed.version, "fail")], [(paid.version,)], [(paid.version,)]]
    assert noted() == wanted
    back(store, -1)
    store.engine.dispose()
    downgrade(store.url, "0015")
    assert upgrade(store.url) == head()
    assert noted() == wanted


@pytest.mark.tampers
def test_a_benefit_dated_after_a_pricing_that_followed_it_was_to_be_compared(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.to(walk.open("M4a", 1), State.SCREENED)
    benefit = NewBenefit(
        party=case.party_id, kind=KeyKind.DEVICE, basis="算例织机1 / A", source="算例市", level=Level.CITY,
        reference="算例1号", amount=Money(100_00),
    )  # fmt: skip
    external_benefits.add(store, officer(Duty.FUND_OFFICER), [benefit])
    back(store)
    walk.to(case.id, State.COMPUTED)
    assert not verify(store).bad
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        triggers.uninstall(connection)
        connection.exec_driver_sql("DELETE FROM comparison")
        triggers.install(connection)
    assert case.number in str({invariant.id: invariant.bad for invariant in verify(store).bad}["S1-benefits"])


def test_the_banks_files_name_an_override_that_is_dated_after_the_release(store: Store, tmp_path: Path) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.PAYABLE, Duty.MAKER)
    back(store, -48)  # well past its notice
    exclude(walk.stage, 0)
    for which in (0, 1):
        waive(walk, walk.stage.case(case.id), officer(Duty.HEAD, which))
    back(store)
    ordered = walk.to(case.id, State.ORDERED)
    made = bank_export.export(store, batch=batch_of(store, ordered), folder=tmp_path, by=officer(Duty.RELEASER))
    sheet = next(path for path, _ in made.files if path.suffix == ".xlsx")
    words = {str(cell.value) for page in load_workbook(sheet) for row in page for cell in row if cell.value}
    assert any("不予支持名单" in word for word in words), words
