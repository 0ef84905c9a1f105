"""What may be cleared away before a rehearsal: an earlier rehearsal's store, told by its mark, and nothing else."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from casework.shared.errors import Refused
from casework.shared.home import Home
from deployments.locks import FileLock
from deployments.settings import EngineFiles


def clear_earlier(home: Home) -> None:
    """Clears away an earlier demo of this home, and nothing else; one that a running `serve` uses is refused."""
    refuse_other(home)
    for path in home.directory.glob("duixian.db*"):
        path.unlink(missing_ok=True)
    for folder in (home.evidence, home.engine):
        shutil.rmtree(folder, ignore_errors=True)


def refuse_other(home: Home) -> None:
    """Refuses a home that holds anything but a demo, or whose demo is in use; nothing is touched."""
    if (home.directory / "duixian.db").exists():
        _refuse_production(home)
    holder = FileLock(EngineFiles.of(home).lock).holder()
    if holder is not None:
        zh = f"演示目录 {home.directory} 正被进程 {holder} 使用（serve 在运行），请先停止它"
        raise Refused("already_running", zh, f"{home.directory} is in use by process {holder} (serve): stop it first")


def _refuse_production(home: Home) -> None:
    """Goes on over a demo store alone, by its mark, of whatever version it is; says of anything else what it is and what to do."""
    database, where = home.directory / "duixian.db", home.directory
    mark = _mark(database)
    if mark is True:
        return
    if mark is False:
        zh = f"{where} 里的数据库是正式库，不是演示库，已停止；请用 DUIXIAN_HOME 另指目录"
        en = f"{where} holds a production store and no demo: nothing was touched; name another DUIXIAN_HOME"
        raise Refused("production_store", zh, en)
    zh = f"不能确认 {database} 是演示库（没有读到生产或演示标记），已停止；请用 DUIXIAN_HOME 另指目录，或确认无用后移走该文件"
    en = f"{database} has no mark that says whether it is a demo: nothing was touched; name another DUIXIAN_HOME, or move it away"
    raise Refused("unknown_store", zh, en)


def _mark(database: Path) -> bool | None:
    """What a store says it is, whatever its schema's version; None where it says nothing. Changes nothing."""
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT demo FROM store_mark WHERE id = 1").fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else bool(row[0])
