"""What the records know beside one case's facts: judged over the right whole, a rule looks at more than its own paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policies.forms import document_key


@dataclass(frozen=True, kw_only=True)
class Known:
    """Other plans of the same whole, entries of a list that another item keeps, and applicants that benefit elsewhere.

    Names are kept as `document_key` writes them, so that one spelling meets another.
    """

    others: tuple[Any, ...] = ()  # certified facts of this item's other plans under way or done, of the same whole
    listed: tuple[str, ...] = ()  # subjects that the item named by `Item.listed_by` has delivered
    benefiting: tuple[str, ...] = ()  # names of applicants with a live or paid case of `Item.benefits_of`

    def lists(self, name: str) -> bool:
        """Whether the list holds this name."""
        return document_key(name) in self.listed

    def benefits(self, name: str) -> bool:
        """Whether somebody of this name applies for, or has had, the benefit."""
        return document_key(name) in self.benefiting


NOTHING = Known()


def together(own: tuple[str, ...], *others: tuple[str, ...]) -> tuple[str, ...]:
    """All names, each once however it was spelled, the case's own first."""
    found: dict[str, str] = {}
    for names in (own, *others):
        for name in names:
            found.setdefault(document_key(name), name.strip())
    return tuple(found.values())
