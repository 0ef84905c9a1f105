"""The time limit: a channel that hangs, drips, raises or lies returns in time, never raises, and cannot pile up threads."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from notifications.channels.answers import AnswerReason, answer, reason_of
from notifications.channels.attempt import Attempt, OutOfTime
from notifications.channels.carried import MOST_HANGING, CarriedChannel, Carrier, Custom, weight
from notifications.channels.http_exchange import Reply
from notifications.channels.parcel import Answer, Parcel, SendingVerdict
from support.channels import channel, parcel
from support.endpoints import EndpointFault, endpoint


class Carries(Carrier):
    """A carrier that does as it is told."""

    def __init__(self, work: Callable[[Attempt], Any]) -> None:
        self.work = work

    def carry(self, _: Parcel, attempt: Attempt) -> Answer:
        found: Answer = self.work(attempt)
        return found

    def parts(self, _: Parcel) -> int:
        return 3


def carried(work: Callable[[Attempt], Any], *secrets: str, name: str = "duty") -> CarriedChannel:
    return CarriedChannel(
        name=name, kind="x", group=False, local=True, per_minute=None, carrier=Carries(work), secrets=secrets
    )


def test_what_was_not_begun_when_time_ran_out_never_begins() -> None:
    begun, free = list[bool](), threading.Event()

    def slow(attempt: Attempt) -> Answer:
        free.wait(60)
        attempt.begin()
        begun.append(True)
        return answer(AnswerReason.DELIVERED)

    found = carried(slow).send(parcel(), seconds=0.1)
    free.set()
    time.sleep(0.05)
    assert (found.verdict, reason_of(found), begun) == (SendingVerdict.RETRY, AnswerReason.TIMED_OUT, [])


def test_what_was_begun_when_time_ran_out_is_unknown() -> None:
    free = threading.Event()

    def slow(attempt: Attempt) -> Answer:
        attempt.begin()
        free.wait(60)
        return answer(AnswerReason.DELIVERED)

    assert carried(slow).send(parcel(), seconds=2.0).verdict is SendingVerdict.UNKNOWN
    free.set()


@pytest.mark.parametrize("begins", [False, True])
def test_an_exception_is_an_answer_without_its_words(begins: bool) -> None:
    def broken(attempt: Attempt) -> Answer:
        if begins:
            attempt.begin()
        raise RuntimeError("https://robot.example/send?token=tok3n")

    found = carried(broken).send(parcel(), seconds=1)
    assert found.verdict is (SendingVerdict.UNKNOWN if begins else SendingVerdict.RETRY)
    assert "RuntimeError" in found.detail and "tok3n" not in found.detail


def test_no_more_than_a_few_attempts_hang_and_the_channel_recovers() -> None:
    free = threading.Event()
    duty = carried(lambda _: free.wait(60) and answer(AnswerReason.DELIVERED), name="hanging")
    found = [duty.send(parcel(), seconds=0.05) for _ in range(MOST_HANGING + 3)]
    assert sum(1 for thread in threading.enumerate() if thread.name == "channel hanging") == MOST_HANGING
    assert [reason_of(answer_) for answer_ in found[MOST_HANGING:]] == [AnswerReason.HANGING] * 3
    free.set()
    for _ in range(100):
        if duty.send(parcel(), seconds=10).verdict is SendingVerdict.SENT:
            break
        time.sleep(0.01)
    else:
        raise AssertionError("the channel stays shut")


def test_a_connection_that_is_left_behind_is_closed_and_its_thread_ends() -> None:
    before = set(threading.enumerate())
    with endpoint("dingtalk") as robot:
        robot.always(EndpointFault.HANG)
        channel("dingtalk", robot.url).send(parcel(), seconds=0.1)
        left = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("channel ")]
        for thread in left:
            thread.join(20)
        assert not [thread for thread in left if thread.is_alive()]


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_without_time_nothing_is_tried(seconds: float) -> None:
    assert (
        carried(lambda _: answer(AnswerReason.DELIVERED)).send(parcel(), seconds=seconds).verdict
        is SendingVerdict.RETRY
    )


def test_words_are_short_on_one_line_and_hold_no_secret_and_no_address() -> None:
    said = "token-abc%2F1 and token-abc/1\nto zhang@firm.example, 13800000000, 6222 0200 1234 5678 " + "x" * 300
    duty = carried(lambda _: answer(AnswerReason.REJECTED, said), "token-abc/1")
    found = duty.send(parcel(address="13800000000"), seconds=1)
    assert len(found.detail) == 200 and "\n" not in found.detail
    assert found.detail.startswith("rejected: … and … to …@…, …, … x")
    assert not [name for name in ("abc", "zhang", "1380", "6222", "5678") if name in found.detail]


def test_a_channel_of_others_is_bounded_and_believed_only_in_the_agreed_form() -> None:
    class Others:
        name, kind, group, local, per_minute = "others", "others", True, True, None

        def __init__(self, found: Any) -> None:
            self.found = found

        def send(self, _: Parcel, *, seconds: float) -> Any:
            if isinstance(self.found, float):
                time.sleep(self.found)
            return self.found

    def sent(found: Any) -> Answer:
        duty = CarriedChannel(
            name="o", kind="o", group=True, local=False, per_minute=None, carrier=Custom(Others(found))
        )
        return duty.send(parcel(), seconds=1.0)

    assert sent(Answer(SendingVerdict.SENT)).verdict is SendingVerdict.SENT
    assert sent(True).verdict is SendingVerdict.UNKNOWN
    assert sent(1.5).verdict is SendingVerdict.UNKNOWN


def test_the_weight_of_a_parcel_is_its_number_of_messages() -> None:
    assert weight(carried(lambda _: answer(AnswerReason.DELIVERED)), parcel()) == 3
    assert weight(channel("wecom", "http://127.0.0.1:9"), parcel(text="字" * 1500)) == 3


def test_an_attempt_whose_time_is_over_lets_nothing_begin() -> None:
    attempt = Attempt(0)
    for act in (attempt.begin, attempt.left):
        with pytest.raises(OutOfTime):
            act()


@pytest.mark.parametrize("error", [TypeError, ValueError, OutOfTime, KeyboardInterrupt])
def test_what_apprise_would_swallow_is_an_answer_all_the_same(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error("tok3n")

    duty = channel("wecom", "http://127.0.0.1:9")
    monkeypatch.setattr("notifications.channels.transport.exchange", broken)
    found = duty.send(parcel(), seconds=1)
    assert found.verdict is SendingVerdict.RETRY and "empty" not in found.detail and "tok3n" not in found.detail


def test_a_part_that_was_answered_casts_no_doubt_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    replies = iter([Reply(200, None, b'{"errcode": 0}')])

    def posted(*_: object, attempt: Attempt, **__: object) -> Reply:
        reply = next(replies, None)
        if reply is None:
            raise OutOfTime
        attempt.begin()
        return reply

    monkeypatch.setattr("notifications.channels.transport.exchange", posted)
    found = channel("wecom", "http://127.0.0.1:9").send(parcel(text="字" * 1000), seconds=1)
    assert (found.verdict, found.detail) == (SendingVerdict.RETRY, "timed-out: (part 2 of 2)")
