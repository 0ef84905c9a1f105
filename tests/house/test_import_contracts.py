"""Imports go down only: the real tree keeps its contracts, and each planted breach is caught."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support import tree

BREACHES = {
    "the law opens a database": ("policies/planted.py", "import sqlalchemy"),
    "the law asks the records": ("policies/planted.py", "from models.store import Store"),
    "the law reads a clock": ("policies/planted.py", "import time"),
    "the law rolls dice": ("policies/planted.py", "from random import random"),
    "the law goes to the network": ("policies/planted.py", "import urllib.request"),
    "a measure takes a library of its own": ("policies/xiuzhou_2023/planted.py", "import numpy"),
    "the law knows the engine": ("policies/planted.py", "import prefect"),
    "the records know the engine": ("models/planted.py", "from prefect import flow"),
    "the records call a case's steps": ("models/planted.py", "import casework"),
    "the messages know the engine": ("notifications/planted.py", "import prefect.events"),
    "the messages decide a case": ("notifications/planted.py", "import casework"),
    "a case's act knows the engine": ("casework/shared/planted.py", "from prefect import task"),
    "a case's act starts a task, hidden in a function": ("casework/shared/planted.py", "def act():\n    import tasks"),
    "a task starts a flow": ("tasks/planted.py", "import flows"),
    "a flow knows where it is deployed": ("flows/planted.py", "import deployments"),
    "a flow talks to a terminal": ("flows/planted.py", "import cli"),
    "what runs knows the command line": ("deployments/planted.py", "import cli"),
    "what runs knows the demo": ("deployments/planted.py", "import demo"),
    "the demo knows the command line": ("demo/planted.py", "import cli"),
    "a subject takes from one above it": ("casework/parties/planted.py", "from casework.awards import decisions"),
    "a subject calls the command handler": ("casework/awards/planted.py", "from casework.command_handler import act"),
    "the lifecycle knows a subject, for a type alone": (
        "casework/lifecycle/planted.py",
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from casework.payments import batches",
    ),
    "what every subject stands on knows a case": ("casework/shared/planted.py", "import casework.lifecycle.commands"),
    "a view is asked by a job": (
        "casework/calendar_jobs/planted.py",
        "def run():\n    from casework.views import inbox",
    ),
    "a file of casework has no layer": ("casework/planted.py", "PLANTED = True"),
}


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over a tree; `-P` keeps this repository's own packages from being found instead."""
    code = (
        "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command; lint_imports_command()"
    )
    command = [sys.executable, "-P", "-c", code, "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as they stand, and an empty one for each that is not there."""
    root = tmp_path_factory.mktemp("contracts")
    for path in [Path("pyproject.toml"), *tree.sources(*tree.PACKAGES, "scripts")]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree.ROOT / path, root / path)
    for package in (*tree.PACKAGES, "policies/xiuzhou_2023"):
        (root / package).mkdir(exist_ok=True)
        (root / package / "__init__.py").touch()
    return root


def test_the_tree_keeps_its_contracts(copied: Path) -> None:
    done = lint(copied)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("breach", BREACHES)
def test_a_planted_breach_is_caught_where(breach: str, copied: Path) -> None:
    name, lines = BREACHES[breach]
    planted = copied / name
    planted.write_text(f'"""Planted."""\n\n{lines}\n')
    try:
        done = lint(copied)
    finally:
        planted.unlink()
    assert done.returncode == 1, done.stdout + done.stderr
    assert "planted" in done.stdout, "the report names the file"


def test_the_command_line_imports_the_engine_only_where_it_is_needed() -> None:
    """Prefect costs 1.5 s: `--help` must not pay for it."""
    slow = {"prefect", "flows", "tasks", "deployments", "fastapi", "uvicorn"}
    found = [
        f"{path}:{node.lineno}"
        for path in tree.sources("cli")
        for node in tree.tree(path).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
        if name.split(".")[0] in slow
    ]
    assert not found, found
