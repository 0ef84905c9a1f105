"""kill -9 at every commit and outside call: nothing acknowledged is lost, nothing is done twice, no amount is wrong."""

import os
from collections.abc import Callable

import pytest

from models.store import Store
from support.apart import run
from support.stage import Stage

RUNS = [("sqlite", 20230701, 425), ("sqlite", 20240630, 425), ("postgresql", 20230701, 150)]  # 1,000 trials in all
STORES = {"sqlite": 4, "postgresql": 2}
POINTS = {"before-audit", "before-commit", "after-commit", "before-export", "before-rename", "after-export"}


@pytest.fixture
def urls(make_store: Callable[..., Store], backend: str) -> list[str]:
    """Furnished stores, closed here: the processes that are killed open them."""
    stores = [make_store() for _ in range(STORES[backend])]
    for store in stores:
        Stage(store).furnish(firms=1)
        store.close()
    return [store.url for store in stores]


@pytest.mark.prove
@pytest.mark.parametrize(("backend", "seed", "trials"), RUNS, indirect=["backend"])
def test_a_process_killed_anywhere_loses_and_doubles_nothing(
    urls: list[str], seed: int, trials: int, proven: Callable[[str], None]
) -> None:
    killed(urls, seed, int(os.environ.get("DUIXIAN_KILL_TRIALS", trials)), proven)


@pytest.mark.torture
def test_a_hundred_thousand_trials_lose_and_double_nothing(
    urls: list[str], backend: str, proven: Callable[[str], None]
) -> None:
    killed(urls, 1, 90_000 if backend == "sqlite" else 10_000, proven)


def killed(urls: list[str], seed: int, trials: int, proven: Callable[[str], None]) -> None:
    """So many trials, each killed at least once, on these stores."""
    found = run("support.killing", timeout=2400 + 4 * trials, urls=urls, trials=trials, seed=seed)
    proven(f"seed {seed}, {found}")
    assert found["trials"] == trials
    assert found["kills"]["killed"] >= trials
    assert (found["lost"], found["doubled"], found["wrong"], found["broken"]) == (0, 0, 0, [])
    assert trials < 400 or set(found["kills"]) >= POINTS
