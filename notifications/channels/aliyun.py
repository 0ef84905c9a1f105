"""SMS through Alibaba Cloud's gateway: SendSms of version 2017-05-25, signed by ACS3-HMAC-SHA256. Texts are approved templates."""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from apprise.plugins.base import NotifyBase

from notifications import addresses
from notifications.channels.answers import Reason, answer
from notifications.channels.parcel import Answer, Parcel
from notifications.channels.strict import CodeInside, Codes, Errand
from notifications.channels.wire import host_header, post

HOST = "https://dysmsapi.aliyuncs.com"
LONGEST = 35  # characters in one variable of a template, as carriers allow them


class StrictAliyunSms(CodeInside, NotifyBase):  # type: ignore[misc]
    """One text message to one mobile number of the mainland."""

    secure_protocol = "aliyunsms"
    service_name = "Aliyun SMS"
    codes = Codes(
        good=frozenset({"OK"}),
        throttled=frozenset(
            "isv.DAY_LIMIT_CONTROL isv.MONTH_LIMIT_CONTROL Throttling Throttling.User Throttling.Api".split()
        ),
        busy=frozenset(
            "isp.SYSTEM_ERROR isp.UNKNOWN isp.GATEWAY_ERROR isv.AMOUNT_NOT_ENOUGH isv.OUT_OF_SERVICE "
            "InternalError ServiceUnavailable".split()
        ),
        wrong_key=frozenset(
            "SignatureDoesNotMatch InvalidAccessKeyId.NotFound InvalidAccessKeyId.Inactive IncompleteSignature "
            "isp.RAM_PERMISSION_DENY isv.ACCOUNT_ABNORMAL isv.ACCOUNT_NOT_EXISTS Forbidden.RAM".split()
        ),
        wrong_address=frozenset("isv.MOBILE_NUMBER_ILLEGAL isv.MOBILE_COUNT_OVER_LIMIT".split()),
        address_limit=frozenset({"isv.BUSINESS_LIMIT_CONTROL"}),
        pause=3600.0,
    )
    fields = (("Code", "Message"),)

    def url(self, privacy: bool = False, *args: Any, **kwargs: Any) -> str:
        """Nothing in it is secret: keys are never part of an address here."""
        return "aliyunsms://"

    def carry(self, errand: Errand) -> Answer:
        mobile = addresses.mobile(errand.parcel.address)
        if not mobile:
            return answer(Reason.WRONG_ADDRESS, "not a mobile number of the mainland")
        query = {
            "PhoneNumbers": mobile,
            "SignName": errand.options["sign_name"],
            "TemplateCode": errand.options["template"],
            "TemplateParam": json.dumps(filled(errand.options["parameters"], errand.parcel), ensure_ascii=False),
            "OutId": hashlib.sha256(errand.parcel.key.encode()).hexdigest()[:32],
        }
        headers = {
            "host": host_header(errand.place),
            "x-acs-action": "SendSms",
            "x-acs-version": "2017-05-25",
            "x-acs-date": datetime.fromtimestamp(errand.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid4().hex,
        }
        path, sent = errand.place.path or "/", signed(errand.place.path or "/", query, headers, errand.keys)
        target = f"{path}?{canonical_query(query)}"
        return self.read(
            post(errand.place, target, headers=sent, body=b"", allowed=errand.allowed, attempt=errand.attempt)
        )


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
