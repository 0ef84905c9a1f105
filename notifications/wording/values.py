"""How a message shows a value of its content: lists joined, fen as yuan, an end of day as its date."""

from datetime import datetime, timedelta
from typing import Any

from models.clock import business_date
from policies.money import Money


def shown(name: str, value: Any) -> str:
    """The words for a value."""
    if isinstance(value, (list, tuple)):
        return "；".join(str(one) for one in value)
    if name.endswith("_fen"):
        return Money(int(value or 0)).grouped
    if name == "due" and value:
        return (business_date(datetime.fromisoformat(str(value)) - timedelta(microseconds=1))).isoformat()
    return str(value)
