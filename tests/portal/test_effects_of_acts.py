"""What an officer sees before an act is confirmed, and afterwards: what was typed, what is certified, the sums of the claim."""

from typing import Any

import pytest

from casework.shared.reference import touch
from models import Duty, State
from support.portal import Portal, Shown, Visitor
from support.stage import Stage, applicant, named, officer
from support.walk import Walk, with_one_case

CASE = "XZ2023-M16-000001"


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """One case that waits for its acceptance."""
    return with_one_case(stage, State.FILED, Duty.ACCEPTOR)


def effects(visitor: Visitor, action: str, **typed: Any) -> Shown:
    page = visitor.get(f"/desk/cases/{CASE}/do/{action}")
    shown = visitor.submit(page, action=f"/desk/cases/{CASE}/do/{action}", **typed)
    assert shown.status == 200 and "尚未办理" in shown.words(), shown.words()[:500]
    return shown


def test_the_number_of_the_minutes_stands_in_the_effects_and_in_the_history_but_in_no_paper(
    portal: Portal, walk: Walk
) -> None:
    walk.to(named("case-1"), State.COMPUTED, Duty.DECIDER)
    decider = portal.as_(officer(Duty.DECIDER, 1))
    shown = effects(decider, "decide", minutes="算例纪要2023-9 号", amount="20000", reason="算例预算控制")
    words = shown.words()
    assert "会议纪要文号 算例纪要2023-9 号" in words and "审定金额（元） 20,000.00" in words
    assert "理由 算例预算控制" in words and "核减金额" in words
    assert words.count("算例纪要2023-9 号") == 1, "minutes are internal: not in the letter"
    assert decider.submit(shown, action="/desk").status == 200
    history = decider.get(f"/desk/cases/{CASE}").words()
    assert "会议纪要文号：算例纪要2023-9 号" in history and "审定金额（元）：20,000.00" in history
    assert "算例纪要" not in portal.as_(applicant(1)).get(f"/my/cases/{CASE}").words()


def test_the_history_says_on_which_paper_and_until_when(portal: Portal, walk: Walk) -> None:
    head = portal.as_(officer(Duty.HEAD, 1))
    shown = effects(head, "hold", reason="核查", review_on="2023-10-10")
    assert "复查日期 2023-10-10" in shown.words()
    head.submit(shown, action="/desk")
    assert "复查日期：2023-10-10" in head.get(f"/desk/cases/{CASE}").words()


def test_the_claimed_sums_are_seen_before_anything_is_certified(portal: Portal, walk: Walk) -> None:
    acceptor = portal.as_(officer(Duty.ACCEPTOR, 1))
    page = acceptor.get(f"/desk/cases/{CASE}").words()
    assert "费用明细" in page and "合计 100,000.00 未认定" in page
    assert "合计 100,000.00 未认定" in acceptor.get(f"/desk/cases/{CASE}/do/accept").words()


def facts(visitor: Visitor) -> Shown:
    cut = {"typed.cost_lines[0].recognised": "80000.00", "typed.cost_lines[0].reason": "算例核减"}
    right = {"typed.opened_on": "2023-08-01", "typed.first_store": "true", "typed.brand": "改名"}
    return effects(visitor, "certify", **right, **cut)


def test_what_is_certified_is_shown_beside_the_claim_before_it_is_confirmed(portal: Portal, walk: Walk) -> None:
    walk.to(named("case-1"), State.SCREENED)
    certifier = portal.as_(officer(Duty.CERTIFIER, 1))
    shown = facts(certifier)
    words = shown.words()
    assert "算例品牌1 不同 改名" in words and "100,000.00 不同 80,000.00 算例核减" in words
    assert "合计 100,000.00 80,000.00" in words and "缺少参数" not in words
    certifier.submit(shown, action="/desk")
    assert "合计 100,000.00 80,000.00" in certifier.get(f"/desk/cases/{CASE}").words()


def test_a_parameter_that_is_not_set_is_named_before_facts_are_certified(
    portal: Portal, stage: Stage, walk: Walk
) -> None:
    walk.to(named("case-1"), State.SCREENED)
    with portal.store.write() as work:
        stage.end(work, "P16-rate")
        touch(work)
    words = facts(portal.as_(officer(Duty.CERTIFIER, 1))).words()
    assert "缺少参数：P16-rate" in words
