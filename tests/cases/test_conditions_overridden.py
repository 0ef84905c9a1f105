"""Who may override a condition: in every state where the table has it, by the duties the condition names, two people."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.awards import public_notice
from casework.lifecycle import commands as r
from casework.lifecycle.commands import Action
from casework.lifecycle.transitions import TABLE
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.errors import Problem, Refused
from models import Duty, State, Waiver
from models.store import Store
from models.verify import verify
from policies.parameters import Origin
from support.office import code
from support.overriding import WHY, missing, waive
from support.rehearsal import Rehearsal
from support.situations import SITUATIONS, Situation
from support.stage import Stage, applicant, named, officer
from support.walk import Walk, exclude, firm_of, take_off

D, S = Duty, State
OPEN = [
    each_situation
    for each_situation in SITUATIONS
    if any(m.action is Action.WAIVE and m.source == each_situation.state for m in TABLE)
]


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish(firms=2))


def refused(code: str, *arguments: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        waive(*arguments, **more)
    assert caught.value.code == code, caught.value.zh
    return caught.value


@pytest.mark.slow
@pytest.mark.parametrize("situation", OPEN, ids=str)
def test_an_exclusion_is_overridden_by_heads_in_every_open_state_and_by_nobody_else(
    make_store: Callable[..., Store], situation: Situation
) -> None:
    walk = Walk(Stage(make_store()).furnish(firms=1))
    with walk.stage.store.write() as work:
        walk.stage.person(work, "nobody")
    case = situation.reach(walk)
    exclude(walk.stage, firm_of(case))
    rehearsal, done = Rehearsal(walk.stage.store.url), set()
    for duty in Duty:
        by = applicant(firm_of(case), 1) if duty is D.APPLICANT else officer(duty, 2)
        try:
            waive(walk, case, named("nobody") if duty is D.SYSTEM else by, store=rehearsal)
            done.add(duty)
        except Problem:
            continue
    rehearsal.close()
    assert done == (set() if case.held or case.contested else {D.HEAD})


def test_every_state_from_acceptance_to_payment_has_its_override() -> None:
    assert {situation.state for situation in OPEN} == {
        S.FILED, S.ACCEPTED, S.SCREENED, S.UNDER_JOINT_REVIEW, S.CERTIFIED, S.COMPUTED, S.DECIDED, S.ON_NOTICE, S.PAYABLE,
        S.PLANNED,
    }  # fmt: skip


def test_two_natural_persons_override_and_the_record_says_who_why_and_on_what(walk: Walk) -> None:
    case = missing(walk)
    with pytest.raises(Refused) as no:
        walk.do(r.Accept, case)
    assert no.value.code == "condition" and "认定证书" in no.value.zh and "waive" in no.value.zh
    refused("no_duty", walk, case, officer(D.CERTIFIER), "paper:certificate")
    refused("no_duty", walk, case, officer(D.HEAD), "paper:certificate")  # heads confirm, acceptors ask
    waive(walk, case, officer(D.ACCEPTOR), "paper:certificate")
    asked = walk.stage.case(case.id)
    assert (asked.state, asked.next_duty) == (S.FILED, D.ACCEPTOR)
    refused("second_person", walk, asked, officer(D.ACCEPTOR), "paper:certificate")
    refused("no_duty", walk, asked, officer(D.ACCEPTOR, 1), "paper:certificate")
    waive(walk, asked, officer(D.HEAD), "paper:certificate", reason="", reason_code="", paper="")
    with walk.stage.store.read() as work:
        (waiver,) = work.execute(select(Waiver.__table__)).all()  # type: ignore[attr-defined]
    assert (waiver.name, waiver.reason, waiver.reason_code, waiver.paper) == ("paper:certificate", *WHY.values())
    assert (waiver.asked_by, waiver.confirmed_by) == (officer(D.ACCEPTOR), officer(D.HEAD))
    receipt = walk.do(r.Accept, walk.stage.case(case.id))
    assert receipt.state == S.ACCEPTED and any("已核准例外" in zh for zh, _ in receipt.warnings)
    walk.to(case.id, S.CLOSED)
    assert verify(walk.stage.store).ok


def test_a_second_account_of_the_same_person_confirms_nothing(walk: Walk) -> None:
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    exclude(walk.stage, 0)
    with walk.stage.store.write() as work:
        walk.stage.person(work, "other account", D.HEAD, key="head-0")
    waive(walk, case, officer(D.HEAD))
    refused("second_person", walk, walk.stage.case(case.id), named("other account"))


def test_an_override_says_why_in_full(walk: Walk) -> None:
    case = missing(walk)
    by, check = officer(D.ACCEPTOR), "paper:certificate"
    refused("reason", walk, case, by, check, reason=" ")
    assert "document" in refused("reason_code", walk, case, by, check, reason_code="because").zh
    refused("paper", walk, case, by, check, paper="")
    assert "exclusion" in refused("check", walk, case, by, "nothing").zh
    refused("nothing_to_waive", walk, case, officer(D.HEAD), "exclusion")


@pytest.mark.parametrize("check", ["applicant", "window", "subject", "event", "account"])
def test_some_conditions_know_no_override(walk: Walk, check: str) -> None:
    assert "不得例外" in refused("no_override", walk, missing(walk), officer(D.HEAD), check).zh


def test_an_override_counts_for_what_was_found_and_not_for_something_else(walk: Walk) -> None:
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    exclude(walk.stage, 0, "算例欠薪")
    for which in (0, 1):
        waive(walk, walk.stage.case(case.id), officer(D.HEAD, which))
    exclude(walk.stage, 0, "算例伪造材料")
    with pytest.raises(Refused, match="算例伪造材料"):
        walk.do(r.Accept, walk.stage.case(case.id))
    exclude(walk.stage, 0, "算例欠薪")
    walk.do(r.Accept, walk.stage.case(case.id))


def test_something_done_between_asks_for_the_request_again(walk: Walk) -> None:
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    exclude(walk.stage, 0)
    waive(walk, case, officer(D.HEAD))
    take_off(walk.stage)
    walk.do(r.Accept, walk.stage.case(case.id))
    exclude(walk.stage, 0)
    waive(walk, walk.stage.case(case.id), officer(D.HEAD, 1))
    with walk.stage.store.read() as work:
        assert not work.execute(select(col(Waiver.id))).all()


def test_a_parked_programme_goes_on_when_two_heads_override_or_the_list_changes(walk: Walk) -> None:
    case = walk.to(walk.open("M10", 1), S.CERTIFIED, D.SYSTEM)
    exclude(walk.stage, firm_of(case))
    parked = walk.forward(case.id)
    assert (parked.state, parked.next_duty) == (S.CERTIFIED, D.HEAD) and "不予支持名单" in parked.problem
    for which in (0, 1):
        waive(walk, walk.stage.case(case.id), officer(D.HEAD, which))
    assert walk.stage.case(case.id).next_duty == D.SYSTEM
    walk.to(case.id, S.IN_PROGRESS)


def test_a_decided_case_is_not_published_until_heads_override_or_the_list_changes(walk: Walk) -> None:
    excluded, other = (walk.to(walk.open("M4a", number, number - 1), S.DECIDED, D.SYSTEM) for number in (1, 2))
    exclude(walk.stage, 0)
    public_notice.announce(walk.stage.store)
    parked = walk.stage.case(excluded.id)
    assert (parked.state, parked.next_duty) == (S.DECIDED, D.HEAD) and "不予支持名单" in parked.problem
    assert walk.stage.case(other.id).state == S.ON_NOTICE
    for which in (0, 1):
        waive(walk, walk.stage.case(excluded.id), officer(D.HEAD, which))
    assert walk.forward(excluded.id).state == S.ON_NOTICE
    take_off(walk.stage)
    third = walk.to(walk.open("M4a", 3), S.DECIDED, D.SYSTEM)
    exclude(walk.stage, 0, "算例欠薪")
    assert walk.forward(third.id).next_duty == D.HEAD
    new = Proposal(policy="XZ2023", name="P-exclusions", value={code(1): "算例"}, citation="算例", origin=Origin.DEMO)
    proposal = parameter_register.propose(walk.stage.store, officer(D.PARAMETER_AUTHOR), new)
    parameter_register.confirm(walk.stage.store, officer(D.PARAMETER_CONFIRMER), proposal)
    assert walk.forward(third.id).state == S.ON_NOTICE
