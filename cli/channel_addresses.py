"""Addresses of Apprise at the command line: which services there are, and a new channel written into `channels.toml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli import output
from cli.errors import wrong_use
from cli.language import t

if TYPE_CHECKING:
    from notifications.channels.channel_settings import ChannelSettings, Settings


def service_rows(schema: str | None) -> list[dict[str, Any]]:
    """All services, or the one of a scheme; refused where there is none."""
    from notifications.channels.apprise_services import services

    wanted = schema.partition("://")[0].lower() if schema else None
    found = [service for service in services() if wanted is None or wanted in service.schemas]
    if not found:
        zh, en = f"Apprise 没有协议 {wanted}；duixian channels services 列出全部", f"Apprise knows no {wanted}://"
        raise wrong_use("service", zh, en, field="SCHEME")
    return [{**asdict(service), "why": t(*service.why)} for service in found]


def show_services(rows: Sequence[dict[str, Any]], *, whole: bool) -> None:
    """As a table, or one by one with all that there is to say."""
    columns = (
        t("服务", "service"),
        t("协议", "scheme"),
        t("可用", "usable"),
        t("地址写法", "how an address is written"),
    )
    if not whole:
        output.table(
            columns,
            [
                (service["name"], " ".join(service["schemas"]), "✓" if service["usable"] else "✗", _first(service))
                for service in rows
            ],
        )
        return
    for service in rows:
        output.heading(f"{service['name']}  {' '.join(service['schemas'])}")
        for template in service["templates"]:
            output.line(f"  {template}")
        output.pairs((part["name"], _part(part)) for part in service["parts"])
        output.line(service["page"])
        if service["why"]:
            output.line(f"✗ {service['why']}")


def _first(row: dict[str, Any]) -> str:
    return str(row["templates"][0]) if row["usable"] else str(row["why"])


def _part(part: dict[str, Any]) -> str:
    words = [t("必填", "required") if part["required"] else "", t("密钥", "secret") if part["secret"] else ""]
    return t("、", ", ").join(filter(None, words)) or "–"


def proposed(settings: Settings, name: str, url: str, group: bool, per_minute: int | None) -> ChannelSettings:
    """The channel as it would be written down; refused where the name is taken or is none."""
    from notifications.channels.channel_settings import APPRISE, NAME, ChannelSettings

    if not NAME.fullmatch(name):
        zh = "渠道名应以小写字母开头，只含小写字母、数字和连字符，至多 32 个字符"
        raise wrong_use("channel", zh, "a name has small letters, digits and hyphens, at most 32", field="NAME")
    if name in {channel.name for channel in settings.channels} | {
        fault.field.split(".")[1] for fault in settings.faults
    }:
        zh, en = f"已有渠道 {name}；请换一个名称", f"there is a channel {name} already: take another name"
        raise wrong_use("channel", zh, en, field="NAME")
    options = {"group": group} | ({"per_minute": per_minute} if per_minute else {})
    return ChannelSettings(name=name, kind=APPRISE, options=options, keys={"url": url})


def written_down(directory: Path, settings: ChannelSettings) -> None:
    """The address into a file of its own (mode 0600), then the channel behind what `channels.toml` says already."""
    from casework.shared.atomic_files import written
    from models.encoding import decoded
    from notifications.channels.channel_settings import FILE

    secret = directory / "secrets" / f"{settings.name}.url"
    if secret.exists():
        zh, en = f"{secret.name} 已存在，请先移走", f"{secret.name} is there already: move it away first"
        raise wrong_use("file", zh, en, field="NAME")
    with written(secret) as part:
        part.write_text(settings.keys["url"] + "\n", encoding="utf-8")
    said = directory / FILE
    before = decoded(said.read_bytes()).rstrip() + "\n\n" if said.exists() else ""
    rate = f"per_minute = {settings.options['per_minute']}\n" if "per_minute" in settings.options else ""
    table = (
        f'[channels.{settings.name}]\nkind = "{settings.kind}"\ngroup = {str(settings.options["group"]).lower()}\n{rate}'
        f'url_file = "secrets/{secret.name}"\n'
    )
    mode = said.stat().st_mode if said.exists() else 0o600
    with written(said) as part:
        part.write_text(before + table, encoding="utf-8")
    said.chmod(mode)  # it holds no key: whoever could read it still can
