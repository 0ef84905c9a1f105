"""The help pages: plain text in the user's language, columns that count Chinese width right, and nothing to import."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterable
from typing import Any

from cli.language import t

NARROWEST, WIDEST = 60, 100


def width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def page(command: Any, ctx: Any) -> str:
    """The whole help page of a command or a group."""
    usage = " ".join([ctx.command_path, *_usage(command, ctx)])
    parts = [f"{t('用法', 'Usage')}{t('：', ': ')}{usage}", ""]
    parts += [*_folded((command.help or "").strip(), 2), ""]
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.get_params(ctx) if one.param_type_name == "option" and not one.hidden]
    parts += _section(t("参数", "Arguments"), [(_name(one), _help(one, ctx)) for one in arguments])
    parts += _section(t("选项", "Options"), [(_flags(one), _help(one, ctx)) for one in options])
    parts += _section(t("命令", "Commands"), [(name, _first_line(words)) for name, words in _below(command)])
    return "\n".join(parts).rstrip() + "\n"


def _below(command: Any) -> list[tuple[str, str]]:
    """The commands of a group with their help; a tree tells without building them."""
    commands = getattr(command, "commands", {})
    if hasattr(commands, "summaries"):
        found: list[tuple[str, str]] = commands.summaries()
        return found
    return [(name, one.help or "") for name, one in commands.items() if not one.hidden]


def _usage(command: Any, ctx: Any) -> Iterable[str]:
    yield t("[选项]", "[OPTIONS]")
    for one in command.params:
        if one.param_type_name == "argument":
            name = _name(one)
            yield name if one.required else f"[{name}]"
    if hasattr(command, "commands"):
        yield t("命令 …", "COMMAND …")


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.strip("_").upper())


def _flags(option: Any) -> str:
    names = ", ".join(sorted((*option.opts, *option.secondary_opts), key=lambda one: (one.startswith("--"), one)))
    return names if option.is_flag else f"{names} {option.metavar or option.name.strip('_').upper()}"


def _help(parameter: Any, ctx: Any) -> str:
    if parameter.name == "help":
        return t("显示本页", "Show this page")
    words = parameter.help or ""
    if parameter.param_type_name == "option" and parameter.required:
        words += t("（必填）", " (required)")
    variable = getattr(parameter, "envvar", None)
    return words + (f" [{variable}]" if variable else "")


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""


def _section(title: str, rows: list[tuple[str, str]]) -> list[str]:
    if not rows:
        return []
    widest = min(28, max(width(name) for name, _ in rows))
    lines = [f"{title}{t('：', ':')}"]
    for name, words in rows:
        folded = _folded(words, 4 + widest) or [""]
        gap = " " * (widest - width(name) + 2)
        if width(name) > widest:
            lines += [f"  {name}", *folded]
        else:
            lines += [f"  {name}{gap}{folded[0].strip()}", *folded[1:]]
    return [*lines, ""]


def _folded(text: str, indent: int) -> list[str]:
    """Lines of at most the terminal's width; Chinese breaks anywhere, other words at blanks."""
    room = max(NARROWEST, min(WIDEST, shutil.get_terminal_size((80, 24)).columns)) - indent
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for piece in _pieces(paragraph):
            if width(line) + width(piece.rstrip()) > room and line and piece[0] not in "，。；：、）”？！":
                lines.append(line.rstrip())
                line = ""
            line += piece
        lines.append(line.rstrip())
    return [" " * indent + line for line in lines]


def _pieces(text: str) -> Iterable[str]:
    """What may not be broken: a wide character, or a run of narrow ones up to its blank."""
    word = ""
    for one in text:
        if width(one) == 2:
            if word:
                yield word
            yield one
            word = ""
        else:
            word += one
            if one == " ":
                yield word
                word = ""
    if word:
        yield word
