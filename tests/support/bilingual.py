"""What every message to people must be: said in Chinese, and in English that quotes whatever Chinese it has to name."""

import re
from typing import Any

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
QUOTED = re.compile(r'"[^"\n]*"')


def in_both(said: Any) -> Any:
    """The fault or refusal itself, once it speaks both languages; titles of columns and values stand in quotes."""
    assert CHINESE.search(said.zh), f"not in Chinese: {said.zh}"
    assert said.en.strip() and not CHINESE.search(QUOTED.sub("", said.en)), f"{said.zh} / {said.en}"
    return said
