"""认定: nobody but people certify; this says for whom the cases wait, from the town that screens to the last opinion."""

from uuid import UUID

from prefect import task

from casework.lifecycle.pending import waits
from casework.shared.run_summary import RunSummary
from models import State
from tasks.runtime import QUIETLY, store

STATES = (State.ACCEPTED, State.SCREENED, State.UNDER_JOINT_REVIEW, State.PLANNED)


@task(**QUIETLY)
def certify(cases: list[UUID]) -> RunSummary:
    """Reports who has to screen, certify or give an opinion; moves nothing."""
    return RunSummary(waiting=waits(store(), cases, STATES))
