"""Writes the package of a new policy: a fictional sample that runs, one measure of each chain, to be rewritten after a document."""

from __future__ import annotations

import re
import sys
from importlib.util import find_spec
from pathlib import Path

from policies.built_in import BUILT_IN
from policies.finding import OURS

_STARTER = Path(__file__).parent / "starter"
_FILES = {  # a file of the package, and the text that it is written from
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    "@NAME@/__init__.py": "package.txt",
    "@NAME@/units.py": "units.txt",
    "@NAME@/m01_@NAME@_equipment.py": "equipment.txt",
    "@NAME@/m02_@NAME@_library.py": "library.txt",
    "@NAME@/m03_@NAME@_training.py": "training.txt",
    "@NAME@/page.py": "page.txt",
    "tests/test_@NAME@.py": "tests.txt",
}
_LONGEST = 32  # letters of a name: it is part of files' and flows' names
_YEARS = range(2000, 2100)


class WrongName(ValueError):
    """A name, code, year or place that a new policy cannot have; says why in both languages."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        self.field, self.zh, self.en = field, zh, en
        super().__init__(f"{zh} / {en}")


def code_of(name: str, year: int) -> str:
    """The code that a policy of this name has where none is given: lakeside, 2026 → LAKESIDE2026."""
    return f"{name.upper().replace('_', '-')}{year}"


def write_policy(folder: Path, name: str, *, code: str, year: int) -> list[Path]:
    """Writes the package under `folder`, which may not be there yet, and returns its files; nothing is written over."""
    _refuse_name(name)
    if not re.fullmatch(r"[A-Z][A-Z0-9-]*", code) or code in BUILT_IN:
        zh, en = (
            f"政策代码 {code} 应为大写字母和数字，且未被使用",
            f"{code}: capital letters and digits, and not in use",
        )
        raise WrongName("--code", zh, en)
    if year not in _YEARS:
        raise WrongName("--year", f"年份 {year} 应在 2000 至 2099 之间", f"the year {year} must be 2000 to 2099")
    if folder.exists() and any(folder.iterdir() if folder.is_dir() else [folder]):
        raise WrongName("--to", f"{folder} 已存在且不是空文件夹，不覆盖", f"{folder} is there and not an empty folder")
    words = {"@NAME@": name, "@DASHED@": name.replace("_", "-"), "@CODE@": code}
    words |= {"@YEAR@": str(year), "@NEXT@": str(year + 1)}
    written = []
    for path, source in _FILES.items():
        file = folder / _filled(path, words)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_filled((_STARTER / source).read_text(encoding="utf-8"), words), encoding="utf-8")
        written.append(file)
    return written


def _refuse_name(name: str) -> None:
    """A module's name that nothing else has."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > _LONGEST:
        zh = f"“{name}”不能作程序包名：请用小写字母、数字和下划线，以字母开头，最多 {_LONGEST} 个字符"
        en = f"{name} cannot be a package's name: small letters, digits and underscores, {_LONGEST} at most"
        raise WrongName("NAME", zh, en)
    if name in sys.stdlib_module_names | OURS | {"tests"} or find_spec(name) is not None:
        raise WrongName("NAME", f"“{name}”已是别的模块名，请另取", f"{name} is another module's name: choose another")


def _filled(text: str, words: dict[str, str]) -> str:
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text
