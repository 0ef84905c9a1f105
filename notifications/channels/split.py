"""Cuts a long text into numbered pieces that fit a limit in UTF-8 bytes, at the best boundary there is.

Ours, because Apprise cuts by characters, and limits such as WeCom's are in bytes.
"""

from collections.abc import Iterator

_MARK = "（{}/{}）\n"  # 9 bytes and the digits
_BOUNDARIES = ("\n\n", "\n", "。", "；", "！", "？", ". ", "，", "、", " ")


def split(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` bytes, each headed （1/3） where there is more than one.

    Pieces end at a paragraph, a line, a sentence or a word where one lies in their second half, and never inside a character.
    """
    if len(text.encode()) <= limit:
        return [text]
    digits = 1
    while True:
        room = limit - len(_MARK.format("9" * digits, "9" * digits).encode())
        if room < 4:
            raise ValueError(f"{limit} bytes hold no piece of a text")
        pieces = list(_cut(text, room))
        if len(str(len(pieces))) <= digits:
            return [_MARK.format(n, len(pieces)) + piece for n, piece in enumerate(pieces, 1)]
        digits += 1


def _cut(text: str, room: int) -> Iterator[str]:
    while text:
        end = _end(text, room)
        yield text[:end]
        text = text[end:]


def _end(text: str, room: int) -> int:
    """Where the next piece ends: at most `room` bytes on."""
    head = text[:room]  # a character has at least one byte
    whole = head.encode()
    if len(whole) <= room:
        return len(head)
    most = len(whole[:room].decode(errors="ignore"))
    for boundary in _BOUNDARIES:
        at = text.rfind(boundary, most // 2, most)
        if at >= 0:
            return at + len(boundary)
    return most
