"""A second policy that shares every code, unit and year with the first; both work in one store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import policies
from policies.kit import ByLevel, Money
from policies.xiuzhou_2023.m04_new_products import AMOUNTS, Level
from support.stage import add_draft, hand_in, named
from support.walk import Walk

XZ2023 = policies.get("XZ2023")
OTHER = replace(
    XZ2023.renewed(
        code="QX2023",
        opens=XZ2023.opens,
        closes=XZ2023.closes,
        changes={"M4a": {"shape": ByLevel(levels={**AMOUNTS.levels, Level.MUNICIPAL: Money.wan(9)}), "examples": ()}},
    ),
    treasury=XZ2023.treasury,
)


@contextmanager
def installed() -> Iterator[None]:
    """The second one is installed meanwhile."""
    policies._registered[OTHER.code] = OTHER
    try:
        yield
    finally:
        del policies._registered[OTHER.code]


def draft(walk: Walk, policy: str, item: str, number: int, firm: int = 0) -> UUID:
    """A draft of the firm under a policy."""
    made = named(f"{policy}-{item}-{number}")
    with walk.stage.store.write() as work:
        add_draft(work, made, item, number, party=named(f"firm-{firm}"), policy=policy)
        hand_in(work, made, item)
    return made
