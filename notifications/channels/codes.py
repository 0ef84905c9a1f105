"""Services that answer and say inside whether they took the message: what their codes mean.

Ours, because Apprise looks at the HTTP status alone.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from notifications.channels.answers import AnswerReason, answer, asks_keyword, of_status
from notifications.channels.http_exchange import Reply
from notifications.channels.parcel import Answer

TOO_FAST = re.compile(r"too (many|fast)|frequen|exceed \d+ times|限流|过快", re.IGNORECASE)


@dataclass(frozen=True)
class Codes:
    """What a service's own codes mean: reason -> its codes. Those in no list: it does not take this message."""

    listed: Mapping[AnswerReason, str]
    fields: tuple[tuple[str, str], ...]  # (code, words), the first pair that is there counts
    pause: float = 60.0

    def read(self, reply: Reply) -> Answer:
        """The answer that a reply amounts to."""
        try:
            found = json.loads(reply.body)
        except ValueError:
            found = None
        for code, words in self.fields:
            if isinstance(found, dict) and code in found:
                return self.answer(str(found[code]), str(found.get(words, "")))
        by_status = of_status(reply.status, reply.retry_after)
        return by_status or answer(AnswerReason.ANSWER_LOST, "its answer cannot be read")

    def answer(self, code: str, words: str) -> Answer:
        """The answer for a code and the words that came with it."""
        reason = next((name for name, codes in self.listed.items() if code in codes.split()), AnswerReason.REJECTED)
        if reason is AnswerReason.DELIVERED:
            return answer(reason)
        if reason is not AnswerReason.ADDRESS_LIMIT and TOO_FAST.search(words):
            reason = AnswerReason.THROTTLED
        elif reason is AnswerReason.WRONG_KEY and asks_keyword(words):  # DingTalk has one code for both
            reason = AnswerReason.REJECTED
        pauses = reason in (AnswerReason.ADDRESS_LIMIT, AnswerReason.THROTTLED)
        return answer(reason, f"{code} {words}".strip(), retry_after=self.pause if pauses else None)
