"""The cost lines of a case, each as claimed and as recognised, with their sums: before they are certified and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policies.money import Money


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """One line, whole fen; `recognised_fen` is None until it is certified."""

    document: str
    description: str
    claimed_fen: int
    recognised_fen: int | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class CostSheet:
    """The lines with their sums. `stated_fen`: what the whole claim comes to, lines that the unit left out among it."""

    rows: tuple[CostRow, ...]
    stated_fen: int

    @property
    def recognised_fen(self) -> int | None:
        """What is recognised of all; None until the lines are certified."""
        sums = [row.recognised_fen for row in self.rows if row.recognised_fen is not None]
        return sum(sums) if sums else None


def cost_sheet(claim: Mapping[str, Any] | None, facts: Mapping[str, Any] | None) -> CostSheet | None:
    """The lines of the facts, of the claim where none are certified; None where there are none."""
    stated = _rows(claim)
    rows = _rows(facts) or stated
    return CostSheet(rows=rows, stated_fen=sum(row.claimed_fen for row in stated or rows)) if rows else None


def _rows(form: Mapping[str, Any] | None) -> tuple[CostRow, ...]:
    lines = (form or {}).get("cost_lines")
    found = lines if isinstance(lines, list) else []
    return tuple(_row(line) for line in found if isinstance(line, Mapping) and line.get("claimed"))


def _row(line: Mapping[str, Any]) -> CostRow:
    recognised = line.get("recognised")
    return CostRow(
        document=str(line.get("document") or ""),
        description=str(line.get("description") or ""),
        claimed_fen=int(Money.yuan(str(line["claimed"]))),
        recognised_fen=None if recognised in (None, "") else int(Money.yuan(str(recognised))),
        reason=str(line.get("reason") or ""),
    )
