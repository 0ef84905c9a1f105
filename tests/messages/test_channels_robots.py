"""The four robots: what they answer inside 200 counts, and a lost answer is never called a failure or a success."""

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.wecombot import NotifyWeComBot

from notifications.channels.answers import AnswerReason, reason_of
from notifications.channels.explain import advice, meaning
from notifications.channels.parcel import Attachment, SendingVerdict
from notifications.channels.robots import CODES
from notifications.wording.samples import letter
from notifications.wording.wording_parts import Audience
from support.channels import KEYS, ROBOTS, channel, left_behind, parcel
from support.endpoints import SECRET, TOKEN, EndpointFault, closed_port, endpoint

AT_ONCE = {
    EndpointFault.NONE: (SendingVerdict.SENT, {AnswerReason.DELIVERED}),
    EndpointFault.CODE: (SendingVerdict.REFUSED, {AnswerReason.WRONG_KEY, AnswerReason.REJECTED}),
    EndpointFault.THROTTLED: (SendingVerdict.RETRY, {AnswerReason.THROTTLED}),
    EndpointFault.TOO_MANY: (SendingVerdict.RETRY, {AnswerReason.THROTTLED}),
    EndpointFault.SERVER_ERROR: (SendingVerdict.RETRY, {AnswerReason.UNAVAILABLE}),
    EndpointFault.CLOSED: (SendingVerdict.UNKNOWN, {AnswerReason.ANSWER_LOST}),
    EndpointFault.DROPPED: (SendingVerdict.UNKNOWN, {AnswerReason.ANSWER_LOST}),
    EndpointFault.REDIRECT: (SendingVerdict.REFUSED, {AnswerReason.REDIRECTED}),
    EndpointFault.GARBAGE: (SendingVerdict.UNKNOWN, {AnswerReason.ANSWER_LOST}),
}


@pytest.mark.parametrize("kind", ROBOTS)
def test_each_answer_has_its_verdict(kind: str) -> None:
    with endpoint(kind) as robot:
        duty = channel(kind, robot.url)
        for fault, (verdict, reasons) in AT_ONCE.items():
            robot.always(fault)
            found = duty.send(parcel(), seconds=2)
            assert (found.verdict, reason_of(found) in reasons) == (verdict, True), (fault, found)
    assert "距离申报截止还有 7 天" in robot.delivered[0].text
    assert len({request.path for request in robot.requests}) == 1, "no redirect is followed"


@pytest.mark.parametrize("kind", ROBOTS)
def test_an_answer_that_comes_too_late_is_neither_yes_nor_no(kind: str) -> None:
    with endpoint(kind, slow=60.0) as robot:
        duty = channel(kind, robot.url)
        for fault in (EndpointFault.HANG, EndpointFault.DRIP, EndpointFault.LATE):
            robot.always(fault)
            found = left_behind(lambda seconds: duty.send(parcel(), seconds=seconds))
            assert found.verdict is SendingVerdict.UNKNOWN, fault
    assert [message.fault for message in robot.delivered] == [EndpointFault.DRIP, EndpointFault.LATE], (
        "two did arrive, as nobody could know"
    )


@pytest.mark.parametrize("kind", ROBOTS)
def test_nobody_there_means_that_nothing_was_sent(kind: str) -> None:
    found = channel(kind, f"http://127.0.0.1:{closed_port()}").send(parcel(), seconds=1)
    assert (found.verdict, reason_of(found)) == (SendingVerdict.RETRY, AnswerReason.UNREACHABLE)


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_wrong_key_is_refused_as_such(kind: str) -> None:
    with endpoint(kind) as robot:
        found = channel(kind, robot.url, keys={**KEYS[kind], "token": "wrong0000token"}).send(parcel(), seconds=2)
    assert (found.verdict, reason_of(found)) == (SendingVerdict.REFUSED, AnswerReason.WRONG_KEY)
    assert robot.delivered == []


@pytest.mark.parametrize("kind", ["dingtalk", "feishu", "lark"])
def test_the_signature_is_the_one_that_the_robot_computes(kind: str) -> None:
    with endpoint(kind) as robot:
        assert channel(kind, robot.url).send(parcel(), seconds=2).verdict is SendingVerdict.SENT
        wrong = channel(kind, robot.url, keys={**KEYS[kind], "secret": "SECanother"}).send(parcel(), seconds=2)
    assert (wrong.verdict, reason_of(wrong)) == (SendingVerdict.REFUSED, AnswerReason.WRONG_KEY)


def test_how_long_to_wait_is_taken_from_the_other_side() -> None:
    with endpoint("dingtalk") as robot:
        duty = channel("dingtalk", robot.url)
        assert duty.send(parcel(), seconds=2).retry_after is None
        assert robot.always(EndpointFault.TOO_MANY) and duty.send(parcel(), seconds=2).retry_after == 7
        assert robot.always(EndpointFault.THROTTLED) and duty.send(parcel(), seconds=2).retry_after == 600


def test_apprise_alone_would_call_a_refusal_a_success() -> None:
    with endpoint("wecom") as robot:
        robot.always(EndpointFault.CODE)
        plain = NotifyWeComBot(key=TOKEN)
        plain.api_url = f"{robot.url}/cgi-bin/webhook/send?key={TOKEN}"
        plain.request_rate_per_sec = 0
        assert plain.send("…") is True
        assert channel("wecom", robot.url).send(parcel(), seconds=2).verdict is SendingVerdict.REFUSED


def test_apprise_alone_would_sign_twice() -> None:
    with endpoint("dingtalk") as robot:
        plain = NotifyDingTalk(token=TOKEN, secret=SECRET)
        plain.notify_url = f"{robot.url}/robot/send?access_token={{token}}"
        plain.request_rate_per_sec = 0
        plain.send("…")
        assert robot.delivered == [], "the robot says 310000 sign not match"
        assert channel("dingtalk", robot.url).send(parcel(), seconds=2).verdict is SendingVerdict.SENT


def test_a_long_text_goes_in_numbered_parts_that_each_fit() -> None:
    text = "\n".join(f"{n}. 请在截止前补正材料，逾期视为撤回。" for n in range(120))
    with endpoint("wecom") as robot:
        assert channel("wecom", robot.url).send(parcel(text=text), seconds=5).verdict is SendingVerdict.SENT
    texts = [message.text for message in robot.delivered]
    assert len(texts) > 2 and all(len(each_text.encode()) <= 2048 for each_text in texts)
    assert [each_text.partition("\n")[0] for each_text in texts] == [
        f"（{n}/{len(texts)}）" for n in range(1, len(texts) + 1)
    ]
    assert "".join(each_text.partition("\n")[2] for each_text in texts) == f"申报提醒\n{text}"


@pytest.mark.parametrize("fault", [EndpointFault.THROTTLED, EndpointFault.HANG, EndpointFault.CODE])
def test_what_went_of_a_long_text_does_not_go_again(fault: EndpointFault) -> None:
    faults = iter([EndpointFault.NONE, fault])
    with endpoint("wecom", lambda _: next(faults, EndpointFault.NONE)) as robot:
        duty = channel("wecom", robot.url)
        first = duty.send(parcel(text="字" * 1500), seconds=0.5)
        assert first.verdict is not SendingVerdict.SENT and "(part 2 of 3)" in first.detail
        assert duty.send(parcel(text="字" * 1500), seconds=2).verdict is SendingVerdict.SENT
        again = duty.send(parcel(text="字" * 1500), seconds=2)
    heads = [message.text[:5] for message in robot.delivered]
    assert heads[:3] == ["（1/3）", "（2/3）", "（3/3）"]
    assert again.verdict is SendingVerdict.SENT and len(heads) == 6, "what was delivered whole is forgotten"


def test_attachments_stay_behind_and_the_message_says_so() -> None:
    paper = Attachment("清单.xlsx", "application/vnd.ms-excel", b"0")
    with endpoint("feishu") as robot:
        assert channel("feishu", robot.url).send(parcel(attachments=(paper,)), seconds=2).verdict is SendingVerdict.SENT
    assert "另有附件 1 份" in robot.delivered[0].text and "清单" not in robot.delivered[0].text


def test_an_empty_message_is_refused_and_not_lost() -> None:
    with endpoint("wecom") as robot:
        found = channel("wecom", robot.url).send(parcel(text="", subject=""), seconds=2)
    assert (found.verdict, robot.requests) == (SendingVerdict.REFUSED, [])


@pytest.mark.parametrize("kind", ["dingtalk", "feishu", "lark"])
@pytest.mark.parametrize("words", ["keywords not in content, more: [x]", "Key Words Not Found", "关键词不匹配"])
def test_a_missing_keyword_is_told_from_a_wrong_key_and_a_word_of_every_message_is_named(kind: str, words: str) -> None:
    codes = CODES[kind]
    code = "310000" if kind == "dingtalk" else "19024"
    found = codes.answer(code, words)
    assert (found.verdict, reason_of(found)) == (SendingVerdict.REFUSED, AnswerReason.REJECTED)
    assert (
        reason_of(codes.answer("310000" if kind == "dingtalk" else "19021", "sign not match")) is AnswerReason.WRONG_KEY
    )
    assert "关键词" in meaning(found)
    for language, word in (("zh", "兑现系统"), ("en", "Duixian system")):
        assert word in advice(found, language)
        for audience in Audience:
            for kind_ in ("decided", "nobody_may_act"):
                assert word in letter(kind_, audience, language).text


def test_an_unnamed_310000_names_the_keyword_too() -> None:
    found = CODES["dingtalk"].answer("310000", "")
    assert "密钥" in meaning(found) and "关键词" in advice(found) and "兑现系统" in advice(found)
