"""A change of a register is seen on the open cases that it touches, at once or by the daily job: in records and in lists."""

from datetime import date, timedelta
from json import loads
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from casework.conditions import condition_rechecks
from casework.conditions.condition_rechecks import again, changed
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.parties import party_corrections, payee_accounts
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.errors import Refused
from casework.shared.reference import reference
from casework.views import dossier
from models import AuditEntry, Case, CheckRecord, Duty, JobClaim, JobStatus, PartyAccount, State
from models.store import Store
from models.verification.check_freshness import EVALUATED
from models.verify import verify
from policies.parameters import Origin
from support.office import POLICY, code
from support.overriding import missing
from support.stage import NOON, Stage, claim, named, officer
from support.walk import Walk

S, D = State, Duty
TODAY = date(2023, 9, 4)
ITEM = POLICY.item("M7")


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish(firms=3))


def sets(walk: Walk, name: str, value: Any, **more: Any) -> None:
    """Two people put a value in force."""
    new = Proposal(policy="XZ2023", name=name, value=value, citation="算例文号", origin=Origin.DEMO, **more)
    proposal = parameter_register.propose(walk.stage.store, officer(D.PARAMETER_AUTHOR), new)
    parameter_register.confirm(walk.stage.store, officer(D.PARAMETER_CONFIRMER), proposal)


def newest(walk: Walk, case: CaseView, name: str) -> str:
    """What a check of the case was recorded to say last."""
    query = select(col(CheckRecord.result)).where(col(CheckRecord.case_id) == case.id, col(CheckRecord.name) == name)
    with walk.stage.store.read() as work:
        return str(work.execute(query.order_by(col(CheckRecord.sequence).desc())).scalars().first())


def told(walk: Walk, case: CaseView) -> str:
    """What the lists say against the case."""
    from casework.views import cases

    return "；".join(zh for row in cases(walk.stage.store).rows if row.number == case.number for zh, _ in row.warnings)


def looked(walk: Walk) -> list[str]:
    """The cases that the newest look without an act names."""
    rows = (
        select(col(AuditEntry.content)).where(col(AuditEntry.action) == EVALUATED).order_by(col(AuditEntry.seq).desc())
    )
    with walk.stage.store.read() as work:
        content = work.execute(rows.limit(1)).scalar()
    return sorted(loads(content)["cases"]) if content else []


def ran(walk: Walk, day: date, status: JobStatus = JobStatus.DONE, kind: str = "conditions") -> None:
    """A run of a daily job, as the records keep it."""
    done = status is JobStatus.DONE
    with walk.stage.store.write() as work:
        work.add(
            JobClaim, kind=kind, business_date=day.isoformat(), status=status.value, claimed_at=work.now,
            done_at=work.now if done else None, reason="" if done else "算例故障",
        )  # fmt: skip


def records(walk: Walk) -> int:
    with walk.stage.store.read() as work:
        return int(work.execute(select(func.count()).select_from(CheckRecord)).scalar_one())


def test_who_gets_onto_the_exclusion_list_is_seen_so_on_each_open_case_at_once_and_nobody_else(walk: Walk) -> None:
    mine = [walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR), walk.to(walk.open("M16", 2), S.DECIDED)]
    other = walk.to(walk.open("M4a", 3, firm=1), S.FILED, D.ACCEPTOR)
    before = records(walk)
    sets(walk, "P-exclusions", {code(0): "算例欠薪"})
    assert [newest(walk, case, "exclusion") for case in mine] == ["fail", "fail"]
    assert all("算例欠薪" in told(walk, case) for case in mine)
    assert records(walk) == before + 2 and told(walk, other) == ""
    sets(walk, "P-exclusions", {code(0): "算例重大事故"})
    assert all("算例重大事故" in told(walk, case) for case in mine)  # the same firm, for another reason
    sets(walk, "P-exclusions", {code(1): "算例失信"})
    assert [newest(walk, case, "exclusion") for case in (*mine, other)] == ["ok", "ok", "fail"]
    assert (told(walk, mine[0]), "算例失信" in told(walk, other)) == ("", True)
    with pytest.raises(Refused, match="算例失信"):
        walk.do(r.Accept, walk.stage.case(other.id))
    walk.to(mine[0].id, S.DECIDED)
    assert verify(walk.stage.store).ok


def test_sectors_and_registration_are_seen_on_the_items_that_they_name(walk: Walk) -> None:
    named, other = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR), walk.to(walk.open("M16", 2), S.FILED, D.ACCEPTOR)
    sets(walk, "P-sectors", {"M4a": ["算例行业"]})
    sets(walk, "P-registration", ["M4a"])
    assert [newest(walk, named, name) for name in ("sector", "registration")] == ["no_data", "ok"]
    assert [newest(walk, other, name) for name in ("sector", "registration")] == ["None", "None"]


def test_another_table_of_sectors_is_looked_at_on_the_items_whose_entry_differs_and_no_other(walk: Walk) -> None:
    first_case, two, other = (
        walk.to(walk.open(item, number, firm=number), S.FILED, D.ACCEPTOR)
        for number, item in enumerate(("M4a", "M16", "M7"))
    )
    sets(walk, "P-sectors", {"M4a": ["算例行业"]})
    assert looked(walk) == [first_case.number]
    sets(walk, "P-sectors", {"M16": ["算例行业"]}, keeps=False)
    assert looked(walk) == sorted([first_case.number, two.number])
    assert [newest(walk, case, "sector") for case in (first_case, two, other)] == ["lifted", "no_data", "None"]
    sets(walk, "P-sectors", {"M16": ["算例别的行业"]})
    assert looked(walk) == [two.number]


def test_a_list_of_papers_set_by_two_people_binds_from_the_acceptance_on_and_not_backwards(walk: Walk) -> None:
    lacks = missing(walk)  # the certificate
    with pytest.raises(Refused) as no:
        walk.do(r.Accept, lacks)
    assert no.value.field == "paper:certificate"
    sets(walk, "P-papers:M4a", ["none"])  # a shorter list helps what was filed before, at once
    assert newest(walk, lacks, "paper:certificate") == "lifted" and told(walk, lacks) == ""
    walk.do(r.Accept, lacks)
    walk.stage.store.set_clock(NOON + timedelta(days=1), frozen=True)
    sets(walk, "P-papers:M4a", ["certificate", "product_photos"])
    assert newest(walk, lacks, "paper:certificate") == "lifted"  # a longer one asks nothing more of it
    walk.to(lacks.id, S.COMPUTED)
    new = walk.to(walk.open("M4a", 2, firm=1), S.FILED, D.ACCEPTOR)
    assert [newest(walk, new, f"paper:{slot}") for slot in ("certificate", "product_photos")] == ["ok", "no_data"]
    with pytest.raises(Refused) as no:
        walk.do(r.Accept, new)
    assert no.value.field == "paper:product_photos"
    walk.stage.store.set_clock(NOON + timedelta(days=2), frozen=True)
    sets(walk, "P-papers:M4a", ["certificate"])  # a shorter list of a later day helps what was filed before it
    assert newest(walk, new, "paper:product_photos") == "lifted"
    walk.do(r.Accept, new)
    with pytest.raises(Refused, match="不得溯及既往"):
        sets(walk, "P-papers:M4a", ["none"], valid_from=TODAY)
    assert verify(walk.stage.store).ok


def test_a_list_that_is_confirmed_later_than_it_was_proposed_begins_with_its_confirmation(walk: Walk) -> None:
    store, name = walk.stage.store, "P-papers:M4a"
    new = Proposal(policy="XZ2023", name=name, value=["product_photos"], citation="算例", origin=Origin.DEMO)
    proposal = parameter_register.propose(store, officer(D.PARAMETER_AUTHOR), new)
    between = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    store.set_clock(NOON + timedelta(days=2), frozen=True)
    parameter_register.confirm(store, officer(D.PARAMETER_CONFIRMER), proposal)
    assert newest(walk, between, "paper:product_photos") == "None"
    walk.do(r.Accept, walk.stage.case(between.id))


def test_a_case_lacks_what_the_list_of_papers_asks_for_whatever_its_item_marks(walk: Walk) -> None:
    sets(walk, "P-papers:M4a", ["product_photos"])
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    assert newest(walk, case, "paper:product_photos") == "no_data"
    assert dossier(walk.stage.store, case.number).missing_evidence == ("product_photos",)
    sets(walk, "P-papers:M4a", ["none"])
    bare = walk.to(walk.open("M4a", 2, firm=1, without=("certificate", "product_photos")), S.FILED, D.ACCEPTOR)
    assert dossier(walk.stage.store, bare.number).missing_evidence == ()
    closed = walk.stage.case(walk.open("M7", 3, firm=2, without=tuple(slot.id for slot in ITEM.evidence)))
    assert set(dossier(walk.stage.store, closed.number).missing_evidence) == {"standard", "drafting_units", "statement"}
    walk.do(r.File, closed, claim={**claim("M7", 3), "level": "military"})  # its papers are never uploaded
    assert dossier(walk.stage.store, closed.number).missing_evidence == ()


def test_what_begins_later_is_seen_by_the_daily_job_of_its_day(walk: Walk) -> None:
    store, case = walk.stage.store, walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    sets(
        walk,
        "P-exclusions",
        {code(0): "算例欠薪"},
        valid_from=TODAY + timedelta(days=3),
        valid_to=TODAY + timedelta(days=5),
    )
    assert newest(walk, case, "exclusion") == "None" and not changed(store, TODAY + timedelta(days=2)).moved
    for days, found in ((3, "fail"), (6, "lifted")):
        store.set_clock(NOON + timedelta(days=days), frozen=True)
        assert changed(store, TODAY + timedelta(days=days)).moved == [("核验", "已重新核验 1")]
        assert newest(walk, case, "exclusion") == found
    assert not changed(store, TODAY + timedelta(days=40)).moved


def test_what_began_or_ended_on_days_without_a_run_is_seen_by_the_next_one(walk: Walk) -> None:
    store, case = walk.stage.store, walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    first, last = TODAY + timedelta(days=2), TODAY + timedelta(days=10)
    sets(walk, "P-exclusions", {code(0): "算例欠薪"}, valid_from=first, valid_to=last)
    for days, found in ((5, "fail"), (14, "lifted")):  # the runs of the days between were missed, or failed
        ran(walk, TODAY + timedelta(days=days - 4))
        ran(walk, TODAY + timedelta(days=days - 1), JobStatus.FAILED)
        ran(walk, TODAY + timedelta(days=days - 1), kind="overdue")
        store.set_clock(NOON + timedelta(days=days), frozen=True)
        assert changed(store, TODAY + timedelta(days=days)).moved == [("核验", "已重新核验 1")]
        assert newest(walk, case, "exclusion") == found


def test_an_account_that_was_verified_is_seen_by_the_next_daily_job(walk: Walk) -> None:
    store, case = walk.stage.store, walk.to(walk.open("M4a", 1), S.PAYABLE, D.ALLOCATOR)
    with store.write() as work:
        work.execute(update(PartyAccount).values(status="unverified", usable_from=None))
        again(work, reference(store, work), col(Case.id) == case.id)
    assert newest(walk, case, "account") == "no_data"
    store.set_clock(NOON + timedelta(days=9), frozen=True)  # entered long before
    payee_accounts.verify(store, officer(D.FUND_OFFICER), named("account-0"), paper="算例开户证明")
    assert newest(walk, case, "account") == "no_data"
    changed(store, TODAY + timedelta(days=9))
    assert newest(walk, case, "account") == "ok"


def test_an_account_verified_after_the_clock_was_set_back_behind_the_last_run_is_seen_by_the_next_one(
    walk: Walk,
) -> None:
    store, case = walk.stage.store, walk.to(walk.open("M4a", 1), S.PAYABLE, D.ALLOCATOR)
    with store.write() as work:
        work.execute(update(PartyAccount).values(status="unverified", usable_from=None))
        again(work, reference(store, work), col(Case.id) == case.id)
    far = TODAY + timedelta(days=20)  # a clock that went ahead
    store.set_clock(NOON + timedelta(days=20), frozen=True)
    changed(store, far)
    ran(walk, far)
    store.set_clock(NOON + timedelta(days=9), frozen=True)
    payee_accounts.verify(store, officer(D.FUND_OFFICER), named("account-0"), paper="算例开户证明")
    store.set_clock(NOON + timedelta(days=21), frozen=True)
    changed(store, far + timedelta(days=1))
    assert newest(walk, case, "account") == "ok"


def test_a_payees_account_is_seen_by_the_next_daily_job(walk: Walk) -> None:
    store, case = walk.stage.store, walk.to(walk.open("M4a", 1), S.PAYABLE, D.ALLOCATOR)
    with store.write() as work:
        work.execute(update(PartyAccount).values(status="unverified", entered_at=work.now))
    changed(store, TODAY)
    assert newest(walk, case, "account") == "no_data"


def test_a_set_too_large_for_one_transaction_is_finished_by_the_daily_job(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [walk.to(walk.open("M4a", number, firm=number), S.FILED, D.ACCEPTOR) for number in range(3)]
    monkeypatch.setattr(condition_rechecks, "AT_ONCE", 2)
    sets(walk, "P-registration", ["M4a"])
    assert sorted(newest(walk, case, "registration") for case in listed) == ["None", "ok", "ok"]
    changed(walk.stage.store, TODAY)
    assert {newest(walk, case, "registration") for case in listed} == {"ok"}


def test_a_second_look_writes_nothing_and_what_the_system_has_in_hand_is_left_to_it(walk: Walk) -> None:
    waits, fresh = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR), walk.to(walk.open("M4a", 2, firm=1), S.FILED)
    before = records(walk)
    with walk.stage.store.write() as work:
        assert again(work, reference(walk.stage.store, work), col(Case.policy) == "XZ2023") == [waits.id]
    assert records(walk) == before and newest(walk, fresh, "applicant") == "None"


def test_a_corrected_code_is_compared_with_the_exclusion_list_at_once(walk: Walk) -> None:
    store, case = walk.stage.store, walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    sets(walk, "P-exclusions", {code(7).lower(): "算例欠薪"})
    assert newest(walk, case, "exclusion") == "None"
    clerk, acceptor = officer(D.CLERK), officer(D.ACCEPTOR)
    change = party_corrections.correct(store, clerk, case.party_id, code=code(7), proof="算例登记证")
    party_corrections.confirm(store, acceptor, change)
    assert newest(walk, case, "exclusion") == "fail" and "算例欠薪" in told(walk, case)
    sets(walk, "P-exclusions", {code(8): "算例失信"})
    assert newest(walk, case, "exclusion") == "ok"
