"""What the database says to an act, a step or a register, told in words: the one place that translates it.

A guard of the database is a refusal; a race lost (a version seen too late, a deadlock, a lock held, a row that another wrote
first) is `Retryable`, for nothing was written. Everything else is raised as it is: it is no answer to a person.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from casework.shared.errors import Problem, Refused, Retryable
from models.database_errors import ErrorKind, kind_of
from models.triggers import code_of

_RACE = ("他人正在办理同一事项，请重新查看后再试", "somebody acted at the same moment: look again")


def as_problem(error: Exception) -> Problem:
    """The refusal or lost race that this is; any other error is raised."""
    if isinstance(error, Problem):
        return error
    kind = kind_of(error)
    guard = code_of(error) if kind is ErrorKind.GUARD else None
    if guard == "separation-of-duties":
        zh = "职责分离：同一人不得在本案担任两项职责"
        return Refused("separation_of_duties", zh, "separation of duties", field="by")
    if kind is ErrorKind.RACE or guard == "stale-version":
        return Retryable("race", *_RACE)
    raise error


@contextmanager
def translated() -> Iterator[None]:
    """What the database refuses inside is told in words; nothing of it was written."""
    try:
        yield
    except Problem:
        raise
    except Exception as error:
        raise as_problem(error) from error
