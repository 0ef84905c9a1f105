"""逾期: drafts that were not filed in the window and corrections that were not made in time end, with their reason."""

from prefect import task

from casework.applications import automatic_checks
from casework.shared.run_summary import RunSummary
from tasks.runtime import QUIETLY, store


@task(**QUIETLY)
def lapse() -> RunSummary:
    """Ends everything that ran out of time."""
    return automatic_checks.lapse(store())
