"""One attempt with a hard end: it runs in a thread that can be left behind, and tells what may have reached the other side."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from notifications.channels.answers import Reason, answer
from notifications.channels.parcel import Answer

MOST_HANGING = 4


class Stopped(Exception):
    """Time is up: nothing more may be sent."""


class Attempt:
    """The line between "it has nothing" and "it may have it", held under a lock against the end of the time."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._over = False
        self._begun = False
        self.note = ""  # which part of several is under way

    def left(self) -> float:
        """The seconds that remain; raises Stopped where none do."""
        remaining = self._end - time.monotonic()
        if self._over or remaining <= 0:
            raise Stopped
        return remaining

    def hold(self, held: socket.socket) -> None:
        """A connection that the end of the time shuts down, whatever it waits for; encrypting it later changes nothing."""
        with self._lock:
            if self._over:
                held.close()
                raise Stopped
            self._sockets.append(held.dup())

    def begin(self) -> None:
        """From here on the other side may have it. Raises Stopped where that must not happen any more."""
        with self._lock:
            if self._over or self._end <= time.monotonic():
                raise Stopped
            self._begun = True

    def settled(self) -> None:
        """The other side has answered for what was begun."""
        with self._lock:
            self._begun = False

    def stop(self) -> None:
        """Ends it from outside: nothing new begins, and whoever waits on a connection wakes up."""
        with self._lock:
            self._over = True
            for one in self._sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Lets go of the connections, at the very end of the work."""
        with self._lock:
            self._over = True
            for one in self._sockets:
                one.close()

    @property
    def begun(self) -> bool:
        """The other side may have it and has not answered."""
        return self._begun

    def cut_off(self, reason: Reason = Reason.TIMED_OUT, words: str = "") -> Answer:
        """The answer where the attempt ended without one."""
        said = " ".join(one for one in (words, self.note) if one)
        return answer(Reason.ANSWER_LOST if self._begun else reason, said)


class Guard:
    """Runs a channel's attempts; at most a few may be left hanging, and then the channel says so at once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        self._hanging: list[threading.Thread] = []

    def within(self, seconds: float, work: Callable[[Attempt], Answer]) -> Answer:
        """The work's answer, or what can be said without one when the time is up. Never raises."""
        if seconds <= 0 or self._stuck() >= MOST_HANGING:
            return answer(Reason.HANGING if seconds > 0 else Reason.TIMED_OUT)
        limit = max(seconds - 0.05, seconds * 0.8)
        attempt = Attempt(limit)
        found: list[Answer] = []
        done = threading.Event()

        def run() -> None:
            try:
                found.append(answered(work, attempt))
            finally:
                attempt.close()
                done.set()

        thread = threading.Thread(target=run, daemon=True, name=f"channel {self.name}")
        try:
            thread.start()
        except RuntimeError:  # the machine gives no more threads
            return answer(Reason.HANGING)
        if not done.wait(limit):
            attempt.stop()
            with self._lock:
                self._hanging.append(thread)
        return found[0] if found else attempt.cut_off(words=f"no answer within {seconds:g} s")

    def _stuck(self) -> int:
        """How many earlier attempts have not come to an end yet."""
        with self._lock:
            self._hanging = [one for one in self._hanging if one.is_alive()]
            return len(self._hanging)


def answered(work: Callable[[Attempt], Answer], attempt: Attempt) -> Answer:
    """Any exception as an answer; only its kind is told, since its words may hold an address or a key."""
    try:
        return work(attempt)
    except Stopped:
        return attempt.cut_off()
    except BaseException as error:
        return attempt.cut_off(Reason.FAULT, type(error).__name__)
