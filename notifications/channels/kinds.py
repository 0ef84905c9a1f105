"""The kinds of channels: which options and keys each takes, and how it is built."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from notifications.channels.carried import CarriedChannel, Carrier
from notifications.channels.letter import well_formed
from notifications.channels.places import NotAllowed, Place
from notifications.channels.settings import ChannelSettings, Settings, WrongSettings, variable


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind. `options` and `keys` are those that must be there; `extra` and `extra_keys` those that may."""

    make: Callable[["Built"], Carrier]
    group: bool = False
    always_group: bool = False
    per_minute: int | None = None
    url: str = ""  # the service's own address, where it has one
    options: Mapping[str, type] = field(default_factory=dict)
    extra: Mapping[str, type] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    extra_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Built:
    """What a channel is built from: its settings, checked, and its place."""

    one: ChannelSettings
    settings: Settings
    place: Place | None

    @property
    def at(self) -> Place:
        """The place, of kinds that have one."""
        assert self.place is not None
        return self.place


def build(one: ChannelSettings, settings: Settings) -> CarriedChannel:
    """The channel; raises WrongSettings with what to change."""
    kind = KINDS[one.kind]
    _check_options(one, kind)
    _check_keys(one, kind)
    place = _place(one, kind, settings)
    carrier = kind.make(Built(one, settings, place))
    return CarriedChannel(
        name=one.name,
        kind=one.kind,
        group=one.options.get("group", kind.group),
        local=place is None or place.local,
        per_minute=one.options.get("per_minute", kind.per_minute),
        carrier=carrier,
        secrets=tuple(one.keys.values()),
    )


def keys_of(kind: str) -> tuple[str, ...]:
    """The keys that a kind must have."""
    return KINDS[kind].keys if kind in KINDS else ()


def url_of(kind: str) -> str:
    """The service's own address, where a kind has one."""
    return KINDS[kind].url if kind in KINDS else ""


def _check_options(one: ChannelSettings, kind: Kind) -> None:
    where = f"channels.{one.name}"
    known: dict[str, type] = {"group": bool, "per_minute": int, **kind.options, **kind.extra}
    if kind.url:
        known["url"] = str
    for name, value in one.options.items():
        if name not in known:
            listed = "、".join(known)
            raise WrongSettings(
                f"不认识 {where}.{name}，可用：{listed}", f"{where}.{name} is unknown", f"{where}.{name}"
            )
        if type(value) is not known[name]:
            zh, en = f"{where}.{name} 的类型有误", f"{where}.{name} is of the wrong type"
            raise WrongSettings(zh, en, f"{where}.{name}")
    for name in kind.options:
        if not one.options.get(name):
            raise WrongSettings(f"{where} 缺少 {name}", f"{where} lacks {name}", f"{where}.{name}")
    if one.options.get("per_minute", 1) < 1:
        raise WrongSettings(
            f"{where}.per_minute 应大于 0", f"{where}.per_minute must be above 0", f"{where}.per_minute"
        )
    if kind.always_group and not one.options.get("group", True):
        zh = f"{where}：群机器人的消息人人可见，group 不能为 false"
        raise WrongSettings(zh, f"{where}: everybody reads a robot's messages, group cannot be false", f"{where}.group")


def _check_keys(one: ChannelSettings, kind: Kind) -> None:
    where = f"channels.{one.name}"
    for part in kind.keys:
        if part not in one.keys:
            there = variable(one.name, part)
            zh = f"{where} 缺少密钥 {part}；请设环境变量 {there}，或在 secret_file 中写明"
            raise WrongSettings(zh, f"{where} lacks the key {part}: set {there}, or put it into secret_file", where)
    unknown = sorted(set(one.keys) - {*kind.keys, *kind.extra_keys})
    if unknown:
        zh, en = f"{where} 不用密钥 {unknown[0]}", f"{where} takes no key {unknown[0]}"
        raise WrongSettings(zh, en, where)


def _place(one: ChannelSettings, kind: Kind, settings: Settings) -> Place | None:
    """Where the channel leads, through the allow-list; the service's own address needs no entry there."""
    url = one.options.get("url", kind.url)
    if not url:
        return None
    field = f"channels.{one.name}.url"
    try:
        place = settings.allowed.place(url, *([kind.url.partition("://")[2]] if kind.url else []))
    except (NotAllowed, ValueError) as error:
        zh, en = getattr(error, "zh", "地址写法有误"), getattr(error, "en", "malformed address")
        raise WrongSettings(f"{field}：{zh}", f"{field}: {en}", field) from None
    if kind.always_group and any(word in place.path for word in ("/send", "/hook")):
        zh = f"{field} 只写到主机为止；其后的令牌请放入 {variable(one.name, 'token')}"
        raise WrongSettings(zh, f"{field} ends with the host; the token goes to {variable(one.name, 'token')}", field)
    mail = place.scheme in ("smtp", "smtps", "starttls")
    if mail is not (one.kind == "email"):
        zh, en = f"{field}：{one.kind} 不能用 {place.scheme}", f"{field}: {one.kind} cannot use {place.scheme}"
        raise WrongSettings(zh, en, field)
    return place


def _through(built: Built, arguments: Mapping[str, Any], **more: Any) -> Carrier:
    """A carrier through Apprise, tried once: a key of the wrong form is found now and not when somebody waits for a message."""
    from notifications.channels.through_apprise import ThroughApprise

    carrier = ThroughApprise(
        arguments=arguments,
        place=built.at,
        allowed=built.settings.allowed,
        options=built.one.options,
        keys=built.one.keys,
        **more,
    )
    try:
        carrier.plugin()
    except TypeError:
        where = f"channels.{built.one.name}"
        raise WrongSettings(f"{where}：密钥的形式不对", f"{where}: a key is not of the right form", where) from None
    return carrier


def _robot(schema: str, key: str, limit: int) -> Callable[[Built], Carrier]:
    def make(built: Built) -> Carrier:
        arguments = {"schema": schema, key: built.one.keys["token"]}
        if schema == "dingtalk":
            arguments["secret"] = built.one.keys.get("secret", "")
        return _through(built, arguments, limit=limit, chat=True)

    return make


def _email(built: Built) -> Carrier:
    one = built.one
    _, address = parseaddr(one.options["sender"])
    if not well_formed(address):
        field = f"channels.{one.name}.sender"
        zh = f"{field} 应写成“名称 <邮箱>”"
        raise WrongSettings(zh, f"{field}: write it like Name <address>", field)
    if ("user" in one.keys) is not ("password" in one.keys):
        where = f"channels.{one.name}"
        zh, en = f"{where}：user 与 password 须同时给出", f"{where}: user and password go together"
        raise WrongSettings(zh, en, where)
    modes = {"smtps": "ssl", "starttls": "starttls", "smtp": "insecure"}
    arguments = {
        "schema": "mailto" if built.at.scheme == "smtp" else "mailtos",
        "host": built.at.host,
        "smtp_host": built.at.host,
        "port": built.at.port,
        "secure_mode": modes[built.at.scheme],
        "from_addr": address,
    }
    return _through(built, arguments)


def _webhook(built: Built) -> Carrier:
    return _through(built, {"schema": "json", "host": built.at.host})


def _sms(built: Built) -> Carrier:
    wrong = [name for name, value in built.one.options["parameters"].items() if not isinstance(value, str)]
    if wrong:
        field = f"channels.{built.one.name}.parameters.{wrong[0]}"
        raise WrongSettings(f"{field} 应为文字", f"{field} must be text", field)
    return _through(built, {"schema": "aliyunsms"})


def _folder(built: Built) -> Carrier:
    from notifications.channels.folder import Folder

    return Folder(built.settings.home / Path(built.one.options["path"]))


def _robot_kind(schema: str, key: str, limit: int, url: str, secret: bool = True) -> Kind:
    keys = ("secret",) if secret else ()
    make = _robot(schema, key, limit)
    return Kind(make=make, group=True, always_group=True, per_minute=20, url=url, keys=("token",), extra_keys=keys)


# A body may have 20,000 bytes at DingTalk, Feishu and Lark; half of it leaves room for what JSON escapes.
KINDS: Mapping[str, Kind] = {
    "dingtalk": _robot_kind("dingtalk", "token", 9_000, "https://oapi.dingtalk.com"),
    "wecom": _robot_kind("wecombot", "key", 2_048, "https://qyapi.weixin.qq.com", secret=False),
    "feishu": _robot_kind("feishu", "token", 9_000, "https://open.feishu.cn"),
    "lark": _robot_kind("lark", "token", 9_000, "https://open.larksuite.com"),
    "email": Kind(
        make=_email,
        options={"url": str, "sender": str},
        extra={"reply_to": str, "list_id": str, "unsubscribe": str},
        extra_keys=("user", "password"),
    ),
    "webhook": Kind(make=_webhook, group=True, options={"url": str}, keys=("secret",)),
    "sms": Kind(
        make=_sms,
        url="https://dysmsapi.aliyuncs.com",
        options={"sign_name": str, "template": str, "parameters": dict},
        keys=("id", "secret"),
    ),
    "folder": Kind(make=_folder, options={"path": str}),
}
