"""`messages preview`: every message for every reader on one page, to be looked at before people get it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from casework.shared.os_errors import said_zh
from cli import output
from cli.errors import wrong_use
from cli.house import command, option
from cli.language import t

if TYPE_CHECKING:
    import typer


def mount(messages: typer.Typer) -> None:
    """Puts the command into the group `messages`."""
    command(
        messages,
        "preview",
        "把全部消息的中英文措辞写成一页 HTML，供发送前查看",
        "Write every message in Chinese and English as one HTML page",
    )(preview)


def preview(
    out: Annotated[
        str, option("--out", zh="写入此文件", en="write to this file", metavar="FILE")
    ] = "out/messages-preview.html",
) -> None:
    from casework.shared.atomic_files import written
    from notifications.preview import page
    from notifications.wording import WORDINGS

    path = Path(out)
    try:
        with written(path) as part:
            part.write_text(page(), encoding="utf-8")
    except OSError as error:
        zh, en = f"不能写入 {out}（{said_zh(error)}）", f"cannot write {out} ({error.strerror})"
        raise wrong_use("file", zh, en, field="--out") from error
    output.line(t(f"{len(WORDINGS)} 种消息已写入 {path}", f"{len(WORDINGS)} kinds of messages written to {path}"))
