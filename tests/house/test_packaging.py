"""The package is whole: every file of the product is in it, and nothing that only tests need."""

import ast
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from support import tree

PROJECT = tomllib.loads(tree.text(Path("pyproject.toml")))


@pytest.mark.slow
def test_every_file_of_the_product_is_in_the_package(tmp_path: Path) -> None:
    ours = [path for path in tree.files() if path.parts[0] in tree.PACKAGES and path.suffix != ".md"]
    for path in [*ours, *map(Path, ("pyproject.toml", "README.md", "LICENSE"))]:
        (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / path).write_bytes((tree.ROOT / path).read_bytes())
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "-w",
        "out",
    ]
    done = subprocess.run([*command, "./tree"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = (tmp_path / "out").glob("duixian-*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert sorted({path.as_posix() for path in ours} - packed) == []
    assert not [name for name in packed if name.startswith(("tests/", "scripts/", "docs/", "benchmarks/"))]


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(tree.tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_the_product_imports_only_what_it_declares() -> None:
    """A test's oracle, or a package that merely came along with another, is no dependency."""
    wanted = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["postgres"]
    declared = {canonicalize_name(Requirement(text).name) for text in wanted}
    providers = packages_distributions()
    undeclared = {
        (name, str(path))
        for path in tree.sources(*tree.PACKAGES)
        for name in imported(path) - set(sys.stdlib_module_names) - set(tree.PACKAGES)
        if not declared & {canonicalize_name(provider) for provider in providers.get(name, [])}
    }
    assert not undeclared, sorted(undeclared)
