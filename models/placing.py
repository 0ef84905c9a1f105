"""Gives a finished file its name without ever overwriting another, on folders with and without hard links."""

import errno
import os
from pathlib import Path

# What a folder says that knows no hard links: vfat, exFAT, many network shares.
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EACCES)


def place(part: Path, path: Path) -> None:
    """`part` is there under the name `path` too (or, where there are no links, instead); FileExistsError if it is taken.

    Without links the name is looked at first and taken by a rename, which is as whole, but for two writers at one moment.
    """
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError as trouble:
        if trouble.errno not in _NO_LINKS:
            raise
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from trouble
        part.rename(path)
