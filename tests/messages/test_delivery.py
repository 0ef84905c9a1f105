"""From a row of the outbox to its readers: at least once, again with growing pauses, listed when given up, never dropped."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.engine import make_url

from casework.operations import message_resend
from casework.shared.errors import Refused
from casework.staff import contact_addresses
from casework.views import message_log as queries
from models import Dispatch, Duty
from models.store import Store
from notifications.delivery import DeliveryThread, Dispatcher, Pace, send_due
from notifications.delivery.dispatcher import DeliverySummary
from support.posts import BUSY, LOST, NOBODY, SENT, UNIT, Post, Scripted, crowd, numbers


@pytest.fixture
def mail() -> Scripted:
    """A mailbox for everybody."""
    return Scripted()


@pytest.fixture
def post(store: Store, mail: Scripted) -> Post:
    """An office with mail alone."""
    return Post(store, mail)


def test_a_message_goes_to_its_reader_once_and_the_log_says_so(post: Post, mail: Scripted) -> None:
    who = post.person("a", email="a@example.com")
    number = post.tell(f"person:{who}")
    assert str(post.send_due()) == "routed 1, sent 1"
    assert post.send_due() == DeliverySummary()
    (parcel,) = mail.got
    assert (parcel.address, numbers([parcel])) == ("a@example.com", [number])
    assert "【演示 DEMO】" in parcel.subject and parcel.html.startswith("<!doctype html>")
    assert post.message(number) == "sent"
    ((reader, kind, outcome, repeats, wording),) = post.rows(
        "SELECT recipient, kind, outcome, repeats, wording FROM send_log"
    )
    assert (reader, kind, outcome, bool(repeats)) == (f"person:{who}", "turn", "sent", False)
    assert len(wording) == 12


def test_pauses_grow_have_jitter_and_end_on_the_list_of_the_dead(post: Post, mail: Scripted) -> None:
    number = post.tell(*crowd(post, 1))
    mail.answers = [BUSY] * 10
    pauses = []
    for attempt in range(1, 5):
        post.send_due(attempts=4, first=60.0, longest=200.0)
        (due,) = post.rows("SELECT due_at FROM dispatch")
        assert len(mail.got) == attempt
        if attempt < 4:
            assert post.message(number) == "routed"
            pauses.append(due)
            post.later(minutes=10)
    assert len(mail.got) == 4 and len({parcel.key for parcel in mail.got}) == 1
    assert post.dispatches() == [("email", "dead", 4)]
    assert post.message(number) == "failed"
    (dead,) = queries.undelivered(post.store)
    assert (dead.attempts, dead.reason) == (4, "unavailable: not now")
    assert [tried.outcome for tried in dead.log] == ["retry"] * 4


def test_a_pause_doubles_up_to_its_limit_is_the_same_in_a_rehearsal_and_heeds_the_other_side() -> None:
    pace = Pace(first=30, longest=3600, jitter=0.25, seed=1)
    pauses = [pace.pause("k", attempt).total_seconds() for attempt in range(1, 20)]
    for attempt, pause in enumerate(pauses):
        plain = min(30 * 2**attempt, 3600)
        assert plain <= pause <= plain * 1.25
    assert len({pause / min(30 * 2**n, 3600) for n, pause in enumerate(pauses)}) > 10
    assert pauses == [Pace(first=30, longest=3600, seed=1).pause("k", n).total_seconds() for n in range(1, 20)]
    assert pace.pause("k", 1, asked=900.0) == timedelta(seconds=900)
    assert Pace().pause("k", 1) != Pace().pause("k", 1)


def test_a_lost_answer_is_tried_again_and_counted_as_a_possible_repeat(post: Post, mail: Scripted) -> None:
    post.tell(*crowd(post, 1))
    mail.answers = [LOST, SENT]
    post.send_due()
    post.later(hours=1)
    post.send_due()
    log = post.rows("SELECT attempt, outcome, repeats FROM send_log ORDER BY attempt")
    assert [(a, o, bool(r)) for a, o, r in log] == [(1, "unknown", False), (2, "sent", True)]
    assert mail.got[0].key == mail.got[1].key


def test_a_sender_that_died_is_seen_when_its_lease_is_over_and_only_then(post: Post, mail: Scripted) -> None:
    post.tell(*crowd(post, 1))
    waiting = Dispatcher(post.store, [mail], pace=Pace(lease=600.0))
    (sender,) = waiting._senders
    sender.give = lambda *_: None  # type: ignore[method-assign]  # it dies with the sending in its hand
    assert waiting.turn() and post.dispatches() == [("email", "waiting", 1)]
    assert post.send_due() == DeliverySummary() and mail.got == []
    with post.store.write() as work:
        over = datetime.now(UTC) - timedelta(seconds=1)
        work.execute(update(Dispatch).values(leased_until=over))
    assert str(post.send_due()) == "routed 0, sent 1"
    log = post.rows("SELECT attempt, outcome, repeats FROM send_log ORDER BY attempt")
    assert [(a, o, bool(r)) for a, o, r in log] == [(1, "cut_off", False), (2, "sent", True)]


def test_two_senders_at_once_send_nothing_twice(post: Post) -> None:
    people = crowd(post, 10)
    told = [post.tell(people[n % 10]) for n in range(200)]
    channels = [Scripted(), Scripted()]
    threads = [threading.Thread(target=send_due, args=(post.store, [channel])) for channel in channels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers([*channels[0].got, *channels[1].got]) == sorted(told)
    assert len(channels[0].got) + len(channels[1].got) == 200


def test_a_message_whose_last_dispatches_end_at_the_same_moment_is_concluded(post: Post) -> None:
    post.unit()
    for name in "abc":
        post.person(name, duty=Duty.CERTIFIER, email=f"{name}@example.com")
    told = [post.tell(f"unit:{UNIT}:certifier") for _ in range(40)]
    pace = Pace(width=2, ahead=1)
    threads = [
        threading.Thread(target=send_due, args=(post.store, [Scripted()]), kwargs={"pace": pace}) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    post.send_due()
    assert {post.message(message) for message in told} == {"sent"}
    assert post.rows("SELECT COUNT(*), COUNT(DISTINCT dispatch_id) FROM send_log") == [(120, 120)]


def test_answers_that_could_not_be_booked_are_booked_in_the_next_turn(
    post: Post, mail: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    from notifications.delivery import dispatcher, failures

    number = post.tell(*crowd(post, 1))
    settle, failed = dispatcher.settle, []

    def once(work: Any, results: Any, pace: Pace) -> Any:
        if results and not failed:
            failed.append(True)
            raise OSError("the database is away")
        return settle(work, results, pace)

    monkeypatch.setattr(dispatcher, "settle", once)
    monkeypatch.setattr(failures, "BACKOFF_SECONDS", 0.01)
    running = DeliveryThread(post.store, [mail])
    running.start()
    deadline = time.monotonic() + 300
    while post.message(number) != "sent" and time.monotonic() < deadline:
        time.sleep(0.02)
    running.stop()
    assert failed and post.message(number) == "sent" and len(mail.got) == 1


def test_who_has_no_address_is_listed_and_can_be_sent_to_when_there_is_one(post: Post, mail: Scripted) -> None:
    who = post.person("a")
    number = post.tell(f"person:{who}")
    post.send_due()
    assert post.dispatches() == [("", "undeliverable", 0)] and post.message(number) == "failed"
    (listed,) = queries.undelivered(post.store)
    assert "没有登记联系方式" in listed.reason and listed.reader == "a"
    message_resend.resend(post.store, "system", message=listed.message, reason="再试")
    post.send_due()
    assert post.dispatches() == [("", "undeliverable", 0)] and post.message(number) == "failed"
    contact_addresses.add(post.store, "system", f"person:{who}", channel="email", address="a@example.com", proof="回拨")
    message_resend.resend(post.store, "system", message=listed.message, reason="已登记邮箱")
    post.send_due()
    assert post.dispatches() == [("", "replaced", 0), ("email", "sent", 1)] and post.message(number) == "sent"


@pytest.mark.parametrize(
    ("status", "says"), [("unverified", "尚未核验"), ("bouncing", "已失效"), ("verified", "没有可用的发送渠道")]
)
def test_an_address_that_cannot_be_used_is_listed_with_its_reason(post: Post, status: str, says: str) -> None:
    who = post.person("a")
    post.contact(f"person:{who}", "sms" if status == "verified" else "email", "x", status)
    post.tell(f"person:{who}")
    post.send_due()
    assert says in queries.undelivered(post.store)[0].reason


@pytest.mark.parametrize("to", ["unit:无此单位:acceptor", "party:00000000-0000-0000-0000-000000000000", "nonsense"])
def test_a_message_to_nobody_is_listed(post: Post, to: str) -> None:
    number = post.tell(to)
    post.send_due()
    assert "没有可送达的人" in queries.undelivered(post.store)[0].reason
    assert post.message(number) == "failed"


def test_a_refused_address_is_marked_told_of_and_another_way_is_taken(post: Post, mail: Scripted) -> None:
    post.unit()
    post.person("admin", duty=Duty.ADMINISTRATOR, email="admin@example.com")
    phone = Scripted("sms", "sms")
    post.channels = (mail, phone)
    who = post.person("a", email="gone@example.com", sms="13800000000")
    number = post.tell(f"person:{who}")
    mail.answers = [NOBODY]
    post.send_due()
    assert [each_mail.address for each_mail in phone.got] == ["13800000000"] and post.message(number) == "sent"
    assert post.rows("SELECT status FROM contact WHERE address = 'gone@example.com'") == [("bouncing",)]
    notice = next(each_mail for each_mail in mail.got if each_mail.address == "admin@example.com")
    assert "a 的联系方式（email）" in notice.text and "gone@example.com" not in notice.text
    again = post.tell(f"person:{who}")
    post.send_due()
    assert len(phone.got) == 2 and post.message(again) == "sent"
    contact_addresses.add(post.store, "system", f"person:{who}", channel="email", address="b@example.com", proof="回拨")
    post.tell(f"person:{who}")
    post.send_due()
    assert mail.got[-1].address == "b@example.com"


def test_a_refusal_of_the_key_blames_no_address(post: Post, mail: Scripted) -> None:
    from notifications.channels.answers import AnswerReason, answer

    number = post.tell(*crowd(post, 1))
    mail.answers = [answer(AnswerReason.WRONG_KEY)]
    post.send_due()
    assert post.rows("SELECT status FROM contact") == [("verified",)]
    assert post.dispatches() == [("email", "dead", 1)] and post.message(number) == "failed"


def test_an_address_changed_meanwhile_is_the_one_that_is_used(post: Post, mail: Scripted) -> None:
    who = post.person("a", email="old@example.com")
    post.tell(f"person:{who}")
    mail.answers = [BUSY]
    post.send_due()
    contact_addresses.add(
        post.store, "system", f"person:{who}", channel="email", address="new@example.com", proof="回拨"
    )
    post.later(hours=1)
    post.send_due()
    assert [each_mail.address for each_mail in mail.got] == ["old@example.com", "new@example.com"]
    assert post.dispatches() == [("email", "sent", 2)]


def test_the_dead_are_sent_again_by_a_person_with_a_reason_in_the_audit(post: Post, mail: Scripted) -> None:
    post.unit()
    clerk, other = post.person("c", duty=Duty.CLERK), post.person("x")
    number = post.tell(*crowd(post, 1))
    mail.answers = [BUSY]
    post.send_due(attempts=1)
    (dead,) = queries.undelivered(post.store)
    with pytest.raises(Refused, match="无权办理"):
        message_resend.resend(post.store, other, message=dead.message, reason="x")
    with pytest.raises(Refused, match="理由"):
        message_resend.resend(post.store, clerk, message=dead.message, reason=" ")
    assert message_resend.resend(post.store, clerk, message=dead.message, reason="邮箱已恢复") == 1
    post.send_due(attempts=1)
    assert post.dispatches() == [("email", "sent", 2)] and post.message(number) == "sent"
    with pytest.raises(Refused, match="无需重发"):
        message_resend.resend(post.store, clerk, message=dead.message, reason="x")
    ((actor, content),) = post.rows("SELECT actor, content FROM audit_entry WHERE action = 'messages.resend'")
    assert UUID(actor) == clerk and "邮箱已恢复" in content


def test_a_rehearsal_sends_nothing_off_this_machine_even_if_given_such_a_channel(post: Post, mail: Scripted) -> None:
    mail.local = False
    number = post.tell(*crowd(post, 1))
    post.send_due()
    assert mail.got == [] and post.message(number) == "failed"
    assert "never leave this machine" in queries.undelivered(post.store)[0].reason


def test_without_a_channel_messages_wait(post: Post) -> None:
    number = post.tell(*crowd(post, 1))
    post.channels = ()
    assert post.send_due() == DeliverySummary()
    assert post.message(number) == "waiting"


def test_a_message_that_cannot_be_worded_is_listed_and_stops_no_other(post: Post, mail: Scripted) -> None:
    (to,) = crowd(post, 1)
    wrong, right = post.tell(to, kind="no_such_kind"), post.tell(to)
    post.send_due()
    assert (post.message(wrong), post.message(right)) == ("failed", "sent")
    (listed,) = [dispatch for dispatch in queries.undelivered(post.store) if dispatch.kind == "no_such_kind"]
    assert "unworded" in listed.reason


def test_a_channel_that_raises_counts_as_a_lost_answer(post: Post, mail: Scripted) -> None:
    class Broken(Scripted):
        def send(self, parcel: object, *, seconds: float) -> object:  # type: ignore[override]
            raise RuntimeError("x")

    post.tell(*crowd(post, 1))
    post.channels = (Broken(),)
    post.send_due()
    assert post.rows("SELECT outcome, detail FROM send_log") == [("unknown", "fault: RuntimeError")]


def test_a_robots_allowance_is_kept_and_the_rest_goes_in_the_next_minute(post: Post) -> None:
    post.unit()
    robot = Scripted("room", "dingtalk", group=True, per_minute=5)
    post.channels = (robot,)
    post.contact(f"unit:{UNIT}", "room")
    for _ in range(8):
        post.tell(f"unit:{UNIT}:certifier")
    assert post.send_due().states["sent"] == 5
    assert post.send_due() == DeliverySummary()  # a new process knows from the log what went out in the last minute
    post.later(minutes=2)
    assert post.send_due().states["sent"] == 3


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_all_of_it_can_be_done_in_the_applications_role(store: Store, mail: Scripted) -> None:
    url = make_url(store.url).update_query_dict({"options": "-c role=duixian_app"})
    application = Store(url.render_as_string(hide_password=False))
    post = Post(store, mail)
    post.unit()
    who = post.person("a", email="a@example.com")
    told = [post.tell(f"person:{who}") for _ in range(3)]
    mail.answers = [BUSY, NOBODY, SENT]
    send_due(application, [mail], pace=Pace(limit=1.0, attempts=1))
    contact_addresses.add(
        application, "system", f"person:{who}", channel="email", address="b@example.com", proof="回拨"
    )
    message_resend.resend(application, "system", reason="再试")
    post.later(hours=1)
    send_due(application, [mail], pace=Pace(limit=1.0))
    application.close()
    assert {post.message(message) for message in told} == {"sent"}


def test_a_service_delivers_while_it_runs_and_stops_with_nothing_in_hand(store: Store, mail: Scripted) -> None:
    post = Post(store, mail)
    (to,) = crowd(post, 1)
    running = DeliveryThread(store, [mail])
    running.start()
    number = post.tell(to)
    deadline = time.monotonic() + 300
    while post.message(number) != "sent" and time.monotonic() < deadline:
        time.sleep(0.05)
    running.stop()
    assert post.message(number) == "sent" and not running.alive
