"""Named points around commits and outside calls at which a proof may kill the process; free when none is set."""

import os
import signal

_WANTED = os.environ.get("DUIXIAN_KILL_AT", "")


class _Countdown:
    """Counts the visits of the wanted point, so that the n-th is the one that kills."""

    name, _, count = _WANTED.partition(":")
    left = int(count or 1)


def point(name: str) -> None:
    """Does nothing, unless `DUIXIAN_KILL_AT=name:n` asked for death (SIGKILL) at the n-th visit (`any` counts all)."""
    if not _WANTED or _Countdown.name not in (name, "any"):
        return
    _Countdown.left -= 1
    if _Countdown.left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
