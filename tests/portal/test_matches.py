"""What a firm could apply for: the real checks answer each condition, nothing is guessed, and nobody sees another's."""

from typing import Any

import pytest
from sqlalchemy import text

from casework.conditions.condition_gates import evaluate_conditions
from casework.lifecycle.procedure import procedure_of
from casework.shared.reference import reference
from casework.views.own_matches import ItemMatch, own_matches
from models import Duty, State
from models.store import Store
from policies.money import Money
from support.office import POLICY
from support.portal import Portal, Visitor
from support.stage import Stage, applicant, claim, officer
from support.walk import Walk, exclude, on


def match(store: Store, item: str, firm: int = 0) -> ItemMatch:
    """One item as a firm sees it."""
    found = own_matches(store, applicant(firm))
    return next(one for one in (*found.items, *found.others) if one.offered.item.id == item)


def said(one: ItemMatch, title: str) -> str:
    """What a condition was found to be."""
    return next(each.result for each in one.conditions if each.title.zh == title)


def draft(visitor: Visitor, item: str, values: dict[str, Any]) -> str:
    """A draft begun through the pages, with its claim typed."""
    page = visitor.submit(visitor.get(f"/apply/new?policy=XZ2023&item={item}"), action="/apply/new")
    number = page.url.rsplit("/", 1)[1]
    visitor.submit(page, action="/apply/", **{name: str(value) for name, value in values.items()})
    return number


def test_every_item_for_firms_is_listed_and_no_other(portal: Portal) -> None:
    found = own_matches(portal.store, applicant(0))
    theirs = {item.id for item in POLICY if "enterprise" in item.applicants}
    assert {one.offered.item.id for one in found.items} == theirs
    assert {one.offered.item.id for one in found.others} == {
        item.id for item in POLICY if "enterprise" not in item.applicants and set(item.applicants) != {"unit"}
    }


def test_an_item_tells_how_many_conditions_are_met_and_leads_on(portal: Portal) -> None:
    page = portal.as_(applicant(0)).get("/my/match")
    one = match(portal.store, "M4a")
    assert f"满足 {one.met}/{len(one.conditions)}" in page.words() and one.met >= 3 and one.unknown >= 2
    assert {"/items/XZ2023/M4a", "/apply/new?policy=XZ2023&item=M4a"} <= set(page.links())
    assert "缺少材料" in page.words() and "剩 300 天" in page.words()
    english = portal.as_(applicant(0)).get("/my/match?lang=en")
    assert f"{one.met} of {len(one.conditions)} met" in english.words()


def test_what_is_known_against_a_firm_is_the_nearest_condition_with_what_it_can_do(
    portal: Portal, stage: Stage
) -> None:
    exclude(stage, 0, "算例失信")
    listed = match(portal.store, "M4a")
    assert listed.nearest is not None and listed.nearest.result == "fail"
    assert listed.nearest.words.zh == "列入不予支持名单：算例失信" and listed.nearest.can is not None
    assert "列入不予支持名单：算例失信" in portal.as_(applicant(0)).get("/my/match").words()
    other = portal.as_(applicant(1)).get("/my/match").words()
    assert "算例失信" not in other and said(match(portal.store, "M4a", 1), "不予支持名单") == "ok"


def test_a_draft_answers_with_what_is_typed_and_with_its_amount(portal: Portal, stage: Stage) -> None:
    firm = portal.as_(applicant(0))
    before = match(portal.store, "M4a")
    assert said(before, "事件日期在有效期内") == "no_data" and before.amount_fen is None
    number = draft(firm, "M4a", claim("M4a", 1))
    after = match(portal.store, "M4a")
    assert after.draft == number and said(after, "事件日期在有效期内") == "ok" and not after.open_facts
    assert after.amount_fen == int(Money.yuan("200000"))
    page = firm.get("/my/match")
    assert "200,000.00 元" in page.words() and f"/apply/{number}" in page.links()


def test_an_amount_is_not_guessed_where_the_unit_still_has_to_certify(portal: Portal) -> None:
    one = match(portal.store, "M16")
    assert one.amount_fen is None and one.award is None
    assert "认定" in portal.as_(applicant(0)).get("/my/match").words()
    assert one.open_facts


def test_without_its_parameter_nothing_is_promised(portal: Portal, stage: Stage) -> None:
    draft(portal.as_(applicant(0)), "M4a", claim("M4a", 1))
    award = match(portal.store, "M4a").award
    assert award is not None and award.payable, "this one rests on the text alone"
    for item in own_matches(portal.store, applicant(0)).items:
        assert item.amount_fen is None or not item.award or not item.award.missing


def test_the_conditions_are_those_that_the_acts_go_by(portal: Portal, stage: Stage) -> None:
    walk = Walk(stage)
    identity = walk.open("M4a", 1, 0)
    one = match(portal.store, "M4a")
    with portal.store.read() as work:
        facts = reference(portal.store, work)
        case = stage.case(identity)
        (findings,) = evaluate_conditions(
            work, facts, lambda each: procedure_of(facts, each, work.today), [case]
        ).values()
    assert {(each.condition.title.zh, each.result.result.value) for each in findings} == {
        (each.title.zh, each.result) for each in one.conditions
    }


def test_a_firm_sees_only_its_own_cases_and_drafts(portal: Portal, stage: Stage) -> None:
    walk = Walk(stage)
    filed = walk.to(walk.open("M4a", 7, 1), State.FILED, Duty.ACCEPTOR)
    walk.open("M4a", 8, 1)
    assert filed.number in portal.as_(applicant(1)).get("/my/match").words()
    other = portal.as_(applicant(0)).get("/my/match")
    assert filed.number not in other.text and "XZ2023-M04-000008" not in other.text and "算例企业1" not in other.text


def test_after_the_window_nothing_is_offered(portal: Portal, stage: Stage) -> None:
    stage.store.set_clock(on("2024-07-02"), frozen=True)
    assert "现在没有可以申报的事项" in portal.as_(applicant(0)).get("/my/match").words()


def test_looking_writes_nothing(portal: Portal) -> None:
    firm = portal.as_(applicant(0))
    with portal.store.read() as work:
        before = work.execute(text("SELECT count(*) FROM audit_entry")).scalar_one()
        drafts = work.execute(text("SELECT count(*) FROM check_record")).scalar_one()
    firm.get("/my/match")
    with portal.store.read() as work:
        assert work.execute(text("SELECT count(*) FROM audit_entry")).scalar_one() == before
        assert work.execute(text("SELECT count(*) FROM check_record")).scalar_one() == drafts


@pytest.mark.parametrize("duty", [Duty.ACCEPTOR, Duty.AUDITOR])
def test_who_applies_for_nobody_has_no_such_page(portal: Portal, duty: Duty) -> None:
    assert portal.as_(officer(duty)).get("/my/match").status == 404
