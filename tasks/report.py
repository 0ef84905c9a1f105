"""报告: units carry out and report their programmes; what a second officer has reviewed is closed."""

from uuid import UUID

from prefect import task

from casework.outcome import Outcome
from casework.steps.close import close
from casework.steps.waits import waits
from models import State
from tasks.kit import QUIETLY, store

STATES = (State.IN_PROGRESS, State.REPORTED)


@task(**QUIETLY)
def report(cases: list[UUID]) -> Outcome:
    """Closes the reviewed programmes of a set and says who has to report or review."""
    done = close(store(), cases=cases)
    done.waiting = waits(store(), cases, STATES)
    return done
