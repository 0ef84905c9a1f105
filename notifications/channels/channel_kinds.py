"""The kinds of channels: which options and keys each takes, and how it is built."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from notifications.channels.aliyun import AliyunSms
from notifications.channels.allow_list import MAIL, AllowedHost, AllowList, NotAllowed
from notifications.channels.carried import CarriedChannel, Carrier
from notifications.channels.channel_settings import APPRISE, ChannelSettings, Settings, WrongSettings, variable
from notifications.channels.folder import Folder
from notifications.channels.mail_message import SENDER
from notifications.channels.robots import ROBOTS, Robot
from notifications.channels.smtp import SmtpChannel
from notifications.channels.webhook import Webhook


@dataclass(frozen=True)
class Built:
    """What a carrier is built from: settings that were checked, and the place, of kinds that have one."""

    setting: ChannelSettings
    settings: Settings
    place: AllowedHost | None

    def at_host(self, made: Callable[..., Carrier]) -> Carrier:
        """A carrier that speaks with one host."""
        setting = self.setting
        return made(place=self.place, allowed=self.settings.allowed, options=setting.options, keys=setting.keys)


@dataclass(frozen=True, kw_only=True)
class ChannelKind:
    """One kind. `options` and `keys` are those that must be there; `extra` and `extra_keys` those that may."""

    make: Callable[[Built], Carrier]
    group: bool = False
    always_group: bool = False
    per_minute: int | None = None
    url: str = ""  # the service's own address, where it has one
    options: Mapping[str, type] = field(default_factory=dict)
    extra: Mapping[str, type] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    extra_keys: tuple[str, ...] = ()


def build(setting: ChannelSettings, settings: Settings) -> CarriedChannel:
    """The channel; raises WrongSettings with what to change."""
    kind = KINDS[setting.kind]
    _check_options(setting, kind)
    _check_keys(setting, kind)
    carrier = kind.make(Built(setting, settings, _place(setting, kind, settings.allowed)))
    return carried(setting, carrier, kind.group, kind.per_minute)


def carried(setting: ChannelSettings, carrier: Carrier, group: bool, per_minute: int | None) -> CarriedChannel:
    """A channel over a carrier; what the settings say of its readers and its rate counts more than the kind's own."""
    return CarriedChannel(
        name=setting.name,
        kind=setting.kind,
        group=bool(setting.options.get("group", group)),
        local=carrier.local,
        per_minute=setting.options.get("per_minute", per_minute),
        carrier=carrier,
        secrets=(*setting.keys.values(), *carrier.hidden),
        leads_to=carrier.leads_to,
    )


def _check_options(setting: ChannelSettings, kind: ChannelKind) -> None:
    where = f"channels.{setting.name}"
    known: dict[str, type] = {"group": bool, "per_minute": int, **kind.options, **kind.extra}
    known |= {"url": str} if kind.url else {}
    for name, value in setting.options.items():
        if name not in known:
            raise WrongSettings(f"{where}.{name}", f"不认识，可用：{'、'.join(known)}", "it is unknown")
        if type(value) is not known[name]:
            raise WrongSettings(f"{where}.{name}", "类型有误", "it is of the wrong type")
    for name in kind.options:
        if setting.options.get(name) in (None, "", {}):
            raise WrongSettings(f"{where}.{name}", "必填，尚未填写", "it is missing")
    if setting.options.get("per_minute", 1) < 1:
        raise WrongSettings(f"{where}.per_minute", "应大于 0", "it must be above 0")
    if kind.always_group and not setting.options.get("group", True):
        zh, en = "群机器人的消息人人可见，不能为 false", "everybody reads a robot's messages: it cannot be false"
        raise WrongSettings(f"{where}.group", zh, en)


def _check_keys(setting: ChannelSettings, kind: ChannelKind) -> None:
    where = f"channels.{setting.name}"
    for part in kind.keys:
        if part not in setting.keys:
            there = variable(setting.name, part)
            file = "url_file 或 secret_file" if setting.kind == APPRISE else "secret_file"
            zh = f"缺少密钥 {part}；请设环境变量 {there}，或在 {file} 中写明"
            raise WrongSettings(
                where, zh, f"the key {part} is missing: set {there}, or put it into a file of mode 0600"
            )
    if unknown := sorted(set(setting.keys) - {*kind.keys, *kind.extra_keys}):
        raise WrongSettings(where, f"不用密钥 {unknown[0]}", f"it takes no key {unknown[0]}")


def _place(setting: ChannelSettings, kind: ChannelKind, allowed: AllowList) -> AllowedHost | None:
    """Where the channel leads, through the allow-list; the service's own address needs no entry there."""
    url, where = setting.options.get("url", kind.url), f"channels.{setting.name}.url"
    if not url:
        return None
    try:
        place = allowed.place(url, *([kind.url.partition("://")[2]] if kind.url else []))
    except NotAllowed as error:
        raise WrongSettings(where, error.zh, error.en) from None
    if kind.always_group and any(word in place.path for word in ("/send", "/hook")):
        there = variable(setting.name, "token")
        zh, en = f"只写到主机为止；其后的令牌请放入 {there}", f"it ends with the host; the token goes to {there}"
        raise WrongSettings(where, zh, en)
    if (place.scheme in MAIL) is not (setting.kind == "email"):
        zh, en = f"{setting.kind} 不能用 {place.scheme}", f"{setting.kind} cannot use {place.scheme}"
        raise WrongSettings(where, zh, en)
    return place


def _email(built: Built) -> Carrier:
    setting, where = built.setting, f"channels.{built.setting.name}"
    if not SENDER.fullmatch(parseaddr(setting.options["sender"])[1]):
        raise WrongSettings(f"{where}.sender", "应写成“名称 <邮箱>”", "write it like Name <address>")
    if ("user" in setting.keys) is not ("password" in setting.keys):
        raise WrongSettings(where, "user 与 password 须同时给出", "user and password go together")
    return built.at_host(SmtpChannel)


def _sms(built: Built) -> Carrier:
    for name, value in built.setting.options["parameters"].items():
        if not isinstance(value, str):
            raise WrongSettings(f"channels.{built.setting.name}.parameters.{name}", "应为文字", "it must be text")
    return built.at_host(AliyunSms)


def _apprise(built: Built) -> Carrier:
    from notifications.channels import apprise_channel  # half a second, where no channel goes by it

    if built.setting.kind == APPRISE:
        return apprise_channel.address_carrier(built.setting, built.settings.allowed)
    assert built.place is not None
    return apprise_channel.robot_carrier(built.setting, built.settings.allowed, built.place)


def _robot(robot: Robot) -> ChannelKind:
    more: dict[str, Any] = {"extra_keys": ("secret",)} if robot.secret else {}
    return ChannelKind(
        make=_apprise, group=True, always_group=True, per_minute=20, url=robot.url, keys=("token",), **more
    )


KINDS: Mapping[str, ChannelKind] = {
    **{name: _robot(robot) for name, robot in ROBOTS.items()},
    "email": ChannelKind(
        make=_email,
        options={"url": str, "sender": str},
        extra={"reply_to": str, "list_id": str, "unsubscribe": str},
        extra_keys=("user", "password"),
    ),
    "webhook": ChannelKind(
        make=lambda built: built.at_host(Webhook), group=True, options={"url": str}, keys=("secret",)
    ),
    "sms": ChannelKind(
        make=_sms,
        url="https://dysmsapi.aliyuncs.com",
        options={"sign_name": str, "template": str, "parameters": dict},
        keys=("id", "secret"),
    ),
    "folder": ChannelKind(
        make=lambda built: Folder(built.settings.home / Path(built.setting.options["path"])), options={"path": str}
    ),
    APPRISE: ChannelKind(make=_apprise, options={"group": bool}, keys=("url",)),
}
