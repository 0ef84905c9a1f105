"""`channels.toml` in the home: which channels there are and where they may lead; and their keys, from anywhere but that file."""

import ipaddress
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.encoding import decoded
from notifications.channels.places import ENCRYPTED, SCHEMES, Allowed, Network

FILE = "channels.toml"
NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
SECRET_WORDS = ("token", "secret", "password", "key", "access_key", "user_password")


class WrongSettings(Exception):
    """The file or a key is not as it must be; the words name the place and the way out, and never a value."""

    def __init__(self, zh: str, en: str, field: str = FILE) -> None:
        super().__init__(en)
        self.zh, self.en, self.field = zh, en, field


@dataclass(frozen=True, kw_only=True)
class ChannelSettings:
    """One channel as it is written down, with its keys."""

    name: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All of them. `home` is where relative folders lie; `faults` are the channels whose own lines are wrong."""

    home: Path
    channels: tuple[ChannelSettings, ...] = ()
    faults: tuple[WrongSettings, ...] = ()
    allowed: Allowed = field(default_factory=Allowed)


def read_settings(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """What the home says; no file means no channels. Raises WrongSettings where the file as a whole is wrong."""
    path = home / FILE
    try:
        found = tomllib.loads(decoded(path.read_bytes()).replace("\r\n", "\n"))
    except FileNotFoundError:
        return Settings(home=home)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings("channels.toml 无法读取", "channels.toml cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        raise WrongSettings(f"channels.toml 写法有误：{error}", f"channels.toml is malformed: {error}") from error
    _known(found, ("allow", "channels"), "")
    tables = _table(found.get("channels", {}), "channels")
    channels, faults = list[ChannelSettings](), list[WrongSettings]()
    for name, one in tables.items():
        try:
            channels.append(_channel(home, name, _table(one, f"channels.{name}"), environment))
        except WrongSettings as fault:
            faults.append(fault)
    allowed = _allowed(_table(found.get("allow", {}), "allow"))
    return Settings(home=home, channels=tuple(channels), faults=tuple(faults), allowed=allowed)


def variable(name: str, part: str) -> str:
    """The environment variable of a key: DUIXIAN_CHANNEL_DUTY_GROUP_TOKEN."""
    return f"DUIXIAN_CHANNEL_{name}_{part}".upper().replace("-", "_")


def _channel(home: Path, name: str, table: Mapping[str, Any], environment: Mapping[str, str]) -> ChannelSettings:
    where = f"channels.{name}"
    if not NAME.fullmatch(name):
        zh = f"渠道名“{name}”应以小写字母开头，只含小写字母、数字和连字符，至多 32 个字符"
        raise WrongSettings(zh, f"channel name {name}: small letters, digits and hyphens, at most 32", where)
    for word in SECRET_WORDS:
        if word in table:
            there = variable(name, word)
            zh = f"{where} 不得写入密钥 {word}；请放入环境变量 {there}，或权限为 0600 的 secret_file"
            raise WrongSettings(zh, f"no key ({word}) in {where}: use {there} or a secret_file of mode 0600", where)
    kind = table.get("kind")
    if not isinstance(kind, str):
        raise WrongSettings(f"{where} 缺少 kind", f"{where} lacks kind", f"{where}.kind")
    options = {key: value for key, value in table.items() if key not in ("kind", "secret_file")}
    keys = _from_file(home, table["secret_file"], where) if "secret_file" in table else {}
    prefix = variable(name, "")
    named = {key[len(prefix) :]: value for key, value in environment.items() if key.startswith(prefix) and value}
    # a part is one word: DUTY_GROUP_TOKEN belongs to duty-group, and is no key "group_token" of duty
    keys |= {part.lower(): value for part, value in named.items() if part.isalpha()}
    return ChannelSettings(name=name, kind=kind, options=options, keys=keys)


def _from_file(home: Path, named: Any, where: str) -> dict[str, str]:
    """Keys from a TOML file that belongs to us and that nobody else may read."""
    field = f"{where}.secret_file"
    if not isinstance(named, str):
        raise WrongSettings(f"{field} 应为文件名", f"{field} must be a file name", field)
    try:
        handle = os.open(home / named, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        zh, en = f"{field}：无法打开 {named}（{error.strerror}）", f"{field}: cannot open {named} ({error.strerror})"
        raise WrongSettings(zh, en, field) from error
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode) or state.st_uid != os.getuid() or state.st_mode & 0o077:
        os.close(handle)
        zh = f"{field}：{named} 须为本用户的普通文件，且权限为 0600（chmod 600 {named}）"
        raise WrongSettings(zh, f"{field}: {named} must be ours and of mode 0600 (chmod 600 {named})", field)
    with os.fdopen(handle, "rb") as file:
        try:
            found = tomllib.loads(decoded(file.read()).replace("\r\n", "\n"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            # its words would quote the file
            zh, en = f"{field}：{named} 写法有误", f"{field}: {named} is malformed"
            raise WrongSettings(zh, en, field) from None
    if not all(isinstance(value, str) for value in found.values()):
        raise WrongSettings(f"{field}：各项应为文字", f"{field}: every value must be text", field)
    return dict(found)


def _allowed(table: Mapping[str, Any]) -> Allowed:
    _known(table, ("schemes", "hosts", "private"), "allow.")
    schemes = _words(table, "schemes", ENCRYPTED)
    unknown = [one for one in schemes if one not in SCHEMES]
    if unknown:
        words = "、".join(SCHEMES)
        raise WrongSettings(
            f"allow.schemes 不认识 {unknown[0]}，可用：{words}", f"allow.schemes: {unknown[0]} unknown", "allow.schemes"
        )
    hosts = tuple(one.lower() for one in _words(table, "hosts", ()))
    for one in hosts:
        if not re.fullmatch(r"(\*\.)?[^\s*/:@]+", one):
            zh = f"allow.hosts：“{one}”应为主机名，或 *. 加域名"
            raise WrongSettings(zh, f"allow.hosts: {one} must be a host, or *. and a domain", "allow.hosts")
    return Allowed(schemes=schemes, hosts=hosts, private=tuple(map(_network, _words(table, "private", ()))))


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        zh = f"allow.private：“{text}”应写成 10.1.2.0/24"
        raise WrongSettings(zh, f"allow.private: write {text} like 10.1.2.0/24", "allow.private") from error


def _words(table: Mapping[str, Any], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    found = table.get(name, list(default))
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise WrongSettings(f"allow.{name} 应为文字列表", f"allow.{name} must be a list of text", f"allow.{name}")
    return tuple(found)


def _table(found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise WrongSettings(f"{where} 应为表（[{where}]）", f"{where} must be a table ([{where}])", where)
    return found


def _known(table: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    for name in table:
        if name not in names:
            listed = "、".join(names)
            raise WrongSettings(f"不认识 {where}{name}，可用：{listed}", f"{where}{name} is unknown", f"{where}{name}")
