"""异议: each has its own answer, is taken while the notice runs and not after, and none is left open behind a case."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.awards import public_notice
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.shared.errors import Refused
from models import Duty, Message, Objection, State
from models.store import Store
from support.rehearsal import written
from support.stage import LEAD, Stage, officer
from support.walk import Walk

S, D = State, Duty
WHY = "算例理由"


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish())


def on_notice(walk: Walk, item: str = "M4a", number: int = 1, firm: int = 0) -> CaseView:
    return walk.to(walk.open(item, number, firm), S.ON_NOTICE)


def object_(walk: Walk, case: UUID, reason: str = "算例异议") -> CaseView:
    walk.do(r.Object, walk.stage.case(case), duty=D.CLERK, by=officer(D.CLERK), reason=reason)
    return walk.stage.case(case)


def answer(walk: Walk, case: UUID, **more: Any) -> CaseView:
    walk.do(r.AnswerObjection, walk.stage.case(case), duty=D.INVESTIGATOR, reason="算例答复", **more)
    return walk.stage.case(case)


def outcomes(store: Store) -> list[tuple[int, str, str]]:
    query = select(col(Objection.position), col(Objection.outcome), col(Objection.answer))
    with store.read() as work:
        return [tuple(row) for row in work.execute(query.order_by(col(Objection.position)))]


def twice(walk: Walk, case: UUID, kind: type[r.Act]) -> CaseView:
    for which in (0, 1):
        walk.do(kind, walk.stage.case(case), duty=D.HEAD, by=officer(D.HEAD, which), reason=WHY)
    return walk.stage.case(case)


def test_each_objection_is_answered_for_itself_and_the_case_waits_for_the_last(walk: Walk, store: Store) -> None:
    case = object_(walk, on_notice(walk).id, "第一件")
    first_due = case.next_due
    store.set_clock(walk.stage.case(case.id).changed_at + timedelta(days=1), frozen=True)
    assert object_(walk, case.id, "第二件").next_due == first_due
    with pytest.raises(Refused) as no:
        answer(walk, case.id)
    assert no.value.code == "which_objection" and "第 1 号（第一件）；第 2 号（第二件）" in no.value.zh
    with pytest.raises(Refused, match="没有待答复的第 3 号异议"):
        answer(walk, case.id, objection=3)
    left = answer(walk, case.id, objection=1)
    assert (left.contested, left.next_duty) == (True, D.INVESTIGATOR)
    assert left.next_due is not None and first_due is not None and left.next_due > first_due
    public_notice.end_notice(store, cases=[case.id])
    assert answer(walk, case.id).contested is False, "the only one left need not be named"
    assert [outcome[:2] for outcome in outcomes(store)] == [(1, "dismissed"), (2, "dismissed")]
    assert walk.to(case.id, S.CLOSED).state == S.CLOSED


def test_an_objection_is_not_lost_when_the_first_is_dismissed_after_the_notice_ended(walk: Walk, store: Store) -> None:
    case = on_notice(walk)
    end = case.next_due
    assert end is not None
    object_(walk, case.id, "第一件")
    store.set_clock(end - timedelta(microseconds=1), frozen=True)
    object_(walk, case.id, "第二件")
    store.set_clock(end, frozen=True)
    with pytest.raises(Refused, match=r"公示已于 .* 24:00 结束") as no:
        object_(walk, case.id, "第三件")
    assert no.value.code == "notice_over"
    assert answer(walk, case.id, objection=1).contested
    public_notice.end_notice(store, cases=[case.id])
    assert walk.stage.case(case.id).state == S.ON_NOTICE
    assert answer(walk, case.id, objection=2, upheld=True).state == S.REFUSED


@pytest.mark.parametrize("item", ["M9", "M14a"])
def test_what_is_granted_in_kind_takes_objections_to_the_end_of_its_notice_only(
    walk: Walk, store: Store, item: str
) -> None:
    case = on_notice(walk, item)
    answer(walk, object_(walk, case.id).id)
    waiting = walk.to(case.id, S.ON_NOTICE, D.DELIVERER)
    before = written(store)
    with pytest.raises(Refused) as no:
        object_(walk, waiting.id)
    assert (no.value.code, written(store)) == ("notice_over", before)
    assert walk.to(case.id, S.CLOSED).state == S.CLOSED


def test_an_upheld_objection_ends_the_others_and_the_clerks_are_told(walk: Walk, store: Store) -> None:
    case = on_notice(walk)
    for reason in ("第一件", "第二件", "第三件"):
        object_(walk, case.id, reason)
    answer(walk, case.id, objection=1)
    ended = answer(walk, case.id, objection=2, upheld=True)
    assert (ended.state, ended.contested) == (S.REFUSED, False)
    assert [outcome[1] for outcome in outcomes(store)] == ["dismissed", "upheld", "moot"]
    with store.read() as work:
        query = select(col(Message.recipient), col(Message.content)).where(col(Message.kind) == "objection_moot")
        told = work.execute(query).all()
    assert [message.recipient for message in told] == [f"unit:{LEAD}:clerk"] and '"objections":"3"' in told[0].content


def test_withdrawing_a_contested_case_leaves_no_objection_open(walk: Walk, store: Store) -> None:
    case = on_notice(walk)
    for reason in ("第一件", "第二件"):
        object_(walk, case.id, reason)
    walk.do(r.Withdraw, walk.stage.case(case.id), duty=D.APPLICANT)
    assert outcomes(store) == [(n, "moot", "案件已撤回，不再公示") for n in (1, 2)]
    again = twice(walk, case.id, r.Reopen)
    assert not again.contested
    assert walk.to(case.id, S.CLOSED).state == S.CLOSED


def test_undoing_a_contested_decision_ends_its_objections_and_the_next_notice_takes_new_ones(
    walk: Walk, store: Store
) -> None:
    case = on_notice(walk)
    object_(walk, case.id)
    again = twice(walk, case.id, r.Undo)
    assert (again.state, again.contested) == (S.COMPUTED, False)
    walk.to(case.id, S.ON_NOTICE)
    object_(walk, case.id, "另一件")
    answer(walk, case.id)
    assert [outcome[:2] for outcome in outcomes(store)] == [(1, "moot"), (2, "dismissed")]
    assert walk.to(case.id, S.CLOSED).state == S.CLOSED


def test_a_notice_runs_on_while_its_case_is_on_hold(walk: Walk, store: Store) -> None:
    case = on_notice(walk)
    walk.do(r.Hold, case, duty=D.HEAD, reason=WHY, review_on="2030-01-01")
    held = object_(walk, case.id)
    assert (held.held, held.contested) == (True, True)
    freed = answer(walk, case.id)
    assert (freed.held, freed.contested, freed.next_duty) == (True, False, D.SYSTEM)
    object_(walk, case.id, "第二件")
    ended = answer(walk, case.id, upheld=True)
    assert (ended.state, ended.held) == (S.REFUSED, False)


def test_objections_to_two_cases_of_one_notice_do_not_touch_each_other(walk: Walk, store: Store) -> None:
    cases = [walk.to(walk.open("M4a", number, number), S.DECIDED).id for number in (1, 2)]
    public_notice.announce(store)
    for case in cases:
        object_(walk, case)
    answer(walk, cases[0], upheld=True)
    with pytest.raises(Refused) as no:
        answer(walk, cases[0])
    assert no.value.code in ("no_objection", "out_of_order")
    other = walk.stage.case(cases[1])
    assert (other.state, other.contested) == (S.ON_NOTICE, True)
    assert answer(walk, cases[1]).contested is False
