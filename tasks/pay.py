"""拨付: people order, check and release payments; what the bank has settled is closed with its answer."""

from uuid import UUID

from prefect import task

from casework.lifecycle.case_closing import close
from casework.lifecycle.pending import waits
from casework.shared.run_summary import RunSummary
from models import State
from tasks.runtime import QUIETLY, store

STATES = (State.PAYABLE, State.ORDERED)


@task(**QUIETLY)
def pay(cases: list[UUID]) -> RunSummary:
    """Closes the paid cases of a set and says who is waited for on the way to the bank."""
    done = close(store(), cases=cases)
    done.waiting = waits(store(), cases, STATES)
    return done
