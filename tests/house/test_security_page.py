"""docs/security.md has each requirement of level 1 and 2 once, names only tests and files that exist, and counts right."""

import ast
import re
from collections import Counter
from pathlib import Path

from support import tree

PAGE = Path("docs/security.md")
ROW = re.compile(r"^\| V(\d+)\.(\d+)\.(\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
# OWASP ASVS 5.0.0: each section with the numbers of its requirements of level 1 and of level 2.
LISTED = """
1.1 1: - 2: 1 2
1.2 1: 1 2 3 4 5 2: 6 7 8 9
1.3 1: 1 2 2: 3 4 5 6 7 8 9 10 11
1.4 1: - 2: 1 2 3
1.5 1: 1 2: 2
2.1 1: 1 2: 2 3
2.2 1: 1 2 2: 3
2.3 1: 1 2: 2 3 4
2.4 1: - 2: 1
3.2 1: 1 2 2: -
3.3 1: 1 2: 2 3 4
3.4 1: 1 2 2: 3 4 5 6
3.5 1: 1 2 3 2: 4 5
3.7 1: - 2: 1 2
4.1 1: 1 2: 2 3
4.2 1: - 2: 1
4.3 1: - 2: 1 2
4.4 1: 1 2: 2 3 4
5.1 1: - 2: 1
5.2 1: 1 2 2: 3
5.3 1: 1 2 2: -
5.4 1: - 2: 1 2 3
6.1 1: 1 2: 2 3
6.2 1: 1 2 3 4 5 6 7 8 2: 9 10 11 12
6.3 1: 1 2 2: 3 4
6.4 1: 1 2 2: 3 4
6.5 1: - 2: 1 2 3 4 5
6.6 1: - 2: 1 2 3
6.8 1: - 2: 1 2 3 4
7.1 1: - 2: 1 2 3
7.2 1: 1 2 3 4 2: -
7.3 1: - 2: 1 2
7.4 1: 1 2 2: 3 4 5
7.5 1: - 2: 1 2
7.6 1: - 2: 1 2
8.1 1: 1 2: 2
8.2 1: 1 2 2: 3
8.3 1: 1 2: -
8.4 1: - 2: 1
9.1 1: 1 2 3 2: -
9.2 1: 1 2: 2 3 4
10.1 1: - 2: 1 2
10.2 1: - 2: 1 2
10.3 1: - 2: 1 2 3 4
10.4 1: 1 2 3 4 5 2: 6 7 8 9 10 11
10.5 1: - 2: 1 2 3 4 5
10.6 1: - 2: 1 2
10.7 1: - 2: 1 2 3
11.1 1: - 2: 1 2
11.2 1: - 2: 1 2 3
11.3 1: 1 2 2: 3
11.4 1: 1 2: 2 3 4
11.5 1: - 2: 1
11.6 1: - 2: 1
12.1 1: 1 2: 2 3
12.2 1: 1 2 2: -
12.3 1: - 2: 1 2 3 4
13.1 1: - 2: 1
13.2 1: - 2: 1 2 3 4 5
13.3 1: - 2: 1 2
13.4 1: 1 2: 2 3 4 5
14.1 1: - 2: 1 2
14.2 1: 1 2: 2 3 4
14.3 1: 1 2: 2 3
15.1 1: 1 2: 2 3
15.2 1: 1 2: 2 3
15.3 1: 1 2: 2 3 4 5 6 7
16.1 1: - 2: 1
16.2 1: - 2: 1 2 3 4 5
16.3 1: - 2: 1 2 3 4
16.4 1: - 2: 1 2 3
16.5 1: - 2: 1 2 3
17.1 1: - 2: 1
17.2 1: - 2: 1 2 3 4
17.3 1: - 2: 1 2
"""


def listed() -> Counter[tuple[str, str]]:
    """Every number of the standard's list with its level."""
    found: Counter[tuple[str, str]] = Counter()
    for line in LISTED.strip().splitlines():
        section, first, second = re.fullmatch(r"([\d.]+) 1: ([\d -]+) 2: ([\d -]+)", line).groups()  # type: ignore[union-attr]
        for level, numbers in (("1", first), ("2", second)):
            found.update((f"{section}.{number}", level) for number in numbers.split() if number != "-")
    return found


def rows() -> list[tuple[str, str, str, str]]:
    """Number, level, meaning and answer of each line of the page."""
    return [(".".join(row[:3]), row[3], row[4].strip(), row[5].strip()) for row in ROW.findall(tree.text(PAGE))]


def known_tests() -> set[str]:
    """Every test of the house as FILE::NAME."""
    return {
        f"{path.name}::{node.name}"
        for path in tree.sources("tests")
        if path.name.startswith("test_")
        for node in tree.tree(path).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def named(answer: str) -> tuple[list[str], list[str]]:
    """The tests and the files that an answer names."""
    words = re.findall(r"`([^`]+)`", answer)
    files = [word for word in words if "::" not in word and re.fullmatch(r"[\w.-]+(?:/[\w.-]+)+", word)]
    return [word for word in words if "::" in word], files


def test_the_list_is_the_standards() -> None:
    assert (sum(level == "1" for _, level in listed()), sum(level == "2" for _, level in listed())) == (70, 183)
    assert max(listed().values()) == 1


def test_each_requirement_of_level_1_and_2_stands_once_with_its_level() -> None:
    assert Counter((number, level) for number, level, _, _ in rows()) == listed()


def test_each_test_and_file_that_is_named_exists() -> None:
    known = known_tests()
    gone = [
        (number, name)
        for number, _, _, answer in rows()
        for found, exist in ((named(answer)[0], known), (named(answer)[1], {str(path) for path in tree.files()}))
        for name in found
        if name not in exist
    ]
    assert not gone


def test_each_line_names_what_shows_it_or_says_that_nothing_does() -> None:
    silent = [
        number
        for number, _, _, answer in rows()
        if not answer.startswith(("n/a: ", "not met: ")) and not any(named(answer))
    ]
    assert not silent


def test_the_page_counts_itself_right() -> None:
    answers = [answer.partition(": ")[0] if answer.startswith(("n/a: ", "not met: ")) else "" for *_, answer in rows()]
    counted = Counter(answers)
    said = re.search(r"Of (\d+): (\d+) shown, (\d+) n/a, (\d+) not met\.", tree.text(PAGE))
    assert said is not None
    assert [int(word) for word in said.groups()] == [len(answers), counted[""], counted["n/a"], counted["not met"]]
