"""Files written whole or not at all: beside their place first, onto the disk, then under their name."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.faults import point


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Gives a temporary path in the same folder; what is there at the end becomes `path` in one step."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.chmod(0o600)  # names and account numbers: nobody else's to read, whatever the umask
        sync_file(part)
        point("before-rename")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Waits until a file's bytes are on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Waits until a folder's names are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
