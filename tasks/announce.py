"""公示: decided cases go on public notice; those whose notice is over go on to payment or delivery."""

from uuid import UUID

from prefect import task

from casework.outcome import Outcome
from casework.steps import announce as notices
from tasks.kit import QUIETLY, store


@task(**QUIETLY)
def announce(cases: list[UUID]) -> Outcome:
    """Publishes the decided cases of a set, and ends the notices that nobody contested."""
    published = notices.announce(store(), cases=cases)
    return published.add(notices.end_notice(store(), cases=cases))
