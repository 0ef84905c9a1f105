"""The code on a receipt or letter by which anybody can check it: the id of the record behind it, as people can type it.

An id is made at random with its record and is never changed, so a code can neither be guessed nor moved to another record.
Letters and digits that look alike are not used, and are read as what they look like (Crockford's base 32).
"""

import unicodedata
from uuid import UUID

PATH = "/verify/"
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LENGTH, _GROUP, _BITS = 26, 5, 128


def code_of(record: UUID) -> str:
    """The code of a record, in groups: 01H9X-0A2BC-…"""
    digits = "".join(_DIGITS[record.int >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return "-".join(digits[at : at + _GROUP] for at in range(0, _LENGTH - 1, _GROUP)) + digits[-1]


def record_of(typed: str) -> UUID | None:
    """The record that a code names, however it was typed, alone or as the end of its address; None where it is no code."""
    text = unicodedata.normalize("NFKC", typed).strip().rpartition(PATH)[2].upper().translate(_LOOKS_LIKE)
    if len(text) != _LENGTH or any(char not in _DIGITS for char in text):
        return None
    number = 0
    for char in text:
        number = number << 5 | _DIGITS.index(char)
    return UUID(int=number) if number >> _BITS == 0 else None


def address_of(portal: str, record: UUID) -> str:
    """Where the code leads; `portal`: the portal's own address."""
    return f"{portal}{PATH}{code_of(record)}"
