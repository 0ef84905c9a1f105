"""Which of the installed policies this store works with: an installed one that nobody uses here has no jobs and no gaps."""

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

import policies
from models import Case, ParameterValue
from models.store import Store
from models.store_marks import Counter
from models.unit_of_work import UnitOfWork
from policies.policy import Policy

_SERIES = "policy:"  # a row among the counters for each policy that the store was made for


def adopt(work: UnitOfWork, code: str) -> None:
    """Notes that the store works with a policy; noting it again changes nothing."""
    insert = (postgresql if work.postgres else sqlite).insert
    work.execute(insert(Counter).values(series=_SERIES + code, last=1).on_conflict_do_nothing())


def of_store(store: Store) -> tuple[Policy, ...]:
    """The installed policies that the store was made for, or that it has cases or values of; all where none is noted."""
    with store.read() as work:
        return of_work(work)


def of_work(work: UnitOfWork) -> tuple[Policy, ...]:
    """The same within a transaction."""
    noted = select(col(Counter.series)).where(col(Counter.series).startswith(_SERIES, autoescape=True))
    codes = {kind.removeprefix(_SERIES) for kind in work.execute(noted).scalars()}
    if not codes:
        return policies.all_policies()
    for record in (Case, ParameterValue):
        codes |= set(work.execute(select(col(record.policy)).distinct()).scalars())
    return tuple(policy for policy in policies.all_policies() if policy.code in codes)
