"""A parameter's value as it is typed and as it is shown to be changed: text or JSON; a list or a table one entry a line, too."""

import json
from typing import Any

from casework.policy_settings.parameter_definitions import Definition
from policies.kinds import ChoiceKind, FlagKind, Kind, ListKind, TableKind, WrongValue

_YES = {"true": True, "false": False}


def json_of(text: str, definition: Definition) -> Any:
    """The value as JSON: the text itself where the kind reads text, else the JSON that it spells."""
    try:
        definition.what.parse(text)
        return text
    except WrongValue:
        pass
    try:
        return json.loads(text, parse_float=str)
    except (ValueError, RecursionError):
        return text


def value_typed(text: str, definition: Definition) -> Any:
    """The same as a page takes it: a list also one entry a line, a table one `name = value` a line."""
    kind, found = definition.what.kind, json_of(text, definition)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if isinstance(kind, ListKind):
        return found if isinstance(found, list) else lines  # one entry may spell a number, yes or no
    if not isinstance(found, str):
        return found
    if isinstance(kind, TableKind) and all("=" in line for line in lines):
        pairs = [line.partition("=") for line in lines]
        return {name.strip(): _entry(value.strip(), kind.of) for name, _, value in pairs}
    return found


def _entry(text: str, kind: Kind) -> Any:
    """The value of a table's line: names of a list are parted by 、 or commas."""
    if isinstance(kind, ListKind):
        return [name.strip() for name in text.replace("、", ",").replace("，", ",").split(",") if name.strip()]
    return text


def as_typed(value: Any, kind: Kind) -> str:
    """A value as a page shows it to be changed; `value_typed` reads it back."""
    if value is None:
        return ""
    if isinstance(kind, ListKind) and isinstance(value, list):
        return "\n".join(map(str, value))
    if isinstance(kind, TableKind) and isinstance(value, dict) and all(_plain(entry) for entry in value.values()):
        return "\n".join(f"{name} = {_joined(entry)}" for name, entry in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(entry, str) for entry in value))


def _joined(value: Any) -> str:
    return "、".join(value) if isinstance(value, list) else str(value)


def choices_of(kind: Kind) -> tuple[str, ...]:
    """The values of which one is chosen; none where the value is typed."""
    if isinstance(kind, FlagKind):
        return tuple(_YES)
    return tuple(str(reading) for reading in kind.among) if isinstance(kind, ChoiceKind) else ()


def by_lines(kind: Kind) -> bool:
    """Whether a value takes several lines."""
    return isinstance(kind, ListKind | TableKind)
