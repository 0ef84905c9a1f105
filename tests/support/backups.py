"""What the drills of the restore share: restoring beside what is in use, and archives that were damaged or forged."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import inspect

from casework.home import Home
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
