"""The portal over a furnished office in mid-season."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.store import Store
from support.portal import Portal
from support.rehearsed_portal import rehearsed_in
from support.stage import NOON, Stage


@pytest.fixture
def backend() -> str:
    """SQLite: the pages hold no statement of their own, and what they call is proven on both databases."""
    return "sqlite"


@pytest.fixture
def stage(store: Store) -> Stage:
    """Staff of every duty, firms and money, at noon of a Monday in the window."""
    store.set_clock(NOON, frozen=True)
    return Stage(store).furnish()


@pytest.fixture
def portal(stage: Stage, tmp_path: Path) -> Portal:
    """The portal over that office."""
    return Portal(stage.store, tmp_path)


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The portal over a small season, stopped in its middle."""
    with rehearsed_in(tmp_path_factory.mktemp("rehearsed")) as portal:
        yield portal
