"""SMS through Alibaba Cloud's gateway: SendSms of version 2017-05-25, signed by ACS3-HMAC-SHA256. Texts are approved templates.

Ours, because Apprise has no such service.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from uuid import uuid4

from notifications import addresses
from notifications.channels.answers import AnswerReason, answer
from notifications.channels.attempt import Attempt
from notifications.channels.carried import HostCarrier
from notifications.channels.codes import Codes
from notifications.channels.parcel import Answer, Parcel

LONGEST = 35  # characters in one variable of a template, as carriers allow them
CODES = Codes(
    {
        AnswerReason.DELIVERED: "OK",
        AnswerReason.THROTTLED: "isv.DAY_LIMIT_CONTROL isv.MONTH_LIMIT_CONTROL Throttling Throttling.User Throttling.Api",
        AnswerReason.UNAVAILABLE: "isp.SYSTEM_ERROR isp.UNKNOWN isp.GATEWAY_ERROR isv.AMOUNT_NOT_ENOUGH isv.OUT_OF_SERVICE "
        "InternalError ServiceUnavailable",
        AnswerReason.WRONG_KEY: "SignatureDoesNotMatch InvalidAccessKeyId.NotFound InvalidAccessKeyId.Inactive "
        "IncompleteSignature isp.RAM_PERMISSION_DENY isv.ACCOUNT_ABNORMAL isv.ACCOUNT_NOT_EXISTS Forbidden.RAM",
        AnswerReason.WRONG_ADDRESS: "isv.MOBILE_NUMBER_ILLEGAL isv.MOBILE_COUNT_OVER_LIMIT",
        AnswerReason.ADDRESS_LIMIT: "isv.BUSINESS_LIMIT_CONTROL",
    },
    fields=(("Code", "Message"),),
    pause=3600.0,
)


@dataclass(frozen=True, kw_only=True)
class AliyunSms(HostCarrier):
    """A carrier: one text message to one mobile number of the mainland. `keys` are the access key's id and secret."""

    def carry(self, parcel: Parcel, attempt: Attempt) -> Answer:
        """One SendSms."""
        mobile = addresses.mobile(parcel.address)
        if not mobile:
            return answer(AnswerReason.WRONG_ADDRESS, "not a mobile number of the mainland")
        query = {
            "PhoneNumbers": mobile,
            "SignName": self.options["sign_name"],
            "TemplateCode": self.options["template"],
            "TemplateParam": json.dumps(filled(self.options["parameters"], parcel), ensure_ascii=False),
            "OutId": hashlib.sha256(parcel.key.encode()).hexdigest()[:32],
        }
        headers = {
            "host": self.place.authority,
            "x-acs-action": "SendSms",
            "x-acs-version": "2017-05-25",
            "x-acs-date": datetime.fromtimestamp(self.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid4().hex,
        }
        path = self.place.path or "/"
        sent = signed(path, query, headers, self.keys)
        return CODES.read(self.post(f"{path}?{canonical_query(query)}", sent, b"", attempt))


def filled(parameters: Mapping[str, str], parcel: Parcel) -> dict[str, str]:
    """The template's variables: `{subject}`, `{text}` and `{line1}` … stand for the message's own words, cut to 35 characters."""
    words = {"subject": parcel.subject, "text": parcel.text}
    words |= {f"line{n}": line for n, line in enumerate(filter(None, map(str.strip, parcel.text.splitlines())), 1)}

    def put(match: re.Match[str]) -> str:
        return words.get(match[1], "")

    return {name: _short(re.sub(r"\{(\w+)\}", put, pattern)) for name, pattern in parameters.items()}


def _short(words: str) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"


def canonical_query(query: Mapping[str, str]) -> str:
    """Names and values sorted and percent-encoded, as the gateway does it again."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


def signed(path: str, query: Mapping[str, str], headers: Mapping[str, str], keys: Mapping[str, str]) -> dict[str, str]:
    """The headers with the body's digest (it is empty) and the signature over all of them."""
    digest = hashlib.sha256(b"").hexdigest()
    sent = {**headers, "x-acs-content-sha256": digest}
    names = sorted(sent)
    lines = "".join(f"{name}:{sent[name].strip()}\n" for name in names)
    request = "\n".join(("POST", path, canonical_query(query), lines, ";".join(names), digest))
    words = "ACS3-HMAC-SHA256\n" + hashlib.sha256(request.encode()).hexdigest()
    found = hmac.new(keys["secret"].encode(), words.encode(), "sha256").hexdigest()
    credential = f"Credential={keys['id']},SignedHeaders={';'.join(names)},Signature={found}"
    return {**sent, "Authorization": f"ACS3-HMAC-SHA256 {credential}"}
