"""What a command writes is its user's alone whatever the umask, and who its user is no variable decides in production."""

import os
import pwd
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from commands.conftest import CommandOffice
from sqlalchemy import select

from casework.shared.atomic_files import written
from models import AuditEntry
from models.store import Store

NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")


def open_to_others(folder: Path) -> list[str]:
    return [str(path) for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077]


@pytest.mark.prove
def test_an_installation_made_under_an_open_umask_is_private_all_the_same(tmp_path: Path) -> None:
    program = "import os, sys; os.umask(0); from cli.app import main\nsys.argv = ['duixian', *sys.argv[1:]]\nmain()"
    home = tmp_path / "home"
    env = {**os.environ, "DUIXIAN_HOME": str(home), "DUIXIAN_LANG": "zh", "DUIXIAN_DATABASE_URL": ""}

    def run(*arguments: str, code: int = 0) -> None:
        done = subprocess.run([sys.executable, "-c", program, *arguments], env=env, capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr

    run("init", "--demo")
    run("units", "add", "算例镇")
    run("template", "enterprises", "--to", str(tmp_path / "out" / "template.xlsx"))
    run("audit", "export", str(tmp_path / "out" / "audit.jsonl"))
    run("backup", "create", "--to", str(tmp_path / "backups"))
    run("advance")
    wrong = tmp_path / "wrong" / "e.csv"
    wrong.parent.mkdir(mode=0o700)
    wrong.write_text("统一社会信用代码,名称\n1,虚构\n", encoding="utf-8")
    wrong.chmod(0o600)
    run("enterprise", "import", str(wrong), code=2)
    made = ("home", "out", "backups", "wrong")
    assert all((tmp_path / case).exists() for case in made)
    assert [path for case in made for path in open_to_others(tmp_path / case)] == []


def test_the_store_itself_and_files_written_whole_are_private_without_the_command_line(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = Store.create(f"sqlite:///{tmp_path / 'made' / 'duixian.db'}", demo=True)
        with store.write() as work:
            work.audit(actor="system", action="x", subject="x", content={})
        with written(tmp_path / "papers" / "list.csv") as part:
            part.write_text("6222…", encoding="utf-8")
        assert {path.name for path in (tmp_path / "made").iterdir()} >= {"duixian.db", "duixian.db-wal"}
        assert open_to_others(tmp_path / "made") + open_to_others(tmp_path / "papers") == []
        store.close()
    finally:
        os.umask(before)


def test_a_command_leaves_the_umask_as_it_was(office: CommandOffice) -> None:
    before = os.umask(0o022)
    try:
        office("units", "list")
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


def who(store: Store) -> list[str]:
    with store.read() as work:
        query = select(AuditEntry.content).where(AuditEntry.action == "command_line").order_by(AuditEntry.seq)
        return list(work.execute(query).scalars())


@pytest.mark.parametrize("name", NAMES)
def test_in_production_no_variable_makes_somebody_another(
    production: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    production("people", "add", "officer", "虚构人")
    for each_name in NAMES:
        monkeypatch.delenv(each_name, raising=False)
    monkeypatch.setenv(name, "officer")
    error = production.error("budgets", "add", "区经商局", "2026", "1", "--document", "文1", "--as", "officer", code=1)
    assert error["code"] == "not_bound" and pwd.getpwuid(os.getuid()).pw_name in error["message"]
    production("units", "add", "算例镇")
    assert f'"user":"{pwd.getpwuid(os.getuid()).pw_name}"' in who(production.store)[-1].replace(" ", "")


def test_in_a_rehearsal_the_variable_is_noted_as_said(office: CommandOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "somebody")
    office("units", "add", "算例镇")
    assert '"user":"somebody"' in who(office.store)[-1].replace(" ", "")
