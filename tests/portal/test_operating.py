"""The administrators' pages: messages sent again, jobs run and skipped, accounts, duties and units; auditors look on."""

from datetime import timedelta
from uuid import UUID

import pyotp
import pytest
from sqlalchemy import select, update
from sqlmodel import col

from casework.staff import sign_in
from models import AuditEntry, Dispatch, DispatchState, Duty, Grant, JobClaim, Message, Person, WebSession
from models.clock import real_now
from support.portal import PASSWORD, Portal, Shown, Visitor
from support.stage import LEAD, Stage, applicant, officer


@pytest.fixture
def admin(portal: Portal) -> Visitor:
    """An administrator's browser."""
    return portal.as_(officer(Duty.ADMINISTRATOR))


def audited(portal: Portal, action: str) -> list[str]:
    """Who did something, by the audit."""
    with portal.store.read() as work:
        rows = work.execute(select(col(AuditEntry.actor)).where(col(AuditEntry.action) == action))
        return list(rows.scalars())


def lost_message(portal: Portal) -> UUID:
    """A message that was given up."""
    with portal.store.write() as work:
        made, now = work.new_id(), work.now
        work.add(
            Message, id=made, once="lost", kind="accepted", recipient=f"person:{applicant(1)}", content="{}",
            status="failed", due_at=now,
        )  # fmt: skip
        work.add(
            Dispatch, id=work.new_id(), message_id=made, once="lost:1", recipient=f"person:{applicant(1)}",
            audience="applicant", language="zh", channel="email", status=DispatchState.DEAD, attempts=0, gives_up_at=8,
            due_at=now, ended_at=now, reason="算例拒收",
        )  # fmt: skip
    return made


def test_a_message_that_reached_nobody_is_sent_again_with_a_reason(portal: Portal, admin: Visitor) -> None:
    made = lost_message(portal)
    page = admin.get("/ops")
    assert "算例拒收" in page.words()
    empty = admin.submit(page, action="/ops/resend", reason=" ")
    assert empty.status == 422 and "理由必填" in empty.words()
    again = admin.submit(page, action="/ops/resend", message=str(made), reason="地址已更正")
    assert again.status == 200 and "已安排重新发送" in again.words() and "算例拒收" not in again.words()
    assert audited(portal, "messages.resend") == [str(officer(Duty.ADMINISTRATOR))]


def test_a_job_is_run_for_a_date_and_only_with_a_reason_again(portal: Portal, admin: Visitor) -> None:
    address = "/ops/jobs/deadlines"
    page = admin.get("/ops")
    assert address in page.links() and "巡检" in page.words()
    ran = admin.submit(admin.get(address), action=address, date="2023-09-04")
    assert ran.status == 200 and "已办理" in ran.words()
    twice = admin.submit(ran, action=address, date="2023-09-04")
    assert twice.status == 422 and "重新办理" in twice.words()
    assert admin.submit(twice, action=address, date="2023-09-04", again="算例").status == 200
    future = admin.submit(ran, action=address, date="2033-09-04")
    assert future.status == 422 and future.tree.xpath("//input[@id='f-date']/@value") == ["2033-09-04"]
    assert admin.get("/ops/jobs/nothing").status == 404


def test_a_date_is_skipped_with_a_reason(portal: Portal, admin: Visitor) -> None:
    address = "/ops/jobs/filing_reminders"
    page = admin.get(address)
    fields = {"_token": page.form(action=address).find(".//input[@name='_token']").get("value"), "act": "skip"}
    bare = admin.post(address, {**fields, "date": "2023-09-04", "reason": ""})
    assert bare.status == 422 and bare.tree.xpath("//div[@role='alert']//a/@href") == ["#f-reason"]
    for date, says in (("", "请写明日期"), ("2023-9-4x", "不是日期")):
        wrong = admin.post(address, {**fields, "date": date, "reason": "算例停办"})
        assert wrong.status == 422 and says in wrong.words() and "#f-skip-date" in wrong.links(), date
    done = admin.post(address, {**fields, "date": "2023-09-04", "reason": "算例停办"})
    assert "已跳过" in done.words()
    with portal.store.read() as work:
        found = (
            work.execute(select(col(JobClaim.status)).where(col(JobClaim.kind) == "filing_reminders")).scalars().all()
        )
    assert found == ["skipped"]


def test_an_account_is_entered_and_its_code_is_shown_once(portal: Portal, admin: Visitor) -> None:
    taken = admin.submit(admin.get("/ops/people"), action="/ops/people", login="acceptor-0", name="另一人")
    assert taken.status == 422 and taken.tree.xpath("//input[@id='f-name']/@value") == ["另一人"]
    entered = admin.submit(taken, action="/ops/people", login="new-one", name="算例新人", language="en")
    assert entered.url.endswith("/ops/people/new-one?done=entered") and "算例新人" in entered.words()
    shown = admin.submit(entered, action="/ops/people/new-one", act="enrol")
    [code] = shown.tree.xpath("//code[@id='code']/text()")
    assert not admin.get("/ops/people/new-one").tree.xpath("//code")
    sign_in.use_enrolment(portal.store, code, "算例新密码一二三四五六", now=real_now())
    assert "密码" in admin.get("/ops/people?find=new-one").words()


def test_a_duty_is_given_and_ended_and_an_auditor_gets_none(portal: Portal, stage: Stage, admin: Visitor) -> None:
    with stage.store.write() as work:
        stage.person(work, "somebody")
    address = "/ops/people/somebody"
    given = admin.submit(admin.get(address), action=address, act="give", duty="certifier", unit=LEAD)
    assert "职责已授予" in given.words() and "认定人" in given.words()
    clash = admin.submit(given, action=address, act="give", duty="auditor", unit=LEAD)
    assert clash.status == 422 and "不得兼任" in clash.words()
    assert clash.tree.xpath("//select[@id='f-duty']/option[@selected]/@value") == ["auditor"]
    gone = {"act": "revoke", "duty": "certifier", "unit": LEAD}
    for less, said in (({}, "理由必填"), ({"reason": "算例：已调离"}, "请勾选确认")):
        no = admin.post(address, {"_token": token_of(given), **gone, **less})
        assert no.status == 422 and said in no.words()
    assert no.tree.xpath(f"//input[@id='r-certifier-{LEAD}']/@value") == ["算例：已调离"]
    ended = admin.post(address, {"_token": token_of(given), **gone, "reason": "算例：已调离", "sure": "yes"})
    assert "职责已撤销" in ended.words() and "没有职责" in ended.words()
    with portal.store.read() as work:
        rows = work.execute(select(col(Grant.valid_to)).join(Person).where(col(Person.login) == "somebody")).scalars()
        assert [ends is None for ends in rows] == [False]


def token_of(page: Shown) -> str:
    """What the page's forms carry."""
    return str(page.tree.xpath("//main//input[@name='_token']/@value")[0])


def test_a_lost_authenticator_is_taken_off_and_an_account_closed(portal: Portal, admin: Visitor) -> None:
    person = portal.as_(officer(Duty.DECIDER))
    page = person.submit(person.get("/account"), action="/account/factor", proof=PASSWORD)
    code = pyotp.TOTP(page.tree.xpath("//main//code/text()")[0]).at(real_now())
    person.submit(page, action="/account/factor/confirm", code=code)
    address = "/ops/people/decider-0"
    shown = admin.get(address)
    assert "、第二验证" in shown.words()
    off = admin.submit(shown, action=address, act="unfactor")
    assert "第二验证已解除" in off.words() and "密码、第二验证" not in off.words()
    assert "/sign-in" in person.get("/desk").url
    for less, said in (({}, "理由必填"), ({"reason": "算例：离职"}, "请勾选确认")):
        no = admin.post(address, {"_token": token_of(off), "act": "close", **less})
        assert no.status == 422 and said in no.words() and not audited(portal, "people.close")
    assert no.tree.xpath("//input[@id='r-close']/@value") == ["算例：离职"]
    closed = admin.post(address, {"_token": token_of(off), "act": "close", "reason": "算例：离职", "sure": "yes"})
    assert "已停用" in closed.words() and admin.get("/ops/people?find=decider-0").words().count("已停用") == 1


def test_changing_accounts_asks_for_the_code_of_who_has_an_authenticator(portal: Portal, admin: Visitor) -> None:
    page = admin.submit(admin.get("/account"), action="/account/factor", proof=PASSWORD)
    code = pyotp.TOTP(page.tree.xpath("//main//code/text()")[0]).at(real_now())
    admin.submit(page, action="/account/factor/confirm", code=code)
    with portal.store.write() as work:
        work.execute(update(WebSession).values(stepped_up_at=real_now() - timedelta(minutes=30)))
    for address, fields in (
        ("/ops/people", {"login": "x", "name": "x"}),
        ("/ops/units", {"name": "x", "kind": "town"}),
    ):
        asked = admin.submit(admin.get(address), action=address, **fields)
        assert asked.status == 403 and asked.form(action="/account/step-up") is not None, address
    assert not audited(portal, "people.add") and not audited(portal, "units.add")


def test_a_unit_is_entered(portal: Portal, admin: Visitor) -> None:
    done = admin.submit(admin.get("/ops/units"), action="/ops/units", name="算例新镇", kind="town")
    assert "单位已登记" in done.words() and "算例新镇" in done.words()
    assert admin.submit(done, action="/ops/units", name=" ", kind="town").status == 422


def test_auditors_look_on_and_others_find_nothing(portal: Portal, admin: Visitor) -> None:
    addresses = ("/ops", "/ops/people", "/ops/people/acceptor-0", "/ops/units", "/ops/jobs/filing_reminders")
    auditor = portal.as_(officer(Duty.AUDITOR))
    token = auditor.get("/help").tree.xpath("//header//input[@name='_token']")[0].get("value")
    for address in addresses:
        shown = auditor.get(address)
        assert shown.status == 200 and not shown.tree.xpath("//main//form[@method='post']"), address
        assert portal.as_(officer(Duty.HEAD)).get(address).status == 404, address
        assert portal.as_(applicant(1)).get(address).status == 404, address
    for address, fields in (
        ("/ops/people", {"login": "x", "name": "x"}), ("/ops/people/acceptor-0", {"act": "close"}),
        ("/ops/units", {"name": "x", "kind": "town"}), ("/ops/jobs/filing_reminders", {"act": "run"}),
        ("/ops/resend", {"reason": "x"}),
    ):  # fmt: skip
        assert auditor.post(address, {"_token": token, **fields}).status in (404, 422), address
    assert admin.get("/ops/people?kind=applicants").words().count("算例企业") and not audited(portal, "people.close")
