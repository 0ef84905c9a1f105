"""Closed accounts hold nothing, own money is moved by its own people, and who is barred hears why and who may instead."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from casework.calendar_jobs import job_runner
from casework.command_handler import act
from casework.funds import budget_register
from casework.funds.budget_change import BudgetChange
from casework.lifecycle import commands as r
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from casework.staff import delegations, duty_grants, person_accounts, tokens
from casework.views import inbox, stuck, whole_inbox
from models import Duty, State
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.money import Money
from support.calendar_jobs import at, told
from support.paying import Paying
from support.rehearsal import written
from support.stage import LEAD, MARKET, TREASURY, Stage, named, officer
from support.walk import Walk

S, D = State, Duty
DAYS = {"first": date(2023, 9, 1), "last": date(2023, 12, 31)}


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish())


def refused(attempt: Callable[..., Any], *given: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as no:
        attempt(*given, **more)
    return no.value


def stand_in(store: Store, giver: str, taker: str, duty: Duty) -> UUID:
    ways = {"principal": giver, "delegate": taker, "duty": duty, "unit": LEAD, "reason": "算例"}
    return delegations.add(store, SYSTEM, **ways, **DAYS)  # type: ignore[arg-type]


# closed accounts


def test_the_deputy_of_a_closed_account_does_nothing_more(walk: Walk, store: Store) -> None:
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    stand_in(store, "acceptor-0", "deliverer-1", D.ACCEPTOR)
    assert [task.case.number for task in inbox(store, officer(D.DELIVERER, 1))] == [case.number]
    person_accounts.close(store, SYSTEM, "acceptor-0")
    assert inbox(store, officer(D.DELIVERER, 1)) == ()
    assert refused(walk.do, r.Accept, case, by=officer(D.DELIVERER, 1)).code == "no_duty"


def test_a_closed_account_holds_and_is_given_nothing(walk: Walk, store: Store) -> None:
    tokens.make(store, SYSTEM, person="acceptor-0")
    stand_in(store, "acceptor-0", "deliverer-1", D.ACCEPTOR)
    stand_in(store, "decider-0", "acceptor-0", D.DECIDER)
    person_accounts.close(store, SYSTEM, "acceptor-0")
    assert duty_grants.listed(store, person="acceptor-0") == [] and tokens.listed(store) == [] == delegations.listed(
        store
    )
    before = written(store)
    there = {"unit": LEAD, "reason": "算例", **DAYS}
    attempts: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (tokens.make, {"person": "acceptor-0"}),
        (duty_grants.add, {"person": "acceptor-0", "duty": D.CLERK, "unit": LEAD}),
        (delegations.add, {"principal": "decider-0", "delegate": "acceptor-0", "duty": D.DECIDER, **there}),
        (delegations.add, {"principal": "acceptor-0", "delegate": "decider-0", "duty": D.ACCEPTOR, **there}),
    ]  # fmt: skip
    for attempt, given in attempts:
        no = refused(attempt, store, SYSTEM, **given)
        assert no.code == "closed" and "已停用" in no.zh
    assert written(store) == before


@pytest.mark.tampers
def test_rights_that_a_closed_account_still_has_on_paper_give_nothing(walk: Walk, store: Store) -> None:
    """An account that was closed before its rights ended with it."""
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    stand_in(store, "acceptor-0", "deliverer-1", D.ACCEPTOR)
    with store.write() as work:
        work.connection.exec_driver_sql("UPDATE person SET active = (1 = 0) WHERE login = 'acceptor-0'")
        _touch(work)
    assert refused(walk.do, r.Accept, case, by=officer(D.DELIVERER, 1)).code == "no_duty"


def _touch(work: UnitOfWork) -> None:
    from casework.shared.reference import touch

    touch(work)


def test_when_every_acceptor_is_closed_it_is_said_for_whom_cases_wait(walk: Walk, store: Store) -> None:
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    assert stuck(store) == []
    for which in range(3):
        person_accounts.close(store, SYSTEM, f"acceptor-{which}")
    (found,) = stuck(store)
    assert (found.duty, found.unit, found.cases, found.holders) == (D.ACCEPTOR, LEAD, (case.number,), 0)
    assert "无人担任" in found.zh


# the money of a unit


def only(store: Store, login: str, duty: Duty, unit: str) -> UUID:
    """Somebody with one duty in one unit."""
    from casework.staff.person_accounts import NewPerson

    made = person_accounts.add(store, SYSTEM, NewPerson(login=login, name=f"算例{login}"))
    duty_grants.add(store, SYSTEM, person=login, duty=duty, unit=unit)
    return made


@pytest.mark.parametrize("change", [budget_register.appropriate, budget_register.cut])
def test_a_units_money_is_moved_by_its_own_fund_officer_or_the_treasurys(
    walk: Walk, store: Store, change: Callable[..., BudgetChange]
) -> None:
    market, own = only(store, "market", D.FUND_OFFICER, MARKET), only(store, "own", D.FUND_OFFICER, LEAD)
    treasury = only(store, "treasury", D.FUND_OFFICER, TREASURY)
    given: dict[str, Any] = {"unit": LEAD, "year": 2023, "amount": Money(100_00)}
    before = written(store)
    stranger = refused(change, store, market, document="算例 1", **given)
    assert stranger.code == "no_duty" and LEAD in stranger.zh
    assert refused(change, store, officer(D.CLERK), document="算例 2", **given).code == "no_duty"
    assert refused(change, store, SYSTEM, document="算例 3", **given).code == "in_person"
    assert written(store) == before
    for number, actor in enumerate((own, treasury)):
        change(store, actor, document=f"算例 {number}", **given)


# barred people


def alone(store: Store, duty: Duty, *others: Duty) -> UUID:
    """The first officer of a duty stays alone with it, and gets other duties too."""
    for which in (1, 2):
        person_accounts.close(store, SYSTEM, f"{duty}-{which}")
    for other in others:
        duty_grants.add(store, SYSTEM, person=f"{duty}-0", duty=other, unit=LEAD)
    return officer(duty)


def test_a_sole_acceptor_who_filed_as_clerk_hears_how_many_are_barred_and_the_head_is_told(
    walk: Walk, store: Store
) -> None:
    who = alone(store, D.ACCEPTOR, D.CLERK)
    numbers = [_filed_by(walk, n, who) for n in range(1, 4)]
    mine = walk.to(walk.open("M4a", 9, 1), S.FILED, D.ACCEPTOR)
    found = whole_inbox(store, who)
    assert [task.case.number for task in found.tasks] == [mine.number]
    (kept,) = found.barred
    assert (kept.duty, kept.unit, kept.cases) == (D.ACCEPTOR, LEAD, tuple(numbers))
    assert "已是本案的" in kept.zh and "没有其他可办理的受理人" in kept.zh
    assert [(case.cases, case.holders) for case in stuck(store)] == [(tuple(numbers), 1)]
    store.set_clock(at("2023-09-05", "00:00:00"), frozen=True)
    job_runner.run_due(store)
    messages = told(store, "nobody_may_act")
    assert f"unit:{LEAD}:head" in [message.to for message in messages]
    assert {message.content["count"] for message in messages} == {3}
    store.set_clock(at("2023-09-06", "00:00:00"), frozen=True)
    job_runner.run_due(store)
    assert told(store, "nobody_may_act") == messages, "once a week"
    duty_grants.add(store, SYSTEM, person="deliverer-1", duty=D.ACCEPTOR, unit=LEAD)
    assert stuck(store) == []
    assert "可由 " in whole_inbox(store, who).barred[0].zh


def _filed_by(walk: Walk, number: int, clerk: UUID) -> str:
    from support.stage import claim

    case = walk.stage.case(walk.open("M4a", number, number % 4))
    act(
        walk.stage.store,
        r.File(case=case.id, by=clerk, act_id=named(f"f{number}"), claim=claim("M4a", number), on_behalf=True),
    )
    return walk.to(case.id, S.FILED, D.ACCEPTOR).number


def test_a_refusal_for_the_persons_sake_says_who_may(walk: Walk, store: Store) -> None:
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    stranger = refused(walk.do, r.Accept, case, by=officer(D.DECIDER))
    assert stranger.code == "no_duty" and "可由 " in stranger.zh and "办理" in stranger.zh
    duty_grants.add(store, SYSTEM, person="acceptor-0", duty=D.CERTIFIER, unit=LEAD)
    waiting = walk.to(case.id, S.SCREENED, D.CERTIFIER)
    barred = refused(walk.do, r.Certify, waiting, by=officer(D.ACCEPTOR), facts={})
    assert barred.code == "separation_of_duties" and "可由 " in barred.zh
    with store.read() as work:
        name = work.connection.exec_driver_sql("SELECT name FROM person WHERE login = 'acceptor-0'").scalar_one()
    assert name not in barred.zh.partition("可由 ")[2]
    outsider = refused(walk.do, r.Certify, waiting, by=walk.applicant(waiting), facts={})
    assert "可由 " not in outsider.zh, "officers are not named to applicants"


@pytest.mark.parametrize("wrong", ["maker", "stranger", "too early"])
def test_a_wrong_checker_hears_who_may_and_is_not_told_to_give_the_batch_back(
    store: Store, tmp_path: Any, wrong: str
) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.allocate()
    batch = paying.prepare().number
    from support import payment_acts

    if wrong == "maker":
        duty_grants.add(store, SYSTEM, person="maker-0", duty=D.CHECKER, unit=TREASURY)
    by = officer(D.MAKER) if wrong == "maker" else officer(D.DECIDER, 1)
    if wrong == "too early":
        no = refused(payment_acts.release, store, batch=batch, by=officer(D.RELEASER), act_id=named("x"))
        assert no.code in ("not_the_turn", "batch_state")
    else:
        no = refused(payment_acts.check, store, batch=batch, by=by, act_id=named("x"))
        assert no.code in ("separation_of_duties", "no_duty") and "可由 " in no.zh
    assert "退回" not in no.zh and "重新制单" not in no.zh


def test_whose_turn_it_is_not_is_told_so_and_nothing_against_the_batch(store: Store, tmp_path: Any) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.allocate()
    batch = paying.prepare().number
    paying.check(batch)  # below the threshold the releaser comes next, not the head
    no = refused(paying.approve, batch)
    assert (no.code, no.field) == ("not_the_turn", "by") and "重新制单" not in no.zh, no.zh
    paying.release(batch)
