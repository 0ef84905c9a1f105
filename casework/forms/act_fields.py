"""The fields of an act, declared on its command with `said` beside each.

A command is a frozen dataclass; a field that a person fills in carries `metadata=said(...)`. What kind of field it is follows from
its type; a sum of money, a date or a choice among words is named. `fields_of` lists them; `act_values.read` reads them.
"""

from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from typing import Any, Literal, get_type_hints
from uuid import UUID

from policies.forms import Text

# What a field holds, and how it is written: `text` one line, `passage` several lines, `money` yuan, `date` 2023-09-01, `count` a
# whole number, `flag` yes or no, `choice` one of `choices`, `lines` several texts, `figures` NAME=VALUE each, `form` a typed form
# (JSON), `id` a UUID, `ids` several, `fund` UNIT:YEAR or UNIT:YEAR:POLICY.
Kind = Literal[
    "text", "passage", "money", "date", "count", "flag", "choice", "lines", "figures", "form", "id", "ids", "fund"
]
_KEY = "act"
_BY_TYPE: dict[Any, Kind] = {
    str: "text", bool: "flag", int: "count", int | None: "count", UUID: "id",
    tuple[str, ...]: "lines", tuple[UUID, ...]: "ids",
    Mapping[str, str]: "figures", Mapping[str, Any]: "form", Mapping[str, Any] | None: "form",
}  # fmt: skip


@dataclass(frozen=True)
class Word:
    """One of the words that a choice or a flag has: its value, what people read, and what is understood too."""

    value: str
    label: Text
    also: tuple[str, ...] = ()


_NO_TEXT = Text("", "")
YES_NO = (Word("yes", Text("是", "yes")), Word("no", Text("否", "no")))


@dataclass(frozen=True, kw_only=True)
class ActField:
    """One field of an act's form.

    `name` is what forms, lists and options call it; `attribute` is the command's. `required`: the act means nothing without it.
    `source` names where choices come from that depend on the case: comparisons, objections, milestones, conditions, reason_codes,
    results, rule_versions, funds, batches, cases, and claim or facts for the typed form of the case's item. `contrary`: the name
    under which a flag is said the other way round (`negative` for `positive`). `hidden`: a form carries it unseen.
    `kept`: the decision keeps it. `also`: further titles by which a column of a list is known.
    """

    name: str
    attribute: str
    kind: Kind
    label: Text
    hint: Text
    required: bool = False
    choices: tuple[Word, ...] = ()
    source: str = ""
    contrary: str = ""
    contrary_label: Text = _NO_TEXT
    hidden: bool = False
    kept: bool = True
    also: tuple[str, ...] = ()


def said(
    zh: str,
    en: str,
    *,
    hint: tuple[str, str] = ("", ""),
    name: str = "",
    kind: Kind | None = None,
    contrary: tuple[str, str, str] | None = None,
    **more: Any,
) -> Mapping[str, Any]:
    """The metadata of a command's field that a person fills in; `contrary` is name, Chinese and English. See `ActField`."""
    if contrary is not None:
        more |= {"contrary": contrary[0], "contrary_label": Text(*contrary[1:])}
    return {_KEY: {"name": name, "kind": kind, "label": Text(zh, en), "hint": Text(*hint), **more}}


def is_kept(column: Field[Any]) -> bool:
    """Whether the decision keeps what this field of a command says."""
    return bool(column.metadata[_KEY].get("kept", True))


def fields_of(command: type) -> tuple[ActField, ...]:
    """The fields that a person fills in, in the command's order."""
    hints = get_type_hints(command)
    return tuple(_field(field, hints[field.name]) for field in fields(command) if _KEY in field.metadata)


def _field(declared: Field[Any], hint: Any) -> ActField:
    given = dict(declared.metadata[_KEY])
    kind = given.pop("kind") or _BY_TYPE[hint]
    if kind == "text" and given.get("choices"):
        kind = "choice"
    given["name"] = given["name"] or declared.name
    if kind == "flag":
        given.setdefault("choices", YES_NO)
    return ActField(attribute=declared.name, kind=kind, **given)
