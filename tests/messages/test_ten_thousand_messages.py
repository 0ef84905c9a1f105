"""Ten thousand messages, a fifth of the answers wrong, the sender killed in between: each is delivered or listed, none is lost."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from models.store import Store
from support.apart import run
from support.ten_thousand import fill, judge, outside


@pytest.mark.prove
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_each_of_ten_thousand_messages_is_delivered_or_listed_and_repeats_are_accounted_for(
    store: Store, tmp_path: Path, proven: Callable[[str], None]
) -> None:
    delivered_or_listed(store, tmp_path, proven, messages=10_000, kills=5)


@pytest.mark.prove
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_same_holds_on_postgresql(store: Store, tmp_path: Path, proven: Callable[[str], None]) -> None:
    delivered_or_listed(store, tmp_path, proven, messages=200, kills=1)


@pytest.mark.torture
def test_a_hundred_thousand_messages(store: Store, tmp_path: Path, proven: Callable[[str], None]) -> None:
    delivered_or_listed(store, tmp_path, proven, messages=100_000, kills=40)


def delivered_or_listed(
    store: Store, folder: Path, proven: Callable[[str], None], *, messages: int, kills: int, seed: int = 7
) -> None:
    """Sends so many messages while so many senders are killed, and compares the rows with what arrived."""
    fill(store, messages)
    store.close()
    began = time.monotonic()
    with outside(seed) as there:
        done = run(
            "support.ten_thousand", timeout=1200 + messages // 5, url=store.url, places=there.places,
            home=str(folder), kills=kills, seed=seed,
        )  # fmt: skip
        found = judge(store, there.received())
        took = time.monotonic() - began
    proven(
        f"{found.messages} messages, {there.faults.total()} faults {dict(there.faults)}, {done['killed']} kills, {took:.0f} s: "
        f"{found.sent} sent, {found.dead} listed as dead, {len(found.lost)} lost; {found.received} received, "
        f"{found.repeats} of them repeats, {found.accounted} after a crash or a lost answer; attempts {dict(found.attempts)}"
    )
    assert (found.messages, found.sent + found.dead) == (messages, messages)
    assert (found.lost, found.claimed) == ([], [])
    assert found.repeats == found.accounted <= found.logged
    assert done["killed"] == kills
    assert there.faults.total() > messages * 0.15
