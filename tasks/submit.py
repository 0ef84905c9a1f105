"""申报: automatic checks of what was filed; then an acceptor, or the applicant who corrects it, is waited for."""

from uuid import UUID

from prefect import task

from casework.applications.automatic_checks import submit as check_filed
from casework.lifecycle.pending import waits
from casework.shared.run_summary import RunSummary
from models import State
from tasks.runtime import QUIETLY, store

STATES = (State.FILED, State.IN_CORRECTION)


@task(**QUIETLY)
def submit(cases: list[UUID]) -> RunSummary:
    """Checks the filed cases of a set."""
    done = check_filed(store(), cases=cases)
    done.waiting = waits(store(), cases, STATES)
    return done
