"""How people want to hear: channels, digests, quiet hours, working days, language; escalations and alarms ask nobody."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest

from casework.shared.errors import Refused
from casework.staff import contact_addresses, notification_preferences
from casework.staff.notification_preferences import Wish
from models import Duty
from models.store import Store
from notifications.delivery.timing import AT_ONCE, Hours
from notifications.delivery.urgency import URGENT, urgent
from policies.workdays import CHINA
from support.posts import BUSY, UNIT, Post, Scripted, numbers

NIGHT = Hours(quiet_from=time(22), quiet_to=time(8))


def shanghai(words: str) -> datetime:
    """An instant from a Shanghai clock."""
    return datetime.fromisoformat(f"{words}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "due"),
    [
        (AT_ONCE, "2023-09-09T23:00", "2023-09-09T23:00"),
        (NIGHT, "2023-09-04T21:59", "2023-09-04T21:59"),
        (NIGHT, "2023-09-04T22:00", "2023-09-05T08:00"),
        (NIGHT, "2023-09-05T07:59", "2023-09-05T08:00"),
        (NIGHT, "2023-09-05T08:00", "2023-09-05T08:00"),
        (Hours(quiet_from=time(12), quiet_to=time(14)), "2023-09-04T13:00", "2023-09-04T14:00"),
        (Hours(quiet_from=time(12), quiet_to=time(12)), "2023-09-04T12:00", "2023-09-04T12:00"),
        (Hours(working_days=True), "2023-09-09T10:00", "2023-09-11T00:00"),  # a Saturday
        (Hours(working_days=True), "2023-10-07T10:00", "2023-10-07T10:00"),  # a Saturday on which people work
        (Hours(working_days=True), "2023-09-29T10:00", "2023-10-07T00:00"),  # the National Day week
        (Hours(working_days=True, quiet_from=time(22), quiet_to=time(8)), "2023-09-08T23:00", "2023-09-11T08:00"),
        (Hours(working_days=True, quiet_from=time(22), quiet_to=time(8)), "2099-01-03T10:00", "2099-01-05T08:00"),
        (Hours(digest_at=time(9)), "2023-09-04T08:59", "2023-09-04T09:00"),
        (Hours(digest_at=time(9)), "2023-09-04T09:00", "2023-09-05T09:00"),
        (Hours(digest_at=time(9), working_days=True), "2023-09-08T10:00", "2023-09-11T09:00"),
    ],
)
def test_a_message_goes_at_the_first_moment_that_its_reader_allows(hours: Hours, now: str, due: str) -> None:
    assert hours.due(shanghai(now), CHINA) == shanghai(due)


@pytest.fixture
def mail() -> Scripted:
    """A mailbox for everybody."""
    return Scripted()


@pytest.fixture
def post(store: Store, mail: Scripted) -> Post:
    """An office with mail alone."""
    return Post(store, mail)


def test_a_digest_holds_the_days_messages_in_one_mail_and_each_is_logged(post: Post, mail: Scripted) -> None:
    who = post.person("a", email="a@example.com")
    post.prefer(f"person:{who}", rhythm="digest", digest_at="17:00")
    told = [post.tell(f"person:{who}") for _ in range(3)]
    post.send_due()
    assert mail.got == []
    post.later(hours=3)
    told.append(post.tell(f"person:{who}"))
    post.send_due()
    post.later(hours=5)
    mail.answers = [BUSY]
    post.send_due()
    post.later(minutes=5)
    late = post.tell(f"person:{who}")
    post.send_due()
    assert [numbers([each_mail]) for each_mail in mail.got] == [told, told]
    assert len({each_mail.key for each_mail in mail.got}) == 1
    assert post.rows("SELECT COUNT(*), COUNT(DISTINCT parcel) FROM send_log WHERE outcome = 'sent'") == [(4, 1)]
    post.later(days=1)
    post.send_due()
    assert numbers(mail.got[2:]) == [late]


def test_quiet_hours_hold_a_message_back_but_no_alarm_and_no_escalation(post: Post, mail: Scripted) -> None:
    who = post.person("a", email="a@example.com")
    post.prefer(
        f"person:{who}", rhythm="digest", digest_at="09:00", quiet_from="00:00", quiet_to="23:59", working_days=True
    )
    post.tell(f"person:{who}")
    post.tell(f"person:{who}", kind="sweep_silent", minutes=7, at="x")
    post.tell(f"person:{who}", kind="payment_overdue_escalated", days=3, count=1, unit=UNIT)
    post.send_due()
    assert not any("待办" in each_mail.subject for each_mail in mail.got)
    assert len(mail.got) == 2


def test_alarms_and_escalations_are_the_kinds_that_are_not_muted() -> None:
    assert {"sweep_silent", "outbox_late", "payment_overdue_escalated", "deadline_escalated", "job_failed"} <= URGENT
    assert not any(map(urgent, ("filed", "turn", "paid", "decided", "contact_bounced")))


def test_each_chosen_channel_gets_a_copy_and_without_a_choice_the_first_that_reaches(
    post: Post, mail: Scripted
) -> None:
    phone = Scripted("text", "sms")
    post.channels = (mail, phone)
    person = post.person("a", email="a@example.com", sms="13800000001")
    other = post.person("b", email="b@example.com", sms="13800000002")
    third = post.person("c", sms="13800000003")
    post.prefer(f"person:{other}", channels="sms,email")
    post.prefer(f"person:{third}", channels="email")
    for who in (person, other, third):
        post.tell(f"person:{who}")
    post.send_due()
    assert sorted(parcel.address for parcel in mail.got) == ["a@example.com", "b@example.com"]
    assert sorted(parcel.address for parcel in phone.got) == ["13800000002", "13800000003"]


def test_language_is_the_readers_own(post: Post, mail: Scripted) -> None:
    who = post.person("a", email="a@example.com")
    post.tell(f"person:{who}")
    post.send_due()
    post.prefer(f"person:{who}", language="en")
    post.tell(f"person:{who}")
    post.send_due()
    assert "待办" in mail.got[0].subject and "Your turn" in mail.got[1].subject


def test_a_unit_hears_in_its_people_its_deputies_and_its_room_where_no_personal_data_is_told(
    post: Post, mail: Scripted
) -> None:
    room = Scripted("office", "dingtalk", group=True)
    post.channels = (mail, room)
    post.unit()
    post.contact(f"unit:{UNIT}", "office")
    head = post.person("h", duty=Duty.CERTIFIER, email="h@example.com")
    deputy = post.person("d", email="d@example.com")
    post.person("nobody", duty=Duty.CERTIFIER)  # has no address of their own: the room serves
    with post.store.write() as work:
        from models import Delegation

        work.add(
            Delegation, from_person=head, to_person=deputy, duty=Duty.CERTIFIER, unit=UNIT,
            valid_from=post.now - timedelta(days=1), valid_to=post.now + timedelta(days=1),
        )  # fmt: skip
    number = post.tell(f"unit:{UNIT}:certifier", kind="objection_answered", reason="张三丰 13800000000")
    post.send_due()
    assert sorted(each_mail.address for each_mail in mail.got) == ["d@example.com", "h@example.com"]
    assert numbers(room.got) == [number] and "张三丰" not in room.got[0].text
    assert "张三丰" in mail.got[0].text
    assert post.rows("SELECT COUNT(*) FROM dispatch") == [(3,)]


def test_a_partys_message_reaches_its_people_and_its_own_address_as_an_applicant(post: Post, mail: Scripted) -> None:
    firm = post.firm()
    post.person("a", party=firm, email="a@example.com")
    post.person("b", party=firm)
    post.contact(f"party:{firm}", "email", "office@example.com")
    post.tell(f"party:{firm}", kind="accepted")
    post.send_due()
    assert sorted(each_mail.address for each_mail in mail.got) == ["a@example.com", "office@example.com"]
    assert post.rows("SELECT DISTINCT audience FROM dispatch") == [("applicant",)]


def test_a_preference_is_kept_and_read_and_audited(post: Post) -> None:
    who = post.person("a")
    wish = Wish(channels=("sms", "email"), rhythm="digest", digest_at="9:30".zfill(5), working_days=True, language="en")
    notification_preferences.prefer(post.store, who, "person:a", wish)
    assert notification_preferences.preference(post.store, f"person:{who}") == wish
    notification_preferences.prefer(post.store, who, "person:a", Wish())
    assert notification_preferences.preference(post.store, "person:a") == Wish()
    assert post.rows("SELECT COUNT(*) FROM audit_entry WHERE action = 'preferences.set'") == [(2,)]
    post.unit()
    assert notification_preferences.preference(post.store, f"unit:{UNIT}") == Wish()


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish(rhythm="never"), "rhythm"),
        (Wish(digest_at="25:00"), "digest_at"),
        (Wish(quiet_from="22:00"), "quiet"),
        (Wish(quiet_from="22:00", quiet_to="x"), "quiet"),
        (Wish(language="fr"), "language"),
        (Wish(channels=("E Mail",)), "channels"),
    ],
)
def test_a_wish_that_is_none_is_refused_by_its_field(post: Post, wish: Wish, field: str) -> None:
    post.person("a")
    with pytest.raises(Refused) as caught:
        notification_preferences.prefer(post.store, "system", "person:a", wish)
    assert caught.value.field == field


def test_an_address_is_used_when_another_has_checked_it_and_a_change_begins_anew(post: Post) -> None:
    post.unit()
    who, clerk = post.person("a"), post.person("c", duty=Duty.CLERK)
    mine = contact_addresses.add(
        post.store, who, "person:a", channel="email", address=" a@example.com ", proof="我自己"
    )
    assert _state(post.store, mine) == ("a***@example.com", "unverified")
    with pytest.raises(Refused, match="无权办理"):
        contact_addresses.verify(post.store, who, mine, proof="x")
    contact_addresses.verify(post.store, clerk, mine, proof="回拨")
    assert _state(post.store, mine) == ("a***@example.com", "verified")
    assert contact_addresses.add(post.store, who, "person:a", channel="email", address="a@example.com") == mine
    new = contact_addresses.add(post.store, who, "person:a", channel="email", address="b@example.com")
    assert _state(post.store, mine)[1] == "replaced" and _state(post.store, new)[1] == "unverified"
    assert (
        contact_addresses.add(post.store, clerk, "person:a", channel="email", address="b@example.com", proof="回拨")
        == new
    )
    assert _state(post.store, new)[1] == "verified"
    contact_addresses.end(post.store, who, new, reason="换邮箱")
    assert contact_addresses.listed(post.store, holder="person:a") == []
    assert len(contact_addresses.listed(post.store, holder="person:a", old=True)) == 2
    assert "example.com" not in str(post.rows("SELECT content FROM audit_entry"))


def test_a_clerk_does_not_check_their_own_address(post: Post) -> None:
    post.unit()
    clerk = post.person("c", duty=Duty.CLERK)
    own = contact_addresses.add(post.store, clerk, "person:c", channel="email", address="c@example.com", proof="x")
    with pytest.raises(Refused, match="本人以外"):
        contact_addresses.verify(post.store, clerk, own, proof="x")


def test_people_of_a_party_keep_its_address_and_strangers_do_not(post: Post) -> None:
    firm = post.firm()
    own, stranger = post.person("a", party=firm), post.person("b")
    contact_addresses.add(post.store, own, f"party:{firm}", channel="sms", address="138-0000 0000")
    with pytest.raises(Refused, match="无权办理"):
        contact_addresses.add(post.store, stranger, f"party:{firm}", channel="sms", address="13800000001")


@pytest.mark.parametrize(
    ("holder", "channel", "address", "field"),
    [
        ("person:a", "email", "a", "address"),
        ("person:a", "email", "a@b", "address"),
        ("person:a", "email", "", "address"),
        ("person:a", "email", "a@x.com, b@x.com", "address"),
        ("person:a", "sms", "x", "address"),
        ("person:a", "sms", "a@example.com", "address"),
        ("person:a", "E-Mail", "a@example.com", "channel"),
        ("person:nobody", "email", "a@example.com", "person"),
        ("unit:无", "room", "", "unit"),
        ("party:x", "email", "a@example.com", "holder"),
        ("somebody", "email", "a@example.com", "holder"),
    ],
)
def test_an_address_that_is_none_is_refused_by_its_field(
    post: Post, holder: str, channel: str, address: str, field: str
) -> None:
    post.person("a")
    with pytest.raises(Refused) as caught:
        contact_addresses.add(post.store, "system", holder, channel=channel, address=address)
    assert caught.value.field == field


def _state(store: Store, contact: UUID) -> tuple[str, str]:
    row = next(contact_row for contact_row in contact_addresses.listed(store, old=True) if contact_row.id == contact)
    return row.address, row.status
