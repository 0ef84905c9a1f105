"""The repository as the house tests see it: its files, packages and what they say."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("policies", "models", "notifications", "casework", "tasks", "flows", "web", "deployments", "demo", "cli")


@cache
def files() -> tuple[Path, ...]:
    """Every file that is, or would be, committed; relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = sorted(set(filter(None, listed.split("\0"))))
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def sources(*folders: str) -> list[Path]:
    """The Python files, all or those under the named top-level folders."""
    return [path for path in files() if path.suffix == ".py" and (not folders or path.parts[0] in folders)]


def text(path: Path) -> str:
    """A file's words; what is not UTF-8 (a picture, a sheet) or not there has none."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError):
        return ""


@cache
def tree(path: Path) -> ast.Module:
    """A Python file's syntax tree."""
    return ast.parse(text(path), filename=str(path))
