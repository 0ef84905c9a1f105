"""The language of the command line: Chinese unless DUIXIAN_LANG says English."""

import os
from typing import Any


def language() -> str:
    """ "zh" or "en"."""
    return "en" if os.environ.get("DUIXIAN_LANG", "").lower().startswith("en") else "zh"


def t(zh: str, en: str) -> str:
    """The wording in the user's language."""
    return en if language() == "en" else zh


def named(text: Any) -> str:
    """A wording of the law (`Text`, `Unit`, `Choice`) in the user's language."""
    return str(text.en if language() == "en" and text.en else text.zh)


def half(text: str) -> str:
    """The reader's half of "中文 / English"; a text without the two is shown as it is."""
    zh, sign, en = text.partition(" / ")
    return t(zh, en) if sign else text
