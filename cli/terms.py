"""A stored value in the words of the person who reads it."""

from typing import Any

from cli.language import language, t


def say(family: str, value: Any) -> str:
    """The word of a value of this family; "" for none."""
    from casework.terms import term

    return t(*term(family, str(value))) if value not in (None, "") else ""


def kind_of_message(kind: str) -> str:
    """What a kind of message is called: its title."""
    from notifications.wording.catalogue import WORDINGS

    if kind not in WORDINGS:
        return kind
    return (WORDINGS[kind].en if language() == "en" else WORDINGS[kind].zh).title
