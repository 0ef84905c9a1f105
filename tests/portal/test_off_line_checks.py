"""A paper that is never uploaded: what an officer of the case found in it off line is recorded on its page, once."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.applications import offline_papers
from models import Duty, PaperCheck, State
from support.portal import Portal, Shown, Visitor
from support.stage import Stage, applicant, named, officer
from support.walk import Walk

CASE = "/desk/cases/XZ2023-M07-000001"
PAGE = f"{CASE}/off-line/military_check"
NOTE = "算例：9 月 4 日在区保密室查看原件"


@pytest.fixture
def case(stage: Stage) -> Any:
    """A standard of the first firm, with its acceptor."""
    walk = Walk(stage)
    return walk.to(walk.open("M7", 1, 1), State.FILED, Duty.ACCEPTOR)


def looks(portal: Portal) -> list[tuple[int, str, str]]:
    with portal.store.read() as work:
        query = select(col(PaperCheck.sequence), col(PaperCheck.found), col(PaperCheck.note))
        return [tuple(row) for row in work.execute(query.order_by(col(PaperCheck.sequence)))]


def recorded(visitor: Visitor, page: Shown | None = None, **typed: str) -> Shown:
    return visitor.submit(page or visitor.get(PAGE), action=PAGE, **{"found": "ok", "note": NOTE, **typed})


def test_what_was_found_is_recorded_once_and_shown_on_the_case(portal: Portal, case: Any) -> None:
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    shown = visitor.get(CASE)
    assert "军用标准线下核验记录" in shown.words() and any(link.startswith(PAGE) for link in shown.links())
    form = visitor.get(PAGE)
    done = recorded(visitor, form)
    assert "已记录线下核验结果" in done.words() and NOTE in done.words() and "线下核验通过" in done.words()
    assert "已记录" in recorded(visitor, form).words() and looks(portal) == [(1, "ok", NOTE)]
    worse = recorded(visitor, found="fail", note="算例：编号不符")
    assert "线下核验不符" in worse.words() and [found for _, found, _ in looks(portal)] == ["ok", "fail"]
    assert "Papers checked off line" in visitor.get(f"{CASE}?lang=en").words()
    assert "The newest look" in visitor.get(f"{PAGE}?lang=en").words()


def test_what_is_missing_is_said_at_its_field_and_the_rest_stays(portal: Portal, case: Any) -> None:
    visitor = portal.as_(officer(Duty.CERTIFIER))
    for name, value in (("found", ""), ("note", " ")):
        page = recorded(visitor, **{name: value})
        assert page.status == 422 and f"#f-{name}" in page.links(), name
        kept = page.form(action=PAGE).fields
        assert (kept["note"], kept["found"]) == ((NOTE, None) if name == "found" else ("", "ok"))
    assert looks(portal) == []


def test_a_look_binds_to_what_was_seen_of_the_case(portal: Portal, case: Any) -> None:
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    form = visitor.get(PAGE)
    certifier = officer(Duty.CERTIFIER)
    offline_papers.see(portal.store, case=case.id, slot="military_check", good=False, note="算例：不符", by=certifier)
    page = recorded(visitor, form)
    assert page.status == 422 and "已有变化" in page.words() and len(looks(portal)) == 1
    assert "算例：不符" in page.words() and page.form(action=PAGE).fields["note"] == NOTE
    recorded(visitor, page)
    assert [found for _, found, _ in looks(portal)] == ["fail", "ok"]


def test_who_has_no_part_in_it_records_nothing(portal: Portal, case: Any) -> None:
    acceptor, head = portal.as_(officer(Duty.ACCEPTOR)), portal.as_(officer(Duty.HEAD))
    page = head.get(PAGE)
    assert page.status == 200 and not page.tree.xpath("//main//form") and "不能记录线下核验" in page.words()
    fields = dict(acceptor.get(PAGE).form(action=PAGE).form_values())
    token = head.get("/account").form().find(".//input[@name='_token']").get("value")
    refused = head.post(PAGE, {**fields, "_token": token, "found": "ok", "note": NOTE})
    assert refused.status == 422 and "不能记录线下核验" in refused.words() and looks(portal) == []
    assert acceptor.get(f"{CASE}/off-line/standard").status == 404  # that one is uploaded here
    assert portal.as_(applicant(1)).get(PAGE).status == 404
    assert case.id == named("case-1")
