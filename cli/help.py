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
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def page(command: Any, ctx: Any) -> str:
    """The whole help page of a command or a group."""
    usage = " ".join([ctx.command_path, *_usage(command, ctx)])
    parts = [f"{t('用法', 'Usage')}{t('：', ': ')}{usage}", ""]
    parts += [*_folded((command.help or "").strip(), 2), ""]
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [option for option in command.get_params(ctx) if option.param_type_name == "option" and not option.hidden]
    parts += _section(t("参数", "Arguments"), [(_name(argument), _help(argument, ctx)) for argument in arguments])
    parts += _section(t("选项", "Options"), [(_flags(option), _help(option, ctx)) for option in options])
    parts += _section(t("命令", "Commands"), [(name, _first_line(words)) for name, words in _below(command)])
    return "\n".join(parts).rstrip() + "\n"


def _below(command: Any) -> list[tuple[str, str]]:
    """The commands of a group with their help; a tree tells without building them."""
    commands = getattr(command, "commands", {})
    if hasattr(commands, "summaries"):
        found: list[tuple[str, str]] = commands.summaries()
        return found
    return [(name, listed.help or "") for name, listed in commands.items() if not listed.hidden]


def _usage(command: Any, ctx: Any) -> Iterable[str]:
    yield t("[选项]", "[OPTIONS]")
    for param in command.params:
        if param.param_type_name == "argument":
            name = _name(param)
            yield name if param.required else f"[{name}]"
    if hasattr(command, "commands"):
        yield t("命令 …", "COMMAND …")


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.strip("_").upper())


def _flags(option: Any) -> str:
    names = ", ".join(sorted((*option.opts, *option.secondary_opts), key=lambda name: (name.startswith("--"), name)))
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
    for letter in text:
        if width(letter) == 2:
            if word:
                yield word
            yield letter
            word = ""
        else:
            word += letter
            if letter == " ":
                yield word
                word = ""
    if word:
        yield word
