"""`channels.toml` in the home: which channels there are and where they may lead; and their keys, from anywhere but that file."""

import ipaddress
import os
import re
import stat
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.encoding import decoded
from notifications.channels.allow_list import ENCRYPTED, SCHEMES, AllowList, Network

FILE = "channels.toml"
APPRISE = "apprise"  # the kind whose whole address is secret
NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
SECRET_WORDS = ("token", "secret", "password", "key", "access_key", "user_password")


class WrongSettings(Exception):
    """A field is not as it must be; the words name it and the way out, and never a value."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"{field}: {en}")
        self.field, self.zh, self.en = field, f"{field}：{zh}", f"{field}: {en}"


@dataclass(frozen=True, kw_only=True)
class ChannelSettings:
    """One channel as it is written down, with its keys."""

    name: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All of them. `home` is where relative folders lie; `faults` are the channels whose own lines are wrong, `app_faults` the
    apps for signing in: neither keeps the others from their work."""

    home: Path
    channels: tuple[ChannelSettings, ...] = ()
    faults: tuple[WrongSettings, ...] = ()
    chat_apps: tuple[
        ChannelSettings, ...
    ] = ()  # by which people may sign in: [sign_in.dingtalk], its kind being its name
    app_faults: tuple[WrongSettings, ...] = ()
    allowed: AllowList = field(default_factory=AllowList)


def read_settings(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """What the home says; no file means no channels. Raises WrongSettings where the file as a whole is wrong."""
    try:
        found = tomllib.loads(decoded((home / FILE).read_bytes()).replace("\r\n", "\n"))
    except FileNotFoundError:
        return Settings(home=home)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings(FILE, "无法读取", "it cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        raise WrongSettings(FILE, f"写法有误：{error}", f"malformed: {error}") from error
    _known(found, ("allow", "channels", "sign_in"), "")
    channels, faults = list[ChannelSettings](), list[WrongSettings]()
    for name, table in _table(found.get("channels", {}), "channels").items():
        try:
            channels.append(_channel(home, name, _table(table, f"channels.{name}"), environment))
        except WrongSettings as fault:
            faults.append(fault)
    apps, app_faults = _chat_apps(home, found.get("sign_in", {}), environment)
    return Settings(
        home=home,
        channels=tuple(channels),
        faults=tuple(faults),
        chat_apps=apps,
        app_faults=app_faults,
        allowed=_allowed(_table(found.get("allow", {}), "allow")),
    )


def variable(name: str, part: str) -> str:
    """The environment variable of a key: DUIXIAN_CHANNEL_DUTY_GROUP_TOKEN."""
    return f"DUIXIAN_CHANNEL_{name}_{part}".upper().replace("-", "_")


def _channel(home: Path, name: str, table: Mapping[str, Any], environment: Mapping[str, str]) -> ChannelSettings:
    where, kind = f"channels.{name}", table.get("kind")
    if not NAME.fullmatch(name):
        zh = "渠道名应以小写字母开头，只含小写字母、数字和连字符，至多 32 个字符"
        raise WrongSettings(where, zh, "a name has small letters, digits and hyphens, at most 32")
    if not isinstance(kind, str):
        raise WrongSettings(f"{where}.kind", "必填，尚未填写", "it is missing")
    files = {"secret_file", "url_file"} if kind == APPRISE else {"secret_file"}
    for word in (*SECRET_WORDS, *(("url",) if kind == APPRISE else ())):
        if word in table:
            there, file = variable(name, word), "url_file" if word == "url" else "secret_file"
            zh = f"不得写入密钥 {word}；请放入环境变量 {there}，或权限为 0600 的 {file}"
            raise WrongSettings(where, zh, f"no key ({word}) here: use {there} or a {file} of mode 0600")
    keys = _keys(home, table, where) if "secret_file" in table else {}
    if "url_file" in files and "url_file" in table:
        keys["url"] = _secret_text(home, table["url_file"], f"{where}.url_file").strip()
    prefix = variable(name, "")
    named = {key[len(prefix) :]: value for key, value in environment.items() if key.startswith(prefix) and value}
    # a part is one word: DUTY_GROUP_TOKEN belongs to duty-group, and is no key "group_token" of duty
    keys |= {part.lower(): value for part, value in named.items() if part.isalpha()}
    options = {key: value for key, value in table.items() if key not in {"kind", *files}}
    return ChannelSettings(name=name, kind=kind, options=options, keys=keys)


def _chat_apps(
    home: Path, tables: Any, environment: Mapping[str, str]
) -> tuple[tuple[ChannelSettings, ...], tuple[WrongSettings, ...]]:
    """The apps for signing in that can be read, and what is wrong with the others: no message waits for one of them."""
    apps, faults = list[ChannelSettings](), list[WrongSettings]()
    try:
        named = _table(tables, "sign_in")
    except WrongSettings as fault:
        return (), (fault,)
    for name, table in named.items():
        try:
            apps.append(_chat_app(home, name, _table(table, f"sign_in.{name}"), environment))
        except WrongSettings as fault:
            faults.append(fault)
    return tuple(apps), tuple(faults)


def _chat_app(home: Path, name: str, table: Mapping[str, Any], environment: Mapping[str, str]) -> ChannelSettings:
    """What is written down of an app for signing in; its secret comes from DUIXIAN_SIGN_IN_NAME_SECRET or a `secret_file`."""
    where = f"sign_in.{name}"
    _known(table, ("client", "agent", "authorize", "api", "secret_file"), f"{where}.")
    for word, value in table.items():
        if not isinstance(value, str):
            raise WrongSettings(f"{where}.{word}", "应为文字", "it must be text")
    keys = _keys(home, table, where) if "secret_file" in table else {}
    if said := environment.get(f"DUIXIAN_SIGN_IN_{name}_SECRET".upper()):
        keys["secret"] = said
    options = {key: value for key, value in table.items() if key != "secret_file"}
    return ChannelSettings(name=name, kind=name, options=options, keys=keys)


def _keys(home: Path, table: Mapping[str, Any], where: str) -> dict[str, str]:
    """Keys from a TOML file."""
    named, field = table["secret_file"], f"{where}.secret_file"
    try:
        found = tomllib.loads(_secret_text(home, named, field).replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError:
        # its words would quote the file
        raise WrongSettings(field, f"{named} 写法有误", f"{named} is malformed") from None
    if not all(isinstance(value, str) for value in found.values()):
        raise WrongSettings(field, "各项应为文字", "every value must be text")
    return found


def _secret_text(home: Path, named: Any, field: str) -> str:
    """The text of a file that belongs to us and that nobody else may read."""
    if not isinstance(named, str):
        raise WrongSettings(field, "应为文件名", "it must be a file name")
    try:
        handle = os.open(home / named, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise WrongSettings(
            field, f"无法打开 {named}（{error.strerror}）", f"cannot open {named} ({error.strerror})"
        ) from error
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode) or state.st_uid != os.getuid() or state.st_mode & 0o077:
        os.close(handle)
        zh = f"{named} 须为本用户的普通文件，且权限为 0600（chmod 600 {named}）"
        raise WrongSettings(field, zh, f"{named} must be ours and of mode 0600 (chmod 600 {named})")
    with os.fdopen(handle, "rb") as file:
        try:
            return decoded(file.read())
        except UnicodeDecodeError:
            raise WrongSettings(field, f"{named} 写法有误", f"{named} is malformed") from None


def _allowed(table: Mapping[str, Any]) -> AllowList:
    _known(table, ("schemes", "hosts", "private"), "allow.")
    schemes = _words(table, "schemes", ENCRYPTED)
    for scheme in schemes:
        if scheme not in SCHEMES:
            words = "、".join(SCHEMES)
            raise WrongSettings("allow.schemes", f"不认识 {scheme}，可用：{words}", f"{scheme} is unknown")
    hosts = tuple(host.lower() for host in _words(table, "hosts"))
    for host in hosts:
        if not re.fullmatch(r"(\*\.)?[^\s*/:@]+", host):
            zh = f"“{host}”应为主机名，或 *. 加域名"
            raise WrongSettings("allow.hosts", zh, f"{host} must be a host, or *. and a domain")
    return AllowList(schemes=schemes, hosts=hosts, private=tuple(map(_network, _words(table, "private"))))


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise WrongSettings("allow.private", f"“{text}”应写成 10.1.2.0/24", f"write {text} like 10.1.2.0/24") from error


def _words(table: Mapping[str, Any], name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    found = table.get(name, list(default))
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise WrongSettings(f"allow.{name}", "应为文字列表", "it must be a list of text")
    return tuple(found)


def _table(found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise WrongSettings(where, f"应为表（[{where}]）", f"it must be a table ([{where}])")
    return found


def _known(table: Iterable[str], names: tuple[str, ...], where: str) -> None:
    for name in table:
        if name not in names:
            raise WrongSettings(f"{where}{name}", f"不认识，可用：{'、'.join(names)}", "it is unknown")
