"""What an Apprise plugin may do in a thread of ours: read Python's own files and compute. All else is blocked and noted.

Ours, because Apprise lets a plugin open any file, start any program and connect to any host. Python's audit events tell of these
before they happen; inside `sandboxed` they raise, and only the code that asks the allow-list (inside `trusted`) may connect.
"""

import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

READS = ("open", "os.listdir", "os.scandir")
HARMLESS = ("socket.gethostname",)
BLOCKED = (
    "open", "socket.", "os.", "subprocess.", "shutil.", "tempfile.", "ctypes.", "syslog.", "pty.", "_thread.", "webbrowser.",
    "sqlite3.", "fcntl.", "mmap.", "ftplib.", "imaplib.", "poplib.", "nntplib.", "telnetlib.", "_posixsubprocess.",
)  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_blocked: ContextVar[list[str] | None] = ContextVar("blocked", default=None)  # in this thread; None: all is allowed


@contextmanager
def sandboxed() -> Iterator[list[str]]:
    """Blocks what this thread does inside; gives the list of what was blocked, as audit events."""
    _listens()
    token = _blocked.set(found := list[str]())
    try:
        yield found
    finally:
        _blocked.reset(token)


@contextmanager
def trusted() -> Iterator[None]:
    """The part inside a sandbox that connects, after the allow-list said yes."""
    token = _blocked.set(None)
    try:
        yield
    finally:
        _blocked.reset(token)


def block(event: str) -> None:
    """Blocks something that Python has no event for, where this thread is in a sandbox."""
    found = _blocked.get()
    if found is not None:
        found.append(event)
        raise PermissionError(f"{event} is blocked for a plugin of Apprise")


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Called for every audit event of the process; cheap outside a sandbox."""
    if _blocked.get() is None or event in HARMLESS or not event.startswith(BLOCKED):
        return
    if event not in READS or not _readable(event, arguments):
        block(event)


def _readable(event: str, arguments: tuple[Any, ...]) -> bool:
    """Whether a file is opened for reading only and belongs to Python, its packages or the time zones."""
    path = arguments[0]
    if event == "open":
        _, mode, flags = arguments
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & _WRITES):
            return False
    if not isinstance(path, (str, bytes, os.PathLike)):
        return isinstance(path, int)  # what is open already
    with trusted():
        real = os.path.realpath(os.fsdecode(path))
    return any(real == root or real.startswith(root + os.sep) for root in _roots())


@cache
def _roots() -> tuple[str, ...]:
    import apprise
    import requests

    packages = {Path(str(package.__file__)).parents[1] for package in (apprise, requests)}
    return tuple(
        str(folder.resolve()) for folder in {Path(os.__file__).parent, *map(Path, time_zone_folders()), *packages}
    )


def time_zone_folders() -> list[str]:
    """Where Python, and with it Pendulum, looks for the machine's time zones: PEP 615, as the environment or its build says."""
    said = os.environ.get("PYTHONTZPATH", sysconfig.get_config_var("TZPATH") or "")
    return [folder for folder in said.split(os.pathsep) if os.path.isabs(folder)]  # noqa: PTH117


@cache
def _listens() -> None:
    """The hook stays for the life of the process: Python takes none away."""
    _roots()
    sys.addaudithook(_audit)
