"""No two modules need each other to be loaded: a command that begins with either of them works."""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from support.tree import ROOT

PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]


def modules() -> dict[str, Path]:
    """Every module of the product by its name."""
    found = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def loads(body: list[ast.stmt]) -> Iterator[str]:
    """What is imported while a module is loaded: not within functions, nor for the type checker alone."""
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            continue
        else:
            yield from loads(
                [part for part in ast.iter_child_nodes(statement) if isinstance(part, ast.stmt)] * _runs(statement)
            )


def _runs(stmt: ast.stmt) -> bool:
    return not isinstance(stmt, ast.FunctionDef | ast.AsyncFunctionDef)


def needs(name: str, path: Path, known: Mapping[str, Path]) -> set[str]:
    """The modules that must be loaded before this one; a package comes before what lies in it, and is half loaded then."""
    found = set()
    for wanted in loads(ast.parse(path.read_text()).body):
        parts = wanted.split(".")
        found |= {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return {module for module in found & known.keys() if module != name and not name.startswith(f"{module}.")}


def ring(graph: Mapping[str, set[str]]) -> list[str]:
    """Modules that need each other, in their order; empty where there are none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return way[way.index(name) :]
        if name in done:
            return []
        for imported in sorted(graph[name]):
            if found := walk(imported, [*way, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := walk(name, []))), [])


@pytest.mark.slow
def test_no_two_modules_need_each_other_to_be_loaded() -> None:
    known = modules()
    graph = {name: needs(name, path, known) for name, path in known.items()}
    assert sum(map(len, graph.values())) > len(graph) > 300
    assert ring(graph) == []
    assert ring({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
