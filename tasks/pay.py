"""拨付: people order, check and release payments; what the bank has settled is closed with its answer."""

from uuid import UUID

from prefect import task

from casework.outcome import Outcome
from casework.steps.close import close
from casework.steps.waits import waits
from models import State
from tasks.kit import QUIETLY, store

STATES = (State.PAYABLE, State.ORDERED)


@task(**QUIETLY)
def pay(cases: list[UUID]) -> Outcome:
    """Closes the paid cases of a set and says who is waited for on the way to the bank."""
    done = close(store(), cases=cases)
    done.waiting = waits(store(), cases, STATES)
    return done
