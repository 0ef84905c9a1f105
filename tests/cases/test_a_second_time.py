"""What happens a second time to one case: reopened, undone, decided again, reported again. Nothing is skipped or lost."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.awards import computation
from casework.funds import budget_register
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Act
from models import Duty, Entitlement, JointOpinion, MilestoneRecord, State
from models.clock import business_date, end_of
from models.store import Store
from policies.money import Money
from support.stage import LEAD, NOON, Stage, officer
from support.walk import Walk

WHY = "算例理由"
COMPUTED = 200_000_00


def walked(store: Store, **more: Any) -> Walk:
    return Walk(Stage(store).furnish(firms=3, **more))


def twice(walk: Walk, case: UUID, kind: type[Act]) -> CaseView:
    """Asked for by one head, done by another."""
    for which in (0, 1):
        walk.do(kind, walk.stage.case(case), duty=Duty.HEAD, by=officer(Duty.HEAD, which), reason=WHY)
    return walk.stage.case(case)


def opinions(store: Store) -> list[str]:
    with store.read() as work:
        return list(work.execute(select(col(JointOpinion.opinion)).order_by(col(JointOpinion.unit))).scalars())


# reopening and joint review


@pytest.mark.parametrize("given", [0, 1])
def test_a_case_withdrawn_under_joint_review_comes_back_to_the_opinions_it_lacks(store: Store, given: int) -> None:
    walk = walked(store)
    case = walk.to(walk.open("M5c", 1), State.UNDER_JOINT_REVIEW)
    for _ in range(given):
        walk.do(r.Opine, walk.stage.case(case.id))
    walk.do(r.Withdraw, walk.stage.case(case.id), duty=Duty.APPLICANT)
    again = twice(walk, case.id, r.Reopen)
    assert (again.state, again.next_duty) == (State.UNDER_JOINT_REVIEW, Duty.JOINT_REVIEWER)
    computation.compute(store, cases=[case.id])
    assert walk.stage.case(case.id).state == State.UNDER_JOINT_REVIEW
    for _ in range(2 - given):
        walk.do(r.Opine, walk.stage.case(case.id))
    assert opinions(store) == ["positive", "positive"]
    assert walk.to(case.id, State.CLOSED).amount_fen == 100_000_00


def test_a_case_that_two_units_were_against_is_not_priced_without_the_head(store: Store) -> None:
    walk = walked(store)
    case = walk.to(walk.open("M5c", 1), State.UNDER_JOINT_REVIEW)
    for _ in range(2):
        walk.do(r.Opine, walk.stage.case(case.id), positive=False, reason=WHY)
    walk.do(r.Refuse, walk.stage.case(case.id), reason=WHY)
    again = twice(walk, case.id, r.Reopen)
    assert (again.state, again.next_duty) == (State.UNDER_JOINT_REVIEW, Duty.HEAD)
    computation.compute(store, cases=[case.id])
    assert walk.stage.case(case.id).state == State.UNDER_JOINT_REVIEW
    walk.do(r.OverrideOpinion, walk.stage.case(case.id), reason=WHY)
    assert (walk.to(case.id, State.CLOSED).state, opinions(store)) == (State.CLOSED, ["overridden", "overridden"])


def test_opinions_that_were_given_stand_when_a_decided_case_comes_back(store: Store) -> None:
    walk = walked(store)
    case = walk.to(walk.open("M5c", 1), State.DECIDED)
    walk.do(r.Withdraw, case, duty=Duty.APPLICANT)
    assert (twice(walk, case.id, r.Reopen).state, opinions(store)) == (State.CERTIFIED, ["positive", "positive"])


# undoing a lowered decision


def lowered(walk: Walk, number: int = 1, firm: int = 0, state: State = State.DECIDED) -> CaseView:
    """Computed 200,000, decided 150,000."""
    case = walk.to(walk.open("M4a", number, firm), State.COMPUTED, Duty.DECIDER)
    walk.do(r.Decide, case, amount_fen=150_000_00, reason=WHY)
    return walk.to(case.id, state)


@pytest.mark.parametrize("state", [State.DECIDED, State.ON_NOTICE, State.PAYABLE])
def test_a_decision_taken_anew_rests_on_what_was_computed(store: Store, state: State) -> None:
    walk = walked(store)
    again = twice(walk, lowered(walk, state=state).id, r.Undo)
    assert (again.state, again.next_duty, again.amount_fen) == (State.COMPUTED, Duty.DECIDER, COMPUTED)
    walk.do(r.Decide, again, amount_fen=COMPUTED)
    closed = walk.to(again.id, State.CLOSED)
    with store.read() as work:
        paid = work.execute(select(Entitlement.paid_fen).where(col(Entitlement.ended).is_(False))).scalar_one()
    assert (closed.amount_fen, paid) == (COMPUTED, COMPUTED)


def test_as_computed_after_an_undo_grants_what_was_computed_and_lowering_again_is_free(store: Store) -> None:
    walk = walked(store)
    first, second = lowered(walk, 1, 0), lowered(walk, 2, 1)
    for case in (first, second):
        twice(walk, case.id, r.Undo)
    walk.do(r.Decide, walk.stage.case(first.id))
    walk.do(r.Decide, walk.stage.case(second.id), amount_fen=170_000_00, reason=WHY)
    assert [walk.stage.case(case.id).amount_fen for case in (first, second)] == [COMPUTED, 170_000_00]


def test_where_the_difference_is_spent_the_case_is_computed_anew_and_waits_for_money(store: Store) -> None:
    walk = walked(store, budget=COMPUTED)
    case = lowered(walk)
    fund: dict[str, Any] = {"unit": LEAD, "year": 2023}
    budget_register.cut(store, officer(Duty.FUND_OFFICER), amount=Money(30_000_00), document="算例收回", **fund)
    again = twice(walk, case.id, r.Undo)
    assert (again.state, again.next_duty, again.amount_fen) == (State.CERTIFIED, Duty.SYSTEM, None)
    computation.compute(store)
    assert walk.stage.case(case.id).next_duty == Duty.FUND_OFFICER
    budget_register.appropriate(store, officer(Duty.FUND_OFFICER), amount=Money(30_000_00), document="算例追加", **fund)
    assert walk.to(case.id, State.CLOSED).amount_fen == COMPUTED


# programmes


def milestones(store: Store) -> list[tuple[str, str]]:
    with store.read() as work:
        found = work.execute(
            select(MilestoneRecord.due_on, MilestoneRecord.state).order_by(col(MilestoneRecord.position))
        )
        return [(row.due_on, row.state) for row in found]


def test_after_each_milestone_the_next_one_is_due(store: Store) -> None:
    walk = walked(store)
    case = walk.to(walk.open("M10", 1), State.IN_PROGRESS)
    days = [day for day, _ in milestones(store)]
    for position, following in enumerate(days[1:], start=1):
        walk.do(r.ReportMilestone, walk.stage.case(case.id), milestone=position, text="算例进展")
        wanted = end_of(max(date.fromisoformat(following), business_date(NOON)))
        assert (walk.stage.case(case.id).next_due, walk.stage.case(case.id).state) == (wanted, State.IN_PROGRESS)
    assert end_of(date.fromisoformat(days[0])) < wanted


def test_a_programme_withdrawn_in_progress_goes_on_where_it_stood(store: Store) -> None:
    walk = walked(store)
    case = walk.to(walk.open("M10", 1), State.IN_PROGRESS)
    walk.do(r.ReportMilestone, walk.stage.case(case.id), milestone=1, text="算例进展")
    before = milestones(store)
    walk.do(r.Withdraw, walk.stage.case(case.id), duty=Duty.APPLICANT)
    twice(walk, case.id, r.Reopen)
    assert not computation.compute(store).failed
    assert (walk.stage.case(case.id).state, milestones(store)) == (State.IN_PROGRESS, before)
