"""The services that Apprise ships: which there are, what an address of theirs needs, and whether it may be a channel here."""

import importlib
import logging
import mimetypes
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

from apprise import Apprise, NotificationManager
from apprise.apprise_attachment import AppriseAttachment
from apprise.plugins import url_to_dict

from notifications.channels.allow_list import NotAllowed
from notifications.channels.robots import dingtalk_signature
from notifications.channels.sandbox import block
from notifications.channels.transport import HeldRequests, HeldSmtplib

# Apprise logs the addresses that it calls and the values that it refuses, and both hold keys.
logging.getLogger("apprise").addFilter(lambda record: False)

SHORTEST_SECRET = 3


class Unusable(NotAllowed):
    """An address that cannot be a channel; the words say why and hold nothing of it but its scheme."""


@dataclass(frozen=True)
class AddressPart:
    """A part of an address, as Apprise describes it."""

    name: str
    required: bool
    secret: bool


@dataclass(frozen=True, kw_only=True)
class AppriseService:
    """One service. `templates` show how its addresses are written, `parts` what stands in their braces."""

    schemas: tuple[str, ...]
    name: str
    page: str
    templates: tuple[str, ...]
    parts: tuple[AddressPart, ...]
    usable: bool
    why: tuple[str, str] = ("", "")  # why not, in Chinese and English


@cache
def loaded() -> Any:
    """Apprise's registry, with our transports in its plugins and a robot's signature mended; once a process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it loads a hundred plugins of others
        manager = NotificationManager()
        manager.load_modules()
        mimetypes.init()  # from files, which no sandbox may read later
        for name in ("apprise.attachment.http", "apprise.config.http"):
            importlib.import_module(name)
    for module in [module for name, module in sys.modules.items() if name.startswith("apprise.")]:
        for name, stand_in in (("requests", HeldRequests()), ("smtplib", HeldSmtplib())):
            if isinstance(getattr(module, name, None), ModuleType):
                vars(module)[name] = stand_in
    # Templates, key files and pictures come from files and addresses: none in a sandbox.
    AppriseAttachment.add = _blocked_in_a_sandbox(AppriseAttachment.add)
    signed = type("SignedDingTalk", (manager["dingtalk"],), {"get_signature": dingtalk_signature})
    manager.remove("dingtalk", unload=False)
    manager.add(signed, schemas=("dingtalk",))
    return manager


def _blocked_in_a_sandbox(add: Any) -> Any:
    @wraps(add)
    def added(*arguments: Any, **more: Any) -> Any:
        block("attachment")
        return add(*arguments, **more)

    return added


def services() -> Iterator[AppriseService]:
    """All of them, by name."""
    known = loaded()
    listed = Apprise().details(show_disabled=True)["schemas"]
    for found in sorted(listed, key=lambda service: str(service["service_name"]).lower()):
        schemas = tuple(dict.fromkeys((*(found["secure_protocols"] or ()), *(found["protocols"] or ()))))
        why, templates = _why_not(known[schemas[0]]), tuple(map(str, found["details"]["templates"]))
        yield AppriseService(
            schemas=schemas, name=str(found["service_name"]), page=str(found["setup_url"] or ""),
            templates=templates, usable=why is None, why=(why.zh, why.en) if why else ("", ""),
            parts=tuple(
                AddressPart(name, bool(token.get("required")), bool(token.get("private")))
                for name, token in found["details"]["tokens"].items()
                if name != "schema" and f"{{{name}}}" in "".join(templates)
            ),
        )  # fmt: skip


def arguments(url: str) -> Mapping[str, Any]:
    """What Apprise reads from an address; raises Unusable."""
    manager = loaded()
    schema = url.partition("://")[0].lower()
    if schema in manager and (why := _why_not(manager[schema])):
        raise why
    try:
        found = url_to_dict(url.strip()) or {}
    except Exception:
        found = {}
    if not found and schema in manager:
        raise _incomplete(schema)
    if not found:
        raise Unusable(
            "Apprise 不认识此地址；可用的服务见 duixian channels services",
            "Apprise does not understand this address; duixian channels services lists what it does",
        )
    if why := _why_not(manager[found["schema"]]):  # a service's own https address
        raise why
    if found.get("verify") is False:
        raise Unusable("不得关闭证书校验（verify=no）", "certificates are checked: verify=no is not allowed")
    return {key: value for key, value in found.items() if key != "url"}


def wanted_more(schema: str, blocked: list[str]) -> Unusable:
    """What to say of an address whose service did more than send."""
    if blocked and blocked[0].partition(".")[0] in ("attachment", "open", "os", "tempfile", "shutil"):
        return Unusable(
            f"{schema}:// 的地址要求读取文件或附件（如 template、keyfile），不允许",
            f"this {schema}:// address asks for files or attachments (such as template, keyfile), which is not allowed",
        )
    if blocked:
        return Unusable(
            f"{schema}:// 除发送消息外还要使用本机其他资源，不可用作渠道",
            f"{schema}:// does more on this machine than send messages, and cannot be a channel",
        )
    return _incomplete(schema)


def masked(url: str, hosts: tuple[str, ...] = ()) -> str:
    """What may be shown of an address: its service and the hosts that it leads to, and nothing else of it.

    Apprise's own masking shows paths and parameters, and somebody may have put a key there.
    """
    schema = url.partition("://")[0].lower() if "://" in url else ""
    if schema not in loaded():
        found = url_to_dict(url) if schema else None
        schema = str(found["schema"]) if found else "?"
    return f"{schema}://…" + (f" → {'、'.join(hosts)}" if hosts else "")


def secrets(url: str, hosts: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Every piece of an address that no log may show: all but its scheme and the hosts that it leads to."""
    rest = url.partition("://")[2]
    pieces = {url, rest}
    for separator in "/?&=@:#,+ ":
        pieces |= {part for piece in list(pieces) for part in piece.split(separator)}
    pieces |= {unquote(piece) for piece in pieces}
    known = {name for host in hosts for name in (host, *host.split(":"))} | {urlsplit(url).scheme}
    return tuple(piece for piece in pieces if len(piece) >= SHORTEST_SECRET and piece not in known)


def _why_not(plugin: Any) -> Unusable | None:
    """Why a service cannot be a channel at all."""
    name = plugin.service_name
    if not any(_held(sys.modules.get(parent.__module__)) for parent in plugin.__mro__):
        return Unusable(
            f"{name} 不通过 HTTP 或邮件发送，其去向无法核对，不可用作渠道",
            f"{name} sends by neither HTTP nor mail: where it leads cannot be checked, so it cannot be a channel",
        )
    if not plugin.enabled:
        return Unusable(
            f"{name} 在本机不可用：缺少它所需的软件包",
            f"{name} cannot be used here: a package that it needs is missing",
        )
    return None


def _held(module: Any) -> bool:
    """Whether a module sends by our transports."""
    stand_ins = (HeldRequests, HeldSmtplib)
    return any(isinstance(getattr(module, name, None), stand_ins) for name in ("requests", "smtplib"))


def _incomplete(schema: str) -> Unusable:
    return Unusable(
        f"{schema}:// 的地址不完整或写法有误；写法见 duixian channels services {schema}",
        f"this {schema}:// address is incomplete or malformed; duixian channels services {schema} shows how it is written",
    )
