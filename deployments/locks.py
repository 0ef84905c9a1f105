"""File locks that the operating system lets go when their holder dies: no lock is ever stale."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


class FileLock:
    """One holder at a time over all processes of this machine; the file names the holder's process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def take(self, *, wait: bool = False) -> bool:
        """Takes the lock; False when another holds it and we do not wait."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return True

    def release(self) -> None:
        """Lets it go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def holder(self) -> int | None:
        """The process that holds it now, or None."""
        try:
            with self.path.open("r", encoding="ascii") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    return int(file.read() or 0)
        except OSError:
            return None
        return None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds it inside, waiting for it first."""
        lock = FileLock(self.path)  # of its own, so that threads exclude each other too
        lock.take(wait=True)
        try:
            yield
        finally:
            lock.release()
