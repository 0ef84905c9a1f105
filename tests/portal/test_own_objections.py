"""What an applicant sees of objections to its own cases: how they stand and their answers, never their words, never others'."""

from uuid import UUID

import pytest

from casework.lifecycle import commands as r
from models import Duty, State
from support.portal import Portal
from support.stage import Stage, applicant
from support.walk import Walk

S = State
CLAIM = "算例：李某举报设备是旧的"


@pytest.fixture
def contested(stage: Stage) -> Walk:
    """The first firm's case on notice, with an objection; the second firm's on the same notice without one."""
    walk = Walk(stage)
    for number in (1, 2):
        case = walk.to(walk.open("M4a", number, number), S.ON_NOTICE)
        if number == 1:
            walk.do(r.Object, case, duty=Duty.CLERK, reason=CLAIM)
    return walk


def test_a_firm_follows_an_objection_to_its_case_until_it_is_answered(portal: Portal, contested: Walk) -> None:
    firm = portal.as_(applicant(1))
    assert "/my/objections" in firm.get("/my").links()
    page = firm.get("/my/objections")
    assert "待答复，本案暂停" in page.words() and "/my/cases/XZ2023-M04-000001" in page.links()
    assert any(one.startswith("/notices/") and "object" not in one for one in page.links())
    assert CLAIM not in page.text and "李某" not in page.text
    case = next(contested.stage.case(one) for one in cases(portal) if contested.stage.case(one).contested)
    contested.do(r.AnswerObjection, case, reason="算例：设备为新购，有发票")
    answered = firm.get("/my/objections")
    assert "不成立，本案继续办理" in answered.words() and "算例：设备为新购，有发票" in answered.words()
    assert "dismissed" in firm.get("/my/objections?lang=en").words()


def test_another_firm_sees_its_notice_and_nothing_of_the_objection(portal: Portal, contested: Walk) -> None:
    other = portal.as_(applicant(2)).get("/my/objections?lang=zh")
    assert "没有对本单位案件的异议" in other.words() and "XZ2023-M04-000001" not in other.text
    assert "XZ2023-M04-000002" in other.text, "its own case on notice"


def test_how_to_object_says_what_this_site_does_not_take_and_leads_to_ones_own(portal: Portal, contested: Walk) -> None:
    with portal.store.read() as work:
        number = work.connection.exec_driver_sql("SELECT number FROM notice LIMIT 1").scalar_one()
    page = portal.visitor().get(f"/notices/{number}/object")
    assert "本网站不接收网上异议" in page.words() and "/my/objections" in page.links()


def cases(portal: Portal) -> list[UUID]:
    """The ids of all cases."""
    with portal.store.read() as work:
        return [UUID(str(one)) for one in work.connection.exec_driver_sql("SELECT id FROM case_file").scalars()]
