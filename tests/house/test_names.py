"""A name says one thing: no file name stands more than twice in the tree, and a class name once."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from support import tree

EVERYWHERE = {"__init__.py", "conftest.py"}  # Python's and pytest's own
FOLDERS = (*tree.PACKAGES, "benchmarks", "scripts", "tests")
LAW = "policies"  # the names of a rule's own values are part of its digest; those of one policy's pages are its own


def test_no_file_name_stands_more_than_twice() -> None:
    places = defaultdict[str, list[Path]](list)
    for path in tree.sources(*FOLDERS):
        places[path.name].append(path)
    assert {name: found for name, found in places.items() if len(found) > 2 and name not in EVERYWHERE} == {}


def _classes(path: Path) -> Iterator[str]:
    """Classes at the top of a file; a private one is its file's own."""
    return (
        node.name for node in tree.tree(path).body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )


def test_a_class_name_stands_once() -> None:
    places = defaultdict[str, list[Path]](list)
    for path in tree.sources(*FOLDERS):
        if not (
            (path.parts[0] == LAW and len(path.parts) > 2) or "other_policies" in path.parts
        ) and not path.name.startswith("test_"):
            for name in _classes(path):
                places[name].append(path)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


EMPTY = ("one", "one_")  # what a name says nothing of
# How often each folder still binds one of them; the numbers may only fall. The law's are part of its digests.
STILL = {"policies": 154, "web": 90, "tests": 78}


def bindings(source: ast.Module) -> int:
    """How often a name that says nothing is bound: in a loop, a comprehension, an assignment, as a parameter."""
    return sum(
        (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in EMPTY)
        or (isinstance(node, ast.arg) and node.arg in EMPTY)
        for node in ast.walk(source)
    )


def test_the_count_of_empty_names_sees_each_way_to_bind_one() -> None:
    text = "for one in a: pass\n[one for one in b]\nwith c as one: pass\none = 1\n(lambda one: one)(1)\ndef f(one): ..."
    assert bindings(ast.parse(text)) == 6 and bindings(ast.parse("one.two(one)")) == 0


def test_names_say_what_they_hold() -> None:
    counts = {
        folder: sum(bindings(tree.tree(path)) for path in tree.sources(folder) if "starter" not in path.parts)
        for folder in FOLDERS
    }
    assert {folder: count for folder, count in counts.items() if count > STILL.get(folder, 0)} == {}
