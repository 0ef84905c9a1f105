"""Writes the file of a new version: what changes, from which day, and on what document."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from policies.built_in import BUILT_IN
from policies.money import Money
from policies.policy import Policy
from policies.versions import Version

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_PACKAGE = ("__init__.py", "policy.py")
_TEXT = '''"""{item}, version {id}: {source}."""

from datetime import date

from policies.kit import {names}

VERSION = Version(
    item="{item}",
    id={quoted_id},
    since=date({year}, {month}, {day}),  # cases filed on this day or later
    source={quoted},
    changes={{{changes}}},
)
'''


def file_of(policy: Policy) -> Path | None:
    """The file that says `POLICY = …`; None for one that was registered by hand."""
    held = [
        Path(file)
        for module in list(sys.modules.values())
        if vars(module).get("POLICY") is policy and (file := getattr(module, "__file__", None))
    ]
    return next((one for one in held if one.name in _PACKAGE), held[0] if held else None)


def folder_of(policy: Policy) -> Path | None:
    """The folder `versions/` of the policy's own package; None for a policy that is one file."""
    file = file_of(policy)
    return file.parent / "versions" if file and file.name in _PACKAGE else None


def reads_versions(policy: Policy) -> bool:
    """Whether the policy's file takes what lies in `versions/`."""
    file = file_of(policy)
    return file is not None and "versions_in(" in file.read_text(encoding="utf-8")


def replaced_by_upgrade(policy: Policy) -> bool:
    """Whether the policy came with an installed program or package: what is written beside it is lost at the next upgrade."""
    return of_installed_package(policy) or _of_installed_program(policy)


def of_installed_package(policy: Policy) -> bool:
    """Whether the policy lies where an installer puts packages, the program's own policies apart."""
    file = file_of(policy)
    return policy.code not in BUILT_IN and file is not None and bool(_INSTALLED & {*file.parts})


def _of_installed_program(policy: Policy) -> bool:
    top = Path(__file__).parents[1]
    file = file_of(policy)
    return file is not None and file.is_relative_to(top) and not (top / "pyproject.toml").exists()


def version_file(version: Version, *, draft: bool) -> str:
    """m14b_2.py; a draft begins with an underscore and is not read."""
    plain = "".join(sign if sign.isalnum() else "_" for sign in f"{version.item}_{version.id}".lower())
    return f"{'_' * draft}{plain}.py"


def write_version(path: Path, version: Version, changes: Mapping[str, Any]) -> None:
    """Writes it, and makes the folder a package; nothing is written over."""
    path.parent.mkdir(parents=True, exist_ok=True)
    package = path.parent / "__init__.py"
    if not package.exists():
        package.write_text('"""Later versions of the rules, a file each."""\n', encoding="utf-8")
    money = any(isinstance(value, Money) for value in changes.values())
    text = _TEXT.format(
        item=version.item,
        id=version.id,
        source=version.source.replace('"', "'"),
        quoted=json.dumps(version.source, ensure_ascii=False),
        quoted_id=json.dumps(version.id, ensure_ascii=False),
        names="Money, Version" if money else "Version",
        year=version.since.year,
        month=version.since.month,
        day=version.since.day,
        changes=", ".join(f'"{name}": {value!r}' for name, value in changes.items()),
    )
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
