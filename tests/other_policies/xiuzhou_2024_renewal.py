"""A renewal as it could look: the plan of 2023 for another year, said as what changes. The figures are invented."""

from dataclasses import replace
from datetime import date

import policies
from policies.kit import ByLevel, Money
from policies.xiuzhou_2023.m04_new_products import AMOUNTS, Level

XZ2023 = policies.get("XZ2023")
STAND = XZ2023.item("M14b")

POLICY = XZ2023.renewed(
    code="XZ2024",
    opens=date(2024, 7, 1),
    closes=date(2025, 6, 30),
    changes={
        "M4a": {"shape": ByLevel(levels={**AMOUNTS.levels, Level.INTERNATIONAL: Money.wan(300)}), "examples": ()},
        "M14b": {"ceiling": Money.wan(40), "parameters": STAND.parameters[:-1], "examples": ()},
        "M15b": None,
        "M16": None,
        "M14c": replace(STAND, id="M14c", ceiling=Money.wan(5), examples=()),
    },
)
