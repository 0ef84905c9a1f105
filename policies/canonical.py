"""Code in one spelling, the same on every Python: without comments, docstrings, layout, annotations and wording.

A file's definitions become pieces: each with its text and the names through which it reaches others. The text is written by
ourselves, for that of `ast.dump` and `ast.unparse` differs from one Python to the next.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeGuard

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_NO_MEANING = frozenset({"ctx", "type_comment", "kind", "returns", "annotation", "type_params"})
_WORDING_ARGUMENTS = {  # called name -> which positional arguments are words for people
    "Text": slice(0, None),
    "label": slice(0, 2),
    **dict.fromkeys(("require", "among", "at_least", "once", "times", "upgrade"), slice(1, 2)),
    "where_set": slice(2, 3),
}
_WORDING_KEYWORDS = frozenset({"zh", "en", "hint"})


@dataclass(frozen=True)
class Piece:
    """A definition's text, the global names and attributes that it uses, and the names of types that it is annotated with."""

    text: str
    names: frozenset[str]
    attributes: frozenset[str]
    dotted: frozenset[tuple[str, str]]  # name.attribute, where the name may be a module's
    types: frozenset[str]


@dataclass(frozen=True)
class Source:
    """The pieces of a file: functions and methods by qualified name and first line, classes without their methods."""

    functions: dict[tuple[str, int], Piece] = field(default_factory=dict)
    classes: dict[str, Piece] = field(default_factory=dict)
    methods: dict[str, tuple[tuple[str, Piece], ...]] = field(default_factory=dict)  # by class


def pieces(text: str) -> Source:
    """The definitions of a file by its text, whatever their depth."""
    source = Source()
    for path, node in _definitions(ast.parse(text), ""):
        if isinstance(node, ast.ClassDef):
            source.classes[path] = _piece(_without_methods(node))
            source.methods[path] = tuple((one.name, _piece(one)) for one in node.body if _is_function(one))
        else:
            source.functions[path, _first_line(node)] = _piece(node)
    return source


def spelled(text: str) -> str:
    """A whole file in the one spelling."""
    return _Writer().write(ast.parse(text))


def constant(value: object) -> str:
    """A constant, written alike everywhere."""
    if isinstance(value, bytes):
        return f"b{value.hex()}"
    return json.dumps(value) if isinstance(value, (str, bool)) else f"{type(value).__name__}:{value!r}"


def _definitions(node: ast.AST, prefix: str) -> Iterator[tuple[str, _Definition | ast.Lambda]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield prefix + child.name, child
            yield from _definitions(child, f"{prefix}{child.name}.")
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            path = prefix + getattr(child, "name", "<lambda>")
            yield path, child
            yield from _definitions(child, f"{path}.<locals>.")
        else:
            yield from _definitions(child, prefix)


def _is_function(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def _first_line(node: _Definition | ast.Lambda) -> int:
    """As a code object counts it: the first decorator's line."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _without_methods(node: ast.ClassDef) -> ast.ClassDef:
    kept = [one for one in node.body if not _is_function(one)]
    return ast.ClassDef(node.name, node.bases, node.keywords, kept, node.decorator_list)  # type: ignore[call-arg,unused-ignore]


def _piece(node: ast.AST) -> Piece:
    writer = _Writer()
    text = writer.write(node)
    return Piece(text, *(frozenset(found) for found in (writer.names, writer.attributes, writer.dotted, writer.types)))  # type: ignore[arg-type]


class _Writer:
    """Writes a tree and notes the names on the way."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.dotted: set[tuple[str, str]] = set()
        self.types: set[str] = set()
        self._in_class = False

    def write(self, node: object) -> str:
        """A node, a list of nodes, or a bare value of one."""
        if isinstance(node, list):
            return "[" + " ".join(self.write(one) for one in node if not _says_nothing(one)) + "]"
        if not isinstance(node, ast.AST):
            return json.dumps(node)
        special = getattr(self, f"_{type(node).__name__.lower()}", None)
        return str(special(node)) if special else self._plainly(node, node._fields)

    def _plainly(self, node: ast.AST, names: Iterable[str]) -> str:
        shown = [(name, getattr(node, name, None)) for name in names if name not in _NO_MEANING]
        parts = [f"{name}={self.write(value)}" for name, value in shown if value is not None and value != []]
        return f"({' '.join((type(node).__name__, *parts))})"

    def _constant(self, node: ast.Constant) -> str:
        return constant(node.value)

    def _name(self, node: ast.Name) -> str:
        self.names.add(node.id)
        return node.id

    def _attribute(self, node: ast.Attribute) -> str:
        self.attributes.add(node.attr)
        if isinstance(node.value, ast.Name):
            self.dotted.add((node.value.id, node.attr))
        return f"{self.write(node.value)}.{node.attr}"

    def _joinedstr(self, node: ast.JoinedStr) -> str:
        """Neighbouring pieces of text are one, however this Python splits them."""
        parts, text = [], ""
        for one in node.values:
            if isinstance(one, ast.Constant):
                text += str(one.value)
                continue
            parts += [json.dumps(text)] * bool(text) + [self.write(one)]
            text = ""
        return f"(f {' '.join(parts + [json.dumps(text)] * bool(text))})"

    def _call(self, node: ast.Call) -> str:
        called = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
        arguments, keywords = list(node.args), list(node.keywords)
        if called in _WORDING_ARGUMENTS:
            del arguments[_WORDING_ARGUMENTS[called]]
            keywords = [one for one in keywords if one.arg not in _WORDING_KEYWORDS]
        return f"(call {self.write(node.func)} {self.write(arguments)} {self.write(keywords)})"

    def _raise(self, node: ast.Raise) -> str:
        """What is raised, without its words: a fault never is an amount."""
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return f"(raise {'' if raised is None else self.write(raised)})"

    def _assert(self, node: ast.Assert) -> str:
        return f"(assert {self.write(node.test)})"

    def _arg(self, node: ast.arg) -> str:
        self._typed(node.annotation)
        return node.arg

    def _annassign(self, node: ast.AnnAssign) -> str:
        """A form's field is its type too; a local name is its value alone."""
        self._typed(node.annotation)
        shown = _Writer().write(node.annotation) if self._in_class else ""
        value = "" if node.value is None else self.write(node.value)
        return f"(set {self.write(node.target)} {shown} {value})"

    def _functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        self._typed(node.returns)
        before, self._in_class = self._in_class, False
        written = self._plainly(node, node._fields)
        self._in_class = before
        return written

    _asyncfunctiondef = _functiondef

    def _classdef(self, node: ast.ClassDef) -> str:
        before, self._in_class = self._in_class, True
        worded = any(getattr(base, "id", getattr(base, "attr", "")) == "Choice" for base in node.bases)
        body = [_value_alone(one) if worded else one for one in node.body]
        parts = (self.write(part) for part in (node.bases, node.keywords, node.decorator_list, body))
        written = f"(class {node.name} {' '.join(parts)})"
        self._in_class = before
        return written

    def _typed(self, annotation: ast.AST | None) -> None:
        if annotation is not None:
            inner = _Writer()
            inner.write(annotation)
            self.types |= inner.names
            self.dotted |= inner.dotted


def _says_nothing(node: object) -> bool:
    """A docstring, a bare constant, `pass`."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _value_alone(node: ast.stmt) -> ast.stmt:
    """A choice's member without its wordings."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple) and node.value.elts:
        return ast.Assign(targets=node.targets, value=node.value.elts[0])
    return node
