"""`/account/messages`: a person's own addresses and preferences, set by themselves, verified by somebody else."""

from typing import Any

import pytest

from casework.shared.errors import Refused
from casework.staff import contact_addresses, notification_preferences
from models import Duty
from support.portal import Portal, stale
from support.stage import applicant, officer

PAGE, ADDRESSES = "/account/messages", "/account/addresses"
WISH = {
    "channels": ["email", "sms"], "rhythm": "digest", "digest_at": "08：30", "quiet_from": "22:00", "quiet_to": "07:00",
    "working_days": "true", "language": "en",
}  # fmt: skip


def kept(portal: Portal, person: Any) -> notification_preferences.Wish:
    return notification_preferences.preference(portal.store, f"person:{person}")


def test_an_applicant_and_an_officer_set_how_they_want_to_hear_and_find_it_again(portal: Portal) -> None:
    for person in (applicant(1), officer(Duty.ACCEPTOR)):
        visitor = portal.as_(person)
        assert PAGE in visitor.get("/account").links()
        done = visitor.submit(visitor.get(PAGE), action=PAGE, **WISH)
        assert "已保存" in done.words()
        wish = kept(portal, person)
        assert (tuple(wish.channels), wish.rhythm, wish.digest_at) == (("email", "sms"), "digest", "08:30")
        assert (wish.quiet_from, wish.quiet_to, wish.working_days, wish.language) == ("22:00", "07:00", True, "en")
        form = visitor.get(PAGE).tree.xpath("//main//form[@action='/account/messages']")[0]
        assert (
            dict(form.form_values())["digest_at"] == "08:30"
            and len(form.xpath(".//input[@name='channels'][@checked]")) == 2
        )
        visitor.post(PAGE, {**dict(form.form_values()), "channels": [], "rhythm": "at_once", "language": "own"})
        assert tuple(kept(portal, person).channels) == () and kept(portal, person).language == ""


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(portal: Portal) -> None:
    visitor = portal.as_(applicant(1))
    for name, value, at in (
        ("digest_at", "9 Uhr", "digest_at"), ("digest_at", "", "digest_at"), ("quiet_to", "", "quiet_from"),
        ("quiet_from", "25:00", "quiet_from"), ("rhythm", "", "rhythm"), ("language", "fr", "language"),
        ("channels", ["No Channel"], "channels"),
    ):  # fmt: skip
        page = visitor.submit(visitor.get(PAGE), action=PAGE, **{**WISH, name: value})
        assert page.status == 422 and f"#f-{at}" in page.links(), (name, page.words()[:300])
        fields = dict(page.tree.xpath("//main//form[@action='/account/messages']")[0].form_values())
        assert fields["quiet_to" if name != "quiet_to" else "quiet_from"] in ("07:00", "22:00")
        assert kept(portal, applicant(1)) == notification_preferences.Wish()


def test_an_address_is_entered_waits_for_somebody_else_and_is_taken_out_of_use(portal: Portal) -> None:
    visitor = portal.as_(applicant(1))
    wrong = visitor.submit(visitor.get(PAGE), action=ADDRESSES, channel="sms", address="123")
    assert wrong.status == 422 and "#f-address" in wrong.links() and "手机号码" in wrong.words()
    assert wrong.tree.xpath("//input[@name='address']/@value") == ["123"]
    bare = visitor.submit(visitor.get(PAGE), action=ADDRESSES, address="a@example.com")
    assert bare.status == 422 and "#f-channel" in bare.links()
    done = visitor.submit(visitor.get(PAGE), action=ADDRESSES, channel="email", address="abc@example.com")
    assert "核验后使用" in done.words() and "a***@example.com" in done.words() and "abc@example.com" not in done.text
    (row,) = contact_addresses.listed(portal.store, holder=f"person:{applicant(1)}")
    with pytest.raises(Refused):
        contact_addresses.verify(portal.store, applicant(1), row.id, proof="算例")
    end = f"{ADDRESSES}/{row.id}/end"
    other = portal.as_(applicant(2))
    token = other.get(PAGE).tree.xpath("//input[@name='_token']/@value")[0]
    other.post(end, {"_token": token})
    assert len(contact_addresses.listed(portal.store, holder=f"person:{applicant(1)}")) == 1
    ended = visitor.submit(done, action=end)
    assert "已停用" in ended.words()
    assert not contact_addresses.listed(portal.store, holder=f"person:{applicant(1)}")
    again = visitor.submit(done, action=end)
    assert again.status == 200 and "已停用" in again.words()


def test_an_address_asks_who_has_an_authenticator_for_its_code_and_loses_nothing(portal: Portal) -> None:
    visitor, clock = stale(portal, applicant(1))
    page = visitor.submit(visitor.get(PAGE), action=ADDRESSES, channel="email", address="abc@example.com")
    assert page.status == 403 and "abc@example.com" in page.text
    assert not contact_addresses.listed(portal.store, holder=f"person:{applicant(1)}") and clock is not None
