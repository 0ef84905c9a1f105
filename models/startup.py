"""Start-up checks: a store whose settings, schema or guards are unsafe is not opened; each message says the way out."""

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DatabaseError
from sqlmodel import col

from models.database import UnsafeStore
from models.migrate import doubled, head, revision_of, twice
from models.store_marks import StoreMark
from models.triggers import faults

OLDEST_POSTGRES = 13
_SQLITE_FULL = 2
# Setting → the values with which a commit that was answered is on disk, and with which our triggers fire.
_POSTGRES_SETTINGS = {
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "session_replication_role": ("origin", "local"),
    "server_encoding": ("UTF8",),
}
_HOW = {
    "synchronous_commit": "请执行 ALTER DATABASE … RESET synchronous_commit（并检查角色级设置）",
    "fsync": "请在 postgresql.conf 中设 fsync = on 并重载",
    "full_page_writes": "请在 postgresql.conf 中设 full_page_writes = on 并重载",
    "session_replication_role": "请执行 ALTER ROLE … RESET session_replication_role，否则触发器不生效",
    "server_encoding": "请以 ENCODING 'UTF8' 另建数据库",
}


def check(engine: Engine) -> None:
    """Raises UnsafeStore naming everything that is unsafe, in Chinese, with what to do about each."""
    found = problems(engine)
    if found:
        raise UnsafeStore("数据库不能使用：\n" + "\n".join(f"- {fault}" for fault in found))


def problems(engine: Engine) -> list[str]:
    """What is unsafe, one sentence each; empty for a store that may be used. Changes nothing."""
    if engine.dialect.name == "sqlite" and (found := list(_place(Path(engine.url.database or "")))):
        return found
    try:
        with engine.connect() as connection:
            return list(_settings(connection)) or list(_contents(connection))
    except DatabaseError as error:
        return [f"无法连接或读取数据库（{error.orig}）：请检查地址、账号与文件"]


def _place(path: Path) -> Iterator[str]:
    """SQLite writes its log beside the file, so the folder counts too."""
    if not path.exists():
        yield f"没有找到数据库文件 {path}：请先运行 duixian init"
        return
    for place in (path, path.parent):
        if not os.access(place, os.W_OK):
            yield f"没有写入 {place} 的权限：请改正文件权限，或把数据库放在可写的目录"


def _settings(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "postgresql":
        yield from _postgres_settings(connection)
    else:
        yield from _sqlite_settings(connection)


def _sqlite_settings(connection: Connection) -> Iterator[str]:
    def pragma(name: str) -> str:
        return str(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())

    if (mode := pragma("journal_mode")) != "wal":
        yield f"SQLite 日志模式为 {mode}，须为 WAL：请把数据库放在本机磁盘上（网络盘不支持 WAL）"
    if int(pragma("synchronous")) < _SQLITE_FULL:
        yield "SQLite synchronous 低于 FULL，断电会丢失已确认的办理结果：请去掉改动它的设置"
    if pragma("foreign_keys") != "1":
        yield "SQLite 外键检查未开启：请去掉关闭 foreign_keys 的设置"


def _postgres_settings(connection: Connection) -> Iterator[str]:
    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    if version < OLDEST_POSTGRES:
        yield f"PostgreSQL 版本 {version} 过旧：请升级到 {OLDEST_POSTGRES} 或以上"
    for name, safe in _POSTGRES_SETTINGS.items():
        value = str(connection.exec_driver_sql(f"SHOW {name}").scalar_one())
        if value not in safe:
            yield f"PostgreSQL 的 {name} 为 {value}，不安全：{_HOW[name]}"


def _contents(connection: Connection) -> Iterator[str]:
    if wrong := twice():
        yield doubled(wrong)
        return
    found = revision_of(connection)
    if found is None:
        yield "数据库中没有本系统的表：请先运行 duixian init"
        return
    if found != head():
        advice = "请运行 duixian db upgrade" if found < head() else "请使用与数据库相符的较新程序"
        yield f"数据库结构为 {found}，程序需要 {head()}：{advice}"
        return
    if wrong := faults(connection):
        yield f"数据库的防护不完整（{'；'.join(wrong[:3])} 等 {len(wrong)} 处）：查明原因后运行 duixian db upgrade 恢复"
    if connection.execute(select(col(StoreMark.id))).first() is None:
        yield "数据库没有生产或演示标记：请运行 duixian init"
