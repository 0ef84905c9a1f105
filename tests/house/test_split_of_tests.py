"""`make test`, `make prove` and `make torture` share all tests among them: none in two, none in none; CI runs the first two."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support import tree

CASES = (
    "tests/payments/test_payment_results.py"  # tests with several cases, of which PostgreSQL takes the first at once
)
LATER = "tests/messages/test_messages_set_aside.py"  # tests of both databases that PostgreSQL takes as proofs only
FILES = ("tests/records/test_backup_every_byte.py", "tests/proof/test_every_transition.py")
PROOFS = ("tests/proof/test_kills.py", CASES, LATER, *FILES)  # between them they hold tests of every target
TARGETS = {"test": (), "prove": ("-m", "prove"), "torture": ("-m", "torture"), "all": ("-m", "")}


def collected(*words: str) -> list[str]:
    """The tests of some files that pytest would run when called so."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--collect-only",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        *words,
        *PROOFS,
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=tree.ROOT, env=environment, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.mark.prove
def test_every_test_is_run_by_exactly_one_target() -> None:
    found = {target: collected(*words) for target, words in TARGETS.items()}
    parts = [name for target in ("test", "prove", "torture") for name in found[target]]
    assert sorted(parts) == sorted(found["all"])
    assert all(found.values())
    several = [name for name in found["all"] if name.startswith(CASES) and re.search(r"\[(sqlite|postgresql)-", name)]
    on_sqlite = {name for name in several if "[sqlite-" in name}
    on_postgresql = [name for name in several if name not in on_sqlite]
    tests = {name.partition("[")[0] for name in several}
    assert on_sqlite <= set(found["test"]), "SQLite takes every case"
    first = [name for name in on_postgresql if name in found["test"]]
    assert sorted(name.partition("[")[0] for name in first) == sorted(tests), "PostgreSQL takes one of each test"
    later = {target: {name for name in found[target] if name.startswith(LATER)} for target in ("test", "prove")}
    assert all("postgresql" in name for name in later["prove"]) and later["prove"]
    assert not any("postgresql" in name for name in later["test"]) and len(later["test"]) >= len(later["prove"])
    assert len(on_postgresql) > len(tests) and set(on_postgresql) - set(first) <= set(found["prove"])


def test_each_target_calls_what_is_documented() -> None:
    recipes = tree.text(Path("Makefile"))
    said = tree.text(Path("tests/README.md"))
    for target, words in (("prove", "pytest -m prove"), ("torture", "pytest -m torture")):
        assert re.search(rf"^{target}:.*\n\t.*{words}", recipes, re.MULTILINE), target
        assert words in said
    assert "-m 'not prove and not torture'" in tree.text(Path("pyproject.toml"))


def test_ci_runs_everything_that_is_not_torture_and_requires_every_part() -> None:
    lines = tree.text(Path(".ci/run")).splitlines()
    words = [
        word for line in lines if line.startswith("make ") for word in line.split()[1:] if not word.startswith("-")
    ]
    assert words == ["lint", "demo", "test", "prove"]
    assert any("DUIXIAN_REQUIRE=all" in line for line in lines)
