"""What the money of a case is for, as keys that 就高不重复 compares: the item's own subject and every cost document."""

from typing import Any
from uuid import UUID

from policies.benefits import KeyKind, subject_key
from policies.measures import Item


def subject_keys(item: Item, facts: Any, party: UUID) -> tuple[str, ...]:
    """The keys of one certified case; an item's subject belongs to its applicant, a document to whoever shows it."""
    own = item.keys(facts, None)["subject"]
    found = [subject_key(KeyKind.INVOICE, line.document) for line in getattr(facts, "cost_lines", ())]
    if own.replace("|", ""):
        found.append(subject_key(item.subject_kind, f"{own}|{_owner(item, party)}".strip("|")))
    return tuple(dict.fromkeys(found))


def _owner(item: Item, party: UUID) -> str:
    """A device, an award or a contract is one thing wherever it is shown; anything else only together with its owner."""
    return "" if item.subject_kind in (KeyKind.DEVICE, KeyKind.AWARD, KeyKind.CONTRACT, KeyKind.INVOICE) else party.hex
