"""What makes an Apprise plugin honest: it reads the answer's body, keeps to the time, and goes nowhere that is not allowed."""

import json
import logging
import re
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar

from notifications.channels.answers import Reason, answer, asks_keyword, of_status
from notifications.channels.attempt import Attempt, answered
from notifications.channels.parcel import Answer, Parcel, Verdict
from notifications.channels.places import Allowed, Place
from notifications.channels.wire import Reply, post

# Apprise logs the addresses that it calls and the values that it refuses, and both hold keys.
logging.getLogger("apprise").addFilter(lambda record: False)


TOO_FAST = re.compile(r"too (many|fast)|frequen|exceed \d+ times|限流|过快", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Errand:
    """What one plugin is sent out with, beyond what Apprise hands over."""

    parcel: Parcel
    text: str  # this piece of it, as it was rendered and not as Apprise would reshape it
    attempt: Attempt
    place: Place
    allowed: Allowed
    options: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    clock: Callable[[], float] = time.time


class Strict:
    """Mixed into a plugin before Apprise's own class. One instance makes one attempt."""

    request_rate_per_sec = 0  # the bucket in front keeps the pace
    errand: Errand | None = None
    answer: Answer | None = None

    def send(self, body: str, title: str = "", **_: Any) -> bool:
        """Called by Apprise. Its retries of its own are not followed: what may have arrived must not be sent again here."""
        errand = self.errand
        if self.answer is None and errand is not None:
            # Apprise swallows exceptions, and with them what is known of the attempt
            self.answer = answered(lambda _: self.carry(errand), errand.attempt)
        if self.answer is None:
            self.answer = answer(Reason.FAULT, "no errand")
        return self.answer.verdict is Verdict.SENT

    def carry(self, errand: Errand) -> Answer:
        """One attempt with an errand."""
        raise AssertionError("a strict plugin says how it carries")

    def post(self, errand: Errand, target: str, content: Any, **headers: str) -> Reply | Answer:
        """A JSON document to the errand's place."""
        body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Content-Type": "application/json; charset=utf-8", **named}
        return post(errand.place, target, headers=sent, body=body, allowed=errand.allowed, attempt=errand.attempt)


@dataclass(frozen=True)
class Codes:
    """What a service's own codes mean. Those in no list: it does not take this message."""

    good: frozenset[str]
    throttled: frozenset[str]
    busy: frozenset[str]
    wrong_key: frozenset[str]
    wrong_address: frozenset[str] = frozenset()
    address_limit: frozenset[str] = frozenset()
    pause: float = 60.0

    def answer(self, code: str, words: str) -> Answer:
        """The answer for a code and the words that came with it."""
        said = f"{code} {words}".strip()
        if code in self.good:
            return answer(Reason.DELIVERED)
        if code in self.address_limit:
            return answer(Reason.ADDRESS_LIMIT, said, retry_after=self.pause)
        if code in self.throttled or TOO_FAST.search(words):
            return answer(Reason.THROTTLED, said, retry_after=self.pause)
        if code not in self.busy and asks_keyword(words):  # DingTalk says it with the code of a wrong key
            return answer(Reason.REJECTED, said)
        for codes, reason in (
            (self.busy, Reason.UNAVAILABLE),
            (self.wrong_key, Reason.WRONG_KEY),
            (self.wrong_address, Reason.WRONG_ADDRESS),
        ):
            if code in codes:
                return answer(reason, said)
        return answer(Reason.REJECTED, said)


class CodeInside(Strict):
    """A service that answers 200 and says inside whether it took the message."""

    codes: ClassVar[Codes]
    fields: ClassVar[tuple[tuple[str, str], ...]]  # (code, words), the first pair that is there counts

    def read(self, reply: Reply | Answer) -> Answer:
        """The answer that a reply amounts to."""
        if isinstance(reply, Answer):
            return reply
        found = _object(reply.body)
        for code, words in self.fields:
            if code in found:
                return self.codes.answer(str(found[code]), str(found.get(words, "")))
        by_status = of_status(reply.status, reply.retry_after, "")
        return by_status or answer(Reason.ANSWER_LOST, "its answer cannot be read")


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@cache
def registered() -> None:
    """Puts the strict plugins in the place of Apprise's own, once a process."""
    from apprise import NotificationManager

    from notifications.channels.aliyun import StrictAliyunSms
    from notifications.channels.robots import StrictDingTalk, StrictFeishu, StrictLark, StrictWeCom
    from notifications.channels.smtp import StrictEmail
    from notifications.channels.webhook import StrictJson

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it loads a hundred plugins of others
        manager = NotificationManager()
        manager.load_modules()
    for plugin, schemas in (
        (StrictDingTalk, ("dingtalk",)),
        (StrictWeCom, ("wecombot",)),
        (StrictFeishu, ("feishu",)),
        (StrictLark, ("lark",)),
        (StrictEmail, ("mailto", "mailtos")),
        (StrictJson, ("json", "jsons")),
        (StrictAliyunSms, ("aliyunsms",)),
    ):
        manager.remove(*schemas)
        manager.add(plugin, schemas=schemas)
