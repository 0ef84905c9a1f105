"""Delivery with what an installation has set up: its channels, its papers; one pass, or as long as a service runs."""

import logging
import os
from collections.abc import Mapping

from casework.awards.mail_attachments import papers_of
from casework.operations.alarms import Alarm, clear, sound
from casework.privacy.message_keys import message_key
from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.shared.portal_address import named_address
from models.clock import real_now, to_the_minute
from models.store import Store
from notifications.channels.channel_settings import read_settings
from notifications.channels.opening import open_sound
from notifications.channels.parcel import Channel
from notifications.delivery import DeliverySummary, DeliveryThread, send_due
from notifications.delivery.links import MessageLinks

log = logging.getLogger("duixian.delivery")
BROKEN = "delivery_failing"


def channels_of(home: Home) -> list[Channel]:
    """The channels that can be used, in the order of `channels.toml`; a demo store takes local ones only.

    One that is set up wrongly is logged and silences no other. Raises WrongSettings where the whole file is wrong.
    """
    opened, faults = open_sound(read_settings(home.directory), demo=home.store().demo)
    for fault in faults:
        log.error("a channel is not used: %s", fault)
    return list(opened.values())


def send_waiting(home: Home, *, within: int = 60) -> DeliverySummary:
    """One synchronous pass over what is due. Without a channel nothing is done and messages wait."""
    store = home.store()
    return send_due(store, channels_of(home), within=within, links=links_of(store), find_attachments=papers_of(store))


def delivery_thread(home: Home) -> DeliveryThread:
    """Delivery for as long as a service runs; not started yet."""
    store = home.store()
    return DeliveryThread(
        store,
        channels_of(home),
        links=links_of(store),
        find_attachments=papers_of(store),
        on_failure=lambda wrong: tell_operators(store, wrong),
    )


def tell_operators(store: Store, wrong: Exception | None) -> None:
    """That delivery breaks, by the kind of fault and never by its words, which may hold what is personal; or that it works."""
    if wrong is None:
        clear(store, BROKEN)
        return
    at = to_the_minute(real_now())
    sound(store, Alarm(kind=BROKEN, content={"at": at, "fault": type(wrong).__name__}))


def links_of(store: Store, environment: Mapping[str, str] = os.environ) -> MessageLinks:
    """Where messages lead: nowhere without an address of the portal, to the inbox where links can have no key."""
    with store.read() as work:
        key = message_key(store, work)
    try:
        web = named_address(environment)
    except Refused as wrong:
        log.error("messages carry no link: %s", wrong.en)
        web = ""
    if web and not key:
        log.error("messages lead to the inbox only: the identity key cannot be read")
    return MessageLinks(web, key)
