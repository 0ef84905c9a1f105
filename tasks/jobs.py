"""定时任务: everything that the calendar has come to, each job once a business date, missed dates included."""

from prefect import task

from casework.jobs import running
from casework.outcome import Outcome
from tasks.kit import QUIETLY, store


@task(**QUIETLY)
def run_due() -> Outcome:
    """Claims and runs what is due."""
    return running.run_due(store())
