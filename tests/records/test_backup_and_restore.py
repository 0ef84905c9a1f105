"""The drill: a backup of a store in use comes back whole and ends in `verify`; what is damaged or in the way is refused."""

import gzip
import hashlib
import json
import os
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel, col

import policies
from casework.applications.evidence_vault import Vault
from casework.shared.errors import Refused
from casework.shared.home import Home
from deployments.backup.archive import ArchiveWriter, read, writing
from deployments.backup.copying import tables
from deployments.backup.create import Made, create
from deployments.backup.manifest import Manifest
from deployments.backup.restore import Restored, restore
from deployments.locks import FileLock
from deployments.settings import EngineFiles
from models import AuditEntry, Case, Duty, Evidence, Party
from models.clock import end_of
from models.startup import problems
from models.store import Store, shared
from models.verify import Head, export_audit, head, verify
from scripts.verify_audit import prove
from scripts.verify_audit import rows as audit_rows
from support.backups import DAMAGES, FORGED, damage, drill, manifested, nothing_in, repacked
from support.dossier import DossierCase

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
pytestmark = pytest.mark.slow


@pytest.fixture
def home(store: Store, tmp_path: Path) -> Iterator[Home]:
    """A store with a case paid and closed, as a home."""
    DossierCase(store).whole()
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


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the chain's last, in order."""
    with store.engine.connect() as connection:
        found = {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr) for table in tables()}
    found["audit_entry"] = [row for row in found["audit_entry"] if "restored" not in row]
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
        assert done.report.ok and verify(store).ok and problems(store.engine) == []
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
    for archive in (first, second):
        shared(archive.home.database_url).close()


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
    for writer in writers:
        writer.start()
    try:
        backups = [create(home, tmp_path / "busy") for _ in range(3)]
    finally:
        over.set()
        for writer in writers:
            writer.join()
    seqs = [backup.manifest.audit_seq for backup in backups]
    assert seqs == sorted(seqs) and seqs[0] < seqs[-1] and len(written) > 10, "the writers went on meanwhile"
    done = drill(home, backups[1].path, empty())
    assert done.report.ok
    restored = Store.open(done.home.database_url)
    with restored.read() as work:
        ticks = work.execute(select(func.count()).where(col(AuditEntry.action) == "tick")).scalar_one()
        assert ticks % 5 == 0 and work.number("ticks") - 1 == ticks, "never half a transaction"
    restored.close()


@SQLITE
@pytest.mark.parametrize("kind", DAMAGES)
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
        patch.setattr(ArchiveWriter, "close", full)
        with pytest.raises(OSError, match="No space"):
            create(home, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


@SQLITE
def test_only_the_newest_stay_and_nothing_else_is_touched(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "notes.tar.gz").write_text("of somebody else")
    made = [create(home, folder, keep=2) for _ in range(4)]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*(case.path.name for case in made[2:]), "notes.tar.gz"]
    )
    assert [len(case.removed) for case in made] == [0, 0, 1, 1]


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
    assert {invariant.id for invariant in drill(home, made.path, empty()).report.bad} == set(made.manifest.broken)


def test_every_table_of_ours_is_in_a_backup_but_the_programs_own_rules() -> None:
    assert {table.name for table in tables()} == SQLModel.metadata.tables.keys() - {"transition", "duty_conflict"}


def test_a_writer_never_writes_over_another_file(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("of somebody")
    manifest = Manifest(
        made_at="", program="", database="", revision="", demo=True, audit_seq=0, audit_hash="", verified=True,
        broken=[], rows={}, parts={},
    )  # fmt: skip
    with pytest.raises(Refused, match="已经存在"), writing(tmp_path / "taken") as writer:
        writer.close(manifest)
    assert (tmp_path / "taken").read_text() == "of somebody" and [path.name for path in tmp_path.iterdir()] == ["taken"]


@SQLITE
def test_cases_of_a_policy_that_is_not_installed_are_not_brought_back_without_it(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed = policies.get("XZ2023").renewed(
        code="XZ2024", opens=date(2024, 7, 1), closes=date(2025, 6, 30), changes={}
    )
    monkeypatch.setitem(policies._registered, "XZ2024", renewed)
    with home.store().write() as work:
        party = work.execute(select(col(Party.id))).scalars().first()
        work.add(
            Case, number="XZ2024-M04-000001", policy="XZ2024", measure="M4", item="M4a", party_id=party, state="draft",
            next_duty=Duty.APPLICANT, next_due=end_of(renewed.closes), opened_at=work.now, changed_at=work.now,
        )  # fmt: skip
    made = create(home, tmp_path / "backups")
    assert made.manifest.policies == ["XZ2023", "XZ2024"]
    monkeypatch.delitem(policies._registered, "XZ2024")
    with pytest.raises(Refused, match="政策 XZ2024 的案件，而它没有安装") as caught:
        restore(made.path, str(tmp_path / "back"), home, by="operator")
    assert "DUIXIAN_POLICIES" in caught.value.en and not (tmp_path / "back").exists()
    monkeypatch.setitem(policies._registered, "XZ2024", renewed)
    restore(made.path, str(tmp_path / "back"), home, by="operator")
