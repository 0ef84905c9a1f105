"""逾期: drafts that were not filed in the window and corrections that were not made in time end, with their reason."""

from prefect import task

from casework.outcome import Outcome
from casework.steps import submit
from tasks.kit import QUIETLY, store


@task(**QUIETLY)
def lapse() -> Outcome:
    """Ends everything that ran out of time."""
    return submit.lapse(store())
