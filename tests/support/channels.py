"""Channels for tests: one call opens a channel of a kind at an address of this machine, with keys that are fictional."""

import ipaddress
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from notifications.channels.allow_list import AllowList
from notifications.channels.channel_settings import ChannelSettings, Settings
from notifications.channels.opening import open_channel
from notifications.channels.parcel import Answer, Channel, Parcel, SendingVerdict
from support.endpoints import SECRET, TOKEN

LOOPBACK = AllowList(
    schemes=("http", "smtp", "https", "starttls", "smtps"), private=(ipaddress.ip_network("127.0.0.0/8"),)
)
ROBOTS = ("dingtalk", "wecom", "feishu", "lark")
KEYS: Mapping[str, Mapping[str, str]] = {
    "dingtalk": {"token": TOKEN, "secret": SECRET},
    "wecom": {"token": TOKEN},
    "feishu": {"token": TOKEN, "secret": SECRET},
    "lark": {"token": TOKEN, "secret": SECRET},
    "webhook": {"secret": SECRET},
    "sms": {"id": TOKEN, "secret": SECRET},
    "email": {},
    "folder": {},
}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "email": {"sender": "兑现 <notice@district.example>"},
    "sms": {"sign_name": "某区兑现", "template": "SMS_000000000", "parameters": {"content": "{subject}"}},
}
ADDRESSES = {"email": "officer@district.example", "sms": "13800000000"}


def channel(
    kind: str, url: str = "", *, keys: Mapping[str, str] | None = None, demo: bool = True, **more: Any
) -> Channel:
    """An open channel named `duty`."""
    options = {**OPTIONS.get(kind, {}), **({"url": url} if url else {}), **more}
    channel_settings = ChannelSettings(
        name="duty", kind=kind, options=options, keys=KEYS[kind] if keys is None else keys
    )
    return open_channel(
        channel_settings, Settings(home=Path.cwd(), allowed=LOOPBACK, channels=(channel_settings,)), demo=demo
    )


def parcel(kind: str = "", text: str = "距离申报截止还有 7 天。", **more: Any) -> Parcel:
    """A parcel for a channel of a kind."""
    told = {
        "key": "XZ2023-M04-000001/3/reminder",
        "address": ADDRESSES.get(kind, ""),
        "subject": "申报提醒",
        "text": text,
    }
    return Parcel(**{**told, **more})


LEFT_BEHIND = (
    30.0  # an attempt that is left behind in time has ended by then on any machine; the other side stalls for longer
)


def left_behind(send: Callable[[float], Answer], seconds: float = 0.4) -> Answer:
    """The answer to an attempt that the other side lets hang: in its time, whatever the load.

    A machine too busy even to begin it in so short a time says RETRY, rightly; then it is asked again with more time.
    """
    for given in (seconds, 4 * seconds, 16 * seconds):
        began = time.monotonic()
        found = send(given)
        assert time.monotonic() - began < given + LEFT_BEHIND
        if found.verdict is not SendingVerdict.RETRY:
            break
    return found
