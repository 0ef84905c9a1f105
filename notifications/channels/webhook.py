"""A plain webhook: a JSON document, signed, with a key by which the receiver can drop a repeat.

Ours, because Apprise's `json://` carries neither signature nor key; where neither is wanted, it serves (`kind = "apprise"`).
"""

import hmac
import json
from dataclasses import dataclass
from urllib.parse import quote

from notifications.channels.answers import AnswerReason, answer, of_status
from notifications.channels.attempt import Attempt
from notifications.channels.carried import HostCarrier
from notifications.channels.parcel import Answer, Parcel


@dataclass(frozen=True, kw_only=True)
class Webhook(HostCarrier):
    """A carrier. Any answer of 2xx means that the receiver has it.

    `Idempotency-Key` is the parcel's key (percent-encoded). `X-Duixian-Signature` is `v1=` and, in hex, the HMAC-SHA256 of the time
    in `X-Duixian-Timestamp`, a point and the body, under the secret that both sides know.
    """

    def carry(self, parcel: Parcel, attempt: Attempt) -> Answer:
        """One POST."""
        content = json.dumps(document(parcel), ensure_ascii=False).encode()
        stamp = str(int(self.clock()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": quote(parcel.key, safe="/:"),
            "X-Duixian-Timestamp": stamp,
            "X-Duixian-Signature": signature(self.keys["secret"], stamp, content),
        }
        reply = self.post(self.place.path or "/", headers, content, attempt)
        return of_status(reply.status, reply.retry_after) or answer(AnswerReason.DELIVERED)


def signature(secret: str, stamp: str, content: bytes) -> str:
    """What both sides compute."""
    return "v1=" + hmac.new(secret.encode(), stamp.encode() + b"." + content, "sha256").hexdigest()


def document(parcel: Parcel) -> dict[str, str | int]:
    """What the receiver reads. Attachments stay behind; their number says so."""
    found: dict[str, str | int] = {"key": parcel.key, "subject": parcel.subject, "text": parcel.text}
    more: dict[str, str | int] = {"address": parcel.address, "html": parcel.html}
    more["attachments_left_out"] = len(parcel.attachments)
    return found | {name: value for name, value in more.items() if value}
