"""Duplicate, late and out-of-order results leave the money right: a thousand sequences against five lines of reasoning."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.payments import queries
from casework.payments.outcomes import Outcome
from models import OrderState, State
from models.store import Store
from support.paying import EACH, Paying, listed, row
from support.rehearsal import written
from support.stores import broken

CASES = 25
NEWS = st.lists(st.sampled_from(Outcome), min_size=1, max_size=6)
SEQUENCES = st.lists(NEWS, min_size=CASES, max_size=CASES)


def expected(news: list[Outcome]) -> OrderState:
    """Where an order ends: the first final word counts, and settled money can still come back."""
    final = [one for one in news if one in (Outcome.SETTLED, Outcome.FAILED, Outcome.RETURNED)]
    if not final:
        return OrderState.ACKNOWLEDGED if Outcome.ACKNOWLEDGED in news else OrderState.SENT
    if final[0] is Outcome.SETTLED and Outcome.RETURNED not in final:
        return OrderState.SETTLED
    return OrderState.FAILED if final[0] is Outcome.FAILED else OrderState.RETURNED


def told(paying: Paying, sequences: list[list[Outcome]]) -> list[Path]:
    """The news in files: the first of each sequence, the second, …; every other file repeats the one before."""
    orders = paying.orders()
    paths: list[Path] = []
    for position in range(max(map(len, sequences))):
        chosen = [(order, one[position]) for order, one in zip(orders, sequences, strict=True) if position < len(one)]
        rows = [row(order, outcome, "其他") for order, outcome in chosen]
        before = [row(order, one[position - 1], "其他") for order, one in zip(orders, sequences, strict=True)
                  if 0 < position <= len(one)] if position % 2 else []  # fmt: skip
        paths.append(listed(paying.folder / f"news-{position}.csv", [*before, *rows]))
    return paths


def holds(paying: Paying, sequences: list[list[Outcome]]) -> None:
    """Imports everything and looks at orders, cases and money."""
    paths = told(paying, sequences)
    for path in paths:
        paying.read(path)
    states = [expected(one) for one in sequences]
    assert [one.state for one in paying.orders()] == states
    paid = states.count(OrderState.SETTLED) * EACH
    assert paying.money()[2:] == (CASES * EACH - paid, paid)
    cases = {OrderState.SETTLED: State.PAID, OrderState.FAILED: State.PAYABLE, OrderState.RETURNED: State.PAYABLE}
    assert [paying.view(which).state for which in range(CASES)] == [cases.get(one, State.ORDERED) for one in states]
    with paying.store.read() as work:
        odd = {one.subject for one in queries.reconcile(work)}
    lied = {order.number for order, one, state in zip(paying.orders(), sequences, states, strict=True)
            if state is OrderState.FAILED and Outcome.SETTLED in one}  # fmt: skip
    assert odd == lied
    before = written(paying.store)
    for path in reversed(paths):
        paying.read(path)
    assert [one.state for one in paying.orders()] == states
    assert written(paying.store)[-CASES:] == before[-CASES:]
    assert broken(paying.store) == []


@cache
def prepared() -> Path:
    """A database with a batch that went out."""
    folder = Path(mkdtemp(prefix="duixian-any-order-"))
    store = Store.create(f"sqlite:///{folder}/sent.sqlite", demo=True, seed=1)
    Paying(store, folder).furnish(CASES).sent()
    store.close()
    return folder / "sent.sqlite"


@pytest.mark.prove
@settings(max_examples=40)
@given(sequences=SEQUENCES)
def test_a_thousand_sequences_end_with_the_right_money(sequences: list[list[Outcome]]) -> None:
    ends_right(sequences)


@settings(max_examples=4)
@given(sequences=SEQUENCES)
def test_a_hundred_sequences_end_with_the_right_money(sequences: list[list[Outcome]]) -> None:
    ends_right(sequences)


def ends_right(sequences: list[list[Outcome]]) -> None:
    """On a copy of the prepared database."""
    folder = Path(mkdtemp(prefix="duixian-sequence-"))
    try:
        shutil.copy(prepared(), folder / "copy.sqlite")
        store = Store(f"sqlite:///{folder}/copy.sqlite", seed=2)
        holds(again(store, folder), sequences)
        store.close()
    finally:
        shutil.rmtree(folder)


def again(store: Store, folder: Path) -> Paying:
    """The cases of a copied database."""
    from support.stage import named

    return Paying(store, folder, cases=[named(f"case-{number}") for number in range(CASES)])


@pytest.mark.slow
def test_the_same_holds_on_both_databases(store: Store, tmp_path: Path) -> None:
    import random

    chance = random.Random(7)
    paying = Paying(store, tmp_path).furnish(CASES)
    paying.sent()
    holds(paying, [chance.choices(list(Outcome), k=chance.randint(1, 6)) for _ in range(CASES)])
