"""Opens the channels that the settings name. Here, and only here, a demo store is kept from channels that leave the machine."""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from urllib.parse import urlsplit

from notifications.channels.carried import CarriedChannel, Custom
from notifications.channels.channel_kinds import KINDS, build, carried
from notifications.channels.channel_settings import APPRISE, ChannelSettings, Settings, WrongSettings
from notifications.channels.parcel import Channel

ENTRY_POINTS = "duixian.channels"
Factory = Callable[[str, dict[str, object], dict[str, str]], Channel]


def open_channels(settings: Settings, *, demo: bool) -> dict[str, Channel]:
    """Every channel by its name. Raises the first WrongSettings; in a demo store also for any channel that is not local."""
    opened, faults = open_sound(settings, demo=demo)
    if faults:
        raise faults[0]
    return opened


def open_sound(settings: Settings, *, demo: bool) -> tuple[dict[str, Channel], list[WrongSettings]]:
    """Those that can be opened, and what is wrong with the others: a key that is missing for one silences no other."""
    opened, faults = dict[str, Channel](), list(settings.faults)
    for setting in settings.channels:
        try:
            opened[setting.name] = open_channel(setting, settings, demo=demo)
        except WrongSettings as fault:
            faults.append(fault)
    return opened, faults


def open_channel(setting: ChannelSettings, settings: Settings, *, demo: bool) -> Channel:
    """One of them, under the same rule."""
    channel = build(setting, settings) if setting.kind in KINDS else _custom(setting)
    if demo and not channel.local:
        zh = "演示库只能发往本机：此渠道会离开本机，请改为 folder 或 127.0.0.1 上的接收端"
        en = "a demo store sends to this machine only, and this channel leads away from it: use folder or 127.0.0.1"
        raise WrongSettings(f"channels.{setting.name}", zh, en)
    return channel


def _custom(setting: ChannelSettings) -> CarriedChannel:
    """A kind that a package of somebody else's brings: `factory(name, options, keys)`. It never counts as local."""
    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    where, kind = f"channels.{setting.name}.kind", setting.kind
    if kind not in found:
        raise WrongSettings(where, f"不认识 {kind}，可用：{'、'.join((*KINDS, *found))}", f"{kind} is unknown")
    try:
        factory: Factory = found[kind].load()
        made = factory(setting.name, dict(setting.options), dict(setting.keys))
    except Exception as error:
        fault = type(error).__name__
        raise WrongSettings(where, f"{kind} 无法启用（{fault}）", f"{kind} fails ({fault})") from None
    return carried(setting, Custom(made), made.group, made.per_minute)


def described(setting: ChannelSettings) -> Mapping[str, object]:
    """What may be shown of a channel: where it leads, and which keys are there, never what they are."""
    kind = KINDS.get(setting.kind)
    if setting.kind != APPRISE:
        leads_to = _shown(setting.options.get("url") or (kind.url if kind else ""))
    elif "url" in setting.keys:
        from notifications.channels.apprise_services import masked

        leads_to = masked(setting.keys["url"])
    else:
        leads_to = ""
    return {
        "name": setting.name,
        "kind": setting.kind,
        "leads_to": leads_to or str(setting.options.get("path") or "–"),
        "keys": {key: key in setting.keys for key in sorted({*setting.keys, *(kind.keys if kind else ())})},
    }


def _shown(url: object) -> str:
    """Scheme, host and port: somebody may have put a key into the rest."""
    try:
        parts = urlsplit(str(url or ""))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "?"
    return f"{parts.scheme}://{parts.hostname}{port}" if parts.hostname else ""
