"""Answers in a fixed form: a reason that programs and people know, and the other side's words without secrets or personal data.

Ours, because Apprise answers yes or no, and delivery must know whether to repeat, to give up or to correct an address.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import quote

from notifications.channels.parcel import Answer, SendingVerdict

LONGEST = 200
_KEYWORD = re.compile(r"key ?words?|关键词|关键字", re.IGNORECASE)


class AnswerReason(StrEnum):
    """Why an attempt ended as it did; `Answer.detail` begins with it."""

    DELIVERED = "delivered"
    THROTTLED = "throttled"
    ADDRESS_LIMIT = "address-limit"
    UNAVAILABLE = "unavailable"
    UNREACHABLE = "unreachable"
    INSECURE = "insecure"
    TIMED_OUT = "timed-out"
    HANGING = "hanging"
    ANSWER_LOST = "answer-lost"
    WRONG_KEY = "wrong-key"
    WRONG_ADDRESS = "wrong-address"
    NOT_ALLOWED = "not-allowed"
    REDIRECTED = "redirected"
    REJECTED = "rejected"
    FAULT = "fault"


_REFUSED = "wrong-key wrong-address not-allowed redirected rejected".split()
_VERDICTS = {
    AnswerReason.DELIVERED: SendingVerdict.SENT,
    AnswerReason.ANSWER_LOST: SendingVerdict.UNKNOWN,
    **{AnswerReason(reason): SendingVerdict.REFUSED for reason in _REFUSED},
}


def answer(reason: AnswerReason, words: str = "", *, retry_after: float | None = None) -> Answer:
    """The answer for a reason."""
    detail = f"{reason}: {words}" if words else str(reason)
    return Answer(_VERDICTS.get(reason, SendingVerdict.RETRY), detail, retry_after)


def reason_of(found: Answer) -> AnswerReason | None:
    """The reason that an answer names, where it is one of ours."""
    word = found.detail.partition(":")[0]
    return AnswerReason(word) if word in set(AnswerReason) else None


def asks_keyword(words: str) -> bool:
    """Whether a robot's words say that its keyword is missing (DingTalk gives them the code of a wrong key)."""
    return _KEYWORD.search(words) is not None


def tidy(found: Answer, hide: Iterable[str]) -> Answer:
    """The same on one line of at most 200 characters, with secrets, addresses and long numbers blotted out."""
    reason, colon, words = found.detail.partition(": ")
    known = reason in set(AnswerReason)
    detail = f"{reason}{colon}{blot(words, hide)}" if known else blot(found.detail, hide)
    return Answer(found.verdict, detail[:LONGEST], found.retry_after)


def blot(words: str, hide: Iterable[str] = ()) -> str:
    """A text that may be logged."""
    for secret in sorted(
        {form for word in hide if word for form in (word, quote(word, safe=""))}, key=len, reverse=True
    ):
        words = words.replace(secret, "…")
    words = re.sub(r"[^\s<>@\"']+@[^\s<>@\"',;]+", "…@…", words)
    words = re.sub(r"\d[\d -]{5,}\d[\dXx]?", "…", words) if re.search(r"\d{7,}|\d[\d -]{8,}\d", words) else words
    return " ".join(words.split())


def of_status(status: int, retry_after: str | None) -> Answer | None:
    """What an HTTP status means by itself; None where the body has to say it (2xx)."""
    said = f"HTTP {status}"
    if 200 <= status < 300:
        return None
    if status == 429:
        return answer(AnswerReason.THROTTLED, said, retry_after=seconds_of(retry_after))
    if status in (502, 504):  # a gateway that lost sight of what it passed on
        return answer(AnswerReason.ANSWER_LOST, said)
    if status >= 500 or status in (408, 425):
        return answer(AnswerReason.UNAVAILABLE, said, retry_after=seconds_of(retry_after))
    if 300 <= status < 400:
        return answer(AnswerReason.REDIRECTED, said)
    return answer(AnswerReason.WRONG_KEY if status in (401, 403) else AnswerReason.REJECTED, said)


def seconds_of(header: str | None) -> float | None:
    """A Retry-After in seconds, at most a day; the form with a date counts as not named."""
    return min(float(header), 86_400.0) if header and header.strip().isdecimal() else None
