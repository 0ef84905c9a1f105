"""The file of a backup: a compressed tar of its parts with the manifest at its end; written whole, read with distrust.

Behind the tar stands its seal: an empty gzip member that carries the SHA-256 of every byte before it. So no byte of the file is
outside of what is proven, neither the envelope's own nor one that would be unpacked to the same; any gunzip passes over the seal.
"""

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from casework.shared.atomic_files import sync_folder
from casework.shared.errors import Refused
from deployments.backup.manifest import NAME, BackupPart, Manifest, damaged
from models import placing

LEVEL = 3
MOST_MANIFEST = 256 * 1024**2
_PIECE = 1024**2
_SEAL_HEAD = b"\x1f\x8b\x08\x04" + b"\0" * 5 + b"\xff" + b"\x24\0DX\x20\0"  # a gzip header with a field of 32 bytes
_SEAL_TAIL = b"\x03\0" + b"\0" * 8  # nothing packed, its checksum, its length
_SEAL_BYTES = len(_SEAL_HEAD) + 32 + len(_SEAL_TAIL)
_BROKEN = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, OSError)


class ArchiveWriter:
    """Adds parts and notes the hash of what really went in."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.parts: dict[str, BackupPart] = {}

    def add(self, name: str, path: Path) -> BackupPart:
        """A file's bytes under a name."""
        with path.open("rb") as source:
            hashing = _Hashing(source)
            info = tarfile.TarInfo(name)
            info.size, info.mode = os.fstat(source.fileno()).st_size, 0o600
            self._tar.addfile(info, hashing)
        self.parts[name] = BackupPart(sha256=hashing.digest.hexdigest(), size=info.size)
        return self.parts[name]

    def close(self, manifest: Manifest) -> None:
        """Adds the manifest, which ends the backup."""
        text = manifest.json().encode()
        info = tarfile.TarInfo(NAME)
        info.size, info.mode = len(text), 0o600
        self._tar.addfile(info, io.BytesIO(text))


class _Hashing(io.RawIOBase):
    """A file that is hashed while it is read or written."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.digest = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        self.digest.update(piece)
        return piece

    def write(self, piece: Any) -> int:
        self.digest.update(piece)
        return self._source.write(piece)


@contextmanager
def writing(path: Path) -> Iterator[ArchiveWriter]:
    """A new archive that only its owner may read; under its name once it is whole and on the disk, never over another."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            hashing: Any = _Hashing(file)
            with (
                gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=hashing, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                yield ArchiveWriter(tar)
            file.write(seal(hashing.digest.digest()))
            file.flush()
            os.fsync(file.fileno())
        placing.place(part, path)
    except FileExistsError as taken:
        raise Refused("exists", f"{path} 已经存在", f"{path} is there already", field="to") from taken
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)


Take = Callable[[str, Iterator[bytes]], None]
Admit = Callable[[Manifest], None]


def read(path: Path, take: Take | None = None, admit: Admit | None = None) -> Manifest:
    """Reads all of a backup, proves every part against the manifest and hands it to `take`; refuses what is not whole.

    Parts are handed over before all of them are proven: whoever takes them uses them only after this returns. `admit` may refuse
    what the manifest says (a backup of an older program bears no seal, and is to be told of its program first).
    """
    manifest = _unpacked(path, take)
    if admit is not None:
        admit(manifest)
    if not _sealed(path):
        raise damaged("文件与其自身的校验值不符", "it differs from its own hash")
    return manifest


def _unpacked(path: Path, take: Take | None) -> Manifest:
    """All of its parts, as the manifest has them."""
    found: dict[str, BackupPart] = {}
    manifest: Manifest | None = None
    try:
        with gzip.open(path, "rb") as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
            for info in tar:
                if manifest is not None:
                    raise damaged("清单之后还有内容", "something follows its manifest")
                source = tar.extractfile(info) if info.isfile() else None
                if source is None or not _plain(info.name) or info.name in found:
                    raise damaged(f"不应有的内容 {info.name[:80]}", f"{info.name[:80]} does not belong there")
                if info.name == NAME:
                    manifest = Manifest.read(source.read(MOST_MANIFEST))
                    continue
                found[info.name] = _proven(info.name, source, take)
            while packed.read(_PIECE):  # to the end, where the whole file's checksum stands
                pass
    except FileNotFoundError as gone:
        raise Refused("file", f"找不到备份文件 {path}", f"there is no file {path}", field="file") from gone
    except _BROKEN as error:
        raise damaged(f"文件不完整或已改动（{type(error).__name__}）", "it was cut short or changed") from error
    if manifest is None:
        raise damaged("没有清单，备份未完成", "it has no manifest: it was never finished")
    if found != manifest.parts:
        wrong = sorted(name for name in {*found, *manifest.parts} if found.get(name) != manifest.parts.get(name))
        raise damaged(f"{wrong[0]} 等 {len(wrong)} 部分与清单不符", f"{wrong[0]} differs from the manifest")
    return manifest


def seal(digest: bytes) -> bytes:
    """The member that ends a file whose bytes so far have this digest."""
    return _SEAL_HEAD + digest + _SEAL_TAIL


def _sealed(path: Path) -> bool:
    """Whether the file ends with the seal of everything before it."""
    hashing, left = hashlib.sha256(), path.stat().st_size - _SEAL_BYTES
    with path.open("rb") as file:
        while left > 0 and (piece := file.read(min(left, _PIECE))):
            hashing.update(piece)
            left -= len(piece)
        return left == 0 and file.read() == seal(hashing.digest())


def digest(path: Path) -> str:
    """The SHA-256 of the whole archive, to be kept beside it or elsewhere."""
    hashing = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            hashing.update(piece)
    return hashing.hexdigest()


def _proven(name: str, source: IO[bytes], take: Take | None) -> BackupPart:
    hashing, size = hashlib.sha256(), 0

    def pieces() -> Iterator[bytes]:
        nonlocal size
        while piece := source.read(_PIECE):
            hashing.update(piece)
            size += len(piece)
            yield piece

    whole = pieces()
    if take is not None:
        take(name, whole)
    for _ in whole:
        pass
    return BackupPart(sha256=hashing.hexdigest(), size=size)


def _plain(name: str) -> bool:
    """Whether a name stays where it is unpacked."""
    parts = name.split("/")
    return not name.startswith("/") and all(part not in ("", ".", "..") for part in parts) and "\\" not in name
