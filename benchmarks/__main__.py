"""`make bench`: all scenarios, a table on the screen and a record under out/bench/."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import latency, portal_load, scenarios
from benchmarks.measure import machine, save

COLUMNS = ("what", "database", "cases", "median", "min", "max", "runs")


def main() -> None:
    """Measures; `--quick` shows in a minute that everything runs, its figures are not for quoting."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="few cases, one run")
    parser.add_argument("--only", default="abcdefgh", help="letters of the scenarios to run")
    parser.add_argument("--out", type=Path, default=Path("out/bench"))
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    console = Console()
    record = {"machine": machine(), "rows": rows}
    for row in _rows(options.only, quick=options.quick):
        rows.append(row)
        console.print(f"{row['what']}  {row.get('database', '')} {row.get('cases', '')}: [bold]{row['median']}[/bold]")
    table = Table(*COLUMNS, title="Duixian benchmarks (medians)")
    for row in rows:
        table.add_row(*(str(row.get(column, "")) for column in COLUMNS))
    console.print(table)
    console.print(f"record: {save(record, options.out)}")


def _rows(only: str, *, quick: bool) -> Iterator[dict[str, Any]]:
    runs = 1 if quick else 5
    databases = ("sqlite", "postgresql")
    if set("ad") & set(only):
        for kind in databases:
            for count in (50,) if quick else (200, 1_000):
                yield from scenarios.one_by_one_and_floor(kind, count, runs)
    if "b" in only:
        for kind in databases:
            yield from scenarios.lists(kind, 500 if quick else 10_000, runs)
    if "c" in only:
        for count in (100, 1_000) if quick else (1_000, 10_000, 100_000):
            yield from scenarios.lists("sqlite", count, 1)
    if "e" in only:
        for kind in databases:
            yield from scenarios.waiting_cases(kind, 200 if quick else 10_000)
        yield from latency.idle(*(50, 5, 5) if quick else (10_000, 90, 60))
    if "f" in only:
        yield from latency.act_to_next_state(10 if quick else 100)
    if "g" in only:
        yield from scenarios.budget(10_000 if quick else 1_000_000, runs, 500 if quick else 10_000)
    if "h" in only:
        yield from portal_load.portal_in_use(*(100, 4, 2) if quick else (10_000, portal_load.USERS, portal_load.EACH))


if __name__ == "__main__":
    main()
