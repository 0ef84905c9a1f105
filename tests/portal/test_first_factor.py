"""Officers who decide about money or rights need a second factor: they read without one, and set one up before they act."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp
import pytest

from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.shared.reference import touch
from casework.staff import sign_in
from casework.views.factor_duties import FACTOR_DUTIES, without_factor
from deployments.examining.second_factors import second_factors
from models import Duty, State, UnitRecord
from models.clock import real_now
from models.store import Store
from support.portal import PASSWORD, Portal, Shown
from support.stage import UNITS, Stage, applicant, named, officer
from support.walk import Walk, with_one_case
from web.application import create_app
from web.portal_settings import WebSettings, requires_factor

DECIDE = "/desk/cases/XZ2023-M16-000001/do/decide"


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """A case that waits for its decision."""
    return with_one_case(stage, State.COMPUTED, Duty.DECIDER)


@pytest.fixture
def strict(portal: Portal) -> Portal:
    """The portal where the setting asks for a second factor, though it is a rehearsal."""
    portal.app = create_app(portal.home, portal.store, WebSettings(second_factor="required"))
    return portal


def set_up(visitor: Any, page: Shown) -> Shown:
    """Sets an authenticator up on the page to which an act led."""
    shown = visitor.submit(page, action="/account/factor", proof=PASSWORD)
    clock = pyotp.TOTP(shown.tree.xpath("//main//code/text()")[0])
    return visitor.submit(shown, action="/account/factor/confirm", code=clock.at(real_now()))


def test_the_duties_are_those_of_the_acts_that_ask_for_the_code() -> None:
    """Who decides, undoes, waives, releases, verifies accounts and addresses, sets values, keeps accounts, and destroys data."""
    assert set(map(str, FACTOR_DUTIES)) == {
        "acceptor", "administrator", "auditor", "certifier", "checker", "clerk", "decider", "fund_officer", "head",
        "parameter_author", "parameter_confirmer", "reconciler", "releaser",
    }  # fmt: skip


def test_without_a_factor_one_reads_and_an_act_leads_to_setting_one_up_and_back(strict: Portal, walk: Walk) -> None:
    visitor = strict.as_(officer(Duty.DECIDER))
    assert visitor.get("/desk").status == 200 and visitor.get("/desk/cases/XZ2023-M16-000001").status == 200
    assert "须先绑定验证器才能办理" in visitor.get("/account").words()
    page = visitor.get(DECIDE)
    assert "/account/factor?next=" in page.url and "先设置第二验证" in page.words()
    wrong = visitor.submit(page, action="/account/factor", proof="wrong-password-1")
    assert wrong.status == 422 and "密码不正确" in wrong.words() and wrong.form(action="/account/factor") is not None
    back = set_up(visitor, wrong)
    assert DECIDE in back.url and back.form(action=DECIDE) is not None


def test_what_was_typed_is_kept_while_a_factor_is_set_up(portal: Portal, walk: Walk) -> None:
    visitor = portal.as_(officer(Duty.DECIDER))
    page = visitor.get(DECIDE)  # a rehearsal asks for none
    assert page.form(action=DECIDE) is not None
    visitor.client.app.state.settings = WebSettings(second_factor="required")  # type: ignore[attr-defined]
    asked = visitor.submit(page, action=DECIDE, reason_text="逐项核对，与认定一致")
    assert asked.status == 403 and "先设置第二验证" in asked.words() and "已保留" in asked.words()
    begun = visitor.submit(asked, action="/account/factor", proof=PASSWORD)
    wrong = visitor.submit(begun, action="/account/factor/confirm", code="000000")
    assert wrong.status == 422 and "不正确" in wrong.words()
    clock = pyotp.TOTP(wrong.tree.xpath("//main//code/text()")[0])
    right = visitor.submit(wrong, action="/account/factor/confirm", code=clock.at(real_now()))
    assert right.status == 200 and "尚未提交" in right.words()
    assert walk.stage.case(named("case-1")).state == State.COMPUTED, "nothing was done yet"
    effects = visitor.submit(right, action=DECIDE)
    assert effects.status == 200 and "尚未办理" in effects.words()
    assert dict(effects.form(action=DECIDE).form_values())["reason_text"] == "逐项核对，与认定一致"


@pytest.mark.parametrize(
    ("person", "address", "sent"),
    [
        (officer(Duty.ADMINISTRATOR), "/ops/units", {"name": "算例新镇", "kind": "town"}),
        (officer(Duty.ADMINISTRATOR), "/ops/people/acceptor-0", {"act": "enrol"}),
    ],
)
def test_accounts_and_units_are_not_changed_before(
    strict: Portal, person: Any, address: str, sent: dict[str, str]
) -> None:
    visitor = strict.as_(person)
    page = visitor.submit(visitor.get(address), action=address, **sent)
    assert page.status == 403 and "先设置第二验证" in page.words()
    done = visitor.submit(set_up(visitor, page), action=address)
    assert done.status == 200 and ("已登记" in done.words() or "启用码" in done.words())


def test_releasing_leads_to_setting_one_up_and_a_page_in_english_says_why(strict: Portal) -> None:
    visitor = strict.as_(officer(Duty.RELEASER))
    token = visitor.get("/account").form().find(".//input[@name='_token']").get("value")
    sent = visitor.client.post("/pay/batches/B1/release", data={"_token": token}, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, "/account/factor?next=%2Fpay%2Fbatches%2FB1")
    assert "decide about money or rights" in visitor.get("/account/factor?next=/pay&lang=en").words()


def test_others_and_ones_own_account_need_none(strict: Portal) -> None:
    for person in (applicant(0), officer(Duty.SCREENER)):
        assert "须先绑定" not in strict.as_(person).get("/account").words()
    decider = strict.as_(officer(Duty.DECIDER))
    page = decider.get("/account/messages")
    done = decider.submit(page, action="/account/addresses", channel="email", address="decider@example.com")
    assert "先设置第二验证" not in done.words()


def test_the_setting_is_required_but_in_a_rehearsal_and_nothing_else_is_understood() -> None:
    unset = WebSettings.from_environment({}).second_factor
    assert requires_factor(unset, demo=False) and not requires_factor(unset, demo=True)
    for word, asks in (("required", True), ("offered", False)):
        settings = WebSettings.from_environment({"DUIXIAN_WEB_SECOND_FACTOR": word})
        assert {requires_factor(settings.second_factor, demo=demo) for demo in (False, True)} == {asks}
    with pytest.raises(Refused, match="应为 required 或 offered"):
        WebSettings.from_environment({"DUIXIAN_WEB_SECOND_FACTOR": "no"})


def test_the_doctor_names_officers_without_one(
    make_store: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_store(demo=False)
    home = Home.at(tmp_path, database_url=store.url)
    with store.write() as work:
        for unit in UNITS:
            work.add(UnitRecord, name=unit, kind="bureau")
        for login, duties in (("decider-0", [Duty.DECIDER]), ("screener-0", [Duty.SCREENER]), ("applicant-0", [])):
            Stage(store).person(work, login, *duties)
        touch(work)
    assert [found.level for found in second_factors(home)] == ["ok"], "nobody can sign in yet"
    for login in ("decider-0", "screener-0", "applicant-0"):
        sign_in.set_password(store, named(login), PASSWORD, now=real_now())
    (named_one,) = second_factors(home)
    assert named_one.level == "warn" and "decider-0" in named_one.zh and "不能办理" in named_one.zh
    assert "screener-0" not in named_one.zh and "applicant" not in named_one.zh
    monkeypatch.setenv("DUIXIAN_WEB_SECOND_FACTOR", "offered")
    assert ["offered" in found.zh for found in second_factors(home)] == [True, False]
    monkeypatch.delenv("DUIXIAN_WEB_SECOND_FACTOR")
    session = sign_in.session_of(store, sign_in.sign_in(store, "decider-0", PASSWORD, now=real_now()), now=real_now())
    assert session is not None
    clock = pyotp.TOTP(sign_in.begin_factor(store, session, PASSWORD, now=real_now()))
    assert [person.login for person in without_factor(store)] == ["decider-0"], "one that no code confirmed is none"
    sign_in.confirm_factor(store, session, clock.at(real_now()), now=real_now())
    assert [found.level for found in second_factors(home)] == ["ok"]


def test_a_rehearsal_is_not_examined(stage: Stage, tmp_path: Path) -> None:
    sign_in.set_password(stage.store, officer(Duty.DECIDER), PASSWORD, now=real_now())
    assert not list(second_factors(Home.at(tmp_path, database_url=stage.store.url)))
