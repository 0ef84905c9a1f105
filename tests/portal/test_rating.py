"""好差评: one grade a finished step, to be changed until the case ends; leaders see them added up, nobody else does."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.step_ratings import NewRating, rate
from casework.shared.errors import Refused
from casework.staff import delegations
from casework.views.rating_summary import rating_summary
from models import AuditEntry, Duty, State, StepRating
from models.store import Store
from support.graduate import NAME, graduate
from support.office import TOWN
from support.portal import Portal
from support.stage import NOON, Stage, applicant, officer
from support.walk import Walk

S = State
NUMBER = "XZ2023-M04-000001"
PAGE = f"/my/cases/{NUMBER}/rate"


def kept(store: Store) -> list[tuple[str, int, str]]:
    """Step, grade and words as stored."""
    columns = (col(StepRating.step), col(StepRating.grade), col(StepRating.comment))
    with store.read() as work:
        return [tuple(row) for row in work.execute(select(*columns).order_by(col(StepRating.step)))]


def audited(store: Store) -> int:
    """How many ratings the audit chain tells of."""
    with store.read() as work:
        return len(work.execute(select(col(AuditEntry.seq)).where(col(AuditEntry.action) == "rate")).all())


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """The first firm's case, accepted."""
    walk = Walk(stage)
    walk.to(walk.open("M4a", 1, 1), S.ACCEPTED)
    return walk


def test_a_firm_rates_finished_steps_and_changes_its_mind(portal: Portal, walk: Walk) -> None:
    firm = portal.as_(applicant(1))
    assert PAGE in firm.get(f"/my/cases/{NUMBER}").links()
    page = firm.get(PAGE)
    assert "受理" in page.words() and not page.tree.xpath("//input[@name='grade-decided']"), "what is not finished"
    done = firm.submit(page, action="/my/", **{"grade-accepted": "2", "comment-accepted": "算例：等了很久"})
    assert "评价已收到" in done.words() and kept(portal.store) == [("accepted", 2, "算例：等了很久")]
    assert done.tree.xpath("//input[@id='r-accepted-2']/@checked")
    firm.submit(done, action="/my/", **{"grade-accepted": "4", "comment-accepted": "", "grade-filed": "5"})
    assert kept(portal.store) == [("accepted", 4, ""), ("filed", 5, "")] and audited(portal.store) == 3
    firm.submit(firm.get(PAGE), action="/my/")
    assert audited(portal.store) == 3, "the same said again changes nothing"


def test_what_is_wrong_is_refused_and_what_was_typed_is_kept(portal: Portal, walk: Walk) -> None:
    firm = portal.as_(applicant(1))
    for grade in ("6", "0", "x", ""):
        sent = {"grade-accepted": grade, "comment-accepted": "算例意见"}
        refused = firm.submit(firm.get(PAGE), action="/my/", **sent)
        assert refused.status == 422 and "五个等级" in refused.words()
        assert refused.tree.xpath("//input[@id='c-accepted']/@value") == ["算例意见"]
    firm.submit(firm.get(PAGE), action="/my/", **{"grade-decided": "5"})
    assert kept(portal.store) == [], "a step that is not finished is not rated, whatever is sent"


def test_a_form_in_which_nothing_is_chosen_is_refused_with_words(portal: Portal, walk: Walk) -> None:
    firm = portal.as_(applicant(1))
    empty = firm.submit(firm.get(PAGE), action="/my/")
    assert empty.status == 422 and "至少为一个步骤选择等级" in empty.words() and "评价已收到" not in empty.words()
    assert kept(portal.store) == []


def test_once_the_case_has_ended_a_rating_stays_and_the_last_steps_can_still_be_rated(
    portal: Portal, walk: Walk
) -> None:
    firm = portal.as_(applicant(1))
    before = firm.get(PAGE)
    firm.submit(before, action="/my/", **{"grade-accepted": "1"})
    case = next(iter(cases(walk)))
    walk.to(case, S.CLOSED)
    page = firm.get(PAGE)
    assert not page.tree.xpath("//input[@name='grade-accepted']") and page.tree.xpath("//input[@name='grade-paid']")
    firm.submit(page, action="/my/", **{"grade-paid": "5"})
    firm.submit(before, action="/my/", **{"grade-accepted": "5"})
    assert kept(portal.store) == [("accepted", 1, ""), ("paid", 5, "")]


def cases(walk: Walk) -> list[UUID]:
    """The ids of all cases."""
    with walk.stage.store.read() as work:
        return [UUID(str(row)) for row in work.connection.exec_driver_sql("SELECT id FROM case_file").scalars()]


def test_leaders_see_grades_added_up_and_words_of_the_bad_ones_and_nobody_else_does(portal: Portal, walk: Walk) -> None:
    walk.to(walk.open("M4a", 2, 2), S.ACCEPTED)
    for firm, grade, words in ((1, "1", "算例：请打 13912345678"), (2, "5", "算例：很好")):
        page = portal.as_(applicant(firm))
        address = f"/my/cases/XZ2023-M04-{firm:06d}/rate"
        page.submit(page.get(address), action="/my/", **{"grade-accepted": grade, "comment-accepted": words})
    head = portal.as_(officer(Duty.HEAD))
    assert "/desk/ratings" in head.get("/desk").links()
    shown = head.get("/desk/ratings")
    row = shown.tree.xpath("//tr[th[normalize-space()='受理']]/td")
    assert [cell.text for cell in row] == ["1", "0", "0", "0", "1", "2", "50.00%"]
    assert "算例：请打 ****5678" in shown.words() and "算例：很好" not in shown.words()
    assert "Satisfied" in head.get("/desk/ratings?lang=en").words()
    for duty in (Duty.ACCEPTOR, Duty.MAKER):
        other = portal.as_(officer(duty))
        assert other.get("/desk/ratings").status == 404 and "/desk/ratings" not in other.get("/desk").links()
    assert portal.as_(applicant(1)).get("/desk/ratings").status == 404


def test_who_stands_in_for_a_head_and_who_looks_on_read_them_too(portal: Portal, walk: Walk) -> None:
    acceptor, today = officer(Duty.ACCEPTOR), NOON.date()
    with pytest.raises(Refused, match="没有权限查看好差评；单位负责人"):
        rating_summary(portal.store, acceptor)
    standing_in: Any = {"principal": "head-0", "delegate": "acceptor-0", "duty": Duty.HEAD, "unit": TOWN}
    delegations.add(portal.store, officer(Duty.HEAD), **standing_in, first=today, last=today, reason="算例：出差")
    for reader in (acceptor, officer(Duty.AUDITOR), officer(Duty.ADMINISTRATOR)):
        assert rating_summary(portal.store, reader).steps == ()
        assert "/desk/ratings" in portal.as_(reader).get("/desk").links()


def test_a_natural_persons_words_are_sealed_and_shown_without_their_name(store: Store, tmp_path: Path) -> None:
    someone = graduate(store, tmp_path)
    case = someone.walk.stage.case(someone.case(tmp_path, S.DECIDED))
    rate(store, someone.login, case.number, {"decided": NewRating(grade=1, comment=f"{NAME}等了很久")})
    with store.read() as work:
        stored = work.connection.exec_driver_sql("SELECT comment FROM step_rating").scalar_one()
        said = work.connection.exec_driver_sql("SELECT content FROM audit_entry WHERE action = 'rate'").scalar_one()
    assert NAME not in stored and "等了很久" not in stored and '"comment":""' in said
    (words,) = rating_summary(store, officer(Duty.HEAD)).words
    assert words.comment == "算**等了很久"


def test_another_firms_case_is_not_rated(portal: Portal, walk: Walk) -> None:
    other = portal.as_(applicant(2))
    token = other.get("/help").tree.xpath("//header//input[@name='_token']/@value")[0]
    assert other.get(PAGE).status == other.post(PAGE, {"_token": token, "grade-accepted": "1"}).status == 404
    assert kept(portal.store) == []
