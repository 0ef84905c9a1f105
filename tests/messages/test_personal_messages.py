"""Messages as their reader finds them: their own and their duties', the newest first, page by page, and what became of each."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from casework.shared.errors import Refused
from casework.shared.reference import touch
from casework.views.personal_messages import PersonalMessage, personal_messages
from models import Duty
from models.store import Store
from notifications.delivery.rendering import CODE_OF
from notifications.outbox import Tell, queue_once
from notifications.wording import WORDINGS, Audience
from notifications.wording.samples import sample
from support.posts import NOBODY, UNIT, Post, Scripted


@pytest.fixture
def mail() -> Scripted:
    """A mailbox for everybody."""
    return Scripted()


@pytest.fixture
def post(store: Store, mail: Scripted) -> Post:
    """An office with mail alone."""
    made = Post(store, mail)
    made.unit()
    return made


def all_pages(post: Post, reader: UUID, limit: int) -> list[PersonalMessage]:
    """Page after page until there is none."""
    found: list[PersonalMessage] = []
    after = None
    for _ in range(30):
        box = personal_messages(post.store, reader, "zh", after=after, limit=limit)
        found += box.messages
        after = box.after
        if after is None:
            return found
    raise AssertionError("pages without end")


def test_pages_hold_every_message_of_the_reader_once_the_newest_first(post: Post) -> None:
    mine = post.person("a", duty=Duty.ACCEPTOR)
    other = post.person("b", duty=Duty.DECIDER)
    with post.store.write() as work:
        touch(work)
    to = (
        f"person:{mine}",
        f"unit:{UNIT}:acceptor",
        f"unit::{Duty.ACCEPTOR}",
        f"person:{other}",
        f"unit:{UNIT}:decider",
    )
    for number in range(25):
        post.tell(to[number % len(to)])
        if number % 3 == 0:
            post.later(minutes=1)
    found = all_pages(post, mine, 4)
    assert len(found) == 15 == len({message.id for message in found})
    assert [(message.at, message.id.hex) for message in found] == sorted(
        ((message.at, message.id.hex) for message in found), reverse=True
    )
    assert {message.told[0] for message in found} == {"", f"{UNIT} 受理人", "受理人"}
    assert [message.id for message in all_pages(post, mine, 100)] == [message.id for message in found]


def test_a_duty_that_is_held_no_more_shows_nothing_of_what_was_told_to_it(post: Post) -> None:
    mine = post.person("a", duty=Duty.ACCEPTOR)
    post.tell(f"unit:{UNIT}:acceptor")
    assert len(personal_messages(post.store, mine, "zh").messages) == 1
    with post.store.write() as work:
        work.connection.exec_driver_sql("UPDATE grant_of_duty SET valid_to = valid_from")
        touch(work)
    assert not personal_messages(post.store, mine, "zh").messages


def test_each_says_what_became_of_the_readers_own_copies(post: Post, mail: Scripted) -> None:
    firm = post.firm()
    reached, without = post.person("a", party=firm, email="a@example.com"), post.person("b", party=firm)
    post.tell(f"party:{firm}")
    stands = [personal_messages(post.store, who, "zh").messages[0].stands for who in (reached, without)]
    assert stands == ["waiting", "waiting"]
    post.send_due()
    (there,), (missing,) = (personal_messages(post.store, who, "en").messages for who in (reached, without))
    assert there.stands == "sent" and there.copies[0].channel == ("电子邮件", "e-mail")
    assert missing.stands == "failed" and missing.copies[0].reason == ("没有登记联系方式", "no address is known")
    mail.answers = [NOBODY] * 3
    post.later(minutes=1)
    post.tell(f"person:{reached}")
    post.send_due(attempts=1)
    assert personal_messages(post.store, reached, "zh").messages[0].stands == "failed"


def test_what_is_not_due_yet_and_a_code_are_not_shown_and_every_kind_is_worded(post: Post) -> None:
    firm = post.firm()
    mine = post.person("a", party=firm)
    post.tell(f"person:{mine}", "recovery_code", **{CODE_OF: "x", "login": "a", "span": 15})
    assert "只发送到您的地址" in personal_messages(post.store, mine, "zh").messages[0].text
    assert "to your address only" in personal_messages(post.store, mine, "en").messages[0].text
    kinds = [kind for kind, wording in WORDINGS.items() if Audience.APPLICANT in wording.audiences]
    for kind in kinds:
        post.tell(f"party:{firm}", kind, **{key: value for key, value in sample(kind).items() if key != "case"})
    found = personal_messages(post.store, mine, "zh", limit=200).messages
    assert len(found) == len(kinds) + 1 and all(message.title and message.text for message in found)
    later = datetime(2024, 1, 1, tzinfo=UTC)
    with post.store.write() as work:
        queue_once(work, Tell(kind="turn", to=f"person:{mine}"), once="later", due_at=later)
    assert len(personal_messages(post.store, mine, "zh", limit=200).messages) == len(kinds) + 1


def test_a_page_after_no_message_is_refused(post: Post) -> None:
    with pytest.raises(Refused):
        personal_messages(post.store, post.person("a"), "zh", after=UUID(int=1))
