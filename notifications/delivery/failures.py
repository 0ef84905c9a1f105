"""Turns of delivery that break: tried again after pauses that grow, told at their beginning and at their end."""

import logging
from collections.abc import Callable

from models.database_errors import ErrorKind, kind_of

BACKOFF_SECONDS = 5.0  # after a turn that broke; doubled each time that it breaks again
LONGEST_BACKOFF_SECONDS = 300.0
OnFailure = Callable[[Exception | None], None]
"""Who hears that turns break (by what), and that they do not any more."""
log = logging.getLogger("duixian.delivery")


def no_listener(_wrong: Exception | None) -> None:
    """Where no operators are told."""


class RepeatedFailures:
    """Turns that broke one after the other: how long to rest, and who is told, once at their beginning and once at their end."""

    def __init__(self, on_failure: OnFailure) -> None:
        self._on_failure, self._count = on_failure, 0
        self._alarmed: bool | None = None  # not known: an alarm may be left of a process that is gone

    def failed(self, wrong: Exception) -> float:
        """The pause after this one. A database that is away or a race that was lost is no fault of what is to be sent."""
        log.error("a turn of delivery failed; it is tried again", exc_info=wrong)
        if kind_of(wrong) in (ErrorKind.AWAY, ErrorKind.RACE):
            return BACKOFF_SECONDS
        self._count += 1
        if not self._alarmed and self._tell(wrong):
            self._alarmed = True
        return min(LONGEST_BACKOFF_SECONDS, BACKOFF_SECONDS * 2.0 ** min(self._count - 1, 30))

    def recovered(self) -> None:
        """A turn went well."""
        self._count = 0
        if self._alarmed is not False and self._tell(None):
            self._alarmed = False

    def _tell(self, wrong: Exception | None) -> bool:
        """Whether they could be told."""
        try:
            self._on_failure(wrong)
        except Exception:
            log.exception("the operators could not be told of it")
            return False
        return True
