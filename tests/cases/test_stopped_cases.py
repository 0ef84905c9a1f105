"""A case that the system stopped is seen by the head at once, and goes on whatever was done with it meanwhile."""

from datetime import date
from json import loads
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.awards import computation, external_benefits, public_notice
from casework.awards.external_benefits import NewBenefit
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.shared.reference import touch
from casework.views import cases, dossier, inbox
from models import Duty, Message, State
from models.store import Store
from notifications.wording.compose import Reading, compose
from notifications.wording.wording_parts import Audience
from policies.benefits import KeyKind, Level
from policies.money import Money
from support.bilingual import CHINESE
from support.stage import LEAD, Stage, named, officer
from support.walk import Walk, exclude, firm_of, later, take_off

S, D = State, Duty
HEAD = officer(D.HEAD)
TODAY = date(2023, 9, 4)


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish(firms=1))


def decided(walk: Walk) -> CaseView:
    """A decided case that the exclusion list keeps from its publication."""
    case = walk.to(walk.open("M4a", 1), S.DECIDED, D.SYSTEM)
    exclude(walk.stage, 0)
    public_notice.announce(walk.stage.store)
    return walk.stage.case(case.id)


def told(walk: Walk) -> list[str]:
    """To whom it was said that a case stands still."""
    with walk.stage.store.read() as work:
        return list(work.execute(select(col(Message.recipient)).where(col(Message.kind) == "stopped")).scalars())


def told_to_the_head(walk: Walk, language: str) -> str:
    """What the message that a case stands still says."""
    with walk.stage.store.read() as work:
        content = loads(
            work.execute(select(col(Message.content)).where(col(Message.kind) == "stopped")).scalars().one()
        )
    return compose("stopped", content, Reading(audience=Audience.OFFICER, today=TODAY, language=language)).happened


def offered(walk: Walk, case: CaseView) -> set[str]:
    return {
        action for task in inbox(walk.stage.store, HEAD) if task.case.number == case.number for action in task.actions
    }


def test_the_head_is_told_once_what_is_stopped_and_finds_every_way_out(walk: Walk) -> None:
    case = decided(walk)
    assert (case.state, case.next_duty) == (S.DECIDED, D.HEAD) and "不能“公示”" in case.problem, case.problem
    assert told(walk) == [f"unit:{LEAD}:head"]
    assert offered(walk, case) == {"waive", "undo"}
    walk.do(r.Hold, case, reason="算例理由", review_on="2023-09-20")
    walk.do(r.Unhold, walk.stage.case(case.id), duty=D.HEAD)
    public_notice.announce(walk.stage.store)
    assert walk.stage.case(case.id).next_duty == D.HEAD


@pytest.mark.parametrize("how", ["announce", "begin", "decided by the rule"])
def test_why_a_case_stands_still_is_said_in_real_words_in_both_languages(walk: Walk, how: str) -> None:
    item, state = {"announce": ("M4a", S.DECIDED), "begin": ("M10", S.CERTIFIED)}.get(how, ("M4a", S.CERTIFIED))
    if how == "decided by the rule":
        with walk.stage.store.write() as work:
            walk.stage.value(work, "P-access", {"M4a": "on_application"})
            touch(work)
    case = walk.to(walk.open(item, 1), state, D.SYSTEM)
    exclude(walk.stage, firm_of(case))
    (public_notice.announce if how == "announce" else computation.compute)(walk.stage.store)
    store, number = walk.stage.store, case.number
    listed = [dossier(store, number).case, *(case_row for case_row in cases(store).rows if case_row.number == number)]
    listed += [task.case for task in inbox(store, HEAD) if task.case.number == number]
    for row in listed:
        assert "“不予支持名单”未通过（列入不予支持名单：算例失信）" in row.problem, row.problem
        assert "is stopped: " in row.problem_en and "an override by" in row.problem_en, row.problem_en
        assert not CHINESE.search(row.problem_en.replace("算例失信", "")), row.problem_en
    if how != "decided by the rule":
        assert listed[0].problem in told_to_the_head(walk, "zh")
        assert listed[0].problem_en in told_to_the_head(walk, "en")


def test_a_programme_that_may_not_begin_is_with_its_head_who_may_refuse_it(walk: Walk) -> None:
    case = walk.to(walk.open("M10", 1), S.CERTIFIED, D.SYSTEM)
    exclude(walk.stage, firm_of(case))
    computation.compute(walk.stage.store)
    parked = walk.stage.case(case.id)
    assert parked.next_duty == D.HEAD and "不能“核算”" in parked.problem, parked.problem
    assert told(walk) == [f"unit:{parked.next_unit}:head"]
    assert {"waive", "refuse"} <= offered(walk, parked)


@pytest.mark.parametrize("lifted", ["unhold", "request to undo"])
def test_what_is_cured_while_a_stopped_case_is_on_hold_lets_it_go_on(walk: Walk, lifted: str) -> None:
    case = decided(walk)
    aside: tuple[Any, dict[str, Any]] = (r.Hold, {"review_on": "2023-09-20"}) if lifted == "unhold" else (r.Undo, {})
    walk.do(aside[0], case, reason="算例理由", **aside[1])
    held = walk.stage.case(case.id)
    assert held.held and held.problem == case.problem
    take_off(walk.stage)
    walk.do(r.Unhold, held, duty=D.HEAD)
    assert walk.to(case.id, S.ON_NOTICE).problem == ""


def test_what_is_cured_while_a_comparison_is_open_lets_the_case_go_on(walk: Walk) -> None:
    case, store = decided(walk), walk.stage.store
    with store.read() as work:
        store.set_clock(later(work.now, 1), frozen=True)
    external_benefits.add(store, officer(D.FUND_OFFICER), [NewBenefit(
        party=named("firm-0"), kind=KeyKind.ENTERPRISE, basis="算例企业0", source="算例市级政策", level=Level.CITY,
        reference="算例市级文号", amount=Money.yuan(1000),
    )])  # fmt: skip
    waiting = walk.stage.case(case.id)
    assert (waiting.state, waiting.next_duty) == (S.DECIDED, D.CERTIFIER), waiting.problem
    take_off(walk.stage)
    walk.do(r.Compare, waiting, comparison=1, verdict="different", reason="算例理由")
    assert walk.to(case.id, S.ON_NOTICE).problem == ""
