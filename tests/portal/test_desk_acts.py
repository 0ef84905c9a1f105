"""Acts through their pages: every one has its form, what is wrong keeps what was typed, and the same form twice is one act."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.act_forms import CASE_FORMS
from models import Decision, Duty, State
from support.portal import Portal, Shown, Visitor
from support.stage import NOON, Stage, named, officer
from support.walk import Walk, with_one_case

CASE = "XZ2023-M16-000001"


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """One case that waits for its acceptance."""
    return with_one_case(stage, State.FILED, Duty.ACCEPTOR)


def decided(walk: Walk) -> list[tuple[str, str]]:
    """Every decision of the case by people, in order."""
    query = select(col(Decision.action), col(Decision.outcome)).where(col(Decision.person_id).is_not(None))
    with walk.stage.store.read() as work:
        rows = work.execute(query.where(col(Decision.case_id) == named("case-1")).order_by(col(Decision.version)))
        return [(row.action, row.outcome) for row in rows]


def fill(visitor: Visitor, action: str, **typed: Any) -> Shown:
    """Opens the page of an act and sends it: what it would do, or what is wrong."""
    page = visitor.get(f"/desk/cases/{CASE}/do/{action}")
    assert page.status == 200, page.words()[:500]
    return visitor.submit(page, action=f"/desk/cases/{CASE}/do/{action}", **typed)


def do(visitor: Visitor, action: str, **typed: Any) -> Shown:
    """The same, confirmed."""
    effects = fill(visitor, action, **typed)
    assert effects.status == 200 and "尚未办理" in effects.words(), effects.words()[:500]
    return visitor.submit(effects, action="/desk")


def errors(page: Shown) -> str:
    """What the summary of faults says."""
    return " ".join(" ".join(one.itertext()) for one in page.tree.xpath("//div[contains(@class,'error-summary')]"))


def test_an_act_goes_through_its_page_and_says_what_is_next(portal: Portal, walk: Walk) -> None:
    acceptor = portal.as_(officer(Duty.ACCEPTOR, 1))
    page = do(acceptor, "accept")
    assert page.status == 200 and f"/desk/cases/{CASE}?done=accept" in page.url
    assert "已办理：受理" in page.words() and "初审" in page.words()
    assert decided(walk)[-1] == ("accept", "")


@pytest.mark.slow
def test_what_is_wrong_is_named_at_its_field_and_all_that_was_typed_stays(portal: Portal, walk: Walk) -> None:
    acceptor = portal.as_(officer(Duty.ACCEPTOR, 1))
    page = fill(acceptor, "return", reason="请补正 <b>二</b>")
    assert page.status == 422 and "需补正的内容" in errors(page) and "必填" in errors(page)
    assert page.tree.xpath("//textarea[@name='reason']")[0].text == "请补正 <b>二</b>"
    assert "#f-missing" in page.links()
    effects = acceptor.submit(page, action="/desk", missing="租赁合同\n发票")
    assert effects.status == 200 and "一次性补正告知书" in effects.words() and "租赁合同" in effects.words()
    assert len(decided(walk)) == 1  # nothing is done yet
    back = acceptor.submit(effects, action="/desk", press=("_back", "1"))
    assert back.tree.xpath("//textarea[@name='missing']")[0].text.split() == ["租赁合同", "发票"]
    assert acceptor.submit(effects, action="/desk").status == 200 and decided(walk)[-1] == ("return", "")
    assert len(decided(walk)) == 2


def test_facts_begin_as_claimed_and_their_faults_stand_at_their_fields(portal: Portal, walk: Walk) -> None:
    walk.to(named("case-1"), State.SCREENED)
    certifier = portal.as_(officer(Duty.CERTIFIER, 1))
    page = certifier.get(f"/desk/cases/{CASE}/do/certify")
    fields = dict(page.form(action="/desk").form_values())
    assert fields["typed.brand"] == "算例品牌1" and fields["typed.cost_lines[0].recognised"] == "100000.00"
    wrong = certifier.submit(page, action="/desk", **{"typed.opened_on": "2023-13-01", "typed.first_store": "true"})
    assert wrong.status == 422 and "#f-typed-opened_on" in wrong.links()
    assert dict(wrong.form(action="/desk").form_values())["typed.opened_on"] == "2023-13-01"
    more = certifier.submit(wrong, action="/desk", press=("_more", "typed.cost_lines"), **{"typed.brand": "改名"})
    assert dict(more.form(action="/desk").form_values())["typed.brand"] == "改名"
    right = {"typed.opened_on": "2023-08-01", "typed.first_store": "true"}
    done = certifier.submit(certifier.submit(more, action="/desk", **right), action="/desk")
    assert done.status == 200 and decided(walk)[-1][0] == "certify"
    shown = certifier.get(f"/desk/cases/{CASE}").words()
    assert "改名" in shown and "不同" in shown


def test_a_yes_or_no_is_never_taken_for_granted(portal: Portal, walk: Walk) -> None:
    walk.to(named("case-1"), State.ACCEPTED)
    screener = portal.as_(officer(Duty.SCREENER, 1))
    page = fill(screener, "screen")
    assert page.status == 422 and "已实地核查" in errors(page)
    assert screener.submit(screener.submit(page, action="/desk", visited="yes"), action="/desk").status == 200
    assert decided(walk)[-1][0] == "screen"


def test_the_same_form_twice_and_in_two_tabs_is_one_act_with_one_answer(portal: Portal, walk: Walk) -> None:
    acceptor = portal.as_(officer(Duty.ACCEPTOR, 1))
    tabs = [fill(acceptor, "accept") for _ in range(2)]
    answers = [acceptor.submit(page, action="/desk") for page in (tabs[0], tabs[0], tabs[1])]
    assert {one.url for one in answers} == {answers[0].url} and {one.status for one in answers} == {200}
    assert [one for one, _ in decided(walk)].count("accept") == 1


def test_a_case_that_changed_meanwhile_is_shown_anew_with_what_was_typed(portal: Portal, walk: Walk) -> None:
    acceptor = portal.as_(officer(Duty.ACCEPTOR, 1))
    page = acceptor.get(f"/desk/cases/{CASE}/do/refuse")
    head = portal.as_(officer(Duty.HEAD, 1))
    assert do(head, "hold", reason="核查", review_on="2023-10-10").status == 200
    stale = acceptor.submit(page, action="/desk", reason="算例理由，很长")
    assert stale.status == 409 and "已更新" in errors(stale) and "算例理由，很长" in stale.text
    assert decided(walk)[-1][0] == "hold"


def test_what_was_shown_is_what_is_confirmed_or_it_is_shown_anew(portal: Portal, walk: Walk) -> None:
    acceptor = portal.as_(officer(Duty.ACCEPTOR, 1))
    effects = fill(acceptor, "accept")
    assert "待受理 → 已受理" in effects.words() and "没有资金变动" in effects.words()
    walk.stage.store.set_clock(NOON + timedelta(days=1), frozen=True)
    changed = acceptor.submit(effects, action="/desk")
    assert changed.status == 409 and "情况已变化" in errors(changed) and decided(walk)[-1][0] == "file"
    assert acceptor.submit(changed, action="/desk").status == 200 and decided(walk)[-1][0] == "accept"


def test_who_may_not_is_told_who_may(portal: Portal, walk: Walk) -> None:
    page = portal.as_(officer(Duty.SCREENER, 1)).get(f"/desk/cases/{CASE}/do/accept")
    assert page.status == 403 and "算例acceptor-0" in page.words()
    assert not page.tree.xpath("//main//form[contains(@action,'/do/')]")
    late = portal.as_(officer(Duty.ACCEPTOR, 1)).get(f"/desk/cases/{CASE}/do/decide")
    assert late.status == 403 and "待受理" in late.words()
    assert portal.as_(named("applicant-2-0")).get(f"/desk/cases/{CASE}/do/accept").status == 404
    assert portal.as_(officer(Duty.ACCEPTOR, 1)).get(f"/desk/cases/{CASE}/do/nothing").status == 404


def test_the_second_signature_is_shown_to_both(portal: Portal, walk: Walk) -> None:
    walk.to(named("case-1"), State.PAYABLE)
    first, second = (portal.as_(officer(Duty.HEAD, which)) for which in (1, 2))
    page = do(first, "undo", reason="算例：有误")
    assert "等待第二人确认" in page.words() and "算例head-0、算例head-2 办理" in page.words()
    waits = second.get(f"/desk/cases/{CASE}")
    assert "由您确认" in waits.words() and "算例：有误" in waits.words()
    assert do(second, "undo", reason="算例：同意").status == 200
    assert decided(walk)[-2:] == [("undo", "requested"), ("undo", "undone")]


@pytest.mark.slow
def test_every_act_has_its_page_in_both_languages(portal: Portal, walk: Walk) -> None:
    visitor = portal.as_(officer(Duty.HEAD, 1))
    for action in CASE_FORMS:
        for language in ("zh", "en"):
            page = visitor.get(f"/desk/cases/{CASE}/do/{action}?lang={language}")
            assert page.status in (200, 403), page.text[:400]


def test_a_form_of_another_session_does_nothing(portal: Portal, walk: Walk) -> None:
    acceptor = portal.as_(officer(Duty.ACCEPTOR, 1))
    before = decided(walk)
    fields = {"act_id": str(UUID(int=5)), "seen": "2", "_token": "x"}
    assert acceptor.client.post(f"/desk/cases/{CASE}/do/accept", data=fields).status_code == 403
    assert decided(walk) == before
