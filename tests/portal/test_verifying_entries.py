"""`/desk/verify`: accounts and addresses that a second person verifies, with a proof, never their own."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.parties import payee_accounts
from casework.parties.payee_accounts import NewAccount
from casework.staff import contact_addresses
from models import AuditEntry, Duty
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
