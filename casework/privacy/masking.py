"""How personal data are shown: the first character of a name, the last four digits of an account."""

from collections.abc import Mapping
from typing import Any

from models import PartyKind
from models.masking import masked_account, masked_name
from policies.forms import labels
from policies.measures import Item

__all__ = ["masked_account", "masked_name", "names_in", "party_name", "without"]

_NAMED = "姓名"  # in the label of a field that holds a natural person's name


def party_name(kind: str, name: str) -> str:
    """A party's name as lists show it; only a natural person's is masked."""
    return masked_name(name) if kind == PartyKind.PERSON else name


def names_in(item: Item, *forms: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The names of natural persons in claims and facts, longest first."""
    fields = {name for form in (item.claim, item.facts) for name, words in labels(form).items() if _NAMED in words.zh}
    found = {str(given[name]).strip() for given in forms if given for name in fields if given.get(name)}
    return tuple(sorted(found - {""}, key=lambda known_name: (-len(known_name), known_name)))


def without(value: Any, names: tuple[str, ...]) -> Any:
    """A JSON value in which these names are masked wherever they stand."""
    if not names:
        return value
    if isinstance(value, str):
        for name in names:
            value = value.replace(name, masked_name(name))
        return value
    if isinstance(value, Mapping):
        return {key: without(inner, names) for key, inner in value.items()}
    return [without(inner, names) for inner in value] if isinstance(value, (list, tuple)) else value
