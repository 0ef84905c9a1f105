"""The drill: a backup of a store in use comes back whole and ends in `verify`; what is damaged or in the way is refused."""

import gzip
import hashlib
import io
import json
import os
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, inspect, select
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel, col

from casework.errors import Refused
from casework.evidence import Vault
from casework.home import Home
from casework.registers import parties
from casework.registers.desk import SYSTEM
from casework.registers.parties import NewParty
from deployments.backup.archive import Writer, read, writing
from deployments.backup.copying import tables
from deployments.backup.create import Made, create
from deployments.backup.manifest import BUSINESS, KEY, NAME, Manifest
from deployments.backup.restore import Restored, restore
from deployments.locks import FileLock
from deployments.settings import EngineFiles
from models import AuditEntry, Evidence, Party, sealing
from models.startup import problems
from models.store import Store, shared
from models.verify import Head, export_audit, head, verify
from scripts.verify_audit import prove
from scripts.verify_audit import rows as audit_rows
from support.dossier import Dossier
from support.office import identity_number
from support.postgres import Server

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
pytestmark = pytest.mark.slow


@pytest.fixture
def home(store: Store, tmp_path: Path) -> Iterator[Home]:
    """A store with a case paid and closed, as a home."""
    Dossier(store).whole()
    here = Home.at(tmp_path / "home", database_url=store.url)
    _file_paper(here)
    yield here
    shared(store.url).close()
    shared.cache_clear()


PAPER = b"a paper of a case"
LOST = "a" * 64  # the dossier names a paper that never was


def _file_paper(here: Home) -> None:
    """A paper in the vault with its row."""
    sha256 = hashlib.sha256(PAPER).hexdigest()
    place = Vault(here.evidence).place(sha256)
    place.parent.mkdir(parents=True)
    place.write_bytes(PAPER)
    with here.store().write() as work:
        case = work.execute(select(col(Evidence.case_id))).scalars().first()
        work.add(
            Evidence, case_id=case, slot="invoice", name="发票2.pdf", sha256=sha256, size=len(PAPER),
            media_type="application/pdf", added_at=work.now,
        )  # fmt: skip


@pytest.fixture
def made(home: Home, tmp_path: Path) -> Made:
    """A backup of it."""
    return create(home, tmp_path / "backups")


@pytest.fixture
def empty(backend: str, tmp_path: Path, postgres: Callable[[], Server]) -> Callable[[], str]:
    """Gives an empty place to restore into: a folder, or an empty PostgreSQL database."""
    given: list[str] = []

    def place() -> str:
        given.append("")
        if backend == "sqlite":
            return str(tmp_path / f"drill-{len(given)}")
        return postgres().database("empty", lambda _url: None)

    return place


def drill(home: Home, backup: Path, into: str, **more: Any) -> Restored:
    """Restores it, papers of a PostgreSQL store beside nothing that is in use."""
    return restore(backup, into, Home.at(home.directory.parent / "drilled"), by="tester", **more)


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the chain's last, in order."""
    with store.engine.connect() as connection:
        found = {one.name: sorted(map(tuple, connection.execute(select(one))), key=repr) for one in tables()}
    found["audit_entry"] = [one for one in found["audit_entry"] if "restored" not in one]
    return found


def test_a_backup_comes_back_row_for_row_and_ends_in_verify(
    home: Home, made: Made, empty: Callable[[], str], tmp_path: Path
) -> None:
    before = rows(home.store())
    assert (
        made.manifest.verified
        and made.manifest.rows["case_file"] > 0
        and stat.S_IMODE(made.path.stat().st_mode) == 0o600
    )
    done = drill(home, made.path, empty())
    store = Store.open(done.home.database_url)
    try:
        assert done.report.ok and verify(store).ok and problems(store) == []
        assert rows(store) == before
        assert done.papers == Vault(home.evidence).check(home.store())
        _the_chain_goes_on(store, made, done, tmp_path)
    finally:
        store.close()


def _the_chain_goes_on(store: Store, made: Made, done: Restored, folder: Path) -> None:
    """The restoring is the next row after the head of the backup, and the chain proves without us."""
    with store.read() as work:
        last = work.execute(select(AuditEntry).order_by(col(AuditEntry.seq).desc()).limit(1)).one()
    assert (last.action, last.seq, last.previous) == ("restored", made.manifest.audit_seq + 1, made.manifest.audit_hash)
    assert json.loads(last.content)["backup"] == made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert (done.head.seq, done.head.hash) == (last.seq, last.hash) == (head(store).seq, head(store).hash)
    export_audit(store, folder / "audit.jsonl")
    with (folder / "audit.jsonl").open(encoding="utf-8") as lines:
        anchor = {"seq": made.manifest.audit_seq, "hash": made.manifest.audit_hash}
        assert prove(audit_rows(lines), anchor) == (done.head.seq, done.head.hash)


def test_what_was_restored_can_be_worked_with_and_backed_up_again(
    home: Home, made: Made, empty: Callable[[], str], tmp_path: Path
) -> None:
    first = drill(home, made.path, empty())
    again = create(first.home, tmp_path / "again")
    assert again.manifest.audit_seq == made.manifest.audit_seq + 1
    second = drill(Home.at(tmp_path / "second" / "home"), again.path, empty())
    assert second.report.ok and second.manifest.rows == again.manifest.rows
    for one in (first, second):
        shared(one.home.database_url).close()


def test_a_backup_taken_while_others_write_is_of_one_moment(
    home: Home, empty: Callable[[], str], tmp_path: Path
) -> None:
    store, over = home.store(), threading.Event()
    written: list[int] = []

    def write() -> None:
        while not over.is_set():
            with store.write() as work:
                for _ in range(5):
                    work.audit(actor="system", action="tick", subject="backup", content={"n": len(written)})
                work.number("ticks", 5)
            written.append(5)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for one in writers:
        one.start()
    try:
        backups = [create(home, tmp_path / "busy") for _ in range(3)]
    finally:
        over.set()
        for one in writers:
            one.join()
    seqs = [one.manifest.audit_seq for one in backups]
    assert seqs == sorted(seqs) and seqs[0] < seqs[-1] and len(written) > 10, "the writers went on meanwhile"
    done = drill(home, backups[1].path, empty())
    assert done.report.ok
    restored = Store.open(done.home.database_url)
    with restored.read() as work:
        ticks = work.execute(select(func.count()).where(col(AuditEntry.action) == "tick")).scalar_one()
        assert ticks % 5 == 0 and work.number("ticks") - 1 == ticks, "never half a transaction"
    restored.close()


def damage(path: Path, kind: str) -> None:
    """One way in which a file can go wrong."""
    data = bytearray(path.read_bytes())
    if kind == "truncated":
        data = data[: len(data) // 2]
    elif kind == "cut at the end":
        data = data[:-1]
    elif kind == "a bit":
        data[len(data) // 2] ^= 1
    elif kind == "no archive":
        data = bytearray(b"not a backup")
    elif kind == "empty":
        data = bytearray()
    path.write_bytes(data)


@SQLITE
@pytest.mark.parametrize("kind", ["truncated", "cut at the end", "a bit", "no archive", "empty"])
def test_a_damaged_file_is_refused_and_leaves_nothing(
    home: Home, made: Made, empty: Callable[[], str], kind: str
) -> None:
    damage(made.path, kind)
    with pytest.raises(Refused, match="备份已损坏"):
        read(made.path)
    into = empty()
    with pytest.raises(Refused, match="备份已损坏"):
        drill(home, made.path, into)
    assert not Path(into).exists()


def repacked(path: Path, change: Callable[[str, bytes], bytes | None], extra: dict[str, bytes] | None = None) -> Path:
    """The archive with parts changed (None: left out) or added, packed without a fault."""
    other = path.with_name("repacked.tar.gz")
    with tarfile.open(path, "r:gz") as old, tarfile.open(other, "w:gz") as new:
        parts = {one.name: old.extractfile(one).read() for one in old}  # type: ignore[union-attr]
        manifest = parts.pop(NAME)
        for name, data in {**parts, **(extra or {}), NAME: manifest}.items():
            changed = change(name, data)
            if changed is not None:
                info = tarfile.TarInfo(name)
                info.size = len(changed)
                new.addfile(info, io.BytesIO(changed))
    return other


def manifested(**values: Any) -> Callable[[str, bytes], bytes]:
    """Changes the manifest only."""
    return lambda name, data: json.dumps({**json.loads(data), **values}).encode() if name == NAME else data


FORGED: dict[str, Callable[[Path], Path]] = {
    "a part is gone": lambda path: repacked(path, lambda name, data: None if name == BUSINESS else data),
    "a part is another": lambda path: repacked(path, lambda name, data: data + b"x" if name == BUSINESS else data),
    "a part too many": lambda path: repacked(path, lambda _n, data: data, {"evidence/x": b"x"}),
    "it leaves its folder": lambda path: repacked(path, lambda _n, data: data, {"../outside": b"x"}),
    "it names the root": lambda path: repacked(path, lambda _n, data: data, {"/outside": b"x"}),
    "no manifest": lambda path: repacked(path, lambda name, data: None if name == NAME else data),
    "an unreadable manifest": lambda path: repacked(path, lambda name, data: b"{" if name == NAME else data),
    "another audit head": lambda path: repacked(path, manifested(audit_hash="0" * 64)),
    "another number of rows": lambda path: repacked(path, manifested(rows={"case_file": 99})),
}


@SQLITE
@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_archive_is_refused_and_leaves_nothing(
    home: Home, made: Made, empty: Callable[[], str], forgery: str
) -> None:
    into = empty()
    with pytest.raises(Refused, match="备份已损坏"):
        drill(home, FORGED[forgery](made.path), into)
    assert not Path(into).exists() and not (home.directory.parent / "outside").exists()


@SQLITE
def test_a_link_in_an_archive_is_refused(home: Home, made: Made) -> None:
    other = made.path.with_name("linked.tar.gz")
    with tarfile.open(other, "w:gz") as new:
        info = tarfile.TarInfo("evidence/link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        new.addfile(info)
    with pytest.raises(Refused, match="备份已损坏"):
        read(other)


@pytest.mark.parametrize(("revision", "advice"), [("9999", "较新的程序"), ("0001", "备份时的程序")])
def test_a_backup_of_another_revision_is_refused_with_the_way_out(
    home: Home, made: Made, empty: Callable[[], str], revision: str, advice: str
) -> None:
    other, into = repacked(made.path, manifested(revision=revision)), empty()
    with pytest.raises(Refused, match=advice):
        drill(home, other, into)
    assert nothing_in(into)


def nothing_in(place: str) -> bool:
    """Whether a folder is not there, or a database holds no table."""
    if "://" not in place:
        return not Path(place).exists()
    engine = Store(place).engine
    try:
        return inspect(engine).get_table_names() == []
    finally:
        engine.dispose()


def test_a_store_that_is_there_is_never_written_over(home: Home, made: Made, empty: Callable[[], str]) -> None:
    done = drill(home, made.path, empty())
    before = end_of_chain(done.home.database_url)
    again = str(done.home.directory) if done.home.database_url.startswith("sqlite") else done.home.database_url
    with pytest.raises(Refused, match="不会覆盖"):
        drill(home, made.path, again)
    assert end_of_chain(done.home.database_url) == before


def end_of_chain(url: str) -> Head:
    """The head of a store that nobody else has open."""
    store = Store(url)
    try:
        return head(store)
    finally:
        store.close()


@SQLITE
def test_a_home_whose_system_runs_is_refused(home: Home, made: Made, tmp_path: Path) -> None:
    running = Home.at(tmp_path / "running")
    lock = FileLock(EngineFiles.of(running).lock)
    assert lock.take()
    try:
        with pytest.raises(Refused, match=f"正在运行（进程 {os.getpid()}）"):
            drill(home, made.path, str(running.directory))
    finally:
        lock.release()


def test_a_failure_in_the_middle_leaves_nothing(
    home: Home, made: Made, empty: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the power went")

    into = empty()
    with monkeypatch.context() as patch:
        patch.setattr("deployments.backup.restore.verify", broken)
        with pytest.raises(RuntimeError):
            drill(home, made.path, into)
    assert nothing_in(into)
    assert drill(home, made.path, into).report.ok, "and it can be tried again"


def test_a_backup_of_the_other_kind_is_refused(home: Home, made: Made, backend: str, empty: Callable[[], str]) -> None:
    other, into = "sqlite" if backend == "postgresql" else "postgresql", empty()
    with pytest.raises(Refused, match="不能恢复到"):
        drill(home, repacked(made.path, manifested(database=other)), into)
    assert nothing_in(into)


@SQLITE
def test_a_backup_appears_whole_or_not_at_all(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "close", full)
        with pytest.raises(OSError, match="No space"):
            create(home, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


@SQLITE
def test_only_the_newest_stay_and_nothing_else_is_touched(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "notes.tar.gz").write_text("of somebody else")
    made = [create(home, folder, keep=2) for _ in range(4)]
    assert sorted(one.name for one in folder.iterdir()) == sorted(
        [*(one.path.name for one in made[2:]), "notes.tar.gz"]
    )
    assert [len(one.removed) for one in made] == [0, 0, 1, 1]


@SQLITE
def test_the_engine_goes_along_and_is_brought_back_only_on_demand(
    home: Home, empty: Callable[[], str], tmp_path: Path
) -> None:
    files = EngineFiles.of(home)
    files.folder.mkdir(parents=True)
    with sqlite3.connect(files.database) as engine:
        engine.execute("CREATE TABLE flow_run (id TEXT)")
    engine.close()
    files.secret()
    made = create(home, tmp_path / "backups")
    assert "engine.db" in made.manifest.parts
    assert files.secret().encode() not in gzip.decompress(made.path.read_bytes()), "its password stays out"
    assert not EngineFiles.of(drill(home, made.path, empty()).home).database.exists()
    assert EngineFiles.of(drill(home, made.path, empty(), with_engine=True).home).database.exists()


@pytest.fixture
def production(make_store: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A production store with a natural person, whose name is sealed under a key that the identity key wraps."""
    store = make_store(demo=False)
    if store.engine.dialect.name == "postgresql":
        monkeypatch.setenv("DUIXIAN_IDENTITY_KEY", str(tmp_path / "identity.key"))
    here = Home.at(tmp_path / "home", database_url=store.url)
    new = NewParty(kind="person", name="算小毕", code=identity_number(7), contact="13912345678")
    parties.add(here.store(), SYSTEM, new)
    yield here
    shared(store.url).close()
    shared.cache_clear()


def key_of(url: str) -> Path:
    """Where the identity key of a store lies."""
    found = sealing.key_file(make_url(url).database if url.startswith("sqlite") else None)
    assert found is not None
    return found


def forget() -> None:
    """As a new process would: no key is remembered, no database known."""
    sealing.RING.__init__()  # type: ignore[misc]


def test_the_identity_key_is_kept_apart_and_asked_for_at_the_restore(
    production: Home, empty: Callable[[], str], tmp_path: Path
) -> None:
    made, into = create(production, tmp_path / "apart"), empty()
    assert made.manifest.verified, "what is sealed was proven, too"
    key = key_of(production.database_url)
    kept = key.read_bytes()
    assert KEY not in made.manifest.parts and kept not in gzip.decompress(made.path.read_bytes())
    apart = key.rename(tmp_path / "kept-apart")
    forget()
    with pytest.raises(Refused, match="请先把另行保管的密钥文件放到"):
        drill(production, made.path, into)
    there = key_of(into if "://" in into else f"sqlite:///{into}/duixian.db")
    there.parent.mkdir(exist_ok=True)
    there.write_bytes(os.urandom(32))
    with pytest.raises(Refused, match="不是这份备份的密钥"):
        drill(production, made.path, into)
    there.write_bytes(kept)
    forget()
    done = drill(production, made.path, into)
    assert done.report.ok and done.key is None and name_of_the_person(done.home.database_url) == "算小毕"
    forget()
    apart.replace(key)


def name_of_the_person(url: str) -> str:
    """The sealed name, opened."""
    store = Store.open(url)
    try:
        with store.read() as work:
            return str(work.execute(select(col(Party.name))).scalar_one())
    finally:
        store.close()


def test_the_identity_key_goes_along_on_demand(production: Home, empty: Callable[[], str], tmp_path: Path) -> None:
    made, into = create(production, tmp_path / "whole", with_key=True), empty()
    key = key_of(production.database_url)
    kept = key.read_bytes()
    key.unlink()
    forget()
    done = drill(production, made.path, into)
    assert done.key is not None and done.key.read_bytes() == kept and stat.S_IMODE(done.key.stat().st_mode) == 0o600
    assert done.report.ok and name_of_the_person(done.home.database_url) == "算小毕"
    if not key.exists():
        key.write_bytes(kept)


@SQLITE
def test_a_store_whose_identity_key_is_lost_is_backed_up_all_the_same(production: Home, tmp_path: Path) -> None:
    key = key_of(production.database_url)
    kept = key.read_bytes()
    key.unlink()
    forget()
    made = create(production, tmp_path / "lost")
    assert made.manifest.broken in ([], ["identity-key"]) and made.manifest.identity_key == ""
    key.write_bytes(kept)


@SQLITE
def test_papers_come_back_and_faulty_ones_are_said(
    home: Home, made: Made, empty: Callable[[], str], tmp_path: Path
) -> None:
    paper = hashlib.sha256(PAPER).hexdigest()
    assert made.manifest.faulty_papers == [LOST] and f"evidence/{paper}" in made.manifest.parts
    done = drill(home, made.path, empty())
    assert Vault(done.home.evidence).read(paper) == PAPER and done.papers.missing == [LOST]
    Vault(home.evidence).place(paper).write_bytes(b"altered")
    poorer = create(home, tmp_path / "poorer")
    assert poorer.manifest.faulty_papers == sorted([LOST, paper])
    read(poorer.path)


@SQLITE
@pytest.mark.tampers
def test_a_store_that_was_broken_comes_back_as_it_was_and_is_called_broken(
    home: Home, empty: Callable[[], str], intruder: Callable[..., None], tmp_path: Path
) -> None:
    intruder("UPDATE entitlement SET paid_fen = paid_fen - 1")
    made = create(home, tmp_path / "broken")
    assert not made.manifest.verified and made.manifest.broken
    assert {one.id for one in drill(home, made.path, empty()).report.bad} == set(made.manifest.broken)


def test_every_table_of_ours_is_in_a_backup_but_the_programs_own_rules() -> None:
    assert {one.name for one in tables()} == SQLModel.metadata.tables.keys() - {"transition", "duty_conflict"}


def test_a_writer_never_writes_over_another_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("of somebody")
    manifest = Manifest(
        made_at="", program="", database="", revision="", demo=True, audit_seq=0, audit_hash="", verified=True,
        broken=[], rows={}, parts={},
    )  # fmt: skip
    with pytest.raises(Refused, match="已经存在"), writing(tmp_path / "taken") as writer:
        writer.close(manifest)
    assert (tmp_path / "taken").read_text() == "of somebody" and [one.name for one in tmp_path.iterdir()] == ["taken"]
