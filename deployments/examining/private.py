"""Who else can read or change what is kept: modes of files, the identity key, the database's role."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlmodel import col

from casework.privacy.identity_numbers import PREFIX
from casework.shared.home import Home
from deployments.finding import DoctorFinding, Level
from models import Party, PartyKind, Person, PersonalKey, sealing
from models.store import Store
from models.unit_of_work import UnitOfWork

OTHERS = 0o077
_ROLE = text(
    "SELECT rolsuper, has_schema_privilege(current_user, current_schema(), 'CREATE')"
    " OR has_table_privilege(current_user, 'audit_entry', 'DELETE') FROM pg_roles WHERE rolname = current_user"
)


def files(home: Home) -> Iterator[DoctorFinding]:
    """Files that other users of this machine may read: names, account numbers and keys stand in them."""
    open_, folder = [path for path in _kept(home) if _mode(path) & OTHERS], home.directory
    if open_:
        first, more = open_[0], f" 等 {len(open_)} 个文件" if len(open_) > 1 else ""
        advice = f"chmod -R go-rwx {folder}" if first.is_relative_to(folder) else f"chmod 600 {first}*"
        zh = f"{first}{more}可被本机其他用户读取（{_mode(first):o}）：请运行 {advice}"
        yield DoctorFinding("files", "fail", zh, f"{len(open_)} files are open to others, like {first}: {advice}")
    elif folder.exists() and _mode(folder) & OTHERS:
        zh = f"{folder} 可被本机其他用户查看（{_mode(folder):o}）：请运行 chmod 700 {folder}"
        yield DoctorFinding("files", "warn", zh, f"others may look into {folder}: chmod 700 {folder}")
    else:
        yield DoctorFinding("files", "ok", "文件只有本用户可读", "the files are this user's alone")


def _kept(home: Home) -> Iterator[Path]:
    """Every file of the installation, and those that stand elsewhere: an SQLite database with its log, the identity key."""
    url = make_url(home.database_url)
    database = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    if database is not None:
        yield from (path for end in ("", "-wal", "-shm") if (path := Path(f"{database}{end}")).is_file())
    key = sealing.key_file(str(database) if database else None)
    if key is not None and key.is_file():
        yield key
    for folder, _, names in os.walk(home.directory):
        yield from (path for name in names if not (path := Path(folder, name)).is_symlink() and path.is_file())


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def identity_key(home: Home) -> Iterator[DoctorFinding]:
    """The key that opens personal data: there, and this database's own."""
    store = home.store()
    url = make_url(store.url)
    with store.read() as work:
        used = _used(work)
        path = sealing.key_file(url.database if url.get_backend_name() == "sqlite" else None)
        if work.demo:
            yield DoctorFinding("identity-key", "ok", "演示库不用身份信息密钥", "a demo store needs no identity key")
        elif path is None:
            zh = "没有指定身份信息密钥：请设 DUIXIAN_IDENTITY_KEY 为密钥文件的路径"
            level: Level = "fail" if used else "warn"
            yield DoctorFinding(
                "identity-key", level, zh, "no identity key: set DUIXIAN_IDENTITY_KEY to the file's path"
            )
        elif not path.is_file() and used:
            zh = f"身份信息密钥 {path} 不见了，个人信息无法读取：请从另存的副本恢复，不能另造"
            yield DoctorFinding(
                "identity-key", "fail", zh, f"the identity key {path} is gone: restore it from its copy"
            )
        elif not path.is_file():
            zh = f"身份信息密钥尚未生成，登记第一个身份证号时写入 {path}；生成后请另存一份"
            yield DoctorFinding(
                "identity-key", "ok", zh, f"the identity key is made at its first use: {path}; keep a copy"
            )
        else:
            yield _opens(work, path)


def _used(work: UnitOfWork) -> bool:
    """Whether anything in the store needs the key."""
    people = select(col(Person.id)).where(col(Person.natural_key).startswith(PREFIX))
    owners = select(col(Party.id)).where(col(Party.kind) == PartyKind.PERSON)
    return any(work.execute(query.limit(1)).first() for query in (people, owners, select(col(PersonalKey.id))))


def _opens(work: UnitOfWork, path: Path) -> DoctorFinding:
    query = select(col(PersonalKey.id), col(PersonalKey.wrapped)).where(col(PersonalKey.wrapped) != "")
    row = work.execute(query.limit(1)).first()
    try:
        if row is not None:
            sealing.unwrap(path.read_bytes(), row.id, row.wrapped)
    except (sealing.KeyMissing, OSError) as trouble:
        zh = f"身份信息密钥 {path} 打不开本库的个人信息（{trouble}）：请换回本库的密钥"
        return DoctorFinding(
            "identity-key", "fail", zh, f"the identity key {path} is not this database's: put the right one"
        )
    return DoctorFinding("identity-key", "ok", f"身份信息密钥可用：{path}", f"the identity key is there: {path}")


def database_role(home: Home) -> Iterator[DoctorFinding]:
    """On PostgreSQL: whether this process could do more to the records than it needs."""
    store = home.store()
    if store.engine.dialect.name == "postgresql":
        yield of_role(store)


def of_role(store: Store) -> DoctorFinding:
    """A superuser passes every guard; an owner may change the schema. A rehearsal is only warned."""
    with store.read() as work:
        superuser, more = work.execute(_ROLE).one()
        demo = work.demo
    if superuser:
        zh = "数据库账号是超级用户，一切防护对它无效：请用 duixian db roles 建立的应用角色登录"
        en = "the database account is a superuser, whom no guard binds: log in as the application's role (db roles)"
        return DoctorFinding("database-role", "warn" if demo else "fail", zh, en)
    if more:
        zh = "数据库账号权限过大（可改结构或删审计记录）：请用 duixian db roles 建立的应用角色登录"
        return DoctorFinding(
            "database-role", "warn", zh, "the database role may do too much: log in as the application's role"
        )
    return DoctorFinding("database-role", "ok", "数据库账号只有应用所需权限", "the database role has the least rights")
