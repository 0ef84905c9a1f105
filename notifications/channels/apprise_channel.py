"""Apprise's services as channels: any address, rehearsed against the allow-list; and the robots, with their keys apart."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from notifications.channels.allow_list import AllowedHost, AllowList, NotAllowed
from notifications.channels.apprise_carrier import PluginRefused, ThroughApprise
from notifications.channels.apprise_services import arguments, loaded, masked, secrets, wanted_more
from notifications.channels.channel_settings import ChannelSettings, WrongSettings, variable
from notifications.channels.robots import CODES, ROBOTS

_NO_HOST = re.compile(r"^(?!localhost\b|malformed\b)[^\s.:：]{2,}(?=[\s:：])")


def address_carrier(setting: ChannelSettings, allowed: AllowList) -> ThroughApprise:
    """Of an address; raises WrongSettings where Apprise does not understand it, or where it leads is not allowed."""
    url = setting.keys["url"].strip()
    try:
        carrier = _rehearsed(arguments(url), allowed)
    except NotAllowed as error:
        there = variable(setting.name, "url")
        where = f"channels.{setting.name}.url"
        raise WrongSettings(where, f"{error.zh}（url_file 或 {there}）", f"{error.en} (url_file or {there})") from None
    return replace(carrier, leads_to=masked(url, carrier.hidden), hidden=secrets(url, carrier.hidden))


def _rehearsed(found: Mapping[str, Any], allowed: AllowList) -> ThroughApprise:
    """After a sending that reaches nobody and shows where it leads (`hidden` holds the hosts); raises NotAllowed."""
    schema = str(found["schema"])
    carrier = ThroughApprise(
        service=loaded()[schema], arguments=found, allowed=allowed, codes=CODES.get(schema.lower())
    )
    try:
        transport, blocked = carrier.rehearse()
    except PluginRefused as refused:
        raise wanted_more(schema, refused.blocked) from None
    if error := transport.refused:  # what stands in a host's place and is none by its looks may be a key
        raise NotAllowed(*(_NO_HOST.sub("...", words) for words in (error.zh, error.en)))
    if blocked or not transport.places:
        raise wanted_more(schema, blocked)
    hosts = dict.fromkeys(place.authority for place in transport.places)
    return replace(carrier, local=all(place.local for place in transport.places), hidden=tuple(hosts))


def robot_carrier(setting: ChannelSettings, allowed: AllowList, place: AllowedHost) -> ThroughApprise:
    """Of a robot, at its service or at an address of the operator's in its stead."""
    robot = ROBOTS[setting.kind]
    plugin, secret = loaded()[robot.schema], setting.keys.get("secret", "")
    there = plugin.notify_url.replace(robot.url, f"{place.scheme}://{place.authority}{place.path}")
    found = {"schema": robot.schema, robot.key: setting.keys["token"]}
    carrier = ThroughApprise(
        service=type(plugin.__name__, (plugin,), {"notify_url": there}),
        arguments=found if robot.sign or not secret else {**found, "secret": secret},
        allowed=replace(allowed, hosts=(*allowed.hosts, place.host)),
        codes=robot.codes,
        sign=partial(robot.sign, secret) if robot.sign and secret else None,
        limit=robot.limit,
        local=place.local,
    )
    try:
        carrier.plugin()
    except PluginRefused:  # a key of the wrong form is found now and not when somebody waits for a message
        raise WrongSettings(f"channels.{setting.name}", "密钥的形式不对", "a key is not of the right form") from None
    return carrier
