"""报告: units carry out and report their programmes; what a second officer has reviewed is closed."""

from uuid import UUID

from prefect import task

from casework.lifecycle.case_closing import close
from casework.lifecycle.pending import waits
from casework.shared.run_summary import RunSummary
from models import State
from tasks.runtime import QUIETLY, store

STATES = (State.IN_PROGRESS, State.REPORTED)


@task(**QUIETLY)
def report(cases: list[UUID]) -> RunSummary:
    """Closes the reviewed programmes of a set and says who has to report or review."""
    done = close(store(), cases=cases)
    done.waiting = waits(store(), cases, STATES)
    return done
