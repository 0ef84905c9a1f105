"""交付: a quota, a price or a place on a list is handed over by its unit; what is delivered is closed."""

from uuid import UUID

from prefect import task

from casework.outcome import Outcome
from casework.steps.close import close
from casework.steps.waits import waits
from models import State
from tasks.kit import QUIETLY, store

STATES = (State.DECIDED, State.ON_NOTICE)


@task(**QUIETLY)
def deliver(cases: list[UUID]) -> Outcome:
    """Closes the delivered cases of a set and says who has to deliver."""
    done = close(store(), cases=cases)
    done.waiting = waits(store(), cases, STATES)
    return done
