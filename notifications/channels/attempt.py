"""One attempt with a hard end: it runs in a thread that can be left behind, and tells what may have reached the other side.

Ours, because Apprise's time limits are of single reads: an answer that drips holds a plugin for ever.
"""

import contextlib
import socket
import threading
import time

from notifications.channels.answers import AnswerReason, answer
from notifications.channels.parcel import Answer


class OutOfTime(Exception):
    """Time is up: nothing more may be sent."""


class Attempt:
    """The line between "it has nothing" and "it may have it", held under a lock against the end of the time."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._over = False
        self.begun = False  # the other side may have it and has not answered
        self.note = ""  # which part of several is under way

    def left(self) -> float:
        """The seconds that remain; raises OutOfTime where none do."""
        remaining = self._end - time.monotonic()
        if self._over or remaining <= 0:
            raise OutOfTime
        return remaining

    def hold(self, held: socket.socket) -> None:
        """A connection that the end of the time shuts down, whatever it waits for; encrypting it later changes nothing."""
        with self._lock:
            if self._over:
                held.close()
                raise OutOfTime
            self._sockets.append(held.dup())

    def begin(self) -> None:
        """From here on the other side may have it. Raises OutOfTime where that must not happen any more."""
        with self._lock:
            self.left()
            self.begun = True

    def settled(self) -> None:
        """The other side has answered for what was begun."""
        with self._lock:
            self.begun = False

    def stop(self) -> None:
        """Ends it from outside: nothing new begins, and whoever waits on a connection wakes up."""
        with self._lock:
            self._over = True
            for held in self._sockets:
                with contextlib.suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Closes the connections, at the very end of the work."""
        with self._lock:
            self._over = True
            for held in self._sockets:
                held.close()

    def cut_off(self, reason: AnswerReason = AnswerReason.TIMED_OUT, words: str = "") -> Answer:
        """The answer where the attempt ended without one."""
        said = " ".join(part for part in (words, self.note) if part)
        return answer(AnswerReason.ANSWER_LOST if self.begun else reason, said)
