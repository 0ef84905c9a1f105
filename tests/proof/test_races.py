"""Eight processes act on the same cases at once: never two decisions, never a fund beyond its money; and a control that fails."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.store import Store
from support.apart import run
from support.stage import Stage

WORKERS = 8
ACTS = {"sqlite": 5_008, "postgresql": 5_008}  # together more than 10,000, in whole contests of all workers
ROUNDS = 4
SEED = 20230701


@pytest.fixture
def url(store: Store) -> str:
    """A furnished store, closed here: the racers open it."""
    Stage(store).furnish()
    store.close()
    return store.url


@pytest.mark.prove
def test_opposite_acts_at_the_same_moment_make_one_decision(
    url: str, backend: str, tmp_path: Path, proven: Callable[[str], None]
) -> None:
    acts = ACTS[backend]
    found = run("support.racing", url=url, kind="acts", acts=acts, workers=WORKERS, folder=str(tmp_path), seed=SEED)
    tried = sum(found.get(name, 0) for name in ("done", "Refused", "Retryable"))
    doubles = {name: found[name] for name in found if name.startswith("double")}
    proven(f"seed {SEED}, {WORKERS} workers, {tried} contended acts: {found}")
    assert tried == acts
    assert found["done"] == found["contests"]
    assert not any(doubles.values())


@pytest.mark.prove
def test_computations_that_race_for_the_last_yuan_never_overcommit_a_fund(
    url: str, tmp_path: Path, proven: Callable[[str], None]
) -> None:
    found = run("support.racing", url=url, kind="yuan", acts=ROUNDS, workers=WORKERS, folder=str(tmp_path), seed=SEED)
    proven(f"seed {SEED}, {found}, 0 over-committed")
    assert found["granted"] < found["computed"]


@pytest.mark.tampers
@pytest.mark.prove
def test_without_comparing_versions_the_same_race_does_make_double_decisions(
    url: str, tmp_path: Path, proven: Callable[[str], None]
) -> None:
    wanted = {"kind": "acts", "acts": 800, "workers": WORKERS, "folder": str(tmp_path), "seed": SEED, "naive": True}
    found = run("support.racing", url=url, **wanted)  # type: ignore[arg-type]
    proven(f"control: {found['double_decisions']} of {found['contests']} cases decided twice")
    assert found["double_decisions"] > 0
