"""A file that a form carried, for as long as it is read: under a name of our own, its kind told by its content."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from casework.applications.application_bundle import opened_bundle
from casework.shared.errors import Refused

_ARCHIVE = b"PK"  # how every XLSX begins


@contextmanager
def bundle(sent: Any) -> Iterator[tuple[Path, Path | None]]:
    """A workbook of applications and the folder of its papers, where they came as one zip."""
    with workbook(sent) as path, tempfile.TemporaryDirectory(prefix="duixian-papers-") as folder:
        yield opened_bundle(path, Path(folder))


@contextmanager
def workbook(sent: Any) -> Iterator[Path]:
    """A workbook or CSV file; what the sender calls it counts for nothing."""
    if sent is None:
        raise Refused("file", "请先选择文件", "choose a file first", field="file")
    kind = ".xlsx" if sent.file.read(len(_ARCHIVE)) == _ARCHIVE else ".csv"
    sent.file.seek(0)
    with tempfile.TemporaryDirectory(prefix="duixian-workbook-") as folder:
        path = Path(folder, f"uploaded{kind}")
        with path.open("wb") as target:
            shutil.copyfileobj(sent.file, target, 1024**2)
        yield path
