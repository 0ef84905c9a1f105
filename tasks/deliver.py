"""交付: a quota, a price or a place on a list is handed over by its unit; what is delivered is closed."""

from uuid import UUID

from prefect import task

from casework.lifecycle.case_closing import close
from casework.lifecycle.pending import waits
from casework.shared.run_summary import RunSummary
from models import State
from tasks.runtime import QUIETLY, store

STATES = (State.DECIDED, State.ON_NOTICE)


@task(**QUIETLY)
def deliver(cases: list[UUID]) -> RunSummary:
    """Closes the delivered cases of a set and says who has to deliver."""
    done = close(store(), cases=cases)
    done.waiting = waits(store(), cases, STATES)
    return done
