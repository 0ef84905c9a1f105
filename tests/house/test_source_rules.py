"""What every file of the house keeps to: it says what it is for, names no machine, leaves nothing half done."""

import ast
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from support import tree

LOCKS = {"requirements.lock", "requirements-dev.lock"}

# Written in pieces, so that this file does not contain what it looks for.
BANNED = {
    "the address of a package registry": "|".join(
        (
            r"py" + r"pi\.org",
            r"python" + r"hosted\.org",
            r"registry\." + r"npmjs",
            r"npm" + r"mirror",
            r"deb\.deb" + r"ian\.org",
        )
    ),
    "a path of one machine": r"(?:^|[^A-Za-z0-9_.}])/(?:"
    + "|".join(("wo" + "rk", "fa" + "rm", "ro" + "ot", "opt/py" + "pi"))
    + r")[a-z-]*/",
    "a word about how the work is done": r"(?i:\b(?:"
    + "|".join(("C" + "EO", "L" + "LM", "A" + "I agent", "coding " + "agent", "sub" + "agent", "this " + "session"))
    + r")\b)",
    "an unfinished mark": r"\b(?:"
    + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3))
    + r")\b|raise Not"
    + "Implemented"
    + "Error",
}


@pytest.mark.parametrize("what", BANNED)
def test_no_file_contains(what: str) -> None:
    pattern = re.compile(BANNED[what], re.MULTILINE)
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in tree.files()
        for number, line in enumerate(tree.text(path).splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"{what}:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("what", "sample"),
    [
        ("the address of a package registry", "see https://py" + "pi.org/simple"),
        ("a path of one machine", "cd /wo" + "rk/main"),
        ("a word about how the work is done", "as the C" + "EO said"),
        ("an unfinished mark", "# TO" + "DO: later"),
    ],
)
def test_the_search_finds(what: str, sample: str) -> None:
    assert re.search(BANNED[what], sample)


def test_every_python_file_opens_with_what_it_is_for() -> None:
    silent = [str(path) for path in tree.sources() if not ast.get_docstring(tree.tree(path))]
    assert not silent, silent


def test_no_file_outgrows_its_reader() -> None:
    """150 lines is the guide, 400 the end; a table of data may be longer where it is listed here."""
    long = [
        f"{path}: {n}"
        for path in tree.sources()
        if (n := len(list(filter(str.strip, tree.text(path).splitlines())))) > 400
    ]
    assert not long, long


def test_every_test_file_has_a_name_of_its_own() -> None:
    names = Counter(path.name for path in tree.sources("tests") if path.name.startswith("test_"))
    assert not [name for name, count in names.items() if count > 1]


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    # A loader that puts a file's folder on the search path would hide the standard one from everybody.
    named = [str(path) for path in tree.sources() if path.stem in sys.stdlib_module_names - {"__main__", "__future__"}]
    assert not named, named


def test_tests_hold_no_package_marker_and_no_folder_named_like_a_package() -> None:
    markers = [str(path) for path in tree.sources("tests") if path.name == "__init__.py" and "trees" not in path.parts]
    shadows = [str(path) for path in tree.sources("tests") if set(path.parts[1:2]) & set(tree.PACKAGES)]
    assert not markers + shadows


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    pattern = re.compile(r"pytest\.(?:mark\.)?(?:sk" + "ip|xf" + r"ail)|import" + "orskip")
    found = [str(path) for path in tree.sources("tests") if pattern.search(tree.text(path))]
    assert not found, found


def test_every_top_level_folder_opens_with_a_short_readme() -> None:
    folders = {path.parts[0] for path in tree.files() if len(path.parts) > 1 and not path.parts[0].startswith(".")}
    faults = []
    for folder in sorted(folders):
        readme = Path(folder, "README.md")
        lines = len(tree.text(readme).splitlines()) if readme in tree.files() else 0
        if not 3 <= lines <= 30:
            faults.append(f"{readme}: {lines} lines")
    assert not faults, f"a README of 3 to 30 lines says what lives there, what it may import, how to add one: {faults}"
