"""What goes wrong, with its exit code: 1 refused by a rule or guard, 2 wrong use, 3 broken. Never a traceback."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from cli.language import language, t

DONE, REFUSED, WRONG_USE, BROKEN, INTERRUPTED = 0, 1, 2, 3, 130
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]

# What the parser of arguments says, in Chinese; one that is not here is shown as it is.
_PARSER = (
    (r"No such option: (\S+)", r"没有选项 \1"),
    (r"No such command '(.+?)'", r"没有命令 \1"),
    (r"Did you mean (.+)\?", r"是否要用：\1"),
    (r"\(Possible options: (.+)\)", r"（相近的选项：\1）"),
    (r"Missing command\.?", "请写明命令"),
    (r"Missing argument '?(.+?)'?\.(?:\s|$)", r"缺少参数 \1"),
    (r"Missing option '?(.+?)'?\.(?:\s|$)", r"缺少选项 \1"),
    (r"Option '?(.+?)'? requires an argument\.?", r"选项 \1 后须写值"),
    (r"Option '?(.+?)'? does not take a value\.?", r"选项 \1 后不写值"),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)", r"多余的参数：\1"),
    (r"Invalid value for '?(.+?)'?: ", r"\1 的值有误："),
    (r"'(.+?)' is not a valid (?:integer|int)\.?", r"“\1”不是整数"),
    (r"'(.+?)' is not a valid UUID\.?", r"“\1”不是有效的 UUID"),
    (r"'(.+?)' is not one of (.+?)\.?$", r"“\1”不在可选值之内：\2"),
)


class Trouble(Exception):
    """Ready to be shown: exit code, a code for programs, the message, the field, and every single fault."""

    def __init__(
        self, exit_code: int, code: str, message: str, field: str = "", faults: Sequence[dict[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.exit_code, self.code, self.message, self.field, self.faults = exit_code, code, message, field, faults

    def json(self) -> dict[str, Any]:
        """The shape that `--json` prints."""
        body = {"code": self.code, "message": self.message, "field": self.field or None, "faults": list(self.faults)}
        return {"error": body}


def wrong_use(code: str, zh: str, en: str, *, field: str = "", faults: Sequence[dict[str, str]] = ()) -> Trouble:
    """Bad arguments, an unreadable file, malformed or wrong content."""
    return Trouble(WRONG_USE, code, t(zh, en), field, faults)


def refused(code: str, zh: str, en: str, *, field: str = "") -> Trouble:
    """A guard of the command line itself says no."""
    return Trouble(REFUSED, code, t(zh, en), field)


def trouble_of(error: BaseException) -> Trouble:
    """Any exception as what the user is told; what nobody expected goes to the log under an id."""
    if isinstance(error, Trouble):
        return error
    if isinstance(error, _UsageError):
        return Trouble(WRONG_USE, "usage", _usage(error))
    return _of_casework(error) or _of_the_law(error) or _unexpected(error)


def _of_casework(error: BaseException) -> Trouble | None:
    if "casework.shared.errors" not in sys.modules:
        return None
    from casework.shared.errors import Broken, Problem

    if not isinstance(error, Problem):
        return None
    faults = tuple(_fault(fault) for fault in getattr(error, "faults", ()))
    if isinstance(error, Broken):
        logged = _log(error)
        words = t(f"{error.zh}（数据矛盾，编号 {logged}）", f"{error.en} (contradicting data, id {logged})")
        return Trouble(BROKEN, error.code, words, error.field)
    wrong = faults or (
        error.field == "file" and error.code != "outside_window"
    )  # what was handed in is wrong, not the act
    return Trouble(WRONG_USE if wrong else REFUSED, error.code, error.words(language()), error.field, faults)


def _fault(fault: Any) -> dict[str, str]:
    english = language() == "en"
    return {
        "field": fault.field,
        "label": fault.label.en if english else fault.label.zh,
        "message": fault.en if english else fault.zh,
    }


def _of_the_law(error: BaseException) -> Trouble | None:
    """Wrong values and unsafe stores, which the lower layers say in words of their own."""
    from policies import NoPolicy
    from policies.finding import WrongPolicies
    from policies.kinds import WrongValue

    if isinstance(error, WrongPolicies):
        return Trouble(WRONG_USE, "policies", t(error.zh, error.en), "" if error.package else "DUIXIAN_POLICIES")
    if isinstance(error, NoPolicy):
        return Trouble(WRONG_USE, "policy", t(error.zh, error.en), "--policy")
    if isinstance(error, WrongValue):
        from casework.policy_settings.value_error_translations import in_english

        return Trouble(WRONG_USE, "wrong-value", t(str(error), in_english(str(error))))
    if "models.store" in sys.modules:
        from models.database import UnsafeStore

        if isinstance(error, UnsafeStore):
            return Trouble(BROKEN, "unsafe-store", str(error))
    if "models.sealing" in sys.modules:
        from models.sealing import KeyMissing

        if isinstance(error, KeyMissing):
            return Trouble(BROKEN, "identity_key", str(error))
    return None


def _usage(error: Exception) -> str:
    words = str(error.format_message()) if hasattr(error, "format_message") else str(error)
    if language() == "en":
        return words
    for pattern, zh in _PARSER:
        words = re.sub(pattern, zh, words)
    return words


def _unexpected(error: BaseException) -> Trouble:
    identity, path = _log(error), log_file()
    words = t(
        f"程序出错，已停止；错误编号 {identity}，详情见 {path}",
        f"something broke; error id {identity}, details in {path}",
    )
    return Trouble(BROKEN, "unexpected", words)


def log_file() -> Path:
    """Where details of unexpected errors go: the home's log folder, or a temporary one where that cannot be written."""
    home = Path(os.environ.get("DUIXIAN_HOME") or "var")
    for folder in (home / "log", Path(tempfile.gettempdir()) / "duixian"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder / "duixian.log"
    return Path(os.devnull)


def _log(error: BaseException) -> str:
    """Writes the traceback under a fresh id."""
    identity = uuid.uuid4().hex[:8]
    from casework.privacy.log_masking import Mask
    from deployments.observe.logs import Masked

    handler = logging.FileHandler(log_file(), encoding="utf-8")
    handler.setFormatter(Masked(Mask.of_process(), "%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("duixian.cli")
    log.propagate = False
    log.addHandler(handler)
    try:
        log.error("%s duixian %s", identity, _harmless(sys.argv[1:]), exc_info=error)
    finally:
        log.removeHandler(handler)
        handler.close()
    return identity


def _harmless(arguments: list[str]) -> str:
    """The arguments without secrets."""
    shown = list(arguments)
    for index, choice in enumerate(shown):
        if choice.startswith("--token"):
            shown[index] = "--token=…"
            if "=" not in choice and index + 1 < len(shown):
                shown[index + 1] = "…"
    return " ".join(shown)


def show(trouble: Trouble, *, as_json: bool) -> None:
    """JSON on stdout where it was asked for, else a short message on stderr."""
    if as_json:
        print(json.dumps(trouble.json(), ensure_ascii=False))
        return
    head = {REFUSED: t("未办理", "Refused"), WRONG_USE: t("用法有误", "Wrong use")}.get(trouble.exit_code)
    print(f"{head or t('系统错误', 'Broken')}{t('：', ': ')}{trouble.message}", file=sys.stderr)
