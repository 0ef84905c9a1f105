"""The locked set: exact, hashed, free of addresses, inside the ranges that work together, and installed here."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from support import tree

LOCKS = ("requirements.lock", "requirements-dev.lock")
PROJECT = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())


def pins(lock: str) -> dict[str, set[str]]:
    """Each package of a lock with its versions (one per kind of Python at most)."""
    found: dict[str, set[str]] = {}
    for line in (tree.ROOT / lock).read_text().splitlines():
        if match := re.match(r"([\w.-]+)(?:\[[^\]]*\])?==([^\s;]+)", line):
            found.setdefault(canonicalize_name(match[1]), set()).add(match[2])
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_no_line_names_a_place(lock: str) -> None:
    lines = (tree.ROOT / lock).read_text().splitlines()
    assert not [line for line in lines if re.search(r"://|file:|--(?:extra-)?index-url|--find-links|(?:^|\s)/\w", line)]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_an_exact_version_and_a_hash(lock: str) -> None:
    text = re.sub(r"^\s*#.*\n", "", (tree.ROOT / lock).read_text(), flags=re.MULTILINE)
    entries = re.findall(r"^\S.*(?:\n    .*)*", text, flags=re.MULTILINE)
    assert len(entries) > 100
    assert not [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize(
    ("name", "bound", "why"),
    [
        ("sqlalchemy", "2.1", "with 2.1 the engine's scheduler silently starts nothing"),
        ("fastapi", "0.151", "from 0.152 the engine's server answers 422, from 0.155 it does not start"),
        ("prefect", "3.9", "3.9 cannot be resolved together with the rest"),
        ("apprise", "2", "the engine would fall back to a release two years old"),
    ],
)
def test_the_set_stays_below_what_breaks_it(lock: str, name: str, bound: str, why: str) -> None:
    assert max(map(Version, pins(lock)[name])) < Version(bound), why


def test_what_runs_is_locked_alike_in_both_files() -> None:
    runtime, everything = map(pins, LOCKS)
    assert {name: versions for name, versions in runtime.items() if everything.get(name) != versions} == {}


def test_every_declared_range_holds_its_locked_version() -> None:
    locked = pins("requirements-dev.lock")
    groups = PROJECT["dependency-groups"]["dev"] + PROJECT["project"]["optional-dependencies"]["postgres"]
    outside = [
        text
        for text in PROJECT["project"]["dependencies"] + groups
        for wanted in [Requirement(text)]
        if not all(wanted.specifier.contains(version) for version in locked[canonicalize_name(wanted.name)])
    ]
    assert not outside


def test_what_is_installed_here_fits_together() -> None:
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_is_installed_here_is_what_is_locked() -> None:
    installed = {canonicalize_name(found.metadata["Name"]): found.version for found in metadata.distributions()}
    differs = {
        name: (sorted(versions), installed[name])
        for name, versions in pins("requirements-dev.lock").items()
        if name in installed and installed[name] not in versions
    }
    assert not differs, f"(locked, installed): {differs}"
