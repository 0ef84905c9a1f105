"""Reads what users hand in on files: strictly, with messages that say what is wrong where."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from casework.shared.os_errors import said_zh
from cli.errors import wrong_use

LARGEST = 10 * 1024 * 1024  # bytes of a JSON file; sheets have limits of their own


def text(path: str, *, field: str) -> str:
    """A text file in UTF-8 or GB 18030, with or without its mark; standard input for "-"."""
    from models.encoding import decoded

    try:
        if path == "-":
            return decoded(_standard_input())
        file = Path(
            path[1:] if path.startswith("@") and not Path(path).exists() else path
        )  # as `settings set` takes it
    except UnicodeDecodeError as error:
        raise wrong_use("encoding", "输入不是文本", "the input is no text", field=field) from error
    try:
        if file.is_dir():
            raise wrong_use("file", f"{path} 是文件夹，请给出文件", f"{path} is a folder: name a file", field=field)
        if file.stat().st_size > LARGEST:
            raise wrong_use("file", f"{path} 超过 10 MB", f"{path} is larger than 10 MB", field=field)
        return decoded(file.read_bytes())
    except UnicodeDecodeError as error:
        zh = f"{path} 不是 UTF-8 或 GB 18030 文本，请另存为 UTF-8"
        en = f"{path} is text in neither UTF-8 nor GB 18030: save it as UTF-8"
        raise wrong_use("encoding", zh, en, field=field) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        if path.lstrip()[:1] in ("{", "["):
            zh = "这里应写文件名：请把内容存为文件再给出文件名，或用 - 从标准输入读入"
            en = "name a file here: save the content and name its file, or read it from standard input with -"
            raise wrong_use("file", zh, en, field=field) from error
        zh = f"无法读取文件 {path}（{said_zh(error) if isinstance(error, OSError) else reason}），请检查路径"
        en = f"cannot read {path} ({reason}): check the path"
        raise wrong_use("file", zh, en, field=field) from error


def _standard_input() -> bytes:
    stream = getattr(sys.stdin, "buffer", None)
    given = stream.read(LARGEST + 1) if stream is not None else sys.stdin.read(LARGEST + 1).encode()
    if len(given) > LARGEST:
        raise wrong_use("file", "输入超过 10 MB", "the input is larger than 10 MB", field="-")
    return bytes(given)


class _Unfit(ValueError):
    """JSON that parses, and says what nobody can take."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.zh, self.en = zh, en


def read_json(path: str, *, field: str) -> Any:
    """The JSON of a file; malformed JSON, NaN, keys given twice and too deep nesting are refused with their place."""
    given = text(path, field=field)
    try:
        return json.loads(given, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        where = f"第 {error.lineno} 行第 {error.colno} 列"
        zh = f"{path} 不是有效的 JSON（{where}），请检查引号、逗号和括号"
        en = f"{path} is not valid JSON (line {error.lineno}, column {error.colno}): {error.msg}"
        raise wrong_use("json", zh, en, field=field) from error
    except RecursionError as error:
        raise wrong_use("json", f"{path} 嵌套过深", f"{path} is nested too deeply", field=field) from error
    except _Unfit as unfit:
        zh, en = f"{path} 的内容不能接受：{unfit.zh}", f"{path} cannot be accepted: {unfit.en}"
        raise wrong_use("json", zh, en, field=field) from unfit
    except ValueError as error:  # a number of too many digits
        zh, en = f"{path} 中有过长的数字", f"{path} holds a number of too many digits"
        raise wrong_use("json", zh, en, field=field) from error


def read_object(path: str, *, field: str) -> dict[str, Any]:
    """The JSON object of a file."""
    found = read_json(path, field=field)
    if not isinstance(found, dict):
        zh, en = f"{path} 应为一个 JSON 对象（{{…}}）", f"{path} must hold one JSON object ({{…}})"
        raise wrong_use("json", zh, en, field=field)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Unfit(f"“{twice}”重复出现", f'"{twice}" is given twice')
    return found


def _no_constant(name: str) -> Any:
    raise _Unfit(f"不接受 {name}", f"{name} is no number")


def digest(path: str) -> str:
    """SHA-256 of a file's bytes."""
    import hashlib

    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def write_new(path: Path, data: bytes) -> None:
    """A file for its owner's eyes; one that is there is left alone."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
    except OSError as error:
        zh, en = f"不能写入 {path}（{said_zh(error)}）", f"cannot write {path} ({error.strerror})"
        raise wrong_use("file", zh, en, field="--to") from error
