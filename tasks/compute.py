"""核算: price the certified cases, settle 就高不重复, reserve the fund; or say which parameter or money is missing."""

from uuid import UUID

from prefect import task

from casework.awards.computation import compute as price
from casework.lifecycle.pending import waits
from casework.shared.run_summary import RunSummary
from models import State
from tasks.runtime import QUIETLY, store

STATES = (State.CERTIFIED, State.COMPUTED)


@task(**QUIETLY)
def compute(cases: list[UUID]) -> RunSummary:
    """Prices the certified cases of a set."""
    done = price(store(), cases=cases)
    done.waiting = waits(store(), cases, STATES)
    return done
