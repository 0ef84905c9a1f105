"""`/my/firm`: an applicant sees what the register holds, changes its account and addresses, and nothing that officers keep."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.parties import party_corrections, payee_accounts
from casework.staff import contact_addresses
from models import Duty, PartyAccount
from support.portal import Portal, stale
from support.stage import applicant, named, officer

PAGE, ACCOUNT, ADDRESSES = "/my/firm", "/my/firm/account", "/my/firm/addresses"
NEW = {"number": "6222 0000 1111 2222", "bank": "算例银行二支行", "clearing_code": "102335000002"}


def accounts(portal: Portal) -> list[Any]:
    """The first firm's, by version."""
    with portal.store.read() as work:
        mine = select(PartyAccount.__table__).where(col(PartyAccount.party_id) == named("firm-1"))  # type: ignore[attr-defined]
        return list(work.execute(mine.order_by(col(PartyAccount.version))))


def test_a_firm_sees_itself_its_account_masked_and_its_people(portal: Portal) -> None:
    firm = portal.as_(applicant(1))
    assert PAGE in firm.get("/my").links()
    page = firm.get(PAGE)
    number = accounts(portal)[-1].number
    assert "算例企业1" in page.words() and number[-4:] in page.words() and number not in page.text
    assert "applicant-1-0 （您）" in page.words() and "applicant-1-1" in page.words() and "applicant-2" not in page.text
    assert "持变更登记材料到窗口" in page.words() and "代录人、受理人、系统管理员" in page.words()
    english = firm.get(f"{PAGE}?lang=en").words()
    assert "Who changes what" in english and "bring the record of change" in english
    assert portal.as_(officer(Duty.ACCEPTOR)).get(PAGE).status == 404
    assert "/sign-in" in portal.visitor().get(PAGE).url


def test_a_firm_enters_an_account_that_waits_for_a_second_person(portal: Portal) -> None:
    firm = portal.as_(applicant(1))
    before = len(accounts(portal))
    for name, value, at in (
        ("number", "12", "number"), ("bank", " ", "bank"), ("clearing_code", "1", "clearing_code"), ("holder", "别家", "holder"),
    ):  # fmt: skip
        wrong = firm.submit(firm.get(ACCOUNT), action=ACCOUNT, **{**NEW, name: value})
        assert wrong.status == 422 and f"#f-{at}" in wrong.links(), (name, wrong.words()[:300])
        kept = dict(wrong.form(action=ACCOUNT).form_values())
        assert {key: kept[key] for key in NEW if key != name} == {
            key: value for key, value in NEW.items() if key != name
        }
    assert len(accounts(portal)) == before
    done = firm.submit(firm.get(ACCOUNT), action=ACCOUNT, **NEW)
    assert "凭银行材料核验后使用" in done.words() and "未核验" in done.words() and "2222" in done.words()
    firm.submit(firm.get(ACCOUNT), action=ACCOUNT, **NEW)
    rows = accounts(portal)
    assert len(rows) == before + 1 and (rows[-1].status, rows[-1].number) == ("unverified", "6222000011112222")
    assert rows[-1].entered_by == str(applicant(1)) and [row.status for row in rows[:-1]] == ["replaced"] * before
    payee_accounts.verify(portal.store, officer(Duty.FUND_OFFICER), rows[-1].id, paper="算例开户许可")
    assert "已核验" in firm.get(PAGE).words()


def test_the_firms_address_is_its_own_and_nobody_elses(portal: Portal) -> None:
    firm, other = portal.as_(applicant(1)), portal.as_(applicant(2))
    wrong = firm.submit(firm.get(PAGE), action=ADDRESSES, channel="email", address="x")
    assert wrong.status == 422 and "#f-address" in wrong.links() and wrong.tree.xpath("//input[@value='x']")
    done = firm.submit(firm.get(PAGE), action=ADDRESSES, channel="email", address="firm@example.com")
    assert "f***@example.com" in done.words() and "未核验" in done.words()
    (row,) = contact_addresses.listed(portal.store, holder=f"party:{named('firm-1')}")
    token = other.get(PAGE).tree.xpath("//input[@name='_token']/@value")[0]
    other.post(f"{ADDRESSES}/{row.id}/end", {"_token": token})
    assert len(contact_addresses.listed(portal.store, holder=f"party:{named('firm-1')}")) == 1
    assert "f***@example.com" not in other.get(PAGE).text
    assert "已停用" in firm.submit(done, action=f"{ADDRESSES}/{row.id}").words()
    assert not contact_addresses.listed(portal.store, holder=f"party:{named('firm-1')}")


def test_an_account_asks_who_has_an_authenticator_for_its_code(portal: Portal) -> None:
    firm, _ = stale(portal, applicant(1))
    before = len(accounts(portal))
    assert "/account/step-up" in firm.get(ACCOUNT).url
    token = firm.get(PAGE).tree.xpath("//input[@name='_token']/@value")[0]
    page = firm.post(ACCOUNT, {**NEW, "_token": token})
    assert page.status == 403 and NEW["number"] in page.text and len(accounts(portal)) == before


@pytest.mark.parametrize("who", [Duty.ACCEPTOR, Duty.DECIDER])
def test_an_officer_has_no_firm_to_change(portal: Portal, who: Duty) -> None:
    visitor = portal.as_(officer(who))
    token = visitor.get("/account/messages").tree.xpath("//input[@name='_token']/@value")[0]
    assert visitor.post(ACCOUNT, {**NEW, "_token": token}).status in (403, 404, 409)
    assert visitor.post(ADDRESSES, {"channel": "email", "address": "a@example.com", "_token": token}).status in (
        403,
        404,
        409,
    )


def test_a_merged_firm_says_what_became_of_it_and_changes_nothing(portal: Portal) -> None:
    store = portal.store
    change = party_corrections.merge(
        store, officer(Duty.CLERK), named("firm-1"), into=named("firm-2"), proof="算例合并文件"
    )
    party_corrections.confirm(store, officer(Duty.ACCEPTOR), change)
    firm = portal.as_(applicant(1))
    page = firm.get(PAGE)
    assert "算例企业2" in page.words() and ACCOUNT not in page.links()
    before = len(accounts(portal))
    refused = firm.submit(firm.get(ACCOUNT), action=ACCOUNT, **NEW)
    assert refused.status in (403, 422) and len(accounts(portal)) == before
