"""What every task shares: how the engine treats it, and the store it works on."""

from typing import TypedDict

from prefect.cache_policies import NO_CACHE, CachePolicy

from casework.shared.home import Home
from models.store import Store


class Quietly(TypedDict):
    """Options of a task."""

    cache_policy: CachePolicy
    persist_result: bool
    retries: int


# A step compares state and version before it writes, so that running it twice is harmless; unfinished cases are retried by
# the periodic sweep. Nothing of a case is kept by the engine: no cached result, no stored one.
QUIETLY: Quietly = {"cache_policy": NO_CACHE, "persist_result": False, "retries": 0}


def store() -> Store:
    """The store of the home in use (DUIXIAN_HOME, DUIXIAN_DATABASE_URL); the process opens and checks it once."""
    return Home.current().store()
