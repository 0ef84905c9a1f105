"""The system's own sentences in Chinese, each with its English; numbers, names and commands go over as they are."""

import re
from collections.abc import Iterable


class Sentences:
    """A table of patterns of Chinese sentences, each with the English that it expands to; the first that fits counts."""

    def __init__(self, pairs: Iterable[tuple[str, str]], flags: re.RegexFlag = re.NOFLAG) -> None:
        self._pairs = tuple((re.compile(zh, flags), en) for zh, en in pairs)

    def english(self, said: str) -> str | None:
        """The English of a whole sentence; None where the table does not know it."""
        for pattern, en in self._pairs:
            if found := pattern.fullmatch(said):
                return found.expand(en)
        return None
