"""公示: decided cases go on public notice; those whose notice is over go on to payment or delivery."""

from uuid import UUID

from prefect import task

from casework.awards import public_notice as notices
from casework.shared.run_summary import RunSummary
from tasks.runtime import QUIETLY, store


@task(**QUIETLY)
def announce(cases: list[UUID]) -> RunSummary:
    """Publishes the decided cases of a set, and ends the notices that nobody contested."""
    published = notices.announce(store(), cases=cases)
    return published.add(notices.end_notice(store(), cases=cases))


@task(**QUIETLY)
def end_notices() -> RunSummary:
    """Ends every notice that is over and that nobody contested, whatever its measure."""
    return notices.end_notice(store())
