"""`/my/messages`: an applicant's people and officers find what was told to them, and nobody else's."""

import pytest

from models import Duty, State
from notifications.outbox import Tell, queue_once
from support.linked_mail import LinkedMail
from support.portal import Portal
from support.stage import Stage, applicant, officer
from support.walk import Walk

CASE = "XZ2023-M04-000001"


@pytest.fixture
def filed(stage: Stage) -> Walk:
    """A case of the first firm that waits to be accepted, and the mail about it."""
    walk = Walk(stage)
    mail = LinkedMail(stage.store).give_mailboxes()
    walk.to(walk.open("M4a", 1, 1), State.FILED, Duty.ACCEPTOR)
    mail.send()
    return walk


def test_a_firms_person_reads_what_was_told_to_the_firm_in_their_language(portal: Portal, filed: Walk) -> None:
    firm = portal.as_(applicant(1))
    assert "/my/messages" in firm.get("/my").links()
    page = firm.get("/my/messages")
    assert page.status == 200 and "申报已收到" in page.words() and "已发送" in page.words()
    assert f"/my/cases/{CASE}" in page.links() and firm.get(f"/my/cases/{CASE}").status == 200
    assert page.tree.xpath("//header//a[@aria-current]/@href") == ["/my/messages"]
    english = firm.get("/my/messages?lang=en").words()
    assert "e-mail" in english and "sent" in english and f"Open case {CASE}" in english
    assert "没有消息" in portal.as_(applicant(2)).get("/my/messages").words()


def test_an_officer_reads_what_was_told_to_their_duty_and_opens_the_case(portal: Portal, filed: Walk) -> None:
    acceptor = portal.as_(officer(Duty.ACCEPTOR))
    page = acceptor.get("/my/messages")
    assert CASE in page.words() and "受理人" in page.words() and "duixian case" not in page.text
    assert f"/desk/cases/{CASE}" in page.links() and acceptor.get(f"/desk/cases/{CASE}").status == 200
    assert CASE not in portal.as_(officer(Duty.RELEASER)).get("/my/messages").text


def test_older_messages_stand_on_the_next_page(portal: Portal, filed: Walk) -> None:
    with portal.store.write() as work:
        for number in range(45):
            told = Tell(kind="password_recovered", to=f"person:{applicant(1)}", content={"login": "算例"})
            queue_once(work, told, once=f"{number}")
    firm, seen, pages = portal.as_(applicant(1)), set[str](), 0
    page = firm.get("/my/messages")
    while True:
        here, pages = set(page.tree.xpath("//main//article/@aria-labelledby")), pages + 1
        assert 0 < len(here) <= 20 and not here & seen
        seen |= here
        onward = page.tree.xpath("//a[@rel='next']/@href")
        if not onward:
            break
        page = firm.get(onward[0])
        assert "/my/messages" in page.tree.xpath("//main//a/@href")
    assert len(seen) > 45 and pages == 3


def test_who_is_not_signed_in_is_sent_to_sign_in_and_a_page_that_is_none_is_not_found(
    portal: Portal, filed: Walk
) -> None:
    assert "/sign-in" in portal.visitor().get("/my/messages").url
    firm = portal.as_(applicant(1))
    assert firm.get("/my/messages?after=x").status == 404
    assert firm.get("/my/messages?after=01a205b3-b622-7f6e-a8ce-20be97e8a400").status == 404
