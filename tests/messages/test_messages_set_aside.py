"""A message that cannot be routed, read or worded is set aside with its reason; those behind it go out, operators hear once."""

from typing import Any

import pytest
from sqlalchemy import text

from models import Duty
from models.store import Store
from notifications.delivery import Dispatcher, Pace, dispatcher, set_aside
from notifications.delivery.dispatcher import DeliverySummary
from notifications.delivery.rendering import Renderer
from support.posts import Post, Scripted, crowd, numbers


@pytest.fixture
def post(store: Store) -> Post:
    """An office with an operator who reads mail."""
    made = Post(store, Scripted())
    made.unit()
    made.person("operator", duty=Duty.ADMINISTRATOR, email="operator@example.com")
    return made


def send_twice(post: Post) -> DeliverySummary:
    """Passes until the operators' own message is out too."""
    post.send_due()
    return post.send_due()


def told(post: Post) -> list[tuple[str, str]]:
    """Whom the operators were told of, and how far that message is."""
    rows = post.rows("SELECT once, status FROM message WHERE kind = 'message_set_aside' ORDER BY once")
    return [(str(once), str(status)) for once, status in rows]


def listed(post: Post) -> list[str]:
    """The reasons on the list of what is undelivered."""
    return [
        str(value) for (value,) in post.rows("SELECT reason FROM dispatch WHERE status IN ('undeliverable', 'dead')")
    ]


def spoiled(post: Post, number: str, content: str) -> None:
    with post.store.write() as work:
        work.execute(
            text("UPDATE message SET content = :content WHERE once LIKE :once").bindparams(
                content=content, once=f"{number}/%"
            )
        )


def odd_wish(post: Post) -> str:
    """Somebody whose wish says a time that there is not."""
    return digest_reader(post, "odd", at="25:99")


def digest_reader(post: Post, name: str, at: str) -> str:
    """Somebody who wishes one message a day, at this time."""
    reader = f"person:{post.person(name, email=f'{name}@example.com')}"
    plain = {"quiet_from": "", "quiet_to": "", "working_days": False, "channels": "", "language": ""}
    post.prefer(reader, rhythm="digest", digest_at=at, **plain)
    return reader


BREAKS = {
    "its reader's wish cannot be read": lambda post: post.tell(odd_wish(post)),
    "its content is no JSON": lambda post: _with(post, "{"),
    "its content is no set of fields": lambda post: _with(post, "[1]"),
    "its kind is unknown": lambda post: post.tell(*crowd(post, 1), kind="no_such_kind"),
    "its figures cannot be worded": lambda post: post.tell(*crowd(post, 1), kind="paid", amount_fen="many"),
}


def _with(post: Post, content: str) -> str:
    number = post.tell(*crowd(post, 1))
    spoiled(post, number, content)
    return number


@pytest.mark.tampers
@pytest.mark.parametrize("name", BREAKS)
def test_one_that_breaks_is_set_aside_with_its_reason_and_those_behind_it_arrive(post: Post, name: str) -> None:
    broken = BREAKS[name](post)
    behind = [post.tell(f"person:{post.person(f'behind{n}', email=f'b{n}@example.com')}") for n in range(3)]
    send_twice(post)
    (mail,) = post.channels
    assert set(behind) <= set(numbers(mail.got)) and broken not in numbers(mail.got)
    assert post.message(broken) == "failed" and [post.message(message) for message in behind] == ["sent"] * 3
    (reason,) = listed(post)
    assert "搁置" in reason or reason.startswith("unworded: ")
    ((once, status),) = told(post)
    assert once.startswith("message_set_aside/") and status == "sent"
    send_twice(post)
    assert len(told(post)) == 1, "once"


def test_what_of_a_digest_cannot_be_worded_is_left_out_of_it(post: Post) -> None:
    reader = digest_reader(post, "reader", at="16:00")
    good, bad, last = post.tell(reader), post.tell(reader, kind="paid", amount_fen="many"), post.tell(reader)
    post.send_due()
    post.later(hours=8)
    send_twice(post)
    assert [post.message(message) for message in (good, bad, last)] == ["sent", "failed", "sent"]
    assert len(told(post)) == 1


@pytest.mark.tampers
def test_it_is_sent_again_when_what_broke_it_is_mended(post: Post) -> None:
    from casework.operations import message_resend

    number = post.tell(odd_wish(post))
    send_twice(post)
    with post.store.write() as work:
        work.execute(text("UPDATE preference SET digest_at = '08:00', rhythm = 'at_once'"))
    ((identity,),) = post.rows(f"SELECT id FROM message WHERE once LIKE '{number}/%'")
    from uuid import UUID

    message_resend.resend(post.store, "system", message=UUID(str(identity)), reason="算例")
    send_twice(post)
    assert post.message(number) == "sent"


def test_a_fault_that_every_message_has_sets_none_aside(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [post.tell(reader) for reader in crowd(post, 3)]

    def breaks(*_: Any, **__: Any) -> int:
        raise ValueError("算例")

    monkeypatch.setattr(dispatcher, "route", breaks)
    monkeypatch.setattr(set_aside, "route", breaks)
    with pytest.raises(ValueError, match="算例"):
        post.send_due()
    assert {post.message(message) for message in given} == {"waiting"} and told(post) == []


@pytest.mark.tampers
def test_the_operators_are_not_told_of_their_own_message(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    post.tell(*crowd(post, 1), kind="no_such_kind")
    letter = Renderer._letter
    monkeypatch.setattr(
        Renderer,
        "_letter",
        lambda self, job, piece: 1 / 0 if piece.kind == set_aside.KIND else letter(self, job, piece),
    )
    send_twice(post)
    send_twice(post)
    assert [status for _, status in told(post)] == ["failed"]


def test_a_running_service_goes_on_too(post: Post) -> None:
    from messages.test_delivery_that_breaks import Clock

    post.tell(odd_wish(post))
    behind = post.tell(*crowd(post, 1))
    heard: list[Exception | None] = []
    Dispatcher(post.store, post.channels, pace=Pace(limit=1.0)).run(Clock(2), heard.append)
    assert post.message(behind) == "sent" and heard == [None], "no alarm that delivery breaks"
