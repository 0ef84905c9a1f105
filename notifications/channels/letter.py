"""A parcel as an e-mail: plain text, the same in HTML, attachments, and the headers that tell machines what it is."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from notifications.channels.parcel import Parcel

ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?=.{1,253}$)(?:[\w-]{1,63}\.)*[\w-]{1,63}")
_POLICY = policy.SMTP.clone(max_line_length=78)


def letter(parcel: Parcel, options: Mapping[str, Any], now: float) -> EmailMessage:
    """The message, the same for the same parcel but for its date.

    `options`: `sender` ("兑现 <notice@…>"), and if set `reply_to`, `list_id`, `unsubscribe` (a mailto: or https: address).
    """
    name, address = parseaddr(options["sender"])
    found = EmailMessage(policy=_POLICY)
    found["From"] = _address(name, address)
    found["To"] = _address("", parcel.address)
    found["Subject"] = " ".join(parcel.subject.split())
    found["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    found["Message-ID"] = message_id(parcel.key, address.partition("@")[2])
    found["Auto-Submitted"] = "auto-generated"
    found["X-Auto-Response-Suppress"] = "All"
    for header, option in (("Reply-To", "reply_to"), ("List-Id", "list_id")):
        if options.get(option):
            found[header] = options[option]
    if options.get("unsubscribe"):
        found["List-Unsubscribe"] = f"<{options['unsubscribe']}>"
    found.set_content(parcel.text, cte="base64")
    if parcel.html:
        found.add_alternative(parcel.html, subtype="html", cte="base64")
    for one in parcel.attachments:
        main, _, sub = one.media_type.partition("/")
        found.add_attachment(
            one.content, maintype=main, subtype=sub or "octet-stream", filename=" ".join(one.name.split())
        )
    return found


def message_id(key: str, domain: str) -> str:
    """The same for every attempt, so that a mailbox that looks at it shows the message once."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{_ascii(domain)}>"


def well_formed(address: str) -> bool:
    """It can be an e-mail address: plain letters before the @, any language after it."""
    return ADDRESS.fullmatch(address) is not None


def _address(name: str, address: str) -> Address:
    user, _, domain = address.rpartition("@")
    return Address(" ".join(name.split()), user, _ascii(domain))


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain
