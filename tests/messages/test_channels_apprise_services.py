"""Every service that Apprise ships: its address is read, asked of the allow-list and hidden; or it is refused with the reason."""

import re
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from notifications.channels.allow_list import AllowList
from notifications.channels.apprise_services import loaded, services
from notifications.channels.attempt import Attempt
from notifications.channels.channel_settings import ChannelSettings, Settings, WrongSettings
from notifications.channels.opening import described, open_channel
from support.apprise_addresses import ADDRESSES, SECRETS
from support.channels import parcel

ALL = ("https", "http", "smtps", "starttls", "smtp")
BY_NEITHER = {
    "aprs", "blink1", "qt", "glib", "gnome", "growl", "ircs", "macosx", "mqtts", "rsyslog", "smpps", "syslog", "windows",
    "xmpps",
}  # fmt: skip
BY_KEY_FILES = {"vapid"}
BASE = "apprise.plugins.base"  # its asynchronous way is not used


def setting(url: str) -> ChannelSettings:
    return ChannelSettings(name="duty", kind="apprise", options={"group": True}, keys={"url": url})


def opened(url: str, *hosts: str) -> object:
    allowed = AllowList(schemes=ALL, hosts=hosts)
    return open_channel(setting(url), Settings(home=Path(), allowed=allowed), demo=False)


def hidden(shown: str) -> bool:
    return not any(secret in shown for secret in SECRETS)


def test_the_table_names_every_service_that_apprise_ships() -> None:
    found = {service.schemas[0]: service for service in services()}
    assert set(found) == set(ADDRESSES) | BY_NEITHER | BY_KEY_FILES
    assert {schema for schema, service in found.items() if not service.usable} == BY_NEITHER
    assert all(service.templates and service.name for service in found.values())


@pytest.mark.parametrize("schema", ADDRESSES)
def test_an_address_is_read_asked_of_the_allow_list_and_hidden(schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise AssertionError("opening a channel contacts nobody")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    monkeypatch.setattr(socket.socket, "connect", nobody)
    url, host = ADDRESSES[schema]
    with pytest.raises(WrongSettings) as refused:
        opened(url, "another.example")
    assert refused.value.field == "channels.duty.url" and host in refused.value.zh and host in refused.value.en
    channel = opened(url, host)
    shown = str(described(setting(url))["leads_to"])
    assert shown == f"{schema}://…" and channel.leads_to.startswith(f"{schema}://… → {host}")  # type: ignore[attr-defined]
    assert channel.local is False  # type: ignore[attr-defined]
    words = (refused.value.zh, refused.value.en, shown, channel.leads_to, repr(channel), repr(setting(url)))  # type: ignore[attr-defined]
    assert [word for word in words if not hidden(word)] == []


@pytest.mark.parametrize("schema", ADDRESSES)
def test_every_secret_of_an_address_is_blotted_out_of_answers(schema: str) -> None:
    url, host = ADDRESSES[schema]
    channel = opened(url, host)
    found = [secret for secret in SECRETS if secret in url]
    for word in re.split(r"[/:@?&=]+", url):
        if any(secret_word in word for secret_word in found):
            assert word in channel.secrets, word  # type: ignore[attr-defined]
    assert found


@pytest.mark.parametrize("schema", sorted(BY_NEITHER))
def test_what_sends_by_neither_http_nor_mail_is_refused(schema: str) -> None:
    with pytest.raises(WrongSettings) as refused:
        opened(f"{schema}://user:s3cretq7x@hook.example/x", "hook.example")
    assert hidden(refused.value.zh + refused.value.en)
    assert "HTTP" in refused.value.zh and "neither HTTP nor mail" in refused.value.en


@pytest.mark.parametrize(
    "url",
    [
        "vapid://a@b.example?keyfile=/etc/passwd&subfile=/etc/passwd",
        "discord://1234567890/s3cretq7xs3cretq7x?template=/etc/passwd",
        "discord://1234567890/s3cretq7xs3cretq7x?template=file:///etc/passwd",
        "discord://1234567890/s3cretq7xs3cretq7x?template=https://hook.example/t.json",
        "slack://T1JJ3T3L2/A1BRTD4JD/s3cretq7xs3cretq7x0123/%23general?template=/etc/passwd",
        "tgram://1234567890:a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2/123?template=/etc/passwd",
        "fcm://project1/device1?keyfile=/etc/passwd",
        "fcm://project1/device1?keyfile=http://hook.example/key.json",
        "workflow://hook.example/s3cretq7x/s3cretq7x?template=/etc/passwd",
        "file:///etc/passwd",
        "config://hook.example/x",
        "include://hook.example/x",
        "python:///etc/passwd",
    ],
)
def test_an_address_that_reads_files_or_other_addresses_is_refused(url: str) -> None:
    with pytest.raises(WrongSettings) as refused:
        opened(url, "hook.example", "discord.com", "hooks.slack.com", "api.telegram.org", "fcm.googleapis.com")
    assert hidden(refused.value.zh + refused.value.en) and refused.value.en.isascii()


def test_no_service_that_is_taken_starts_threads_of_its_own() -> None:
    """The sandbox holds one thread: what a plugin would do in another could not be held."""
    words = re.compile(r"^\s*(?:import|from) (threading|_thread|concurrent|multiprocessing|asyncio)\b", re.MULTILINE)
    found: set[tuple[str, str]] = set()
    for schema in ADDRESSES:
        for class_ in loaded()[schema].__mro__:
            module = sys.modules.get(class_.__module__)
            if module is not None and module.__name__.startswith("apprise.plugins.") and module.__name__ != BASE:
                source = Path(str(module.__file__)).read_text("utf-8")
                found |= {(schema, word) for word in words.findall(source)}
    assert found == set()


@pytest.mark.parametrize("schema", ADDRESSES)
def test_a_long_text_is_cut_to_what_the_service_takes(schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, str]] = []

    def send(_: Any, body: str, title: str = "", **__: Any) -> bool:
        sent.append((title, body))
        return False

    url, host = ADDRESSES[schema]
    channel: Any = opened(url, host)
    told = parcel(subject="申报提醒" * 10, text="请在截止前补正 <b>&</b> 材料。\n" * 1500)
    plugin = loaded()[schema]
    monkeypatch.setattr(plugin, "send", send)
    pieces = channel.carrier._pieces(told, channel.carrier.plugin())
    assert channel.parts(told) == len(pieces)
    for number, piece in enumerate(pieces, 1):
        channel.carrier._one(piece, told, Attempt(5.0))
        title, body = sent[-1]
        limit = channel.carrier.plugin().body_maxlen
        assert len(body) + (len(title) if plugin.overflow_amalgamate_title else 0) <= max(limit, 60)
        assert len(pieces) == 1 or f"{number}/{len(pieces)}" in body
