"""The store that a rehearsal leaves in mid-season: work waits for whoever signs in, and every page that links lead to is whole."""

import pytest

from demo.portal_accounts import PASSWORD, accounts_of
from support.portal import Portal
from support.rehearsed_portal import visitors
from support.whole_pages import drawn, faults_of, followed
from web.application import HERE

pytestmark = pytest.mark.prove
IDLE = {"reconciler", "fund officer", "auditor", "administrator", "clerk"}  # whose work is not a case's next step
WORKING = {  # in a small season nothing waits for a joint reviewer
    "acceptor", "screener", "certifier", "amount checker", "decider", "allocator", "maker", "checker", "releaser",
}  # fmt: skip
NOT_BY_LINK = {  # what only a form's answer or a message's link shows, an error, and what this season has none of
    "message.html",
    "task/done.html",
    "task/enter.html",
    "task/not_yours.html",
    "audit/report.html",
    "pay/change.html",  # what a budget's form answers
    "pay/match.html",  # a bank's result that fits no order
    "values/proposal.html",  # a parameter that waits for its second person
    "desk/off_line.html",  # a paper that is never uploaded
    "parties/change.html",  # a change of a party that waits for its second person
    "retention/proposal.html",  # a natural person who was proposed to be anonymised
    "programmes/correct.html",  # a ranking that was published
    "programmes/report.html",  # a programme's report that its unit still owes
    "account/chat_bind.html",
    "account/first_factor.html",  # an officer who needs a second factor: a rehearsal asks for none
    "account/step_up.html",
    "account/stepped_up.html",
    "desk/effects.html",
    "pay/allocation.html",
    "pay/report.html",
    "registration/asked.html",
    "bulk/start.html",
    "bulk/form.html",
    "bulk/outcome.html",
    "bulk/list.html",
}


def test_each_account_signs_in_and_has_something_to_do(rehearsed: Portal) -> None:
    accounts = accounts_of(rehearsed.home)
    offered = rehearsed.visitor().get("/sign-in").words()
    officers = {
        account.en.split(",")[0]: account.login for account in accounts if not account.login.startswith("applicant")
    }
    assert officers.keys() == WORKING | IDLE and len(set(officers.values())) == len(officers) < len(accounts)
    signed_in = dict(visitors(rehearsed))
    assert all(account.login in offered and account.password == PASSWORD for account in accounts)
    for duty in WORKING:
        links = signed_in[officers[duty]].get("/desk").links()
        assert any(link.startswith("/desk/cases/") for link in links), duty


def test_every_page_that_links_lead_to_opens_and_is_whole(rehearsed: Portal) -> None:
    names, faults = drawn(rehearsed), []
    for login, visitor in (("nobody", rehearsed.visitor()), *visitors(rehearsed)):
        for language, most in (("zh", 2), ("en", 1)):
            visitor.get(f"/language/{language}")
            for shown in followed(visitor, most=most):
                if shown.status != 200:
                    faults.append(f"{login}: {shown.url} is {shown.status}")
                elif shown.tree.tag == "html":
                    faults += [f"{login}: {shown.url} ({language}): {fault}" for fault in faults_of(shown, language)]
    pages = {str(path.relative_to(HERE / "templates")) for path in (HERE / "templates").rglob("*.html")}
    pages = {page for page in pages if '{% extends "base.html" %}' in (HERE / "templates" / page).read_text()}
    assert not faults
    assert pages - names == NOT_BY_LINK
