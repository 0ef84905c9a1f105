"""The end of retention through the pages: proposed by one person, seen and destroyed by another, once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.applications.evidence_vault import Vault
from casework.privacy import retention
from casework.shared.home import Home
from casework.shared.reference import touch
from models import Anonymisation, Contact, Duty, Evidence
from models.store import Store
from support.accessible import faults, faults_on_a_phone, signed_in
from support.graduate import NAME, NUMBER, Graduate, graduate
from support.portal import PASSWORD, Portal, Shown, Visitor, stale
from support.served_portal import serving
from support.stage import NOON, named, officer
from support.walk import later

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGE = "/desk/retention"
KEEPER, SECOND = named("keeper"), named("second")


@pytest.fixture
def someone(store: Store, tmp_path: Path) -> Graduate:
    """A natural person whose cases were over more than twelve months ago."""
    made = graduate(store, tmp_path, **{"P-retention-months": 12})
    made.vault = Vault(Home.at(tmp_path).evidence)  # the portal's
    made.case(tmp_path)
    store.set_clock(later(NOON, 400), frozen=True)
    return made


@pytest.fixture
def portal(someone: Graduate, tmp_path: Path) -> Portal:
    """The portal over that office."""
    return Portal(someone.store, tmp_path)


def stored(portal: Portal) -> list[Any]:
    with portal.store.read() as work:
        rows = select(Anonymisation.__table__)  # type: ignore[attr-defined]
        return list(work.execute(rows.order_by(col(Anonymisation.proposed_at))))


def proposed(visitor: Visitor, party: UUID) -> Shown:
    return visitor.submit(visitor.get(PAGE), action=PAGE, party=str(party))


def pressed(visitor: Visitor, page: Shown, word: str, **typed: str) -> Shown:
    """The form of a proposal with this word, sent."""
    (form,) = page.tree.xpath(f"//main//form[.//input[@name='word'][@value='{word}']]")
    return visitor.post(form.get("action"), {**dict(form.form_values()), **typed})


def test_one_proposes_another_sees_what_goes_and_destroys_it_once(portal: Portal, someone: Graduate) -> None:
    keeper, second = portal.as_(KEEPER), portal.as_(SECOND)
    page = keeper.get(PAGE)
    assert PAGE in keeper.get("/desk").links() and "算**" in page.words() and NAME not in page.text
    assert "请至少勾选一人" in keeper.submit(page, action=PAGE, party=[]).words() and stored(portal) == []
    for _ in range(2):  # the same page sent twice
        assert "已提议" in keeper.submit(page, action=PAGE, party=str(someone.party)).words()
    (row,) = stored(portal)
    address = f"{PAGE}/{row.id}"
    own = keeper.get(address)
    assert "须由提议人以外的另一人确认" in own.words() and not own.tree.xpath("//main//form")
    page = second.get(address)
    with portal.store.read() as work:
        extent = retention.extent(work, someone.party)
        papers = len(set(work.execute(select(col(Evidence.sha256))).scalars()))
        contacts = len([held for held in work.execute(select(col(Contact.address))).scalars() if held])
    assert (extent.cases, extent.papers, extent.logins, extent.contacts) == (1, papers, 1, contacts)
    for said in ("1 件案件", f"材料 {papers} 份", "登录账号 1 个", f"通知地址 {contacts} 个", "XZ2023-M02-000001"):
        assert said in page.words(), said
    assert NAME not in page.text and NUMBER not in page.text
    done = pressed(second, page, "run")
    assert "已匿名化" in done.words() and f"材料 {papers} 份" in done.words() and "已匿名" in done.words()
    assert stored(portal)[0].status == "cleared"
    assert papers and [path for path in someone.vault.folder.rglob("*") if path.is_file()] == []
    again = pressed(second, page, "run")
    assert again.status == 200 and len(stored(portal)) == 1
    assert str(someone.party) not in keeper.get(f"{PAGE}?of=all").text


@pytest.mark.tampers
def test_what_changed_since_it_was_seen_is_not_destroyed(portal: Portal, someone: Graduate) -> None:
    proposed(portal.as_(KEEPER), someone.party)
    second = portal.as_(SECOND)
    page = second.get(f"{PAGE}/{stored(portal)[0].id}")
    with portal.store.write() as work:
        case = work.execute(select(col(Evidence.case_id)).limit(1)).scalar_one()
        work.add(
            Evidence, case_id=case, slot="degree", name="x.pdf", sha256="1" * 64, size=1, media_type="application/pdf",
            added_at=work.now,
        )  # fmt: skip
    late = pressed(second, page, "run")
    assert late.status == 422 and "已有变化" in late.words() and stored(portal)[0].status == "proposed"
    token = {"_token": dict(page.tree.xpath("//main//form")[0].form_values())["_token"]}
    assert second.post(page.url, {**token, "word": "run"}).status == 422  # without what was seen
    assert second.post(page.url, {**token, "word": "burn"}).status == 404
    assert stored(portal)[0].status == "proposed"


def test_a_proposal_is_turned_down_with_a_reason_and_may_be_made_again(portal: Portal, someone: Graduate) -> None:
    keeper, second = portal.as_(KEEPER), portal.as_(SECOND)
    proposed(keeper, someone.party)
    page = second.get(f"{PAGE}/{stored(portal)[0].id}")
    bare = pressed(second, page, "reject", reason=" ")
    assert bare.status == 422 and "#f-reason" in bare.links()
    done = pressed(second, page, "reject", reason="算例：仍有争议")
    assert "已驳回" in done.words() and "算例：仍有争议" in keeper.get(page.url).words()
    assert pressed(second, page, "reject", reason="算例：仍有争议").status == 200
    proposed(keeper, someone.party)
    assert sorted(row.status for row in stored(portal)) == ["proposed", "rejected"]


def test_who_may_neither_propose_nor_confirm_finds_no_such_page(portal: Portal, someone: Graduate) -> None:
    certifier = portal.as_(officer(Duty.CERTIFIER))
    token = certifier.get("/account").form().find(".//input[@name='_token']").get("value")
    assert certifier.get(PAGE).status == 404 and PAGE not in certifier.get("/desk").links()
    assert certifier.post(PAGE, {"_token": token, "party": str(someone.party)}).status == 404
    head = portal.as_(officer(Duty.HEAD))  # confirms, and proposes nobody
    page = head.get(PAGE)
    assert page.status == 200 and not page.tree.xpath("//main//form") and "由系统管理员提议" in page.words()
    token = head.get("/account").form().find(".//input[@name='_token']").get("value")
    assert head.post(PAGE, {"_token": token, "party": str(someone.party)}).status == 422 and stored(portal) == []
    proposed(portal.as_(KEEPER), someone.party)
    assert "已匿名化" in pressed(head, head.get(f"{PAGE}/{stored(portal)[0].id}"), "run").words()


def test_one_person_under_two_accounts_cannot_do_both_halves(portal: Portal, someone: Graduate) -> None:
    with portal.store.write() as work:
        someone.walk.stage.person(work, "keeper-again", Duty.ADMINISTRATOR, key="keeper")
        touch(work)
    proposed(portal.as_(KEEPER), someone.party)
    other = portal.as_(named("keeper-again"))
    page = other.get(f"{PAGE}/{stored(portal)[0].id}")
    assert "须由提议人以外的另一人确认" in page.words() and not page.tree.xpath("//main//form")
    token = other.get("/account").form().find(".//input[@name='_token']").get("value")
    with portal.store.read() as work:
        seen = retention.extent(work, someone.party).digest
    assert other.post(page.url, {"_token": token, "word": "run", "seen": seen}).status == 422
    assert stored(portal)[0].status == "proposed"


def test_who_is_not_due_or_unknown_is_not_proposed(portal: Portal, someone: Graduate) -> None:
    portal.store.set_clock(later(NOON, 30), frozen=True)
    keeper = portal.as_(KEEPER)
    page = keeper.get(f"{PAGE}?of=all&lang=en")
    assert "due on" in page.words() and not page.tree.xpath("//main//input[@name='party']")
    token = keeper.get("/account").form().find(".//input[@name='_token']").get("value")
    sent = keeper.post(PAGE, {"_token": token, "party": str(someone.party), "of": "all"})
    assert sent.status == 422 and "尚未到期" in sent.words() and stored(portal) == []
    assert keeper.post(PAGE, {"_token": token, "party": "x"}).status == 409
    assert keeper.get(f"{PAGE}/{someone.party}").status == 404


def test_the_code_is_asked_for_before_anything_is_proposed_or_destroyed(portal: Portal, someone: Graduate) -> None:
    proposal = retention.propose(portal.store, KEEPER, someone.party)
    visitor, _ = stale(portal, SECOND)
    address = f"{PAGE}/{proposal}"
    assert "/account/step-up" in visitor.get(address).url
    token = visitor.get("/account").form().find(".//input[@name='_token']").get("value")
    for target, typed in ((address, {"word": "run", "seen": "x"}), (PAGE, {"party": str(someone.party)})):
        sent = visitor.client.post(target, data={"_token": token, **typed}, follow_redirects=False)
        assert sent.status_code == 403 and "验证码" in sent.text
    assert [row.status for row in stored(portal)] == ["proposed"]


@pytest.mark.prove
@pytest.mark.browser
def test_who_is_due_and_what_would_go_can_be_read_on_a_phone(portal: Portal, someone: Graduate, page: "Page") -> None:
    portal.as_(SECOND)  # has a password from now on
    with serving(portal) as address:
        signed_in(page, address, "second", PASSWORD)
        wrong = faults_on_a_phone(page, address + PAGE)
        proposal = retention.propose(portal.store, KEEPER, someone.party)
        wrong += faults_on_a_phone(page, f"{address}{PAGE}/{proposal}?lang=en")
        page.locator("summary").last.click()
        with page.expect_navigation():
            page.locator("details form button").click()
        assert page.locator(".govuk-error-summary").count() == 1
        assert not wrong + faults(page)
