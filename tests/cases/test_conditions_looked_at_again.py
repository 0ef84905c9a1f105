"""A change of a register is seen on the open cases that it touches, at once or by the daily job: in records and in lists."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from casework import relook
from casework import requests as r
from casework.cases import CaseView
from casework.errors import Refused
from casework.reference import reference
from casework.registers import parameters, party_changes
from casework.registers.parameters import Proposal
from casework.relook import again, changed
from models import Case, CheckRecord, Duty, PartyAccount, State
from models.store import Store
from models.verify import verify
from policies.parameters import Origin
from support.office import code
from support.overriding import missing
from support.stage import NOON, Stage, officer
from support.walk import Walk

S, D = State, Duty
TODAY = date(2023, 9, 4)


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish(firms=3))


def sets(walk: Walk, name: str, value: Any, **more: Any) -> None:
    """Two people put a value in force."""
    new = Proposal(policy="XZ2023", name=name, value=value, citation="算例文号", origin=Origin.DEMO, **more)
    proposal = parameters.propose(walk.stage.store, officer(D.PARAMETER_AUTHOR), new)
    parameters.confirm(walk.stage.store, officer(D.PARAMETER_CONFIRMER), proposal)


def newest(walk: Walk, case: CaseView, name: str) -> str:
    """What a check of the case was recorded to say last."""
    query = select(col(CheckRecord.result)).where(col(CheckRecord.case_id) == case.id, col(CheckRecord.name) == name)
    with walk.stage.store.read() as work:
        return str(work.execute(query.order_by(col(CheckRecord.sequence).desc())).scalars().first())


def told(walk: Walk, case: CaseView) -> str:
    """What the lists say against the case."""
    from casework.queries import cases

    return "；".join(zh for row in cases(walk.stage.store).rows if row.number == case.number for zh, _ in row.warnings)


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
    with pytest.raises(Refused, match="不得溯及既往"):
        sets(walk, "P-papers:M4a", ["none"], valid_from=TODAY)
    assert verify(walk.stage.store).ok


def test_a_list_that_is_confirmed_later_than_it_was_proposed_begins_with_its_confirmation(walk: Walk) -> None:
    store, name = walk.stage.store, "P-papers:M4a"
    new = Proposal(policy="XZ2023", name=name, value=["product_photos"], citation="算例", origin=Origin.DEMO)
    proposal = parameters.propose(store, officer(D.PARAMETER_AUTHOR), new)
    between = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    store.set_clock(NOON + timedelta(days=2), frozen=True)
    parameters.confirm(store, officer(D.PARAMETER_CONFIRMER), proposal)
    assert newest(walk, between, "paper:product_photos") == "None"
    walk.do(r.Accept, walk.stage.case(between.id))


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
    monkeypatch.setattr(relook, "AT_ONCE", 2)
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
    change = party_changes.correct(store, clerk, case.party_id, code=code(7), proof="算例登记证")
    party_changes.confirm(store, acceptor, change)
    assert newest(walk, case, "exclusion") == "fail" and "算例欠薪" in told(walk, case)
    sets(walk, "P-exclusions", {code(8): "算例失信"})
    assert newest(walk, case, "exclusion") == "ok"
