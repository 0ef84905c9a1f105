"""The end of filing with everything that belongs to it: killed at its commits, or started by several processes at once."""

from collections.abc import Callable

import pytest

from casework.calendar_jobs import job_registry, job_runner
from casework.calendar_jobs.job_claims import held
from models import Duty, State
from models.store import Store
from models.verify import verify
from support import apart
from support.calendar_jobs import at, let_leases_end, told
from support.stage import Stage
from support.walk import Walk

pytestmark = pytest.mark.prove
KINDS = (
    "window_closed",
    "closing_report",
    "lapsed",
    "deadline_near",
    "deadline_over",
    "deadline_escalated",
    "filing_reminder",
)
DEADLY = (1, 4, 9, 13, 16, 19, 22, 26)


def at_the_end(store: Store) -> Store:
    """Drafts and filed cases, and a machine that is switched on an hour after filing closed."""
    walk = Walk(Stage(store).furnish())
    for number in range(1, 4):
        walk.to(walk.open("M4a", number, number % 4), State.FILED, Duty.ACCEPTOR)
    for number in range(4, 8):
        walk.open("M4a", number, number % 4)
    store.set_clock(at("2024-06-27"), frozen=True)
    job_runner.run_due(store)
    store.set_clock(at("2024-07-01", "01:00:00"), frozen=True)
    return store


def keys(store: Store) -> list[str]:
    """What was told, by its key in the outbox."""
    return [message.once for message in told(store, *KINDS)]


def finished(store: Store) -> bool:
    """Whether each date of each job ended."""
    with store.read() as work:
        return all(claim.status in ("done", "skipped") for job in job_registry.JOBS for claim in held(work, job.kind))


@pytest.fixture
def undisturbed(make_store: Callable[..., Store]) -> list[str]:
    """What is told where nothing goes wrong."""
    calm = at_the_end(make_store())
    job_runner.run_due(calm)
    found = keys(calm)
    assert len(found) > 15
    return found


def test_processes_killed_at_their_commits_leave_nothing_out_and_tell_nothing_twice(
    store: Store, undisturbed: list[str]
) -> None:
    at_the_end(store)
    done = apart.run("support.calendar_jobs", url=store.url, deadly=DEADLY)
    assert done["killed"] >= 4, "or the points are not those of commits any more"
    let_leases_end(store)
    job_runner.run_due(store)
    assert keys(store) == undisturbed
    assert finished(store) and not job_runner.anything_due(store)
    assert verify(store).ok


def test_processes_that_start_at_the_same_moment_act_once(store: Store, undisturbed: list[str]) -> None:
    at_the_end(store)
    apart.run("support.calendar_jobs", url=store.url, twins=4)
    let_leases_end(store)
    job_runner.run_due(store)
    assert keys(store) == undisturbed
    assert finished(store)
    with store.read() as work:
        assert {claim.attempts for job in job_registry.JOBS for claim in held(work, job.kind)} == {1}
