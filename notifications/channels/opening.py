"""Opens the channels that the settings name. Here, and only here, a demo store is kept from channels that leave the machine."""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from urllib.parse import urlsplit

from notifications.channels.carried import CarriedChannel, Custom
from notifications.channels.kinds import KINDS, build, keys_of, url_of
from notifications.channels.parcel import Channel
from notifications.channels.settings import ChannelSettings, Settings, WrongSettings

ENTRY_POINTS = "duixian.channels"
Factory = Callable[..., Channel]


def open_channels(settings: Settings, *, demo: bool) -> dict[str, Channel]:
    """Every channel by its name. Raises the first WrongSettings; in a demo store also for any channel that is not local."""
    opened, faults = open_sound(settings, demo=demo)
    if faults:
        raise faults[0]
    return opened


def open_sound(settings: Settings, *, demo: bool) -> tuple[dict[str, Channel], list[WrongSettings]]:
    """Those that can be opened, and what is wrong with the others: a key that is missing for one silences no other."""
    opened, faults = dict[str, Channel](), list(settings.faults)
    for one in settings.channels:
        try:
            opened[one.name] = open_channel(one, settings, demo=demo)
        except WrongSettings as fault:
            faults.append(fault)
    return opened, faults


def open_channel(one: ChannelSettings, settings: Settings, *, demo: bool) -> Channel:
    """One of them, under the same rule."""
    channel = build(one, settings) if one.kind in KINDS else _custom(one)
    if demo and not channel.local:
        zh = f"演示库只能发往本机：渠道 {one.name} 会离开本机，请改为 folder 或 127.0.0.1 上的接收端"
        en = f"a demo store sends to this machine only: {one.name} leads away from it; use folder or 127.0.0.1"
        raise WrongSettings(zh, en, f"channels.{one.name}")
    return channel


def _custom(one: ChannelSettings) -> Channel:
    """A kind that a package of somebody else's brings: `factory(name, options, keys)`. It never counts as local."""
    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    where = f"channels.{one.name}.kind"
    if one.kind not in found:
        kinds = "、".join((*KINDS, *found))
        raise WrongSettings(f"{where}：不认识 {one.kind}，可用：{kinds}", f"{where}: {one.kind} is unknown", where)
    try:
        made = _made(found[one.kind].load(), one)
    except Exception as error:
        kind = type(error).__name__
        raise WrongSettings(
            f"{where}：{one.kind} 无法启用（{kind}）", f"{where}: {one.kind} fails ({kind})", where
        ) from None
    return CarriedChannel(
        name=one.name,
        kind=one.kind,
        group=bool(one.options.get("group", made.group)),
        local=False,
        per_minute=made.per_minute,
        carrier=Custom(made),
        secrets=tuple(one.keys.values()),
    )


def _made(factory: Factory, one: ChannelSettings) -> Channel:
    return factory(one.name, dict(one.options), dict(one.keys))


def _shown(url: object) -> str:
    """Scheme, host and port: somebody may have put a key into the rest."""
    try:
        parts = urlsplit(str(url or ""))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "?"
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else ""


def described(one: ChannelSettings) -> Mapping[str, object]:
    """What may be shown of a channel: where it leads, and which keys are there, never what they are."""
    return {
        "name": one.name,
        "kind": one.kind,
        "leads_to": _shown(one.options.get("url") or url_of(one.kind)) or str(one.options.get("path") or "–"),
        "keys": {key: key in one.keys for key in sorted({*one.keys, *keys_of(one.kind)})},
    }
