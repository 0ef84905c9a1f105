"""E-mail: each word of the mail server counts; the message is the same at every attempt; nothing goes unencrypted by accident."""

import time
from pathlib import Path

import pytest

from notifications.channels.answers import AnswerReason, reason_of
from notifications.channels.parcel import Attachment, SendingVerdict
from support.certificates import served, trusted
from support.channels import LEFT_BEHIND, channel, left_behind, parcel
from support.endpoints import closed_port
from support.mail_server import PASSWORD, USER, MailFault, mail_server, stalling_server

AT_ONCE = {
    MailFault.NONE: (SendingVerdict.SENT, AnswerReason.DELIVERED),
    MailFault.BUSY: (SendingVerdict.RETRY, AnswerReason.UNAVAILABLE),
    MailFault.NOBODY: (SendingVerdict.REFUSED, AnswerReason.WRONG_ADDRESS),
    MailFault.FULL: (SendingVerdict.RETRY, AnswerReason.UNAVAILABLE),
    MailFault.UNWANTED: (SendingVerdict.REFUSED, AnswerReason.REJECTED),
    MailFault.CLOSED: (SendingVerdict.RETRY, AnswerReason.UNREACHABLE),
    MailFault.DROPPED: (SendingVerdict.UNKNOWN, AnswerReason.ANSWER_LOST),
}
SIGNED_IN = {"user": USER, "password": PASSWORD}


def test_each_answer_has_its_verdict() -> None:
    with mail_server() as post:
        mail = channel("email", f"smtp://127.0.0.1:{post.port}")
        for fault, expected in AT_ONCE.items():
            post.always(fault)
            found = mail.send(parcel("email"), seconds=2)
            assert (found.verdict, reason_of(found)) == expected, (fault, found)
            assert "officer" not in found.detail, "no address in what is logged"
    assert len(post.delivered) == 2


def test_an_answer_that_comes_too_late_is_neither_yes_nor_no() -> None:
    with mail_server(slow=1.0) as post:
        mail = channel("email", f"smtp://127.0.0.1:{post.port}")
        for fault in (MailFault.HANG, MailFault.LATE):
            post.always(fault)
            found = left_behind(lambda seconds: mail.send(parcel("email"), seconds=seconds))
            assert found.verdict is SendingVerdict.UNKNOWN
    assert len(post.delivered) == 1


@pytest.mark.parametrize("greeting", [b"", b"220 a greeting without an end " * 20])
def test_a_server_that_stalls_before_the_message_has_nothing(greeting: bytes) -> None:
    with stalling_server(greeting) as port:
        began = time.monotonic()
        found = channel("email", f"smtp://127.0.0.1:{port}").send(parcel("email"), seconds=0.3)
        assert time.monotonic() - began < LEFT_BEHIND
    assert found.verdict is SendingVerdict.RETRY


def test_nobody_there_means_that_nothing_was_sent() -> None:
    found = channel("email", f"smtp://127.0.0.1:{closed_port()}").send(parcel("email"), seconds=1)
    assert (found.verdict, reason_of(found)) == (SendingVerdict.RETRY, AnswerReason.UNREACHABLE)


def test_the_letter_has_text_page_papers_and_the_headers_of_an_automatic_message() -> None:
    paper = Attachment("拨付清单.xlsx", "application/vnd.ms-excel", bytes(range(256)))
    told = parcel(
        "email", "您好，\n.\n.首行的点还在。", html="<p>您好</p>", attachments=(paper,), subject="提醒\n第二行"
    )
    with mail_server() as post:
        mail = channel(
            "email",
            f"smtp://127.0.0.1:{post.port}",
            list_id="<duixian.district.example>",
            reply_to="desk@district.example",
        )
        assert [mail.send(told, seconds=2).verdict for _ in range(2)] == [SendingVerdict.SENT] * 2
    first, second = post.delivered
    found = first.message
    plain, page = found.get_body(("plain",)), found.get_body(("html",))
    assert plain and page and plain.get_content().splitlines() == ["您好，", ".", ".首行的点还在。"]
    assert page.get_content().strip() == "<p>您好</p>"
    [attached] = found.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("拨付清单.xlsx", bytes(range(256)))
    assert (found["Subject"], found["Auto-Submitted"]) == ("提醒 第二行", "auto-generated")
    assert (found["List-Id"], found["Reply-To"]) == ("<duixian.district.example>", "desk@district.example")
    assert str(found["From"]) == "兑现 <notice@district.example>"
    assert first.id == second.id and "XZ2023" not in first.id, "a repeat can be told by its id"


def test_another_parcel_has_another_id() -> None:
    with mail_server() as post:
        mail = channel("email", f"smtp://127.0.0.1:{post.port}")
        mail.send(parcel("email"), seconds=2)
        mail.send(parcel("email", key="another"), seconds=2)
    assert len({message.id for message in post.delivered}) == 2


@pytest.mark.parametrize(
    "address", ["", "nobody", "a b@firm.example", "a@firm.example\r\nRCPT TO:<b@firm.example>", "张三@firm.example"]
)
def test_what_is_no_address_reaches_no_server(address: str) -> None:
    found = channel("email", f"smtp://127.0.0.1:{closed_port()}").send(parcel("email", address=address), seconds=1)
    assert (found.verdict, reason_of(found)) == (SendingVerdict.REFUSED, AnswerReason.WRONG_ADDRESS)


def test_a_chinese_domain_is_spoken_in_its_plain_form() -> None:
    with mail_server() as post:
        channel("email", f"smtp://127.0.0.1:{post.port}").send(parcel("email", address="desk@演示.example"), seconds=2)
    assert post.delivered[0].recipients == ("desk@xn--2dxm0t.example",)


def test_signing_in_works_and_a_wrong_password_is_refused_as_such() -> None:
    with mail_server(sign_in=True) as post:
        url = f"smtp://127.0.0.1:{post.port}"
        assert channel("email", url, keys=SIGNED_IN).send(parcel("email"), seconds=2).verdict is SendingVerdict.SENT
        found = channel("email", url, keys={**SIGNED_IN, "password": "wrong-one"}).send(parcel("email"), seconds=2)
    assert (found.verdict, reason_of(found)) == (SendingVerdict.REFUSED, AnswerReason.WRONG_KEY)


def test_a_server_without_encryption_gets_nothing_where_encryption_was_asked_for() -> None:
    with mail_server(sign_in=True) as post:
        mail = channel("email", f"starttls://127.0.0.1:{post.port}", keys=SIGNED_IN)
        found = mail.send(parcel("email"), seconds=2)
    assert (found.verdict, reason_of(found), post.delivered) == (SendingVerdict.RETRY, AnswerReason.INSECURE, [])


def test_a_certificate_is_checked(tmp_path: Path) -> None:
    with mail_server(sign_in=True, tls=served(tmp_path)) as post:
        mail = channel("email", f"starttls://127.0.0.1:{post.port}", keys=SIGNED_IN)
        found = mail.send(parcel("email"), seconds=2)
        assert (found.verdict, reason_of(found), post.delivered) == (SendingVerdict.RETRY, AnswerReason.INSECURE, [])
        with trusted(tmp_path):
            assert mail.send(parcel("email"), seconds=2).verdict is SendingVerdict.SENT
