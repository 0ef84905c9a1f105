"""Delivery with what an installation has set up: its channels, its papers; one pass, or as long as a service runs."""

import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime

from casework.alarms import Alarm, clear, sound
from casework.home import Home
from casework.letters.papers import papers_of
from models.clock import SHANGHAI
from models.store import Store
from notifications.channels.opening import open_sound
from notifications.channels.parcel import Channel
from notifications.channels.settings import read_settings
from notifications.delivery import Delivered, Deliverer, deliver_due

log = logging.getLogger("duixian.delivery")
BROKEN = "delivery_failing"
WEB = "DUIXIAN_WEB"  # the address under which people see cases, where there is one


def channels_of(home: Home) -> list[Channel]:
    """The channels that can be used, in the order of `channels.toml`; a demo store takes local ones only.

    One that is set up wrongly is logged and silences no other. Raises WrongSettings where the whole file is wrong.
    """
    opened, faults = open_sound(read_settings(home.directory), demo=home.store().demo)
    for fault in faults:
        log.error("a channel is not used: %s", fault)
    return list(opened.values())


def deliver(home: Home, *, within: int = 60) -> Delivered:
    """One synchronous pass over what is due. Without a channel nothing is done and messages wait."""
    store = home.store()
    return deliver_due(store, channels_of(home), within=within, web=_web(), papers=papers_of(store))


def deliverer(home: Home) -> Deliverer:
    """Delivery for as long as a service runs; not started yet."""
    store = home.store()
    return Deliverer(
        store,
        channels_of(home),
        web=_web(),
        papers=papers_of(store),
        told=lambda wrong: tell_operators(store, wrong),
    )


def tell_operators(store: Store, wrong: Exception | None) -> None:
    """That delivery breaks, by the kind of fault and never by its words, which may hold what is personal; or that it works."""
    if wrong is None:
        clear(store, BROKEN)
        return
    at = datetime.now(UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
    sound(store, Alarm(kind=BROKEN, content={"at": at, "fault": type(wrong).__name__}))


def _web(environment: Mapping[str, str] = os.environ) -> str:
    return environment.get(WEB, "").rstrip("/")
