"""Brings a backup back: into an empty place only, proven before it can be used, with the restoring itself in the audit chain.

Everything is unpacked and proven beside the place first. A backup that is damaged, or of another revision, leaves nothing behind.
"""

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

import policies
from casework.applications.evidence_vault import Findings, Vault
from casework.shared.atomic_files import sync_file, sync_folder
from casework.shared.errors import Refused
from casework.shared.home import Home
from deployments.backup.archive import digest, read
from deployments.backup.copying import counts, empty, fill_table, plain_file, tables
from deployments.backup.manifest import BUSINESS, ENGINE, EVIDENCE, KEY, TABLES, Manifest, damaged
from deployments.locks import FileLock
from deployments.settings import EngineFiles
from models import migrate, placing, sealing
from models.database_errors import ErrorKind, kind_of
from models.store import Store
from models.triggers import install, uninstall
from models.verification.audit_invariants import head_of
from models.verification.invariant import Report
from models.verify import Head, verify


@dataclass(frozen=True, kw_only=True)
class Restored:
    """A store that is back: where, what it was made of, what `verify` says of it, its papers, the key that it brought."""

    home: Home
    manifest: Manifest
    report: Report
    head: Head
    papers: Findings
    key: Path | None


def restore(path: Path, into: str, here: Home, *, by: str, with_engine: bool = False) -> Restored:
    """Restores into a folder (a home, for SQLite) or an empty PostgreSQL database by its URL (papers go to `here`)."""
    target = _target(into, here)
    seal = digest(path) if path.is_file() else ""
    _refuse_occupied(target)
    made = not target.directory.exists()
    target.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with tempfile.TemporaryDirectory(dir=target.directory, prefix=".restoring-") as scratch:
            stage = Path(scratch)
            manifest = read(
                path,
                lambda name, pieces: _unpack(stage, name, pieces),
                lambda found: _refuse_unfit(found, target),
            )
            return _bring_back(target, stage, manifest, {"backup": seal, "by": by}, with_engine)
    except BaseException:
        if made and not any(target.directory.iterdir()):
            target.directory.rmdir()
        raise


def _target(into: str, here: Home) -> Home:
    """The home that the backup is restored into."""
    if "://" not in into:
        return Home.at(Path(into), language=here.language)
    try:
        url = make_url(into)
    except ArgumentError as error:
        raise Refused("url", "数据库地址写法有误", "the database's address is malformed", field="into") from error
    if url.get_backend_name() != "postgresql":
        raise Refused("url", "SQLite 备份请恢复到文件夹：--into 文件夹", "restore SQLite into a folder", field="into")
    return Home.at(here.directory, database_url=into, language=here.language)


def _sqlite(home: Home) -> bool:
    return make_url(home.database_url).get_backend_name() == "sqlite"


def _refuse_occupied(target: Home) -> None:
    """A live store is never written over."""
    holder = FileLock(EngineFiles.of(target).lock).holder()
    if holder is not None:
        zh, en = f"{target.directory} 中的系统正在运行（进程 {holder}）", f"the system there is running ({holder})"
        raise Refused(
            "running", f"{zh}；请先停止它，或恢复到别处", f"{en}: stop it, or restore elsewhere", field="into"
        )
    if _sqlite(target):
        taken = any(Path(f"{target.directory}/duixian.db{end}").exists() for end in ("", "-wal", "-shm"))
        papers = target.evidence.is_dir() and any(target.evidence.iterdir())
    else:
        taken, papers = not _empty_postgres(target.database_url), False
    if taken or papers:
        zh = f"{target.shown_url} 已有数据，恢复不会覆盖它；请指定空文件夹或空数据库"
        raise Refused("occupied", zh, "something is there already: restore into an empty place", field="into")


def _empty_postgres(url: str) -> bool:
    engine = Store(url).engine
    try:
        with engine.connect() as connection:
            return empty(connection)
    except SQLAlchemyError as error:
        words = str(getattr(error, "orig", error)).splitlines()[0][:200]
        if kind_of(error) is ErrorKind.AWAY:
            raise Refused("database", f"无法连接数据库：{words}", f"cannot connect: {words}", field="into") from error
        raise Refused(
            "database", f"数据库拒绝查看：{words}", f"the database refused to be read: {words}", field="into"
        ) from error
    finally:
        engine.dispose()


def _refuse_unfit(manifest: Manifest, target: Home) -> None:
    """Another kind of database, another revision, or cases of a policy that is not installed: said before anything is written."""
    _refuse_other_revision(manifest, target)
    known = {policy.code for policy in policies.all_policies()}
    if gone := [policy for policy in manifest.policies if policy not in known]:
        listed = "、".join(gone)
        zh = f"备份中有政策 {listed} 的案件，而它没有安装：请先安装它的包，或用 DUIXIAN_POLICIES 指明它在哪里，再恢复"
        en = f"the backup has cases of the policy {listed}, which is not installed: install its package, or name its place in"
        zh = "。不能使用：".join((zh, *(fault.zh for fault in policies.unusable())))
        en = ". Cannot be used: ".join((f"{en} DUIXIAN_POLICIES, first", *(fault.en for fault in policies.unusable())))
        raise Refused("policy", zh, en, field="DUIXIAN_POLICIES")


def _refuse_other_revision(manifest: Manifest, target: Home) -> None:
    wanted = "sqlite" if _sqlite(target) else "postgresql"
    if manifest.database != wanted:
        zh = f"这是 {manifest.database} 的备份，不能恢复到 {wanted}"
        raise Refused("kind", zh, f"a backup of {manifest.database} cannot go into {wanted}", field="into")
    if manifest.revision != migrate.head():
        newer = manifest.revision > migrate.head()
        advice = "请使用较新的程序" if newer else f"请用备份时的程序（{manifest.program}）恢复，再升级"
        zh = f"备份的数据库结构为 {manifest.revision}，程序为 {migrate.head()}；{advice}"
        en = f"the backup is at revision {manifest.revision}, this program at {migrate.head()}"
        raise Refused("revision", zh, f"{en}: use the program of its version, then upgrade", field="file")


def _unpack(stage: Path, name: str, pieces: Iterator[bytes]) -> None:
    """One part onto the disk, under the stage; names were checked."""
    place = stage / name
    place.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        for piece in pieces:
            file.write(piece)


def _bring_back(target: Home, stage: Path, manifest: Manifest, by: dict[str, str], with_engine: bool) -> Restored:
    """Key, papers and database, in an order in which nothing can be used before it is proven."""
    brought = _bring_key(target, stage, manifest)
    try:
        report, head = _database(target, stage, manifest, by)
    except BaseException:
        if brought is not None:
            brought.unlink()
        raise
    if with_engine and (stage / ENGINE).exists():
        _publish(stage / ENGINE, EngineFiles.of(target).database)
    store = Store.open(target.database_url)
    try:
        papers = Vault(target.evidence).check(store)
    finally:
        store.close()
    return Restored(home=target, manifest=manifest, report=report, head=head, papers=papers, key=brought)


def _database(target: Home, stage: Path, manifest: Manifest, by: dict[str, str]) -> tuple[Report, Head]:
    """The database last: a folder without it holds no store."""
    if not _sqlite(target):
        _papers(target, stage)
        return _fill(target, stage, manifest, by)
    key = sealing.key_file(make_url(target.database_url).database)
    if key is not None and key.is_file():
        (stage / f"{BUSINESS}.identity-key").symlink_to(key.resolve())
    report, head = _seal(Store(f"sqlite:///{stage / BUSINESS}"), manifest, by)
    with closing(sqlite3.connect(stage / BUSINESS)) as database:
        plain_file(database)
    _papers(target, stage)
    _publish(stage / BUSINESS, Path(make_url(target.database_url).database or ""))
    return report, head


def _seal(store: Store, manifest: Manifest, by: dict[str, str]) -> tuple[Report, Head]:
    """Compares with the manifest, writes the restoring into the chain, and proves everything up to and past the old head."""
    try:
        with store.engine.connect() as connection:
            found, rows = head_of(connection), counts(connection)
        if (found.seq, found.hash) != (manifest.audit_seq, manifest.audit_hash):
            raise damaged("审计链头与清单不符", "the audit head differs from the manifest")
        if rows != manifest.rows:
            wrong = next(name for name in rows if rows[name] != manifest.rows.get(name))
            raise damaged(f"表 {wrong} 的行数与清单不符", f"the rows of {wrong} differ from the manifest")
        content = {**by, "made_at": manifest.made_at, "seq": found.seq, "hash": found.hash}
        with store.write() as work:
            work.audit(actor="system", action="restored", subject="store", content=content)
        report = verify(store, anchor=Head(manifest.audit_seq, manifest.audit_hash))
        with store.engine.connect() as connection:
            return report, head_of(connection)
    finally:
        store.close()


def _fill(target: Home, stage: Path, manifest: Manifest, by: dict[str, str]) -> tuple[Report, Head]:
    """Schema and guards from the migrations, the rows from the backup; nothing stays where it does not work out."""
    url = target.database_url
    migrate.upgrade(url)
    try:
        engine = Store(url).engine
        try:
            with engine.connect() as connection, connection.begin():
                uninstall(connection)
                for table in reversed(tables()):
                    connection.execute(table.delete())
                for table in tables():
                    fill_table(connection, table, stage / f"{TABLES}{table.name}.copy")
                install(connection)
        finally:
            engine.dispose()
        return _seal(Store(url), manifest, by)
    except BaseException:
        _take_back(url)
        raise


def _take_back(url: str) -> None:
    """Leaves the database as empty as it was."""
    migrate.downgrade(url, "base")
    engine = Store(url).engine
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    engine.dispose()


def _papers(target: Home, stage: Path) -> None:
    """Every paper under its hash; one that is there already is the same."""
    vault, folder = Vault(target.evidence), stage / EVIDENCE
    for paper in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not vault.place(paper.name).exists():
            _publish(paper, vault.place(paper.name), 0o400)


def _publish(source: Path, place: Path, mode: int = 0o600) -> None:
    """Gives a proven file its name, on the disk, never over another."""
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source.chmod(mode)
    sync_file(source)
    try:
        placing.place(source, place)
    except FileExistsError as taken:
        raise Refused("occupied", f"{place} 已经存在", f"{place} is there already", field="into") from taken
    sync_folder(place.parent)


def _bring_key(target: Home, stage: Path, manifest: Manifest) -> Path | None:
    """Sees that the key of identity numbers is in its place: without it what is sealed cannot be read, nor proven.

    The file, where it came out of the backup; None where it lies there already or none is needed.
    """
    if not manifest.identity_key:
        return None
    place = sealing.key_file(make_url(target.database_url).database if _sqlite(target) else None)
    if place is None:
        zh = "请先用环境变量 DUIXIAN_IDENTITY_KEY 指定身份信息密钥文件的位置，再恢复"
        raise Refused("identity_key", zh, "set DUIXIAN_IDENTITY_KEY to the path of the identity key", field="into")
    if place.is_file():
        if hashlib.sha256(place.read_bytes()).hexdigest() != manifest.identity_key:
            zh = f"身份信息密钥文件 {place} 不是这份备份的密钥"
            raise Refused("identity_key", zh, f"{place} is not the key of this backup", field="into")
        return None
    if not (stage / KEY).exists():
        zh = f"备份不含身份信息密钥：请先把另行保管的密钥文件放到 {place}（权限 600），再恢复"
        raise Refused("identity_key", zh, f"put the identity key, which was kept apart, at {place} first", field="into")
    _publish(stage / KEY, place)
    return place
