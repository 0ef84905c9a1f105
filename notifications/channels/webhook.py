"""A plain webhook: a JSON document, signed, with a key by which the receiver can drop a repeat."""

import hmac
import json
from urllib.parse import quote

from apprise.plugins.custom_json import NotifyJSON

from notifications.channels.answers import Reason, answer, of_status
from notifications.channels.parcel import Answer, Parcel
from notifications.channels.strict import Errand, Strict


class StrictJson(Strict, NotifyJSON):  # type: ignore[misc]
    """Any answer of 2xx means that the receiver has it.

    `Idempotency-Key` is the parcel's key (percent-encoded). `X-Duixian-Signature` is `v1=` and, in hex, the HMAC-SHA256 of the time
    in `X-Duixian-Timestamp`, a point and the body, under the secret that both sides know.
    """

    def carry(self, errand: Errand) -> Answer:
        content = json.dumps(document(errand.parcel), ensure_ascii=False).encode()
        headers = {"Idempotency_Key": quote(errand.parcel.key, safe="/:")}
        secret = errand.keys.get("secret")
        if secret:
            stamp = str(int(errand.clock()))
            headers |= {"X_Duixian_Timestamp": stamp, "X_Duixian_Signature": signature(secret, stamp, content)}
        reply = self.post(errand, errand.place.path or "/", content, **headers)
        if isinstance(reply, Answer):
            return reply
        return of_status(reply.status, reply.retry_after, "") or answer(Reason.DELIVERED)


def signature(secret: str, stamp: str, content: bytes) -> str:
    """What both sides compute."""
    return "v1=" + hmac.new(secret.encode(), stamp.encode() + b"." + content, "sha256").hexdigest()


def document(parcel: Parcel) -> dict[str, str | int]:
    """What the receiver reads. Attachments stay behind; their number says so."""
    found: dict[str, str | int] = {"key": parcel.key, "subject": parcel.subject, "text": parcel.text}
    if parcel.address:
        found["address"] = parcel.address
    if parcel.html:
        found["html"] = parcel.html
    if parcel.attachments:
        found["attachments_left_out"] = len(parcel.attachments)
    return found
