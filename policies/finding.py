"""Policies from outside this source tree: the places that DUIXIAN_POLICIES names, and installed packages with an entry point.

A place is a folder or a file (of policies, or one policy's own package) or a module's dotted name; several are separated as in
PATH. An installed package names its module in the entry point group `duixian.policies`. A policy is a module that says
`POLICY = …` at its top level. Its page of flows, where it has one of its own, is the module that `PAGE` names, else `page` in the
same package; a renewal needs none, for it keeps its flows' names. What cannot be used is told, and leaves the others alone.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from policies.built_in import BUILT_IN
from policies.forms import Text
from policies.policy import Policy

PLACES = "DUIXIAN_POLICIES"
GROUP = "duixian.policies"  # of entry points
OURS = frozenset({"policies", "models", "notifications", "casework", "tasks", "flows", "deployments", "demo", "cli"})


class WrongPolicies(Exception):
    """A policy from outside that cannot be used; says in both languages where it is, what is wrong, and what to do.

    `package` is the installed package ("name version") whose entry point `place` is, "" for a place in DUIXIAN_POLICIES; `reason`
    is what is wrong, without where.
    """

    def __init__(self, place: str, zh: str, en: str, *, package: str = "") -> None:
        self.place, self.package, self.reason = place, package, Text(zh, en)
        self.zh = f"{f'安装包 {package} 的入口点' if package else f'{PLACES} 中的'}“{place}”：{zh}"
        self.en = f"{f'entry point {place} of {package}' if package else f'{PLACES}, {place}'}: {en}"
        super().__init__(f"{self.zh} / {self.en}")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where policies are looked for: as written in DUIXIAN_POLICIES, or the entry point of an installed package."""

    name: str
    package: str = ""  # "name version" of the installed package

    def wrong(self, zh: str, en: str) -> WrongPolicies:
        """What is wrong with what lies here."""
        return WrongPolicies(self.name, zh, en, package=self.package)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A policy from outside, the module that holds it, and its page of flows ("" for none)."""

    policy: Policy
    module: str
    page: str
    origin: Place
    file: Path

    @property
    def place(self) -> str:
        """The place in DUIXIAN_POLICIES, or the entry point's name."""
        return self.origin.name


def places(setting: str | None = None) -> list[str]:
    """The places named, in order; folders and files absolute."""
    named = os.environ.get(PLACES, "") if setting is None else setting
    parts = (one.strip() for one in named.split(os.pathsep))
    return [str(Path(one).expanduser().resolve()) if _is_path(one) else one for one in parts if one]


def roots(setting: str | None = None) -> list[str]:
    """The folders from which the modules of these places are imported, for processes that import them by name."""
    paths = [_package(Path(one)) for one in places(setting) if _is_path(one)]
    return list(dict.fromkeys(str(path.parent if _single(path) else path) for path in paths))


def named(setting: str | None = None) -> Iterator[Found | WrongPolicies]:
    """Every policy of the places named; in the place of one that cannot be used, why not."""
    for place in places(setting):
        yield from _at(Place(name=place))


def search(setting: str | None = None) -> Iterator[Found]:
    """Every policy of the places named; raises WrongPolicies at the first that cannot be used."""
    for one in named(setting):
        if isinstance(one, WrongPolicies):
            raise one
        yield one


def everything(setting: str | None = None) -> Iterator[Found | WrongPolicies]:
    """The policies of the installed packages, then of the places named; a later one may renew an earlier one."""
    yield from installed()
    yield from named(setting)


def installed() -> Iterator[Found | WrongPolicies]:
    """The policies of installed packages, by the names of their entry points."""
    for point in sorted(entry_points(group=GROUP), key=lambda one: (one.name, one.value)):
        package = f"{point.dist.name} {point.dist.version}" if point.dist else "?"
        try:
            yield _pointed(point, Place(name=point.name, package=package))
        except WrongPolicies as wrong:
            yield wrong


def _pointed(point: EntryPoint, place: Place) -> Found:
    written = re.fullmatch(r"\s*([\w.]+)\s*(?::\s*POLICY\s*)?", point.value)
    if written is None:
        zh, en = f"入口点应写模块名，现为 {point.value}", f"it must name the policy's module, not {point.value}"
        raise place.wrong(zh, en)
    return _loaded(written[1], place, None)


def _at(place: Place) -> Iterator[Found | WrongPolicies]:
    """The policies of one place; one that is broken or may not be read leaves its neighbours alone."""
    try:
        yield from _searched(place)
    except OSError as no:
        yield place.wrong(f"不能读取（{no.strerror}），请检查权限", f"cannot be read ({no.strerror}): check its mode")


def _searched(place: Place) -> Iterator[Found | WrongPolicies]:
    path = _package(Path(place.name))
    if not _is_path(place.name):
        yield _tried(place.name, place)
    elif not path.exists():
        yield place.wrong("没有这个文件夹或文件，请检查路径", "there is no such folder or file")
    elif _single(path):
        yield _tried(path, place)
    else:
        yield from _in_folder(path, place)


def _in_folder(folder: Path, place: Place) -> Iterator[Found | WrongPolicies]:
    """One after another, for a later one may renew an earlier one."""
    empty = True
    for one in filter(_holds, _modules(folder)):
        empty = False
        yield _tried(one, place)
    if empty:
        yield place.wrong("这里没有政策：应有一个模块写有 POLICY = …", "no policy here: a module must say POLICY = …")


def _tried(what: Path | str, place: Place) -> Found | WrongPolicies:
    """The policy of a file, a package or a module's dotted name."""
    try:
        if isinstance(what, str):
            return _loaded(what, place, None)
        return _loaded(_name(what, place), place, what.parent)
    except WrongPolicies as wrong:
        return wrong


def _is_path(place: str) -> bool:
    return os.sep in place or "/" in place or place.startswith(("~", ".")) or Path(place).exists()


def _package(path: Path) -> Path:
    """The package, where its own file is named."""
    return path.parent if path.name in ("__init__.py", "policy.py") else path


def _single(path: Path) -> bool:
    """Whether a path is one policy's own package or file, not a folder of several."""
    return path.is_file() or (path / "__init__.py").is_file() or (path / "policy.py").is_file()


def _modules(folder: Path) -> list[Path]:
    """Files and packages that may hold a policy, in order; `_helper.py` and `.hidden` are passed over."""
    inside = sorted(folder.iterdir()) if os.access(folder, os.R_OK | os.X_OK) else []
    modules = (one for one in inside if one.suffix == ".py" or (one.is_dir() and _single(one)))
    return [one for one in modules if not one.name.startswith(("_", "."))]


def _name(path: Path, place: Place) -> str:
    """The name under which a file or a package is imported; one that another module has already is refused."""
    name = path.stem if path.is_file() else path.name
    if not name.isidentifier():
        zh, en = f"“{name}”不能作模块名，请改用字母、数字和下划线", f"{name} cannot be a module's name: rename it"
        raise place.wrong(zh, en)
    if name in sys.stdlib_module_names | OURS:
        raise place.wrong(f"“{name}”与程序自带的模块同名，请改名", f"{name} is taken by the program: rename it")
    if path.is_file():
        return _readable(path, name, place)
    own, inner = path / "__init__.py", path / "policy.py"
    return _readable(inner, f"{name}.policy", place) if _says(own) is False else _readable(own, name, place)


def _readable(file: Path, name: str, place: Place) -> str:
    """The name, where its file can be read."""
    if isinstance(error := _says(file), Exception):
        raise place.wrong(f"{file.name} 读不懂（{error}）", f"{file.name} cannot be read ({error})") from error
    return name


def _holds(path: Path) -> bool:
    """Whether a file or package of a folder is a policy, or one that cannot be read and may be."""
    files = [path] if path.is_file() else [path / "__init__.py", path / "policy.py"]
    return any(_says(file) is not False for file in files if file.is_file())


def _says(path: Path) -> bool | Exception:
    """Whether a file binds POLICY at its top level, or why it cannot be read; it is not run."""
    if not path.is_file():
        return False
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError) as error:
        return error
    return any("POLICY" in _bound(one) for one in tree.body)


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return {one.asname or one.name for one in statement.names}
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return {one.id for one in targets if isinstance(one, ast.Name)}


def _loaded(name: str, place: Place, root: Path | None) -> Found:
    if root is not None and str(root) not in sys.path:
        sys.path.append(str(root))  # at the end: it hides nothing that is installed
    try:
        module = import_module(name)
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}"
        raise place.wrong(f"{name} 不能载入（{said}）", f"{name} cannot be loaded ({said})") from error
    file = Path(getattr(module, "__file__", None) or "").resolve()
    if root is not None and not file.is_relative_to(root.resolve()):
        raise place.wrong(f"“{name}”与 {file} 同名，请改名", f"{name} is already the name of {file}: rename it")
    policy = getattr(module, "POLICY", None)
    if not isinstance(policy, Policy):
        zh, en = f"{name} 没有 POLICY = Policy(…)", f"{name} has no POLICY = Policy(…)"
        raise place.wrong(zh, en)
    if not re.fullmatch(r"[A-Z][A-Z0-9-]*", policy.code):
        zh, en = (
            f"政策代码 {policy.code} 应为大写字母和数字",
            f"the code {policy.code} must be capital letters and digits",
        )
        raise place.wrong(zh, en)
    if policy.code in BUILT_IN:
        zh, en = f"政策代码 {policy.code} 已由 duixian 使用", f"the code {policy.code} is taken by duixian"
        raise place.wrong(f"{zh}，请另取代码", f"{en}: choose another")
    return Found(policy=policy, module=name, page=_page(module, place), origin=place, file=file)


def _page(module: ModuleType, place: Place) -> str:
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
        raise place.wrong(f"没有流程页面模块 {said}（PAGE）", f"PAGE names no module: {said}")
    return str(said)
