"""Which file of ours names which other in an import, wherever that stands: at its top, inside a function, for types alone."""

import ast
from collections.abc import Iterator
from functools import cache

from support import tree

FOLDERS = (*tree.PACKAGES, "benchmarks", "scripts")


def named(path: str) -> str:
    """The module that a file is: a package's `__init__` is the package."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def arrows() -> dict[str, set[str]]:
    """Module -> the modules of ours that it names in an import, wherever that stands."""
    return {named(str(path)): imports(str(path), tree.text(path)) for path in tree.sources(*FOLDERS)}


@cache
def modules() -> frozenset[str]:
    return frozenset(named(str(path)) for path in tree.sources(*FOLDERS))


def imports(path: str, text: str) -> set[str]:
    return set(_named_in(ast.parse(text), named(path), path.endswith("/__init__.py"))) - {named(path)}


def _named_in(parsed: ast.Module, module: str, package: bool) -> Iterator[str]:
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules())
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: None if package else -1]
            start = ".".join(above[: len(above) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (start, node.module) if part)
            for alias in node.names:
                found = f"{base}.{alias.name}"
                yield from [found] if found in modules() else [base] if base in modules() else []
