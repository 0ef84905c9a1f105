"""`/desk/verify`: accounts and addresses that a second person verifies, with a proof, never their own."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.parties import payee_accounts
from casework.parties.payee_accounts import NewAccount
from casework.shared.errors import Refused
from casework.staff import contact_addresses
from models import AuditEntry, Duty, Message
from support.portal import Portal, stale
from support.stage import applicant, named, officer

PAGE = "/desk/verify"


@pytest.fixture
def account(portal: Portal) -> UUID:
    """A new account of the first firm, entered by its own person."""
    new = NewAccount(number="6222000011112222", bank="算例银行二支行")
    return payee_accounts.enter(portal.store, applicant(1), named("firm-1"), new)


def test_an_account_is_verified_with_the_banks_paper_by_somebody_else(portal: Portal, account: UUID) -> None:
    visitor = portal.as_(officer(Duty.FUND_OFFICER))
    page = visitor.get(PAGE)
    assert "6222000011112222" in page.words() and "算例企业1" in page.words()
    bare = visitor.submit(page, action=f"{PAGE}/accounts/{account}", proof=" ")
    assert bare.status == 422 and f"#f-{account}" in bare.links()
    done = visitor.submit(page, action=f"{PAGE}/accounts/{account}", proof="算例开户许可")
    assert "账户已核验" in done.words() and "6222000011112222" not in done.text
    assert "账户已核验" in visitor.submit(page, action=f"{PAGE}/accounts/{account}", proof="算例开户许可").words()
    assert not payee_accounts.unverified(portal.store)


def test_who_may_not_verify_sees_no_number_and_changes_nothing(portal: Portal, account: UUID) -> None:
    decider = portal.as_(officer(Duty.DECIDER))
    page = decider.get(PAGE)
    assert page.status == 200 and "6222000011112222" not in page.text and "由受理人" in page.words()
    token = page.tree.xpath("//input[@name='_token']/@value")[0]
    refused = decider.post(f"{PAGE}/accounts/{account}", {"_token": token, "proof": "算例"})
    assert refused.status in (403, 404, 422) and payee_accounts.unverified(portal.store)
    assert portal.as_(applicant(1)).get(PAGE).status == 404


def test_an_address_is_verified_and_a_proof_that_was_typed_stays_where_it_is_refused(portal: Portal) -> None:
    made = contact_addresses.add(
        portal.store, applicant(1), f"person:{applicant(1)}", channel="email", address="abc@example.com"
    )
    own = contact_addresses.add(
        portal.store, officer(Duty.CLERK), f"person:{officer(Duty.CLERK)}", channel="email", address="clerk@example.com"
    )
    clerk = portal.as_(officer(Duty.CLERK))
    page = clerk.get(PAGE)
    assert "abc@example.com" in page.words(), "whole, so that it can be called back or compared"
    assert "c***@example.com" in page.words() and "clerk@example.com" not in page.text, "one's own is somebody else's"
    with portal.store.read() as work:
        shown = select(col(AuditEntry.content)).where(col(AuditEntry.action) == "contacts.show")
        (content,) = work.execute(shown).scalars()
    assert str(made) in str(content) and str(own) not in str(content) and "example.com" not in str(content)
    bare = clerk.submit(page, action=f"{PAGE}/addresses/{made}")
    assert bare.status == 422 and f"#f-{made}" in bare.links()
    mine = clerk.submit(page, action=f"{PAGE}/addresses/{own}", proof="算例自查")
    assert mine.status == 422 and "本人以外的人核验" in mine.words() and mine.tree.xpath("//input[@value='算例自查']")
    done = clerk.submit(page, action=f"{PAGE}/addresses/{made}", proof="回拨电话")
    assert "地址已核验" in done.words() and "abc@example.com" not in done.words()
    english = clerk.get(f"{PAGE}?lang=en").words()
    assert "To verify" in english and "How it was checked" in english


def test_verifying_asks_who_has_an_authenticator_for_its_code(portal: Portal, account: UUID) -> None:
    visitor, _ = stale(portal, officer(Duty.FUND_OFFICER))
    page = visitor.submit(visitor.get(PAGE), action=f"{PAGE}/accounts/{account}", proof="算例开户许可")
    assert page.status == 403 and "算例开户许可" in page.text and payee_accounts.unverified(portal.store)


def told(portal: Portal, kind: str) -> list[tuple[str, str]]:
    """To whom and what messages of a kind say."""
    with portal.store.read() as work:
        query = select(col(Message.recipient), col(Message.content)).where(col(Message.kind) == kind)
        return [tuple(row) for row in work.execute(query.order_by(col(Message.recipient)))]


def test_an_account_that_is_not_what_the_bank_says_is_sent_back_and_its_firm_is_told_why(
    portal: Portal, account: UUID
) -> None:
    visitor, address = portal.as_(officer(Duty.FUND_OFFICER)), f"{PAGE}/accounts/{account}/reject"
    page = visitor.get(PAGE)
    bare = visitor.submit(page, action=address, reason=" ")
    assert bare.status == 422 and f"#r-{account}" in bare.links() and "退回的理由" in bare.words()
    done = visitor.submit(page, action=address, reason="算例：账号少一位")
    assert "账户已退回" in done.words() and "6222000011112222" not in done.text
    assert "账户已退回" in visitor.submit(page, action=address, reason="算例：账号少一位").words()
    late = visitor.submit(page, action=f"{PAGE}/accounts/{account}", proof="算例开户许可")
    assert late.status == 422 and "已退回" in late.words() and not payee_accounts.unverified(portal.store)
    ((to, said),) = told(portal, "account_rejected")
    assert to == f"party:{named('firm-1')}" and "账号少一位" in said and "6222000011112222" not in said
    firm = portal.as_(applicant(1))
    assert "收款账户未通过核验" in firm.get("/my/messages").words() and "尾号 2222" in firm.get("/my/messages").words()
    again = payee_accounts.enter(
        portal.store, applicant(1), named("firm-1"), NewAccount(number="6222000011112222", bank="算例银行二支行")
    )
    assert again != account and payee_accounts.unverified(portal.store), "the same may be entered again, to be verified"


def test_an_address_that_is_wrong_is_sent_back_and_its_holder_is_told_why(portal: Portal) -> None:
    holder = f"person:{applicant(1)}"
    made = contact_addresses.add(portal.store, applicant(1), holder, channel="email", address="abc@example.com")
    clerk, address = portal.as_(officer(Duty.CLERK)), f"{PAGE}/addresses/{made}/reject"
    page = clerk.get(PAGE)
    assert clerk.submit(page, action=address).status == 422
    for _ in range(2):
        assert "地址已退回" in clerk.submit(page, action=address, reason="算例：无人认领").words()
    ((to, said),) = told(portal, "contact_rejected")
    assert to == holder and "无人认领" in said and "abc@" not in said
    (row,) = contact_addresses.listed(portal.store, holder=holder, old=True)
    assert (row.status, row.reason) == ("replaced", "核验不符：算例：无人认领")


def test_who_may_not_verify_sends_nothing_back_either(portal: Portal, account: UUID) -> None:
    entered = NewAccount(number="622200009999", bank="算例银行")
    mine = payee_accounts.enter(portal.store, officer(Duty.ACCEPTOR), named("firm-2"), entered)
    own = contact_addresses.add(
        portal.store, officer(Duty.CLERK), f"person:{officer(Duty.CLERK)}", channel="email", address="clerk@example.com"
    )
    for who, act in (
        (Duty.DECIDER, lambda by: payee_accounts.reject(portal.store, by, account, reason="算例")),
        (Duty.ACCEPTOR, lambda by: payee_accounts.reject(portal.store, by, mine, reason="算例")),
        (Duty.CLERK, lambda by: contact_addresses.reject(portal.store, by, own, reason="算例")),
    ):
        with pytest.raises(Refused):
            act(officer(who))
    assert len(payee_accounts.unverified(portal.store)) == 2 and not told(portal, "account_rejected")
    payee_accounts.reject(portal.store, officer(Duty.FUND_OFFICER), mine, reason="算例")
    recipients = {to for to, _ in told(portal, "account_rejected")}
    assert recipients == {f"party:{named('firm-2')}", f"person:{officer(Duty.ACCEPTOR)}"}, "also who entered it"
