"""Links in messages lead their reader to the task, anybody else nowhere; looking at them changes nothing, whoever looks."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from casework.lifecycle import commands as r
from models import Duty, State, WebSession
from models.clock import real_now
from notifications.delivery.links import MessageLinks, hash_of
from notifications.outbox import Tell, queue
from notifications.wording import WORDINGS, Audience
from notifications.wording.samples import sample
from support.linked_mail import WEB, LinkedMail, dump
from support.portal import PASSWORD, Portal, Visitor, stale
from support.posts import LOST
from support.stage import LEAD, NOON, Stage, applicant, named, officer
from support.walk import Walk

CASE = "XZ2023-M04-000001"


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """Somebody who carries cases on."""
    return Walk(stage)


@pytest.fixture
def mail(stage: Stage, walk: Walk) -> LinkedMail:
    """A case of the first firm that waits to be accepted, and everybody's mail about it."""
    found = LinkedMail(stage.store).give_mailboxes()
    walk.to(walk.open("M4a", 1, 1), State.FILED, Duty.ACCEPTOR)
    found.send()
    return found


def looked(visitor: Visitor, address: str) -> tuple[int, str, str]:
    """What a link answers: status, where it leads, its page."""
    answer = visitor.client.get(address, follow_redirects=False)
    assert answer.headers["referrer-policy"] == "no-referrer" and answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.headers.get("location", ""), answer.text


@pytest.mark.prove
def test_looking_at_any_link_of_any_kind_changes_nothing_whoever_looks(
    portal: Portal, walk: Walk, mail: LinkedMail
) -> None:
    case = walk.stage.case(named("case-1"))
    with portal.store.write() as work:
        for kind, wording in WORDINGS.items():
            for audience in wording.audiences:
                if audience is not Audience.GROUP:
                    to = f"party:{case.party_id}" if audience is Audience.APPLICANT else f"unit:{LEAD}:certifier"
                    told = Tell(kind=kind, to=to, content={**sample(kind), "case": case.number})
                    queue(work, told, case_id=case.id, number=f"{kind}{audience}", version=case.version)
    mail.send()
    links = [one for one in mail.all() if one.startswith("/t/")]
    readers = 5 + sum(len([a for a in one.audiences if a is not Audience.GROUP]) for one in WORDINGS.values())
    assert len(links) > readers
    people = (applicant(1), applicant(2), officer(Duty.CERTIFIER), officer(Duty.ACCEPTOR), officer(Duty.AUDITOR))
    visitors = [portal.visitor(), *(portal.as_(one) for one in people)]
    with portal.store.write() as work:
        work.execute(update(WebSession).values(seen_at=real_now() - timedelta(minutes=30)))
    before = dump(portal.store)
    for visitor in visitors:
        for link in links:
            assert visitor.client.get(link, follow_redirects=False).status_code in (200, 303, 404)
            assert visitor.client.head(link, follow_redirects=False).status_code in (200, 303, 404)
    assert dump(portal.store) == before


def test_a_stranger_meets_one_page_for_every_link_and_comes_back_to_it(
    portal: Portal, walk: Walk, mail: LinkedMail
) -> None:
    dead = mail.link("acceptor-0", CASE)
    case = walk.forward(named("case-1"))
    mail.send()
    live, who = mail.link(f"{case.next_duty}-0", CASE), officer(Duty(str(case.next_duty)))
    pages = {}
    stranger = portal.visitor()
    for link in (dead, live, "/t/" + "A" * 22):
        status, _, text = looked(stranger, link)
        assert status == 200 and CASE not in text and "算例" not in text
        pages[link] = text.replace(link, "/t/").replace(link.replace("/", "%2F"), "/t/")
    assert len(set(pages.values())) == 1
    sign_in = stranger.get(next(one for one in stranger.get(live).links() if one.startswith("/sign-in?next=")))
    portal.as_(who)  # gives them a password
    led = stranger.submit(sign_in, action="/sign-in", login=f"{case.next_duty}-0", password=PASSWORD)
    assert f"/desk/cases/{CASE}" in led.url and led.status == 200


def test_its_reader_is_led_to_where_the_task_is_done(portal: Portal, walk: Walk, mail: LinkedMail) -> None:
    acceptor, firm = portal.as_(officer(Duty.ACCEPTOR)), portal.as_(applicant(1))
    assert looked(acceptor, mail.link("acceptor-0", CASE))[:2] == (303, f"/desk/cases/{CASE}")
    assert looked(firm, mail.link("applicant-1-0", CASE))[:2] == (303, f"/my/cases/{CASE}")
    head = acceptor.client.head(mail.link("acceptor-0", CASE), follow_redirects=False)
    assert (head.status_code, head.headers["location"]) == (303, f"/desk/cases/{CASE}")


def test_a_task_that_is_one_act_opens_its_page_and_payments_theirs(
    portal: Portal, walk: Walk, mail: LinkedMail
) -> None:
    walk.open("M16", 2, 1)
    walk.to(named("case-2"), State.PAYABLE, Duty.ALLOCATOR)
    walk.forward(named("case-2"))
    mail.send()
    assert looked(portal.as_(officer(Duty.MAKER)), mail.link("maker-0", "M16-000002"))[:2] == (303, "/pay")
    walk.open("M14a", 3, 1)
    walk.to(named("case-3"), State.ON_NOTICE, Duty.DELIVERER)
    mail.send()
    at = "/desk/cases/XZ2023-M14-000003/do/deliver"
    assert looked(portal.as_(officer(Duty.DELIVERER)), mail.link("deliverer-0", "M14-000003"))[:2] == (303, at)


@pytest.mark.parametrize("who", [officer(Duty.ACCEPTOR, 1), officer(Duty.CERTIFIER), applicant(2), named("nobody")])
def test_a_forwarded_link_is_not_their_task_and_says_no_more_than_an_unknown_one(
    portal: Portal, mail: LinkedMail, who: object
) -> None:
    stage = Stage(portal.store)
    with portal.store.write() as work:
        stage.person(work, "nobody")
    visitor = portal.as_(who)  # type: ignore[arg-type]
    for link in (mail.link("acceptor-0", CASE), mail.link("applicant-1-0", CASE)):
        status, _, text = looked(visitor, link)
        assert status == 404 and "不是您的待办" in text and 'href="/home"' in text and CASE not in text
        unknown = "/t/" + "A" * 22
        assert text.replace(link, "").replace(_quoted(link), "") == looked(visitor, unknown)[2].replace(
            unknown, ""
        ).replace(_quoted(unknown), "")
    other = visitor.client.get(mail.link("acceptor-0", CASE), headers={"accept-language": "en"}, params={"lang": "en"})
    assert "Not your task" in other.text


def _quoted(link: str) -> str:
    return link.replace("/", "%2F")


def test_after_the_act_a_late_click_sees_who_did_it_and_when_and_may_do_nothing(
    portal: Portal, walk: Walk, mail: LinkedMail
) -> None:
    first, second = mail.link("acceptor-0", CASE), mail.link("acceptor-1", CASE)
    walk.forward(named("case-1"))
    for which, link in ((0, first), (1, second)):
        visitor = portal.as_(officer(Duty.ACCEPTOR, which))
        status, _, text = looked(visitor, link)
        assert status == 200 and "已经办理" in text and "受理" in text and "2023-09-04 12:00" in text
        assert "算例acceptor-0" not in visitor.get(link).tree.xpath("string(//main)")
        assert "/do/" not in text


def test_what_was_returned_for_correction_is_the_applicants_task_until_it_is_filed_again(
    portal: Portal, walk: Walk, mail: LinkedMail
) -> None:
    walk.do(r.ReturnForCorrection, walk.stage.case(named("case-1")), missing=("算例证书",))
    mail.send()
    link, firm = mail.link("applicant-1-0", CASE), portal.as_(applicant(1))
    assert looked(firm, link)[:2] == (303, f"/my/cases/{CASE}")
    walk.forward(named("case-1"))
    status, _, text = looked(firm, link)
    assert status == 200 and "已经办理" in text and "申报人" in text


def test_a_case_that_comes_back_to_the_same_duty_has_a_new_link_and_the_old_one_stays_dead(
    portal: Portal, walk: Walk, mail: LinkedMail
) -> None:
    old = mail.link("acceptor-0", CASE)
    walk.do(r.ReturnForCorrection, walk.stage.case(named("case-1")), missing=("算例证书",))
    walk.forward(named("case-1"))
    walk.to(named("case-1"), State.FILED, Duty.ACCEPTOR)
    mail.send()
    visitor, new = portal.as_(officer(Duty.ACCEPTOR)), mail.link("acceptor-0", CASE)
    assert new != old
    assert looked(visitor, new)[:2] == (303, f"/desk/cases/{CASE}")
    assert looked(visitor, old)[0] == 200 and "已经办理" in looked(visitor, old)[2]


def test_a_link_to_a_decision_still_asks_for_the_code(portal: Portal, walk: Walk, mail: LinkedMail) -> None:
    walk.open("M14a", 2, 1)
    walk.to(named("case-2"), State.COMPUTED, Duty.DECIDER)
    mail.send()
    visitor, _ = stale(portal, officer(Duty.DECIDER))
    page = visitor.get(mail.link("decider-0", "M14-000002"))
    decide = next(one for one in page.links() if "/do/decide" in one)
    assert "/account/step-up?next=" in visitor.get(decide).url


def test_the_store_holds_no_token_and_another_machines_key_sends_none(
    portal: Portal, walk: Walk, mail: LinkedMail
) -> None:
    tokens = {one.removeprefix("/t/") for one in mail.all() if one.startswith("/t/")}
    assert tokens and all(len(one) == 22 for one in tokens)
    everything = "\n".join(dump(portal.store))
    assert not [one for one in tokens if one in everything] and all(hash_of(one) in everything for one in tokens)
    walk.open("M14a", 2, 1)
    walk.to(named("case-2"), State.FILED, Duty.ACCEPTOR)
    mail.box.answers = [LOST] * 20
    mail.send()
    before = mail.links("acceptor-0", "M14-000002")
    portal.store.set_clock(NOON + timedelta(hours=2), frozen=True)
    mail.send(MessageLinks(WEB, b"another key, of another machine.."))
    assert mail.links("acceptor-0", "M14-000002") == [*before, "/desk"], "a token that nobody could open is not sent"


def test_a_lost_answer_brings_the_same_link_again(portal: Portal, walk: Walk, mail: LinkedMail) -> None:
    walk.open("M14a", 2, 1)
    walk.to(named("case-2"), State.FILED, Duty.ACCEPTOR)
    mail.box.answers = [LOST] * 20
    mail.send()
    portal.store.set_clock(NOON + timedelta(hours=2), frozen=True)
    mail.send()
    first, second = mail.links("acceptor-0", "M14-000002")
    assert first == second and first.startswith("/t/")
