"""Webhook and SMS: signatures that the other side can compute, keys that tell a repeat, and honest verdicts."""

import hashlib
import hmac
import json
import time

import pytest

from notifications.channels.aliyun import signed
from notifications.channels.answers import AnswerReason, reason_of
from notifications.channels.parcel import Attachment, SendingVerdict
from support.channels import KEYS, channel, parcel
from support.endpoints import SECRET, EndpointFault, closed_port, endpoint


def test_a_webhook_takes_a_signed_document_with_a_key_that_tells_a_repeat() -> None:
    told = parcel(
        "webhook", key="XZ2023/1/unit:区经商局", html="<p>x</p>", attachments=(Attachment("a", "text/plain", b""),)
    )
    with endpoint("webhook") as system:
        hook = channel("webhook", f"{system.url}/in")
        assert [hook.send(told, seconds=2).verdict for _ in range(2)] == [SendingVerdict.SENT] * 2
    first, second = system.delivered
    assert first.path == "/in" and first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.headers["idempotency-key"].isascii()
    stamp = first.headers["x-duixian-timestamp"]
    wanted = hmac.new(SECRET.encode(), stamp.encode() + b"." + first.body, hashlib.sha256).hexdigest()
    assert first.headers["x-duixian-signature"] == f"v1={wanted}"
    assert abs(time.time() - int(stamp)) < 600
    expected = {
        "key": told.key,
        "subject": "申报提醒",
        "text": told.text,
        "html": "<p>x</p>",
        "attachments_left_out": 1,
    }
    assert first.json == expected


@pytest.mark.parametrize("kind", ["webhook", "sms"])
def test_each_answer_has_its_verdict(kind: str) -> None:
    expected = {
        EndpointFault.NONE: SendingVerdict.SENT,
        EndpointFault.TOO_MANY: SendingVerdict.RETRY,
        EndpointFault.SERVER_ERROR: SendingVerdict.RETRY,
        EndpointFault.CLOSED: SendingVerdict.UNKNOWN,
        EndpointFault.DROPPED: SendingVerdict.UNKNOWN,
        EndpointFault.REDIRECT: SendingVerdict.REFUSED,
    }
    with endpoint(kind) as other:
        duty = channel(kind, other.url)
        for fault, verdict in expected.items():
            other.always(fault)
            assert duty.send(parcel(kind), seconds=2).verdict is verdict, fault
        for fault in (EndpointFault.HANG, EndpointFault.LATE):
            other.always(fault)
            assert duty.send(parcel(kind), seconds=0.4).verdict is SendingVerdict.UNKNOWN, fault
    nobody = channel(kind, f"http://127.0.0.1:{closed_port()}").send(parcel(kind), seconds=1)
    assert (nobody.verdict, reason_of(nobody)) == (SendingVerdict.RETRY, AnswerReason.UNREACHABLE)


def test_the_gateway_s_own_codes_are_read() -> None:
    with endpoint("sms") as gateway:
        sms = channel("sms", gateway.url)
        refused = gateway.always(EndpointFault.CODE) and sms.send(parcel("sms"), seconds=2)
        limited = gateway.always(EndpointFault.THROTTLED) and sms.send(parcel("sms"), seconds=2)
        gateway.always(EndpointFault.NONE)
        stranger = channel("sms", gateway.url, keys={**KEYS["sms"], "secret": "another"}).send(parcel("sms"), seconds=2)
    assert (refused.verdict, reason_of(refused)) == (SendingVerdict.REFUSED, AnswerReason.REJECTED)
    assert (limited.verdict, reason_of(limited)) == (SendingVerdict.RETRY, AnswerReason.ADDRESS_LIMIT)
    assert (stranger.verdict, reason_of(stranger)) == (SendingVerdict.REFUSED, AnswerReason.WRONG_KEY)


def test_a_text_message_fills_the_template_that_was_approved() -> None:
    parameters = {"what": "{subject}", "more": "{line2}", "long": "{text}", "none": "{line9}"}
    with endpoint("sms") as gateway:
        sms = channel("sms", gateway.url, parameters=parameters)
        told = parcel("sms", "您好：\n请于 9 月 18 日前补正。\n" + "字" * 50, address="+86 138-0000-0000")
        assert sms.send(told, seconds=2).verdict is SendingVerdict.SENT
    query = gateway.delivered[0].query
    assert (query["PhoneNumbers"], query["SignName"], query["TemplateCode"]) == (
        "13800000000",
        "某区兑现",
        "SMS_000000000",
    )
    filled = json.loads(query["TemplateParam"])
    assert (filled["what"], filled["more"], filled["none"]) == ("申报提醒", "请于 9 月 18 日前补正。", "")
    assert len(filled["long"]) == 35 and filled["long"].endswith("…")


@pytest.mark.parametrize("address", ["", "12345", "0573-82000000", "23800000000", "officer@district.example"])
def test_what_is_no_mobile_number_reaches_no_gateway(address: str) -> None:
    found = channel("sms", f"http://127.0.0.1:{closed_port()}").send(parcel("sms", address=address), seconds=1)
    assert (found.verdict, reason_of(found)) == (SendingVerdict.REFUSED, AnswerReason.WRONG_ADDRESS)


def test_the_signature_is_the_one_of_the_gateway_s_published_example() -> None:
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
    }
    found = signed("/", query, headers, {"id": "YourAccessKeyId", "secret": "YourAccessKeySecret"})
    assert found["Authorization"].endswith("=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")


def test_a_text_arrives_as_it_was_written() -> None:
    text = "  前后有空格\\n \r\n&lt;b&gt; :smile: ‘’ \U00020000\t\n\n"
    with endpoint("webhook") as system:
        assert channel("webhook", system.url).send(parcel("webhook", text), seconds=2).verdict is SendingVerdict.SENT
    assert system.delivered[0].json["text"] == text
