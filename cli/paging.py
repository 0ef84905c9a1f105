"""Long lists in pages: at most so many rows from so far on, how many there are, and how to turn the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cli import output
from cli.house import option
from cli.language import t

MOST = 10_000
Limit = Annotated[int, option("--limit", zh="最多几项", en="at most", min=1, max=MOST)]
Offset = Annotated[int, option("--offset", zh="跳过几项", en="skip", min=0)]


@dataclass(frozen=True)
class Page:
    """Some of the rows found, and how many there are."""

    rows: Sequence[Any]
    total: int
    offset: int

    @property
    def counts(self) -> dict[str, int]:
        """What JSON says of the page."""
        return {"count": len(self.rows), "total": self.total, "offset": self.offset}


def cut(rows: Sequence[Any], limit: int, offset: int) -> Page:
    """The page of rows that are all at hand."""
    return Page(rows[offset : offset + limit], len(rows), offset)


def more(page: Page) -> None:
    """Says that there is more than is shown, and how to see it."""
    if page.total > len(page.rows):
        first, last = page.offset + 1, page.offset + len(page.rows)
        shown = f"{first}–{last}" if page.rows else "0"
        output.line(
            t(f"共 {page.total} 项，显示 {shown}（--offset 翻页）", f"{page.total} in all, {shown} shown (--offset)")
        )
