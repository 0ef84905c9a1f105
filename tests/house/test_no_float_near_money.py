"""Money is whole fen: where amounts live there is no float, neither written nor made."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import tree

FOLDERS = ("policies", "models", "casework", "tasks")

# Not amounts: file -> why. An entry that is no longer needed fails too.
ALLOWED: dict[str, str] = {
    "casework/spreadsheets/columns.py": "a spreadsheet keeps every number as a float; read digit by digit, or refused",
    "models/clock.py": "the seconds of a duration, as the machine's clock counts them",
    "casework/spreadsheets/workbook_writing.py": "a float is recognised there as a number that a cell can show",
}


def floats(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Every float literal, every use of the name `float`, every true division of whole numbers' names into fen."""
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"literal {node.value}"
        elif isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno, "the type float"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "REAL",
            "Float",
            "Double",
            "math.floor",
            "math.ceil",
        }:
            yield node.lineno, ast.unparse(node.func)


def refuses_floats(module: ast.Module) -> set[int]:
    """Lines of an `isinstance(…, float)` that turns floats away: the one lawful use of the name."""
    return {
        line
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance"
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def found(path: Path) -> list[str]:
    """What is amiss in a file, one line each."""
    module = tree.tree(path)
    lawful = refuses_floats(module)
    return [f"{path}:{line}: {what}" for line, what in floats(module) if line not in lawful]


def test_no_float_where_money_is() -> None:
    faults = [fault for path in tree.sources(*FOLDERS) if str(path) not in ALLOWED for fault in found(path)]
    assert not faults, "\n".join(faults)


def test_every_exception_is_still_needed() -> None:
    assert not [name for name in ALLOWED if not (tree.ROOT / name).exists() or not found(Path(name))]


@pytest.mark.parametrize("line", ["x = 0.3 * cost", "def f(x: float): ...", "y = float('1')", "Column(Float())"])
def test_the_search_finds_a_planted_float(line: str) -> None:
    assert list(floats(ast.parse(line)))
