"""Programmes in the portal: the unit reports with its figures, officers see milestones, figures and what stands against closing."""

from typing import Any

import pytest
from sqlalchemy import event, select
from sqlmodel import col

from casework import views
from models import Decision, MilestoneRecord, State
from models.people import Duty
from support.portal import Portal, Shown, Visitor
from support.stage import OFFICES, Stage, applicant, officer
from support.walk import Walk

UNIT, OTHER = applicant(OFFICES + 1), applicant(OFFICES + 2)
HEAD = "指标,对象,期间,数值"


@pytest.fixture
def number(stage: Stage) -> str:
    """A programme in progress, by its case's number."""
    walk = Walk(stage)
    return walk.to(walk.open("M10", 1, 1), State.IN_PROGRESS).number


def reported(portal: Portal) -> list[Any]:
    with portal.store.read() as work:
        listed = select(col(MilestoneRecord.position), col(MilestoneRecord.state), col(MilestoneRecord.report))
        return list(work.execute(listed.order_by(col(MilestoneRecord.position))))


def reports(portal: Portal) -> int:
    with portal.store.read() as work:
        return len(work.execute(select(col(Decision.id)).where(col(Decision.action) == "report")).all())


def form(visitor: Visitor, number: str) -> Shown:
    return visitor.get(f"/my/cases/{number}/report")


def test_a_unit_reports_a_milestone_once_and_officers_read_it(portal: Portal, number: str) -> None:
    unit = portal.as_(UNIT)
    assert f"/my/cases/{number}/report" in unit.get(f"/my/cases/{number}").links()
    page = form(unit, number)
    for _ in range(2):  # the same form twice is one report
        done = unit.submit(page, action="/my/cases/", milestone="1", text="算例：试点企业已选定")
    assert f"/my/cases/{number}" in done.url and reports(portal) == 1
    assert reported(portal)[0].state == "reported"
    desk = portal.as_(officer(Duty.CERTIFIER))
    shown = desk.get(f"/desk/programmes/{number}")
    assert "算例：试点企业已选定" in shown.words() and f"/desk/cases/{number}" in shown.links()
    assert desk.get("/desk/programmes?of=all").status == 200 and desk.get("/desk/programmes/indicators").status == 200


def test_what_is_missing_is_said_at_its_field_and_the_text_stays(portal: Portal, number: str) -> None:
    unit = portal.as_(UNIT)
    page = unit.submit(form(unit, number), action="/my/cases/", milestone="", text="算例：进展")
    assert page.status == 422 and "#f-milestone" in page.links() and reports(portal) == 0
    assert page.tree.xpath("//textarea[@name='text']")[0].text == "算例：进展"
    wrong = unit.submit(form(unit, number), action="/my/cases/", milestone="1", text="算例", indicators="none=1")
    assert wrong.status == 422 and "没有指标" in wrong.words() and reports(portal) == 0


def test_figures_are_read_from_a_workbook_into_the_form_and_report_nothing_by_themselves(
    portal: Portal, number: str
) -> None:
    unit = portal.as_(UNIT)
    token = form(unit, number).form(action="/my/cases/").fields
    address = f"/my/cases/{number}/report"
    fields = {
        "_token": token["_token"],
        "act_id": token["act_id"],
        "seen": token["seen"],
        "text": "算例：进展",
        "_read": "1",
    }
    good = {"file": ("x.csv", f"{HEAD}\nM10-x,算例一厂,2023-Q3,12\n".encode(), "text/csv")}
    page = unit.post(address, fields, good)
    assert page.status == 200 and "尚未报送" in page.words() and reports(portal) == 0
    assert page.tree.xpath("//textarea[@name='indicators']")[0].text == "M10-x@算例一厂@2023-Q3=12"
    assert page.tree.xpath("//textarea[@name='text']")[0].text == "算例：进展"
    bad = {"file": ("x.csv", f"{HEAD}\nM10-x,算例一厂,2023-Q3,many\n".encode(), "text/csv")}
    assert unit.post(address, fields, bad).status == 422 and reports(portal) == 0


def test_a_programme_of_others_is_no_page(portal: Portal, number: str) -> None:
    other = portal.as_(OTHER)
    assert form(other, number).status == 404 and other.get(f"/desk/programmes/{number}").status == 404
    clerk = portal.as_(officer(Duty.CERTIFIER))
    assert clerk.get("/desk/programmes/XZ2023-M4-000009").status == 404 and form(clerk, number).status == 404


def test_every_milestone_can_be_reached_a_page_at_a_time(portal: Portal, number: str) -> None:
    desk = portal.as_(officer(Duty.CERTIFIER))
    everything = views.milestones(portal.store, reader=officer(Duty.CERTIFIER))
    some = views.milestones(portal.store, limit=1, offset=1, reader=officer(Duty.CERTIFIER))
    assert some.rows == everything.rows[1:2] and some.total == everything.total == len(everything.rows) > 1
    first, second = (desk.get(f"/desk/programmes?of=all&offset={offset}") for offset in (0, 1))
    assert [len(page.tree.xpath("//tbody/tr")) for page in (first, second)] == [some.total, some.total - 1]


def test_pages_read_the_names_of_those_alone_whom_their_rows_name(portal: Portal, number: str) -> None:
    unit, desk = portal.as_(UNIT), portal.as_(officer(Duty.CERTIFIER))
    unit.submit(form(unit, number), action="/my/cases/", milestone="1", text="算例：试点企业已选定")
    said: list[str] = []
    event.listen(portal.store.engine, "before_cursor_execute", lambda *given: said.append(" ".join(given[2].split())))
    addresses = (f"/desk/programmes/{number}", f"/desk/cases/{number}", "/desk", "/desk/parameters?policy=XZ2023")
    pages = [unit.get(f"/my/cases/{number}"), *(desk.get(address) for address in addresses)]
    assert [page.status for page in pages] == [200] * 5 and "算例applicant-901-0" in pages[1].words()
    assert said and not [text for text in said if text.endswith("FROM person")]
