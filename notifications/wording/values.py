"""How a message shows a value: lists joined, money in yuan, minutes as days and hours, an end of day as a date, numbers masked."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from models.clock import lasting
from models.masking import numbers_masked
from notifications.wording.deadline import Deadline
from policies.money import Money, WrongAmount

NOTHING = "—"
_BREAKS = frozenset({"Cc", "Cf", "Zl", "Zp"})  # line ends, controls, signs that turn the direction of writing


def shown(name: str, content: Mapping[str, Any], language: str = "zh") -> str:
    """The words for a value of the content; a dash where it holds none."""
    value = content.get(name)
    if value is None or value == "":
        return NOTHING
    if name.endswith("_fen"):
        return Money(int(value)).grouped
    if name == "amount":
        return _yuan(str(value))
    if name == "minutes" and isinstance(value, int):
        return lasting(value * 60, language)
    if name == "due" and (deadline := Deadline.of(content)):
        return deadline.last.isoformat()
    if isinstance(value, (list, tuple)):
        return ("; " if language == "en" else "；").join(clean(str(item)) for item in value)
    return clean(str(value))


def clean(words: str) -> str:
    """One line of plain words: people's text cannot start a line, a header or a sentence of its own."""
    spaced = "".join(" " if unicodedata.category(character) in _BREAKS else character for character in words)
    return numbers_masked(" ".join(spaced.split()))


def _yuan(text: str) -> str:
    try:
        return Money.yuan(text).grouped
    except WrongAmount:
        return clean(text)
