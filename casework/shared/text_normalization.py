"""Texts as people type them: what cannot be seen, which names are the same, digits in full width, words of yes and no."""

import unicodedata
from typing import Any

# Drawn as nothing though their category says letter, mark or symbol: Hangul fillers, the empty braille cell, joiners.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_SELECTORS = ((0xFE00, 0xFE0F), (0x180B, 0x180F), (0xE0100, 0xE01EF))
_DOTS = str.maketrans(
    dict.fromkeys("\u2022\u2027\u2219\u22c5\u25cf\u16eb\u30fb\uff65\uff0e.", "·")
)  # • ‧ ∙ ⋅ and others
_BRACKETS = str.maketrans("【】\u3014\u3015\uff3b\uff3d[]", "()()()()")
YES = frozenset({"是", "有", "对", "y", "yes", "t", "true", "1", "√", "✓", "✔", "☑"})
NO = frozenset({"否", "无", "没有", "n", "no", "f", "false", "0", "×", "✗", "✘"})


def unseen(text: str, *, lines: bool = False) -> str:
    """The first character that nobody can see or tell from another ("U+200B"), or "". `lines`: ends of lines and tabs may be."""
    for char in text:
        if lines and char in "\n\r\t":
            continue
        if (
            unicodedata.category(char) in _UNSEEN
            or char in _BLANK
            or any(first <= ord(char) <= last for first, last in _SELECTORS)
        ):
            return f"U+{ord(char):04X}"
        if not lines and char not in " \u3000" and unicodedata.category(char) == "Zs":
            return f"U+{ord(char):04X}"
    return ""


def narrow(text: str) -> str:
    """Full-width letters and digits as plain ones, without blanks around."""
    return unicodedata.normalize("NFKC", text).strip()


def bare(number: str) -> str:
    """An account number as it is compared: plain digits and letters, without blanks and hyphens."""
    return "".join(narrow(number).replace("-", "").split())


def name_key(text: str) -> str:
    """A name as it is compared: （） and (), · and •, full and half width, case and blanks make no difference."""
    plain = unicodedata.normalize("NFKC", text).translate(_DOTS).translate(_BRACKETS)
    return "".join(plain.split()).casefold()


def same_name(name: str, other: str) -> bool:
    """Whether two spellings are the same name."""
    return name_key(name) == name_key(other)


def yes_no(value: Any) -> bool | None:
    """Yes, no, or None for whatever is neither: it is for its caller to refuse that."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return True if value == 1 else False if value == 0 else None
    word = narrow(value).lower()
    return True if word in YES else False if word in NO else None
