"""认定: nobody but people certify; this says for whom the cases wait, from the town that screens to the last opinion."""

from uuid import UUID

from prefect import task

from casework.outcome import Outcome
from casework.steps.waits import waits
from models import State
from tasks.kit import QUIETLY, store

STATES = (State.ACCEPTED, State.SCREENED, State.UNDER_JOINT_REVIEW, State.PLANNED)


@task(**QUIETLY)
def certify(cases: list[UUID]) -> Outcome:
    """Reports who has to screen, certify or give an opinion; moves nothing."""
    return Outcome(waiting=waits(store(), cases, STATES))
