"""A rule's digest: the same on every Python, and another as soon as an amount could be another.

It covers what the item declares (amounts, ceiling, dates, keys, how its subject is known outside, the papers that it needs,
parameters, a later version's own id) and every definition that its rule, its facts and the sheet under them reach, in whatever
file; not comments, docstrings, titles, labels, examples or citations.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache, partial
from numbers import Number
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any, get_args, get_origin

from policies.canonical import Piece, Source, constant, pieces, spelled
from policies.forms import Text

# What an item or parameter says to people, how its cases go, what its work is measured by, and its policy's term, which is
# the policy's own: a renewal keeps its rules. None of it moves an amount. By what the subject is known, for which days it is
# paid and which papers must lie there are not among it: they decide what is set off, and whether anything is paid at all.
_NOT_DECIDING = frozenset(
    """access citation claim clause decides document example examples hint indicators milestones note planned_by
    results reviewed_by_beneficiaries reviewed_jointly screened self_check since source term title""".split()
)
_ASKED = frozenset({"award", "identifiers"})  # what of an item decides money
_AS_TEXT = (date, timedelta)
_STANDARD = frozenset({*sys.stdlib_module_names, "builtins"})


def rule_digest(item: Any) -> str:
    """Sha256 over all that decides an amount under the item."""
    reached = _Reached(type(item))
    reached.attributes |= _ASKED
    own = reached.value(item)
    return hashlib.sha256("\n".join((own, *reached.texts())).encode()).hexdigest()


def bare_source(path: Path) -> str:
    """A file's code without comments, docstrings, wording and layout."""
    return spelled(path.read_text(encoding="utf-8"))


class _Reached:
    """The definitions that a value reaches: by name through its module, a method by name in every class that is reached."""

    def __init__(self, declared: type) -> None:
        self._declared = frozenset(
            declared.__mro__
        )  # what items are declared with may grow; only what one declares counts
        self.attributes: set[str] = set()
        self._texts: dict[str, str] = {}
        self._classes: dict[str, type] = {}
        self._open: list[tuple[str, Piece, dict[str, Any]]] = []
        self._seen: set[int] = set()
        self._kept: list[object] = []  # so that no identity is used twice
        self._sources: dict[str, Source] = {}

    def texts(self) -> Iterator[str]:
        """All texts in one order, once nothing more is found."""
        while self._open or self._add_methods():
            while self._open:
                self._follow(*self._open.pop())
        yield from (f"{name} {text}" for name, text in sorted(self._texts.items()))

    def value(self, value: Any) -> str:
        """A value in one spelling; code that it holds is reached."""
        if isinstance(value, Text):
            return "Text"
        if value is None or type(value) in (bool, int, str, bytes):
            return constant(value)
        if isinstance(value, Enum):
            return f"{self._class(type(value))}.{value.name}"
        if isinstance(value, _AS_TEXT):
            return str(value)
        if isinstance(value, (int, str)):
            return f"{self._class(type(value))}:{constant(int(value) if isinstance(value, int) else str(value))}"
        if isinstance(value, Number):
            return f"{type(value).__name__}:{value!r}"
        if isinstance(value, re.Pattern):
            return f"re:{constant(value.pattern)}{value.flags}"
        return self._code(value) or self._composed(value)

    def _code(self, value: Any) -> str:
        """A class, function or module; "" where it is none."""
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, ModuleType):
            return value.__name__
        if isinstance(value, partial):
            return f"partial {self.value(value.func)} {self.value(value.args)} {self.value(value.keywords)}"
        if isinstance(value, MethodType):
            return f"{self.value(value.__func__)} of {self.value(value.__self__)}"
        inner = inspect.unwrap(value) if callable(value) else value
        if isinstance(inner, FunctionType):
            return self._function(inner)
        return str(getattr(inner, "__qualname__", "")) if _is_standard(inner) and callable(inner) else ""

    def _composed(self, value: Any) -> str:
        if id(value) in self._seen and not isinstance(value, (tuple, frozenset)):
            return f"again {type(value).__name__}"
        self._seen.add(id(value))
        self._kept.append(value)
        if isinstance(value, Mapping):
            return "{" + ", ".join(f"{self.value(key)}: {self.value(one)}" for key, one in value.items()) + "}"
        if isinstance(value, (set, frozenset)):
            return "{" + ", ".join(sorted(self.value(one) for one in value)) + "}"
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join(self.value(one) for one in value) + "]"
        if _is_standard(type(value)):
            return "" if get_origin(value) else type(value).__name__
        held = ((name, one) for name, one in _declared(value) if name not in _NOT_DECIDING)
        return f"{self._class(type(value))}({', '.join(f'{name}={self.value(one)}' for name, one in held)})"

    def _class(self, one: type) -> str:
        name = f"{one.__module__}.{one.__qualname__}"
        if _is_standard(one):
            return one.__qualname__
        if name not in self._classes:
            self._classes[name] = one
            found = self._source(one.__module__).classes.get(one.__qualname__)
            if found is None:
                raise LookupError(f"{name}: 找不到源代码 (its source is not there)")
            if one not in self._declared:
                self._add(name, found, vars(sys.modules[one.__module__]))
            for base in one.__mro__[1:]:
                self._class(base)
        return name

    def _function(self, one: FunctionType) -> str:
        name = f"{one.__module__}.{one.__qualname__}"
        if _is_standard(one):
            return one.__qualname__
        found = self._source(one.__module__).functions.get((one.__qualname__, one.__code__.co_firstlineno))
        if found is None:
            raise LookupError(f"{name}: 找不到源代码 (its source is not there)")
        held = [cell.cell_contents for cell in one.__closure__ or ()]
        if "<locals>" in name:  # what a factory gave it
            held += [*(one.__defaults__ or ()), *(one.__kwdefaults__ or {}).values()]
        self._add(name, found, one.__globals__)
        return f"{name}{self.value(tuple(held)) if held else ''}"

    def _add(self, name: str, piece: Piece, known: dict[str, Any]) -> None:
        if name not in self._texts:
            self._texts[name] = piece.text
            self._open.append((name, piece, known))

    def _add_methods(self) -> bool:
        """Methods of reached classes that some reached piece names; whether there were any new ones."""
        before = len(self._texts)
        for name, one in list(self._classes.items()):
            again: Counter[str] = Counter()
            for method, piece in self._source(one.__module__).methods[one.__qualname__]:
                again[method] += 1  # a property and its setter share a name
                if method in self.attributes or method.startswith("__") or method == "check":
                    self._add(f"{name}.{method}#{again[method]}", piece, vars(sys.modules[one.__module__]))
        return len(self._texts) > before

    def _follow(self, name: str, piece: Piece, known: dict[str, Any]) -> None:
        self.attributes |= piece.attributes
        used = [(one, known[one]) for one in sorted(piece.names) if one in known]
        for module, attribute in sorted(piece.dotted):
            if isinstance(known.get(module), ModuleType) and hasattr(known[module], attribute):
                used.append((f"{module}.{attribute}", getattr(known[module], attribute)))
        self._texts[name] += "".join(f"\n  {one} = {self.value(value)}" for one, value in used)
        for one in sorted(piece.types):
            self._types(known.get(one))

    def _source(self, module: str) -> Source:
        """A module's pieces, read again where its file changed."""
        if module not in self._sources:
            path = Path(getattr(sys.modules[module], "__file__", None) or "")
            stamp = path.stat()
            self._sources[module] = _read(path, stamp.st_mtime_ns, stamp.st_size)
        return self._sources[module]

    def _types(self, value: Any) -> None:
        if isinstance(value, type):
            self._class(value)
        for inner in get_args(value):
            self._types(inner)


def _declared(value: Any) -> Iterator[tuple[str, Any]]:
    """A value's fields by name, without those that say what they say by default."""
    if not is_dataclass(value):
        yield from sorted(vars(value).items())
        return
    for one in fields(value):
        given = getattr(value, one.name)
        usual = one.default if one.default_factory is MISSING else one.default_factory()
        if callable(given) or type(given) is not type(usual) or given != usual:
            yield one.name, given


def _is_standard(one: Any) -> bool:
    """Of Python itself: named, not read."""
    return str(getattr(one, "__module__", None) or "builtins").split(".")[0] in _STANDARD


@lru_cache(maxsize=1024)
def _read(path: Path, _changed: int, _size: int) -> Source:
    return pieces(path.read_text(encoding="utf-8"))
