"""Two policies of one unit and year in one store: a policy with a fund of its own, and a fund that both share."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework import views
from casework.awards import computation, computation_batch
from casework.funds import budget_register, budget_workbook
from casework.funds.fund_lookup import FundView, fund_named
from casework.lifecycle import commands as r
from casework.payments.bank_export import export
from casework.payments.payment_context import AllExcluded
from casework.payments.payment_lists import reconcile, waiting
from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from casework.shared.reference import touch
from models import AwardRecord, Duty, State
from models.store import Store
from models.verify import verify
from policies.money import Money
from support import payment_acts
from support.payment_acts import allocate, prepare
from support.stage import LEAD, VALUES, Stage, claim, facts, named, officer
from support.two_policies import draft, installed
from support.walk import Walk

XZ, QX = "XZ2023", "QX2023"
WORTH = {XZ: 200_000_00, QX: 90_000_00}  # fen of a municipal first set under each
SHARED = FundKey(LEAD, 2023)
OWN = {policy: FundKey(LEAD, 2023, policy) for policy in WORTH}


@pytest.fixture(autouse=True)
def both() -> Iterator[None]:
    """Both are installed until the store was looked over."""
    with installed():
        yield


class Town:
    """A store with two policies: claims an hour after each other, and what stands where."""

    def __init__(self, store: Store, shared: int, **values: str) -> None:
        self.store = store
        self.walk = Walk(Stage(store).furnish(firms=8, budget=shared, values=VALUES))
        self._numbers = count(1)
        with store.write() as work:
            for policy, reading in values.items():
                self.walk.stage.value(work, "P-shortage", reading, policy=policy)
            touch(work)

    def give(self, fund: FundKey, fen: int) -> UUID:
        """Money for a fund, by a document of its own."""
        clerk = officer(Duty.FUND_OFFICER)
        return budget_register.appropriate(
            self.store, clerk, **fund._asdict(), amount=Money(fen), document=f"算例 {uuid4()}"
        ).identity

    def claims(self, *owners: str) -> list[UUID]:
        """Claims of these policies, certified and not priced yet."""
        made = []
        for policy, number in zip(owners, self._numbers, strict=False):
            with self.store.read() as work:
                later = work.now + timedelta(hours=1)
            self.store.set_clock(later, frozen=True)
            case = draft(self.walk, policy, "M4a", number, firm=number - 1)
            self.walk.do(r.File, self.walk.stage.case(case), claim=claim("M4a", number))
            self.walk.do(r.Certify, self.walk.to(case, State.SCREENED), facts=facts("M4a", number))
            made.append(case)
            self.walk.to(case, State.CERTIFIED)
        return made

    def price(self, *cases: UUID) -> list[int | None]:
        """Prices what is due (or these cases); fen of each of these, None while it waits."""
        computation.compute(self.store, **({"cases": list(cases)} if cases else {}))
        return self.sums(cases)

    def sums(self, cases: Any) -> list[int | None]:
        return [self.walk.stage.case(case).amount_fen for case in cases]

    def turn(self, case: UUID) -> str:
        return str(self.walk.stage.case(case).next_duty)

    def left(self, fund: FundKey) -> int:
        with self.store.read() as work:
            found = fund_named(work, fund)
        assert found is not None
        return found.available


@pytest.mark.parametrize(("owner", "guest"), [(XZ, QX), (QX, XZ)])
def test_neither_takes_the_others_money_stands_before_it_or_names_its_fund(
    store: Store, owner: str, guest: str
) -> None:
    """The owner's claims wait on an empty fund beside a full shared one; then the guest's beside a full fund of the other's."""
    town = Town(store, shared=WORTH[guest])
    town.give(OWN[owner], 1)
    mine, theirs = town.claims(owner, guest)
    assert town.price(mine) == [None]
    assert town.price(theirs) == [WORTH[guest]], "one waits that was filed before it, yet in another queue"
    assert f"（{owner}）" in town.walk.stage.case(mine).problem
    town.give(OWN[owner], 10 * WORTH[owner])
    (late,) = town.claims(guest)
    assert town.price(mine, late) == [WORTH[owner], None]
    problem = town.walk.stage.case(late).problem
    assert LEAD in problem and owner not in problem
    assert (town.left(SHARED), town.left(OWN[owner])) == (0, 9 * WORTH[owner] + 1)
    assert verify(store).ok


def test_money_wakes_only_those_who_draw_on_its_fund(store: Store) -> None:
    town = Town(store, shared=1)
    town.give(OWN[XZ], 1)
    mine, theirs = town.claims(XZ, QX)
    assert town.price(mine, theirs) == [None, None]
    town.give(SHARED, 10)
    assert (town.turn(mine), town.turn(theirs)) == (Duty.FUND_OFFICER, Duty.SYSTEM)
    town.price()
    town.give(OWN[XZ], 10)
    assert (town.turn(mine), town.turn(theirs)) == (Duty.SYSTEM, Duty.FUND_OFFICER)
    town.price()
    town.give(FundKey(LEAD, 2024, QX), 10)
    assert (town.turn(mine), town.turn(theirs)) == (Duty.FUND_OFFICER, Duty.SYSTEM), (
        "it may carry what this year cannot"
    )


def test_on_a_shared_fund_the_first_filed_is_first_served_whatever_its_policy(store: Store) -> None:
    town = Town(store, shared=WORTH[QX])
    first, second = town.claims(XZ, QX)
    assert town.price(first, second) == [None, None]
    assert town.price(second) == [None]
    town.give(SHARED, WORTH[XZ])
    assert town.price(second) == [None]
    assert town.walk.stage.case(first).number in town.walk.stage.case(second).problem
    town.price()
    assert (town.sums([first, second]), town.turn(second)) == ([WORTH[XZ], None], Duty.SYSTEM)
    assert town.price(second) == [WORTH[QX]]
    assert town.left(SHARED) == 0


def test_what_stands_on_the_shared_fund_stays_there_when_a_fund_of_its_own_is_opened(store: Store) -> None:
    town = Town(store, shared=WORTH[XZ] + WORTH[QX])
    standing, blocked, behind = town.claims(XZ, XZ, QX)
    assert town.price(standing, blocked, behind) == [WORTH[XZ], None, None]
    shared = town.give(SHARED, 1)
    town.price()
    own = town.give(OWN[XZ], 2 * WORTH[XZ])
    assert town.turn(behind) == Duty.SYSTEM, "whoever stood before it has left its queue"
    assert town.price(blocked, behind) == [WORTH[XZ], WORTH[QX]]
    assert town.price(*town.claims(XZ)) == [WORTH[XZ]]
    with store.read() as work:
        query = select(col(AwardRecord.case_id), col(AwardRecord.fund_id))
        stands = dict(work.execute(query).tuples().all())
    assert [stands[case] for case in (standing, blocked, behind)] == [shared, own, shared]
    assert (town.left(SHARED), town.left(OWN[XZ])) == (1, 0)
    town.walk.to(standing, State.DECIDED)
    assert verify(store).ok


def test_a_claim_that_was_woken_before_leaves_the_shared_queue_too_when_a_fund_of_its_own_is_opened(
    store: Store,
) -> None:
    town = Town(store, shared=1)
    before, behind = town.claims(XZ, QX)
    assert town.price(before, behind) == [None, None]
    town.give(SHARED, WORTH[QX])
    assert town.price(behind) == [None], "the one before it is woken and not priced yet"
    town.give(OWN[XZ], 1)
    assert town.turn(behind) == Duty.SYSTEM
    assert town.price(behind, before) == [WORTH[QX], None]
    assert verify(store).ok


def test_a_case_priced_anew_draws_on_the_fund_of_its_own(store: Store) -> None:
    """Its decision was lowered and is undone when the shared fund has spent the difference."""
    town = Town(store, shared=WORTH[XZ])
    (case,) = town.claims(XZ)
    town.price(case)
    town.walk.to(case, State.COMPUTED, Duty.DECIDER)
    town.walk.do(r.Decide, town.walk.stage.case(case), amount_fen=WORTH[XZ] - WORTH[QX], reason="算例调低")
    (other,) = town.claims(QX)
    assert town.price(other) == [WORTH[QX]]
    town.give(OWN[XZ], WORTH[XZ])
    for which in (0, 1):
        ways = {"duty": Duty.HEAD, "by": officer(Duty.HEAD, which), "reason": "算例撤销"}
        town.walk.do(r.Undo, town.walk.stage.case(case), **ways)
    assert town.walk.stage.case(case).state == State.CERTIFIED
    assert town.price(case) == [WORTH[XZ]]
    assert (town.left(SHARED), town.left(OWN[XZ])) == (WORTH[XZ] - WORTH[QX], 0)


def test_each_policys_claims_follow_their_own_reading_of_a_shortage(store: Store) -> None:
    """On a shared fund: those that share out are settled together, in the place of the first of them."""
    town = Town(store, shared=250_000_00, XZ2023="pro_rata", QX2023="queue")
    first, second, third = town.claims(XZ, QX, XZ)
    town.price()
    assert town.sums([first, second, third]) == [125_000_00, None, 125_000_00]
    assert town.turn(second) == Duty.FUND_OFFICER


def test_the_reading_of_the_first_claim_is_not_that_of_the_others(store: Store) -> None:
    town = Town(store, shared=WORTH[XZ] + 50_000_00, XZ2023="queue", QX2023="pro_rata")
    cases = town.claims(XZ, QX, QX)
    town.price()
    assert town.sums(cases) == [WORTH[XZ], 25_000_00, 25_000_00]


def test_who_shares_out_gets_nothing_before_one_who_was_filed_first_and_waits(store: Store) -> None:
    town = Town(store, shared=80_000_00, XZ2023="pro_rata", QX2023="queue")
    first, second, third = town.claims(QX, XZ, XZ)
    town.price()
    assert town.sums([first, second, third]) == [None, None, None]
    assert town.price(second, third) == [None, None]
    town.give(SHARED, 110_000_00)
    assert town.price(second, third) == [None, None]
    assert town.walk.stage.case(first).number in town.walk.stage.case(third).problem
    town.price()
    assert town.price(second, third) == [50_000_00, 50_000_00]
    assert town.sums([first]) == [WORTH[QX]]


def test_next_years_money_is_also_the_policys_own(store: Store) -> None:
    town = Town(store, shared=0 + 1, XZ2023="next_year", QX2023="next_year")
    town.give(FundKey(LEAD, 2024, XZ), WORTH[XZ])
    town.give(FundKey(LEAD, 2024), WORTH[XZ])
    assert town.price(*town.claims(QX, XZ, XZ)) == [WORTH[QX], WORTH[XZ], None]
    assert town.left(FundKey(LEAD, 2024)) == WORTH[XZ] - WORTH[QX] + 1
    assert town.left(FundKey(LEAD, 2024, XZ)) == 0


def test_each_is_paid_from_its_fund_by_documents_and_batches_of_that_fund(store: Store, tmp_path: Path) -> None:
    town = Town(store, shared=10 * WORTH[XZ])
    town.give(OWN[XZ], 10 * WORTH[XZ])
    mine, theirs = town.claims(XZ, QX)
    town.price(mine, theirs)
    for case in (mine, theirs):
        town.walk.to(case, State.PAYABLE, Duty.ALLOCATOR)
    by, maker = officer(Duty.ALLOCATOR), officer(Duty.MAKER)
    with pytest.raises(AllExcluded) as no:
        allocate(store, number="算例文号", fund=SHARED, cases=[mine], by=by, act_id=named("wrong"))
    assert no.value.excluded[0].code == "other_fund"
    for case, fund in ((mine, OWN[XZ]), (theirs, SHARED)):
        ids = {"cases": [mine, theirs], "by": by, "act_id": named(fund.text)}
        done = allocate(store, number=f"算例文号 {fund.text}", fund=fund, **ids)
        assert (done.count, len(done.excluded)) == (1, 1)
        assert allocate(store, number=f"算例文号 {fund.text}", fund=fund, **ids).repeated
        with store.read() as work:
            assert [each_case.case for each_case in waiting(work, Duty.MAKER, fund=fund)] == [case]
    other = {"cases": [mine, theirs], "by": by, "act_id": named(SHARED.text)}
    with pytest.raises(Refused, match="操作编号") as no_repeat:
        allocate(store, number=f"算例文号 {SHARED.text}", fund=OWN[XZ], **other)
    assert no_repeat.value.field == "act_id"
    made = {"cases": [mine, theirs], "by": maker, "act_id": named("batch")}
    batch = prepare(store, fund=OWN[XZ], **made)
    assert batch.total_fen == WORTH[XZ]
    payment_acts.check(
        store, batch=batch.number, by=officer(Duty.CHECKER), act_id=named("checked"), seen=batch.list_hash
    )
    payment_acts.release(store, batch=batch.number, by=officer(Duty.RELEASER), act_id=named("released"))
    files = export(store, batch=batch.number, folder=tmp_path, by=officer(Duty.RELEASER)).files
    assert any(f"{LEAD} 2023 年度（{XZ}）" in path.read_text("utf-8") for path, _ in files if path.suffix == ".xml")
    with store.read() as work:
        assert reconcile(work) == []
    found = {
        each_fund.key: (each_fund.approved_fen, each_fund.committed_fen)
        for each_fund in views.funds(store)
        if each_fund.year == 2023
    }
    assert {key: found[key] for key in (SHARED, OWN[XZ])} == {SHARED: (WORTH[QX],) * 2, OWN[XZ]: (WORTH[XZ],) * 2}
    with pytest.raises(Refused, match=QX):
        prepare(store, fund=OWN[QX], cases=[theirs], by=maker, act_id=named("none"))


def test_a_document_counts_once_in_each_fund_and_a_cut_touches_its_own_alone(store: Store) -> None:
    town = Town(store, shared=100)
    clerk = officer(Duty.FUND_OFFICER)
    for fund in (SHARED, OWN[XZ], SHARED, OWN[XZ]):
        budget_register.appropriate(store, clerk, **fund._asdict(), amount=Money(100), document="算例文号")
    assert (town.left(SHARED), town.left(OWN[XZ])) == (200, 100)
    for _ in range(2):
        budget_register.cut(store, clerk, **OWN[XZ]._asdict(), amount=Money(40), document="算例文号")
    assert (town.left(SHARED), town.left(OWN[XZ])) == (200, 60)
    with pytest.raises(Refused) as no:
        budget_register.cut(store, clerk, **OWN[QX]._asdict(), amount=Money(1), document="算例文号")
    assert QX in no.value.zh and no.value.field == "unit"
    with pytest.raises(Refused) as unknown:
        budget_register.appropriate(
            store, clerk, unit=LEAD, year=2023, policy="XZ9999", amount=Money(1), document="算例二"
        )
    assert unknown.value.field == "policy" and XZ in unknown.value.zh and unknown.value.en


def test_a_workbook_names_the_policy_or_leaves_it_empty_and_an_old_one_has_no_such_column(
    store: Store, tmp_path: Path
) -> None:
    town = Town(store, shared=1)
    before = town.left(SHARED)
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text(f"unit,year,amount,document\n{LEAD},2023,1,算例旧表\n", encoding="utf-8")
    rows = f"{LEAD},2023,2,算例新表,\n{LEAD},2023,3,算例新表,{XZ}\n"
    new.write_text(f"单位,年度,金额,文号,政策\n{rows}", encoding="utf-8")
    for sheet, fresh in ((old, 1), (new, 2), (new, 0)):
        assert budget_workbook.budgets_in(store, officer(Duty.FUND_OFFICER), sheet).new == fresh
    assert (town.left(SHARED) - before, town.left(OWN[XZ])) == (3_00, 3_00)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_any_funds_and_any_order_of_filing_give_what_first_come_first_served_says(store: Store, seed: int) -> None:
    """Against a plain recount: each fund has its own queue, and nobody passes who waits in it."""
    chance = Random(seed)
    town = Town(store, shared=chance.randint(1, 40) * 10_000_00)
    balance = {SHARED: town.left(SHARED)}
    for fund in chance.sample([*OWN.values()], k=chance.randint(0, 2)):
        balance[fund] = chance.randint(1, 40) * 10_000_00
        town.give(fund, balance[fund])
    owners = chance.choices([XZ, QX], k=7)
    cases, expected, short = town.claims(*owners), [], set()
    for owner in owners:
        fund = OWN[owner] if OWN[owner] in balance else SHARED
        if fund in short or balance[fund] < WORTH[owner]:
            short.add(fund)
            expected.append(None)
            continue
        balance[fund] -= WORTH[owner]
        expected.append(WORTH[owner])
    town.price()
    assert town.sums(cases) == expected
    assert {fund: town.left(fund) for fund in balance} == balance
    assert verify(store).ok


@pytest.mark.tampers
def test_verify_finds_a_claim_that_was_reserved_on_the_shared_fund_beside_its_own(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(store, shared=10 * WORTH[XZ])
    town.price(*town.claims(XZ))
    town.give(OWN[XZ], 10 * WORTH[XZ])
    town.price(*town.claims(XZ, QX))
    assert verify(store).ok

    def shared(work: Any, unit: str, year: int, _policy: str) -> FundView | None:
        return fund_named(work, FundKey(unit, year))

    monkeypatch.setattr(computation_batch, "fund_of", shared)
    (wrong,) = town.claims(XZ)
    town.price(wrong)
    found = {invariant.id: invariant for invariant in verify(store).bad}
    assert found.keys() == {"I5-own"} and found["I5-own"].rows == 1
    assert town.walk.stage.case(wrong).number in str(found["I5-own"].bad)


@pytest.mark.tampers
def test_verify_finds_a_claim_on_the_other_policys_fund(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town(store, shared=1)
    town.give(OWN[XZ], 10 * WORTH[XZ])
    (wrong,) = town.claims(QX)
    monkeypatch.setattr(computation_batch, "fund_of", lambda work, unit, year, _policy: fund_named(work, OWN[XZ]))
    town.price(wrong)
    town.walk.to(wrong, State.DECIDED)
    found = {invariant.id: invariant for invariant in verify(store).bad}
    assert found.keys() == {"I5-policy"} and found["I5-policy"].rows == 1
    assert town.walk.stage.case(wrong).number in str(found["I5-policy"].bad)
