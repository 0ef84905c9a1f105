"""What the commands print: JSON for programs; tables, facts and sentences for people. Rich is imported when first needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from cli.language import t

DEMO = "演示数据 DEMO"


_about = ""  # the policy that the command is about


def about(policy: str) -> None:
    """Notes which policy an answer is about ("" for none), so that it says so."""
    global _about
    _about = policy


def say_policy() -> None:
    """The policy of the answer, on a line of its own."""
    if _about:
        line(t(f"政策：{_about}", f"policy: {_about}"))


def print_json(value: Any) -> None:
    """One JSON document on stdout, real Chinese, instants and ids as text; an object says which policy it is about."""
    if _about and isinstance(value, dict) and "policy" not in value:
        value = {**value, "policy": _about}
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    from dataclasses import asdict, is_dataclass

    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def console() -> Any:
    """The console of stdout; 80 columns where nobody looks on."""
    from rich.console import Console

    wide = None if sys.stdout.isatty() else 80
    return Console(file=sys.stdout, width=wide, highlight=False, emoji=False, markup=False)


def _print(shown: Any) -> None:
    """A table in colour for a person, and without blanks at the ends of its lines for a pipe."""
    printer = console()
    if sys.stdout.isatty():
        printer.print(shown)
        return
    with printer.capture() as captured:
        printer.print(shown)
    print("\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")))


def line(words: str = "") -> None:
    """One plain line."""
    print(words)


def heading(words: str, *, demo: bool = False) -> None:
    """A line above a table, with the demo mark where the store has it."""
    line(f"{words}  【{DEMO}】" if demo else words)


def demo_mark(demo: bool, *, as_json: bool = False) -> None:
    """The demo mark on its own line; beside JSON it goes to stderr."""
    if demo:
        print(f"【{DEMO}】", file=sys.stderr if as_json else sys.stdout)


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[int] = (), keep: Sequence[int] = (0,)
) -> None:
    """A table that folds its cells to the terminal's width; `right` are columns of numbers, these and `keep` never fold.

    Where even so it would not fit, each row is a block of names and values.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if cells and _needed(columns, cells, {*right, *keep}) > console().width:
        _blocks(columns, cells)
        return
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1), expand=False)
    for index, name in enumerate(columns):
        number = index in right
        shown.add_column(
            Text(name), justify="right" if number else "left", overflow="fold", no_wrap=number or index in keep
        )
    for row in cells:
        shown.add_row(*map(Text, row))
    if cells:
        _print(shown)
    else:
        line(t("（没有）", "(none)"))


_FOLDED = 10  # columns of the terminal that a folding column has at least: five Chinese characters


def _needed(columns: Sequence[str], cells: Sequence[Sequence[str]], whole: set[int]) -> int:
    """How wide a table is at least; a Chinese character is two columns wide."""
    from rich.cells import cell_len

    needed = 3 * (len(columns) - 1)
    for index, name in enumerate(columns):
        parts = (part for row in cells for part in row[index].split("\n"))
        widest = max(cell_len(name), *map(cell_len, parts), 0)
        needed += widest if index in whole else min(widest, max(cell_len(name), _FOLDED))
    return needed


def _blocks(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    """One block a row: the names under each other with their values."""
    for number, row in enumerate(cells):
        if number:
            line()
        pairs(list(zip(columns, row, strict=True)))


def pairs(values: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
    """Names and values under each other; empty values are left out."""
    from rich.table import Table
    from rich.text import Text

    shown = Table.grid(padding=(0, 2))
    shown.add_column(no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in values.items() if isinstance(values, Mapping) else values:
        if value not in (None, "", ()):
            shown.add_row(Text(name, style="bold"), Text(str(value)))
    _print(shown)


def yuan(fen: int | None) -> str:
    """1,234.50 for 123450 fen; a dash where there is no amount."""
    from policies.money import Money

    return "–" if fen is None else Money(fen).grouped


def plain_yuan(fen: int | None) -> str | None:
    """ "1234.50" for JSON, None where there is no amount."""
    from policies.money import Money

    return None if fen is None else Money(fen).yuan_text


def moment(value: datetime | None) -> str:
    """An instant in Asia/Shanghai, to the minute."""
    from models.clock import to_the_minute

    return to_the_minute(value) if value else ""


def last_day(value: datetime | None) -> str:
    """When something ends: its last day where that is at 24:00, else the instant."""
    from models.clock import business_date, start_of

    at_midnight = value is not None and value == start_of(business_date(value))
    return due(value) if at_midnight else moment(value)


def due(value: datetime | None) -> str:
    """The last day of a deadline that ends at 24:00 of a business date."""
    from datetime import timedelta

    from models.clock import business_date

    return business_date(value - timedelta(microseconds=1)).isoformat() if value else ""


@contextmanager
def progress(words: str, total: int | None = None) -> Iterator[Any]:
    """A bar on stderr while something long runs, where a person looks on; yields `advance(count)`."""
    if not sys.stderr.isatty():
        yield lambda count=1: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda count=1: bar.advance(task, count)


def stacked(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows of large amounts: a table where they fit the terminal, else one block a row."""
    from rich.cells import cell_len

    widths = [max(cell_len(name), *(cell_len(str(row[i])) for row in rows), 0) for i, name in enumerate(columns)]
    wide = sum(widths) + 3 * (len(columns) - 1)
    if wide <= console().width:
        table(columns, rows, right=range(1, len(columns)))
        return
    room = max(widths[1:])
    for row in rows:
        line(str(row[0]))
        pairs((f"  {name}", f"{value:>{room}}") for name, value in zip(columns[1:], row[1:], strict=True))
