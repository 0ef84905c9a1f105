"""Makes a backup of a running installation: database first, then the papers that its rows name, then the proof.

Papers are put on the disk before their row and never changed, so that every row of the copied database has its paper however
much is filed meanwhile. The engine's database goes along and is never needed. Secrets stay out: the engine's password, tokens of
channels; and the key of identity numbers too, unless it is asked for.
"""

import hashlib
import logging
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from sqlalchemy import Connection, select
from sqlmodel import col

from casework.applications.evidence_vault import Vault, kept_papers
from casework.privacy.identity_numbers import key_file
from casework.shared.errors import Refused
from casework.shared.home import Home
from deployments.backup.archive import ArchiveWriter, digest, read, writing
from deployments.backup.copying import copy_sqlite, copy_table, counts, one_moment, sqlite_file, tables
from deployments.backup.manifest import BUSINESS, ENGINE, EVIDENCE, KEY, TABLES, Manifest
from deployments.settings import EngineFiles
from models import Case
from models.clock import real_now
from models.migrate import revision_of
from models.sealing import KeyMissing
from models.store import Store
from models.store_marks import StoreMark
from models.verification.audit_invariants import head_of
from models.verify import report

PATTERN = re.compile(r"duixian-backup-\d{8}T\d{12}Z\.tar\.gz")
log = logging.getLogger("duixian.backup")


@dataclass(frozen=True, kw_only=True)
class Made:
    """A finished backup: where it is, its hash, what it says, and the older ones that made room for it."""

    path: Path
    sha256: str
    manifest: Manifest
    removed: tuple[Path, ...] = ()


def create(home: Home, folder: Path | None = None, *, keep: int = 0, with_key: bool = False) -> Made:
    """A new backup, read back and proven; `keep` leaves so many in the folder (0: all). Refuses an unsafe store."""
    store = home.store()
    place = folder or home.directory / "backup"
    path = place / f"duixian-backup-{real_now():%Y%m%dT%H%M%S%f}Z.tar.gz"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=place, prefix=".making-") as scratch, writing(path) as writer:
        writer.close(_packed(home, store, writer, Path(scratch), with_key))
    manifest = read(path)
    removed = _make_room(place, keep) if keep else ()
    log.info("a backup was made: %s", path.name)
    return Made(path=path, sha256=digest(path), manifest=manifest, removed=removed)


def _packed(home: Home, store: Store, writer: ArchiveWriter, scratch: Path, with_key: bool) -> Manifest:
    """Puts everything in; what it is."""
    kind = store.engine.dialect.name
    with _frozen(store, writer, scratch) as connection:
        broken, head = _broken(connection), head_of(connection)
        papers = sorted(connection.execute(kept_papers()).scalars())
        demo = bool(connection.execute(select(col(StoreMark.demo))).scalar_one())
        revision, rows = revision_of(connection) or "", counts(connection)
        needed = sorted(connection.execute(select(col(Case.policy)).distinct()).scalars())
    faulty = [paper for paper in papers if not _add_paper(writer, Vault(home.evidence), paper)]
    _add_engine(home, writer, scratch)
    return Manifest(
        made_at=real_now().isoformat(timespec="seconds"),
        program=metadata.version("duixian"),
        database=kind,
        revision=revision,
        demo=demo,
        audit_seq=head.seq,
        audit_hash=head.hash,
        verified=not broken,
        broken=broken,
        rows=rows,
        parts=writer.parts,
        faulty_papers=faulty,
        identity_key=_add_key(store, writer, with_key),
        policies=needed,
    )


@contextmanager
def _frozen(store: Store, writer: ArchiveWriter, scratch: Path) -> Iterator[Connection]:
    """Copies the database into the archive; what is read inside is what was copied."""
    if store.engine.dialect.name == "postgresql":
        with one_moment(store) as connection:
            for table in tables():
                copy_table(connection, table, scratch / table.name)
                writer.add(f"{TABLES}{table.name}.copy", scratch / table.name)
                (scratch / table.name).unlink()
            yield connection
        return
    copy = scratch / BUSINESS
    copy_sqlite(sqlite_file(store.url), copy)
    writer.add(BUSINESS, copy)
    if (key := _key(store)) is not None:
        copy.with_name(f"{BUSINESS}.identity-key").symlink_to(key.resolve())  # what is sealed is proven too
    same = Store(f"sqlite:///{copy}").engine
    try:
        with same.connect() as connection:
            yield connection
    finally:
        same.dispose()


def _add_paper(writer: ArchiveWriter, vault: Vault, sha256: str) -> bool:
    place = vault.place(sha256)
    if not place.is_file():
        log.error("a paper is missing in the evidence folder: %s", sha256)
        return False
    if writer.add(f"{EVIDENCE}{sha256}", place).sha256 != sha256:
        log.error("a paper is not what was filed: %s", sha256)
        return False
    return True


def _add_engine(home: Home, writer: ArchiveWriter, scratch: Path) -> None:
    """The engine's database, where there is one; a backup without it is whole."""
    source = EngineFiles.of(home).database
    if source.is_file():
        copy_sqlite(source, scratch / ENGINE)
        writer.add(ENGINE, scratch / ENGINE)


def _broken(connection: Connection) -> list[str]:
    """The invariants that do not hold; a store whose identity key is lost is backed up all the same."""
    try:
        return [invariant.id for invariant in report(connection).bad]
    except KeyMissing as lost:
        log.error("%s", lost)
        return ["identity-key"]


def _key(store: Store) -> Path | None:
    """The file of the identity key, where there is one; a demo store has none."""
    place = None if store.demo else key_file(store)
    return place if place is not None and place.is_file() else None


def _add_key(store: Store, writer: ArchiveWriter, wanted: bool) -> str:
    """The fingerprint of the key of identity numbers ("" where there is none), and the key itself where it is wanted."""
    place = _key(store)
    if place is None:
        return ""
    if wanted:
        writer.add(KEY, place)
    return hashlib.sha256(place.read_bytes()).hexdigest()


def _make_room(folder: Path, keep: int) -> tuple[Path, ...]:
    """Removes the oldest backups of this folder beyond so many; what bears another name is not ours to remove."""
    if keep < 1:
        raise Refused("keep", "至少保留 1 份备份", "keep at least one backup", field="keep")
    ours = sorted(path for path in folder.iterdir() if PATTERN.fullmatch(path.name))
    old = ours[: max(0, len(ours) - keep)]
    for path in old:
        path.unlink()
    return tuple(old)
