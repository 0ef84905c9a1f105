"""Policies from outside this source tree: the places that DUIXIAN_POLICIES names, separated as in PATH.

A place is a folder or a file (of policies, or one policy's own package) or a module's dotted name. A policy is a module that says
`POLICY = …` at its top level. Its page of flows, where it has one of its own, is the module that `PAGE` names, else `page` in the
same package; a renewal needs none, for it keeps its flows' names.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from policies.policy import Policy

PLACES = "DUIXIAN_POLICIES"
OURS = frozenset({"policies", "models", "notifications", "casework", "tasks", "flows", "deployments", "cli"})


class WrongPolicies(Exception):
    """DUIXIAN_POLICIES names something that cannot be used; says which place, what is wrong, and what to do."""

    def __init__(self, place: str, zh: str, en: str) -> None:
        self.place = place
        self.zh = f"{PLACES} 中的“{place}”：{zh}"
        self.en = f"{PLACES}, {place}: {en}"
        super().__init__(f"{self.zh} / {self.en}")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A policy from outside, the module that holds it, and its page of flows ("" for none)."""

    policy: Policy
    module: str
    page: str
    place: str
    file: Path


def places(setting: str | None = None) -> list[str]:
    """The places named, in order; folders and files absolute."""
    named = os.environ.get(PLACES, "") if setting is None else setting
    parts = (one.strip() for one in named.split(os.pathsep))
    return [str(Path(one).expanduser().resolve()) if _is_path(one) else one for one in parts if one]


def roots(setting: str | None = None) -> list[str]:
    """The folders from which the modules of these places are imported, for processes that import them by name."""
    paths = [_package(Path(one)) for one in places(setting) if _is_path(one)]
    return list(dict.fromkeys(str(path.parent if _single(path) else path) for path in paths))


def search(setting: str | None = None) -> Iterator[Found]:
    """Every policy of these places; raises WrongPolicies at the first that cannot be used."""
    for place in places(setting):
        if not _is_path(place):
            yield _loaded(place, place, None)
            continue
        path = _package(Path(place))
        if not path.exists():
            raise WrongPolicies(place, "没有这个文件夹或文件，请检查路径", "there is no such folder or file")
        root = path.parent if _single(path) else path
        names = [_name(path, place)] if _single(path) else list(_names(path, place))
        if not names:
            zh = "这里没有政策：应有一个模块写有 POLICY = …"
            raise WrongPolicies(place, zh, "no policy here: a module must say POLICY = …")
        if str(root) not in sys.path:
            sys.path.append(str(root))  # at the end: it hides nothing that is installed
        for name in names:
            yield _loaded(name, place, root)


def _is_path(place: str) -> bool:
    return os.sep in place or "/" in place or place.startswith(("~", ".")) or Path(place).exists()


def _package(path: Path) -> Path:
    """The package, where its own file is named."""
    return path.parent if path.name in ("__init__.py", "policy.py") else path


def _single(path: Path) -> bool:
    """Whether a path is one policy's own package or file, not a folder of several."""
    return path.is_file() or (path / "__init__.py").is_file() or (path / "policy.py").is_file()


def _names(folder: Path, place: str) -> Iterator[str]:
    """The policies of a folder: files and packages that hold one, in order; `_helper.py` and `.hidden` are passed over."""
    for path in sorted(folder.iterdir()):
        module = path.suffix == ".py" or (path.is_dir() and _single(path))
        if module and not path.name.startswith(("_", ".")) and _holds(path, place):
            yield _name(path, place)


def _name(path: Path, place: str) -> str:
    """The name under which a file or a package is imported; one that another module has already is refused."""
    name = path.stem if path.is_file() else path.name
    if not name.isidentifier():
        zh, en = f"“{name}”不能作模块名，请改用字母、数字和下划线", f"{name} cannot be a module's name: rename it"
        raise WrongPolicies(place, zh, en)
    if name in sys.stdlib_module_names | OURS:
        raise WrongPolicies(
            place, f"“{name}”与程序自带的模块同名，请改名", f"{name} is taken by the program: rename it"
        )
    inner = path.is_dir() and not _says(path / "__init__.py", place)
    return f"{name}.policy" if inner else name


def _holds(path: Path, place: str) -> bool:
    if path.is_file():
        return _says(path, place)
    return _says(path / "__init__.py", place) or _says(path / "policy.py", place)


def _says(path: Path, place: str) -> bool:
    """Whether a file binds POLICY at its top level; it is read, not run."""
    if not path.is_file():
        return False
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError) as error:
        zh, en = f"{path.name} 读不懂（{error}）", f"{path.name} cannot be read ({error})"
        raise WrongPolicies(place, zh, en) from error
    return any("POLICY" in _bound(one) for one in tree.body)


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {one.asname or one.name for one in statement.names}
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return {one.id for one in targets if isinstance(one, ast.Name)}


def _loaded(name: str, place: str, root: Path | None) -> Found:
    try:
        module = import_module(name)
    except WrongPolicies:
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise WrongPolicies(place, f"{name} 不能载入（{said}）", f"{name} cannot be loaded ({said})") from error
    file = Path(getattr(module, "__file__", None) or "").resolve()
    if root is not None and not file.is_relative_to(root.resolve()):
        raise WrongPolicies(
            place, f"“{name}”与 {file} 同名，请改名", f"{name} is already the name of {file}: rename it"
        )
    policy = getattr(module, "POLICY", None)
    if not isinstance(policy, Policy):
        zh, en = f"{name} 没有 POLICY = Policy(…)", f"{name} has no POLICY = Policy(…)"
        raise WrongPolicies(place, zh, en)
    if not re.fullmatch(r"[A-Z][A-Z0-9-]*", policy.code):
        zh, en = (
            f"政策代码 {policy.code} 应为大写字母和数字",
            f"the code {policy.code} must be capital letters and digits",
        )
        raise WrongPolicies(place, zh, en)
    return Found(policy=policy, module=name, page=_page(module, place), place=place, file=file)


def _page(module: ModuleType, place: str) -> str:
    """The name of the policy's own page of flows; it is not imported here, for the law knows no engine."""
    package = module.__package__ or ""
    said = getattr(module, "PAGE", None)
    if said is None:
        return f"{package}.page" if package and find_spec(f"{package}.page") else ""
    try:
        there = isinstance(said, str) and find_spec(said) is not None
    except (ImportError, ValueError):
        there = False
    if not there:
        raise WrongPolicies(place, f"没有流程页面模块 {said}（PAGE）", f"PAGE names no module: {said}")
    return str(said)
