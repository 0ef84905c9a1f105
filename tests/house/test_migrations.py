"""The migrations form one line: each has a number of its own, which its file bears, and follows the one before."""

import ast
import shutil
from pathlib import Path

import pytest

from models import migrate
from models.database import UnsafeStore
from models.startup import problems
from models.store import Store
from support import tree

VERSIONS = tree.ROOT / "models" / "migrations" / "versions"


def faults(folder: Path) -> list[str]:
    """What keeps the migrations of a folder from being one line without branches."""
    found, before = [], None
    for path in sorted(folder.glob("v*.py")):
        said = _said(path)
        number = said.get("revision")
        if number != path.name[1:5]:
            found.append(f"{path.name} says that it is {number}")
        if said.get("down_revision") != before:
            found.append(f"{path.name} follows {said.get('down_revision')}, not {before}")
        before = number
    return found


def _said(path: Path) -> dict[str, object]:
    """The constants that a module sets."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    named = [statement for statement in body if isinstance(statement, ast.Assign | ast.AnnAssign)]
    pairs = [
        (statement.targets[0] if isinstance(statement, ast.Assign) else statement.target, statement.value)
        for statement in named
    ]
    return {
        left.id: right.value for left, right in pairs if isinstance(left, ast.Name) and isinstance(right, ast.Constant)
    }


def test_the_migrations_form_one_line() -> None:
    assert not faults(VERSIONS), faults(VERSIONS)
    assert len(list(VERSIONS.glob("v*.py"))) >= 14 and migrate.twice() == []


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    """The migrations with a second one of the newest number, as two branches leave them when both are merged."""
    shutil.copytree(VERSIONS, tmp_path / "versions", ignore=shutil.ignore_patterns("__pycache__"))
    newest = max((tmp_path / "versions").glob("v*.py"))
    shutil.copy(newest, newest.with_name(f"{newest.name[:6]}zz_another.py"))
    return tmp_path


def test_two_of_one_number_are_found(twin: Path) -> None:
    newest = migrate.head()
    assert faults(twin / "versions") == [f"v{newest}_zz_another.py follows {int(newest) - 1:04d}, not {newest}"]


def test_a_gap_and_a_wrong_number_are_found(tmp_path: Path) -> None:
    (tmp_path / "v0001_a.py").write_text('revision = "0001"\ndown_revision = None\n')
    (tmp_path / "v0003_b.py").write_text('revision = "0002"\ndown_revision = "0000"\n')
    assert faults(tmp_path) == ["v0003_b.py says that it is 0002", "v0003_b.py follows 0000, not 0001"]


def test_a_program_with_two_of_one_number_opens_nothing_and_upgrades_nothing(
    twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, newest = f"sqlite:///{tmp_path / 'duixian.db'}", migrate.head()
    Store.create(url, demo=True).close()
    monkeypatch.setattr(migrate, "HERE", twin)
    store = Store(url)
    (said,) = problems(store.engine)
    store.close()
    assert f"编号 {newest} 的数据库迁移有两份" in said and "install one version whole" in said
    with pytest.raises(UnsafeStore, match="重新安装"):
        migrate.upgrade(url)
