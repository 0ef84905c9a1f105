"""Every command speaks both languages, fits a terminal, is in the documents and in the tree exactly once."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.app import FLAT, GROUPS, app
from cli.help import width
from support import tree

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def names() -> Iterator[tuple[str, ...]]:
    """Every command as typed."""
    root: Any = typer.main.get_command(app)
    for name, command in root.commands.items():
        below = getattr(command, "commands", None)
        yield (name,)
        if below:
            yield from ((name, below_it) for below_it in below)


PAGES = list(names())


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_a_help_page_fits_eighty_columns_and_names_its_options(desk: Any, page: tuple[str, ...]) -> None:
    shown = desk(*page, "--help")
    assert CHINESE.search(shown)
    assert not [line for line in shown.splitlines() if width(line) > 80]


def test_english_help_holds_no_chinese_but_in_examples(tmp_path: Path) -> None:
    program = f"""
from typer.testing import CliRunner
from cli.app import app
for page in {PAGES!r}:
    result = CliRunner().invoke(app, [*page, "--help"])
    assert result.exit_code == 0, page
    print(result.output)
"""
    env = {**os.environ, "DUIXIAN_LANG": "en", "PYTHONPATH": str(tree.ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if CHINESE.search(line)] == []
    assert "Usage: duixian quote [OPTIONS] ITEM" in done.stdout


def test_every_declared_command_stands_in_the_tree_once() -> None:
    declared = set()
    for path in tree.sources("cli"):
        module = import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
        for value in vars(module).values():
            if isinstance(value, typer.Typer) and module.__name__ != "cli.app":
                declared |= {(id(value), command.name) for command in value.registered_commands}
    flat = {(id(import_module(f"cli.{module}").app), name) for module, listed in FLAT.items() for name in listed}
    grouped = set()
    for place in GROUPS.values():
        module, _, attribute = place.partition(":")
        found = getattr(import_module(f"cli.{module}"), attribute)
        grouped |= {(id(found), command.name) for command in found.registered_commands}
    assert flat | grouped == declared
    assert not flat & grouped


def test_every_command_is_documented_with_an_example() -> None:
    documented = tree.text(Path("docs/commands.md"))
    missing = [" ".join(page) for page in PAGES if not re.search(rf"^\$ duixian {' '.join(page)}\b", documented, re.M)]
    groups = set(GROUPS)
    assert not [name for name in missing if name not in groups], missing
