"""Weighty acts ask for the second factor again, before anything is typed; whoever has none goes on with the password."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import update

from casework.act_forms import CASE_FORMS, PAYMENT_FORMS
from casework.staff import sign_in
from models import Duty, State, WebSession
from models.clock import real_now
from support.portal import PASSWORD, Portal, Visitor, stale
from support.stage import Stage, named, officer
from support.walk import Walk, with_one_case
from web import visit as visit_of

DECIDE = "/desk/cases/XZ2023-M16-000001/do/decide"


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """A case that waits for its decision."""
    return with_one_case(stage, State.COMPUTED, Duty.DECIDER)


def test_the_acts_that_ask_for_the_code_are_these() -> None:
    forms = (*CASE_FORMS.values(), *PAYMENT_FORMS.values())
    asking = {one.word for one in forms if one.command.second_factor}
    assert asking == {"decide", "undo", "waive", "rebind", "reopen", "release"}


def test_deciding_asks_for_the_code_first_and_comes_back(portal: Portal, walk: Walk) -> None:
    visitor, clock = stale(portal, officer(Duty.DECIDER))
    page = visitor.get(DECIDE)
    assert "/account/step-up?next=" in page.url and "动态验证码" in page.words()
    wrong = visitor.submit(page, action="/account/step-up", code="x")
    assert wrong.status == 422 and "不正确" in wrong.words()
    old = visitor.client.cookies.get("duixian-session")
    back = visitor.submit(wrong, action="/account/step-up", code=clock.at(real_now()))
    assert DECIDE in back.url and back.form(action=DECIDE) is not None
    assert visitor.client.cookies.get("duixian-session") != old
    assert sign_in.session_of(portal.store, str(old), now=real_now()) is None


def open_too_long(portal: Portal) -> tuple[Visitor, Any, Any]:
    """A decider whose page was drawn before the last code grew old: the visitor, the page, the authenticator."""
    visitor, _ = stale(portal, officer(Duty.DECIDER), factor=False)
    page = visitor.get(DECIDE)
    assert page.status == 200 and DECIDE in page.url  # no factor: the password is enough
    visitor.submit(visitor.get("/account"), action="/account/factor", proof=PASSWORD)
    clock = pyotp.TOTP(visitor.get("/account").tree.xpath("//main//code/text()")[0])
    earlier = real_now() - timedelta(seconds=30)
    visitor.submit(visitor.get("/account"), action="/account/factor/confirm", code=clock.at(earlier))
    with portal.store.write() as work:
        work.execute(update(WebSession).values(stepped_up_at=real_now() - timedelta(minutes=30)))
    return visitor, page, clock


def test_what_was_typed_while_the_code_grew_old_is_carried_past_the_code(portal: Portal, walk: Walk) -> None:
    visitor, page, clock = open_too_long(portal)
    asked = visitor.submit(page, action=DECIDE, reason_text="逐项核对，与认定一致")
    assert asked.status == 403 and "动态验证码" in asked.words() and "已保留" in asked.words()
    wrong = visitor.submit(asked, action="/account/step-up", code="x")
    assert wrong.status == 422 and "不正确" in wrong.words()
    right = visitor.submit(wrong, action="/account/step-up", code=clock.at(real_now()))
    assert right.status == 200 and "尚未提交" in right.words()
    assert walk.stage.case(named("case-1")).state == State.COMPUTED, "nothing was done yet"
    effects = visitor.submit(right, action=DECIDE)
    assert effects.status == 200 and "尚未办理" in effects.words()
    assert dict(effects.form(action=DECIDE).form_values())["reason_text"] == "逐项核对，与认定一致"


def test_accounts_and_units_that_were_typed_are_carried_past_the_code(portal: Portal) -> None:
    admin, clock = stale(portal, officer(Duty.ADMINISTRATOR))
    for address, sent in (
        ("/ops/people", {"login": "suanli-new", "name": "算例新人", "contact": "算例联系人"}),
        ("/ops/people/acceptor-0", {"act": "give", "duty": "maker", "unit": "算例新镇", "last": "2024-06-30"}),
        ("/ops/units", {"name": "算例新镇", "kind": "town"}),
    ):
        asked = admin.submit(admin.get(address), action=address, **sent)
        assert asked.status == 403 and "已保留" in asked.words(), address
        fields = dict(asked.form(action="/account/step-up").form_values())
        carried = {
            name.removeprefix("carried."): value for name, value in fields.items() if name.startswith("carried.")
        }
        assert carried.items() >= sent.items() and "_token" not in carried and fields["next"] == address
    right = admin.submit(asked, action="/account/step-up", code=clock.at(real_now()))
    assert "尚未提交" in right.words() and "算例新镇" not in admin.get("/ops/units").words(), "nothing was done yet"
    done = admin.submit(right, action="/ops/units")
    assert "单位已登记" in done.words() and "算例新镇" in done.words()


def test_a_form_that_was_open_too_long_does_nothing_before_the_code(portal: Portal, walk: Walk) -> None:
    visitor, page, _ = open_too_long(portal)
    token = page.form(action=DECIDE).find(".//input[@name='_token']").get("value")
    for address in (DECIDE, DECIDE.replace("decide", "waive"), DECIDE.replace("decide", "undo")):
        sent = visitor.client.post(address, data={"_token": token}, follow_redirects=False)
        assert sent.status_code == 303 and sent.headers["location"].startswith("/account/step-up?next=%2Fdesk")
    released = visitor.client.post("/pay/batches/B1/release", data={"_token": token}, follow_redirects=False)
    assert released.status_code in (303, 404)


def test_releasing_asks_for_the_code_and_leads_back_to_the_batch(portal: Portal) -> None:
    visitor, _ = stale(portal, officer(Duty.RELEASER))
    token = visitor.get("/account").form().find(".//input[@name='_token']").get("value")
    sent = visitor.client.post("/pay/batches/B1/release", data={"_token": token}, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, "/account/step-up?next=%2Fpay%2Fbatches%2FB1")
    from_page = {"referer": f"{visitor.client.base_url}/desk/registrations"}
    sent = visitor.client.post("/ops/people/x/close", data={"_token": token}, headers=from_page, follow_redirects=False)
    assert sent.headers.get("location", "").endswith("next=%2Fdesk%2Fregistrations") or sent.status_code == 404
    assert visitor.sign_in("x", PASSWORD).status == 403


def test_a_proxy_that_nobody_named_is_told_of_once(portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    visit_of._warn_of_proxy.cache_clear()
    for _ in range(2):
        portal.visitor().client.post("/track", headers={"x-forwarded-for": "192.0.2.1"})
        page = portal.visitor().get("/verify")
        portal.visitor().client.get("/verify/ABCD-EFGH", headers={"x-forwarded-for": "192.0.2.1"})
    assert page.status == 200
    told = [record.message for record in caplog.records if "DUIXIAN_WEB_PROXIES" in record.message]
    assert len(told) == 1 and "192.0.2.1" not in told[0]
