"""How personal data are shown wherever they leave the records: a name's first character, an account's last four digits."""

import re

_SHOWN_DIGITS = 4
# Eleven digits and more in one piece (telephones, identity numbers, accounts), or in groups of four as cards print them.
# What begins inside a word or after a dash belongs to an id of ours or to a digest.
_LONG_NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.-])(?:\d{11,}[Xx]?|\d{4}(?:[ -]\d{4}){2,}(?:[ -]?\d{1,4})?)(?![A-Za-z0-9_])"
)


def masked_name(name: str) -> str:
    """张三丰 → 张**."""
    return name[:1] + "*" * (len(name) - 1)


def masked_account(number: str) -> str:
    """The last four digits."""
    return f"****{number[-_SHOWN_DIGITS:]}" if number else ""


def numbers_masked(words: str) -> str:
    """A sentence in which telephones, identity numbers and accounts show their last four digits only."""
    return _LONG_NUMBER.sub(lambda found: masked_account(re.sub("[ -]", "", found[0])), words)
