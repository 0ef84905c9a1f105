"""One rule of addresses: what the register takes the channel can send to, and what the channel cannot send to is not taken."""

from dataclasses import replace

import pytest

from casework.shared.errors import Refused
from casework.staff import contact_addresses
from notifications import addresses
from notifications.channels.mail_message import mail_message
from support.channels import parcel

MAILS = [
    "a@demo.example",
    "a.b+c@demo.example",
    "zhang@例子.中国",
    "x@a-b.例子.example",
    " a@demo.example ",
    "a@xn--fsqu00a.xn--fiqs8s",
]
NO_MAILS = [
    "张三@demo.example", "a@b", "a", "@demo.example", "a@", "a@@demo.example", "a b@demo.example", "a@demo..example",
    ".a@demo.example",
    "a.@demo.example", "a..b@demo.example", "a@-demo.example", "a@demo-.example", "a@demo.example,b@demo.example",
    "<a@demo.example>",
    "a\u200b@demo.example", "a@demo\u200b.example", "a@de_mo.example.", "x" * 65 + "@demo.example", "a@" + "d" * 64 + ".example",
    "a@" + "例" * 60 + ".example", "a;b@demo.example", "a@demo.example\nBcc: b@demo.example",
]  # fmt: skip
WIDE = "".join(chr(0xFF10 + int(letter)) for letter in "13800000001")
MOBILES = [
    "13800000001",
    "138-0000 0001",
    "+8613800000001",
    "8613800000001",
    "".join(chr(0xFF10 + int(letter)) for letter in "13800000001"),
]
NO_MOBILES = ["12800000001", "1380000000", "0573-82520000", "+85291234567", "١٣٨٠٠٠٠٠٠٠١", ""]


@pytest.mark.parametrize("text", MAILS)
def test_the_register_takes_what_the_mail_channel_can_send_to(text: str) -> None:
    assert contact_addresses.examine("email", text) == addresses.mail(text) == text.strip()
    assert contact_addresses.examine("duty-room", text) == text.strip()


@pytest.mark.parametrize("text", NO_MAILS)
def test_the_register_refuses_what_the_mail_channel_cannot(text: str) -> None:
    assert addresses.mail(text) == ""
    with pytest.raises(Refused, match="邮箱"):
        contact_addresses.examine("email", text)


@pytest.mark.parametrize("text", MOBILES)
def test_mobile_numbers_have_one_spelling(text: str) -> None:
    assert contact_addresses.examine("sms", text) == addresses.mobile(text) == "13800000001"


@pytest.mark.parametrize("text", NO_MOBILES)
def test_what_no_text_message_reaches_is_refused(text: str) -> None:
    assert addresses.mobile(text) == ""
    with pytest.raises(Refused, match="手机"):
        contact_addresses.examine("sms", text)


@pytest.mark.parametrize("text", MAILS)
def test_what_is_taken_becomes_a_letter(text: str) -> None:
    made = mail_message(replace(parcel(), address=addresses.mail(text)), {"sender": "兑现 <d@demo.example>"}, 0.0)
    assert made["To"].addresses[0].addr_spec.isascii()
