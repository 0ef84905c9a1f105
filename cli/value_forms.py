"""The forms that a parameter's value may take, as the lines that propose them."""

from __future__ import annotations

import json
from typing import Any

from casework.policy_settings.value_examples import forms, shape_words
from cli.language import t

__all__ = ["command", "forms", "in_words"]


def command(group: str, name: str, value: Any) -> str:
    """The line that proposes an example."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"duixian {group} set {name} '{text}' --citation …"


def in_words(value: Any) -> str:
    """What a form means, where it is a way to compute an amount."""
    said = shape_words(value)
    return t(f"{said.zh}：", f"{said.en}:") if said else ""
