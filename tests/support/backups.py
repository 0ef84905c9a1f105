"""What the drills of the restore share: restoring beside what is in use, and archives that were damaged or forged."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from casework.shared.home import Home
from deployments.backup.archive import seal
from deployments.backup.manifest import BUSINESS, NAME
from deployments.backup.restore import Restored, restore
from models.store import Store


def drill(home: Home, backup: Path, into: str, **more: Any) -> Restored:
    """Restores it, papers of a PostgreSQL store beside nothing that is in use."""
    return restore(backup, into, Home.at(home.directory.parent / "drilled"), by="tester", **more)


def nothing_in(place: str) -> bool:
    """Whether a folder is not there, or a database holds no table."""
    if "://" not in place:
        return not Path(place).exists()
    engine = Store(place).engine
    try:
        return inspect(engine).get_table_names() == []
    finally:
        engine.dispose()


def _flipped(place: int) -> Callable[[bytes], bytes]:
    """One bit of one byte turned; a negative place counts from the end."""

    def flip(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[place] ^= 1
        return bytes(changed)

    return flip


SEALED = 58  # bytes of the seal at the end
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[: len(data) // 2],
    "cut at the end": lambda data: data[:-1],
    "cut before its seal": lambda data: data[:-SEALED],
    "a bit in the middle": lambda data: _flipped(len(data) // 2)(data),
    "a bit of the first byte": _flipped(0),
    "a bit of the time in the envelope": _flipped(4),
    "a bit of the system in the envelope": _flipped(9),
    "a bit of the checksum": _flipped(-SEALED - 8),
    "a bit of the length": _flipped(-SEALED - 1),
    "a bit of the time in the seal": _flipped(4 - SEALED),
    "a bit of the hash in the seal": _flipped(16 - SEALED),
    "a bit of the last byte": _flipped(-1),
    "a byte more": lambda data: data + b"x",
    "a zero more": lambda data: data + b"\0",
    "another archive behind it": lambda data: data + gzip.compress(b"more"),
    "an empty archive behind it": lambda data: data + gzip.compress(b""),
    "packed anew": lambda data: gzip.compress(gzip.decompress(data), 9),
    "no archive": lambda _: b"not a backup",
    "empty": lambda _: b"",
}


def damage(path: Path, kind: str) -> None:
    """One way in which a file can go wrong."""
    path.write_bytes(DAMAGES[kind](path.read_bytes()))


def repacked(path: Path, change: Callable[[str, bytes], bytes | None], extra: dict[str, bytes] | None = None) -> Path:
    """The archive with parts changed (None: left out) or added, packed without a fault."""
    other = path.with_name("repacked.tar.gz")
    with tarfile.open(path, "r:gz") as old, tarfile.open(other, "w:gz") as new:
        parts = {member.name: old.extractfile(member).read() for member in old}  # type: ignore[union-attr]
        manifest = parts.pop(NAME)
        for name, data in {**parts, **(extra or {}), NAME: manifest}.items():
            changed = change(name, data)
            if changed is not None:
                info = tarfile.TarInfo(name)
                info.size = len(changed)
                new.addfile(info, io.BytesIO(changed))
    with other.open("ab") as file:
        file.write(seal(hashlib.sha256(other.read_bytes()).digest()))  # a forger seals as well: it is no signature
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
