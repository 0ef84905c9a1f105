"""A store that is not safe is not opened, and the message says what to do: each unsafe thing is really set here."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, event, text

from models import startup
from models.database import UnsafeStore
from models.migrate import downgrade, head
from models.startup import check, problems
from models.store import Store
from support.dossier import DossierCase

if TYPE_CHECKING:
    from support.postgres import Server

NOBODY = 65534
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


def refusal(url: str) -> str:
    """What opening says."""
    with pytest.raises(UnsafeStore) as caught:
        Store.open(url)
    return str(caught.value)


def pragma(store: Store, setting: str) -> None:
    """A setting on every new connection, after our own."""

    def on_connect(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA {setting}").close()

    store.close()
    event.listen(store.engine, "connect", on_connect)


def test_a_fresh_store_is_safe(store: Store) -> None:
    assert problems(store.engine) == []
    check(store.engine)


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    assert "duixian init" in refusal(f"sqlite:///{path}")
    assert not path.exists()


@sqlite
@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("journal_mode=DELETE", "WAL"),
        ("synchronous=NORMAL", "synchronous 低于 FULL"),
        ("synchronous=OFF", "synchronous 低于 FULL"),
        ("foreign_keys=OFF", "外键检查未开启"),
    ],
)
def test_sqlite_settings_that_lose_data_are_refused(store: Store, setting: str, says: str) -> None:
    pragma(store, setting)
    assert [says in problem for problem in problems(store.engine)] == [True]


def test_a_place_that_cannot_be_written_is_refused() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.create(f"sqlite:///{folder}/duixian.db", demo=True)
        store.close()
        Path(folder).chmod(0o555)
        said = seen_by_somebody_else(store)
        Path(folder).chmod(0o755)
    assert f"没有写入 {folder} 的权限" in said


def seen_by_somebody_else(store: Store) -> str:
    """What is unsafe for a user who is not root (who may write anywhere)."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        os.write(write, "\n".join(problems(store.engine)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, this is no database at all, however long it goes on. " * 100)
    assert "无法连接或读取数据库" in refusal(f"sqlite:///{path}")


def test_an_older_schema_is_refused_with_the_command_that_upgrades_it(make_store: Callable[..., Store]) -> None:
    store = make_store()
    downgrade(store.url, "0002")
    assert "duixian db upgrade" in refusal(store.url)
    downgrade(store.url, "base")
    assert "duixian init" in refusal(store.url)
    Store.create(store.url, demo=True).close()


@pytest.mark.tampers
def test_a_newer_schema_asks_for_the_newer_program(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "较新程序" in refusal(store.url)


@pytest.mark.tampers
def test_missing_guards_and_altered_rules_are_refused_until_the_upgrade_restores_them(store: Store) -> None:
    on = " ON decision" if store.engine.dialect.name == "postgresql" else ""
    with store.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER guard_decision_delete{on}"))
    assert "guard_decision_delete" in refusal(store.url)
    from models.migrate import upgrade

    upgrade(store.url)
    check(store.engine)
    with store.engine.begin() as connection:
        connection.execute(text("INSERT INTO transition VALUES ('draft', 'paid')"))
    assert "transition" in refusal(store.url)


@pytest.mark.tampers
def test_a_store_with_cases_of_the_old_rules_is_not_upgraded_and_stays_as_it_is(store: Store) -> None:
    """Its digests, keys and checks are of another make: upgraded, every open case would stand still and every award be red."""
    from models.migrate import current, upgrade

    downgrade(store.url, "0011")
    assert upgrade(store.url) == head(), "with no case there is nothing to convert"
    DossierCase(store).prepare().draft().file()
    downgrade(store.url, "0011")
    with pytest.raises(UnsafeStore, match=r"1 件已申报案件按旧版规则受理.*未作任何改动.*duixian init") as no:
        upgrade(store.url)
    assert "1 filed cases rest on the rules of an older program" in str(no.value)
    assert current(store.url) == "0011"
    assert "duixian db upgrade" in refusal(store.url)


@postgresql
@pytest.mark.tampers
@pytest.mark.parametrize("how", ["DISABLE", "ENABLE REPLICA"])
def test_guards_that_do_not_fire_are_refused(store: Store, how: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE ledger_entry {how} TRIGGER guard_ledger_entry_update"))
    assert "guard_ledger_entry_update" in refusal(store.url)


@pytest.mark.tampers
def test_a_store_without_its_mark_is_refused(store: Store) -> None:
    off = (
        "ALTER TABLE store_mark DISABLE TRIGGER guard_store_mark_delete"
        if store.engine.dialect.name == "postgresql"
        else "DROP TRIGGER guard_store_mark_delete"
    )
    with store.engine.begin() as connection:
        connection.execute(text(off))
        connection.execute(text("DELETE FROM store_mark"))
    assert "标记" in refusal(store.url)


@postgresql
@pytest.mark.parametrize(("setting", "value"), [("synchronous_commit", "off"), ("session_replication_role", "replica")])
@pytest.mark.parametrize("level", ["DATABASE", "ROLE"])
def test_postgresql_sessions_that_lose_or_unguard_commits_are_refused(
    store: Store, setting: str, value: str, level: str
) -> None:
    whom = f'DATABASE "{store.engine.url.database}"' if level == "DATABASE" else "ROLE postgres"
    try:
        with store.engine.begin() as connection:
            connection.execute(text(f"ALTER {whom} SET {setting} = {value}"))
        store.close()
        said = refusal(store.url)
    finally:
        with store.engine.begin() as connection:
            connection.execute(text(f"ALTER {whom} RESET {setting}"))
        store.close()
    assert f"{setting} 为 {value}" in said
    assert f"RESET {setting}" in said
    check(store.engine)


@pytest.fixture
def server_setting(postgres: "Callable[[], Server]") -> Iterator[Callable[[str, str], None]]:
    """Sets something for the whole server, and back."""
    engine = create_engine(postgres().url("postgres"), isolation_level="AUTOCOMMIT")

    def become(name: str, value: str) -> None:
        with engine.connect() as connection:
            connection.execute(text(f"ALTER SYSTEM SET {name} = {value}"))
            connection.execute(text("SELECT pg_reload_conf()"))
        for _ in range(100):
            engine.dispose()
            with engine.connect() as connection:
                if connection.execute(text(f"SHOW {name}")).scalar_one() == value:
                    return
                connection.execute(text("SELECT pg_sleep(0.02)"))
        raise AssertionError(f"{name} did not become {value}")

    yield become
    for name in ("fsync", "full_page_writes"):
        become(name, "on")
    engine.dispose()


@postgresql
@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_postgresql_server_that_may_lose_answered_commits_is_refused(
    store: Store, server_setting: Callable[[str, str], None], name: str
) -> None:
    server_setting(name, "off")
    store.close()
    assert f"{name} 为 off" in refusal(store.url)


@postgresql
def test_a_postgresql_that_is_too_old_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "OLDEST_POSTGRES", 99)
    assert "请升级到 99 或以上" in refusal(store.url)


def test_a_postgresql_database_that_cannot_hold_chinese_is_refused(postgres: "Callable[[], Server]") -> None:
    engine = create_engine(postgres().url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"))
    assert "ENCODING 'UTF8'" in refusal(postgres().url("latin"))
    postgres().drop(postgres().url("latin"))
    engine.dispose()


@pytest.mark.slow
def test_a_server_that_does_not_answer_is_said_to(postgres: "Callable[[], Server]") -> None:
    assert "无法连接" in refusal(postgres().url("no_such_database"))


def test_nothing_is_changed_by_looking(store: Store) -> None:
    whole = DossierCase(store).whole()
    before = verify_head(whole)
    check(store.engine)
    assert verify_head(whole) == before


def verify_head(dossier: DossierCase) -> object:
    """The audit chain's end."""
    from models.verify import head

    return head(dossier.store)
