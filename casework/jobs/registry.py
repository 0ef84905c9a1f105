"""Every job that the calendar starts, in the order in which those of one date run.

A job is claimed once per kind and business date (`casework.jobs.claims`). Its `run` gets the store and the business date it
runs for, which may lie in the past when a missed run is made up; it uses short write transactions of its own and may be cut
off anywhere and run again: whatever it writes is keyed, so that a second time writes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from casework.jobs.cadence import Cadence
from casework.outcome import Outcome
from models.store import Store


def nothing_recorded(_store: Store) -> Sequence[date]:
    """No dates beside those of the cadence."""
    return ()


@dataclass(frozen=True)
class Job:
    """Something that happens on business dates. `recorded` adds dates that only the records know (a deadline put off).

    `catch_up`: whether every missed date is made up, oldest first; else only the newest, and the others are noted as skipped.
    """

    kind: str
    zh: str
    en: str
    due: Cadence
    run: Callable[[Store, date], Outcome]
    catch_up: bool = True
    recorded: Callable[[Store], Sequence[date]] = nothing_recorded


JOBS: tuple[Job, ...] = ()


def job(kind: str) -> Job:
    """A job by its kind; an unknown one raises LookupError naming those that exist."""
    for one in JOBS:
        if one.kind == kind:
            return one
    raise LookupError(f"没有任务 {kind}；现有：{'、'.join(one.kind for one in JOBS)}")
