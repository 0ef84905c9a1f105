"""A parcel as an e-mail: plain text, the same in HTML, attachments, and the headers that tell machines what it is.

Ours, because a repeat must have the Message-ID of the first, and Apprise's mail has a new one each time.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from notifications.addresses import ascii_domain
from notifications.channels.parcel import Parcel

SENDER = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?=.{1,253}$)(?:[\w-]{1,63}\.)*[\w-]{1,63}")
_POLICY = policy.SMTP.clone(max_line_length=78)


def mail_message(parcel: Parcel, options: Mapping[str, Any], now: float) -> EmailMessage:
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
    for header, option in (
        ("Reply-To", "{reply_to}"),
        ("List-Id", "{list_id}"),
        ("List-Unsubscribe", "<{unsubscribe}>"),
    ):
        if options.get(option.strip("<{}>")):
            found[header] = option.format_map(options)
    found.set_content(parcel.text, cte="base64")
    if parcel.html:
        found.add_alternative(parcel.html, subtype="html", cte="base64")
    for attachment in parcel.attachments:
        main, _, sub = attachment.media_type.partition("/")
        found.add_attachment(
            attachment.content, maintype=main, subtype=sub or "octet-stream", filename=" ".join(attachment.name.split())
        )
    return found


def message_id(key: str, domain: str) -> str:
    """The same for every attempt, so that a mailbox that looks at it shows the message once."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{ascii_domain(domain).strip()}>"


def _address(name: str, address: str) -> Address:
    user, _, domain = address.rpartition("@")
    return Address(" ".join(name.split()), user, ascii_domain(domain).strip())
