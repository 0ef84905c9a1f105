"""By which public identifiers the subject of an item is known outside: what 就高不重复 finds other plans' benefits by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from policies.benefits import GENERAL, KeyKind, subject_key
from policies.forms import Choice, Text, document_key

UNNAMED = "other"  # the member of a choice whose name stands in a field of its own


@dataclass(frozen=True, kw_only=True)
class Identifier:
    """One way in which the subject is known: the fields that name it, in the order in which a register writes them.

    `certain`: who shares it has the same subject; else it may be the same, and a person compares. `inside`: it also ties
    cases of the same plan; else it only finds benefits of other plans (the entity abroad, whose city no register writes).
    """

    kind: KeyKind
    title: Text
    example: str
    fields: tuple[str | tuple[str, ...], ...] = ()  # of several together the first that says something
    of_applicant: bool = False  # the applicant's own credit code or identity number, which is no field
    person: bool = False  # a natural person's name: kept as a keyed hash only
    certain: bool = True
    inside: bool = True

    def values(self, facts: Any) -> Iterator[str]:
        """How the fields may be written, one after the other; nothing while the facts leave one of them empty."""
        told = [_told(facts, name) for name in self.fields]
        if told and all(told):
            yield from dict.fromkeys(" | ".join(parts) for parts in product(*told))

    def told(self, facts: Any) -> Text | None:
        """The fields as they were typed, choices in their words; None while the facts leave one of them empty."""
        said = [_as_typed(facts, name) for name in self.fields]
        typed = [one for one in said if one is not None]
        if not typed or len(typed) < len(said):
            return None
        return Text(" | ".join(one.zh for one in typed), " | ".join(one.en for one in typed))

    @property
    def names(self) -> tuple[str, ...]:
        """Every field that it may look at."""
        return tuple(name for one in self.fields for name in ((one,) if isinstance(one, str) else one))

    def keys(self, value: str) -> Iterator[str]:
        """The keys of one wording; a standard, a store or a fair may stand in another register as a project."""
        if document_key(value):
            yield subject_key(self.kind, value)
            if self.kind in GENERAL:
                yield subject_key(KeyKind.PROJECT, value)


def _told(facts: Any, name: str | tuple[str, ...]) -> tuple[str, ...]:
    among = (name,) if isinstance(name, str) else name
    return next((found for one in among if (found := _wordings(getattr(facts, one, None)))), ())


def _as_typed(facts: Any, name: str | tuple[str, ...]) -> Text | None:
    for one in (name,) if isinstance(name, str) else name:
        value = getattr(facts, one, None)
        if found := _wordings(value):
            return Text(value.zh, value.en) if isinstance(value, Choice) else Text(found[0], found[0])
    return None


def _wordings(value: Any) -> tuple[str, ...]:
    """A field in every wording that registers know; nothing for an empty one, and for a choice that says "another"."""
    if isinstance(value, Choice):
        return () if value == UNNAMED else (value.zh, value.en, str(value))
    text = "" if value is None else str(value).strip()
    return (text,) if text else ()
