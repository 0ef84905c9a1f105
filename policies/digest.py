"""A rule's digest: it changes when the computation could change, not when a comment or docstring does."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import policies

ARITHMETIC = ("money.py", "shapes.py", "worksheet.py")


def rule_digest(rule: Callable[..., None], *figures: Any) -> str:
    """Sha256 over the rule's file, the arithmetic modules and the item's own figures."""
    here = Path(__file__).parent
    sources = [Path(inspect.getsourcefile(rule) or ""), *(here / name for name in ARITHMETIC)]
    whole = "\n".join([*(bare_source(path) for path in sources), *(repr(figure) for figure in figures)])
    return hashlib.sha256(whole.encode()).hexdigest()


@cache
def bare_source(path: Path) -> str:
    """A file's code without comments, docstrings and layout."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def digests(code: str) -> dict[str, str]:
    """Item -> digest, for the record that a test holds."""
    return {item.id: item.digest for item in policies.get(code)}


if __name__ == "__main__":
    print(json.dumps(digests(sys.argv[1]), indent=2))
