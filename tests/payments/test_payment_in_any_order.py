"""Duplicate, late and out-of-order results leave the money right: a thousand sequences against five lines of reasoning."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.payments import payment_lists
from casework.payments.bank_status import BankStatus
from models import OrderState, State
from models.store import Store
from support.paying import EACH, Paying, listed, row
from support.rehearsal import written
from support.stores import broken

CASES = 25
NEWS = st.lists(st.sampled_from(BankStatus), min_size=1, max_size=6)
SEQUENCES = st.lists(NEWS, min_size=CASES, max_size=CASES)


def expected(news: list[BankStatus]) -> OrderState:
    """Where an order ends: the first final word counts, and settled money can still come back."""
    final = [item for item in news if item in (BankStatus.SETTLED, BankStatus.FAILED, BankStatus.RETURNED)]
    if not final:
        return OrderState.ACKNOWLEDGED if BankStatus.ACKNOWLEDGED in news else OrderState.SENT
    if final[0] is BankStatus.SETTLED and BankStatus.RETURNED not in final:
        return OrderState.SETTLED
    return OrderState.FAILED if final[0] is BankStatus.FAILED else OrderState.RETURNED


def told(paying: Paying, sequences: list[list[BankStatus]]) -> list[Path]:
    """The news in files: the first of each sequence, the second, …; every other file repeats the one before."""
    orders = paying.orders()
    paths: list[Path] = []
    for position in range(max(map(len, sequences))):
        chosen = [
            (order, sequence[position])
            for order, sequence in zip(orders, sequences, strict=True)
            if position < len(sequence)
        ]
        rows = [row(order, outcome, "其他") for order, outcome in chosen]
        before = [row(order, sequence[position - 1], "其他") for order, sequence in zip(orders, sequences, strict=True)
                  if 0 < position <= len(sequence)] if position % 2 else []  # fmt: skip
        paths.append(listed(paying.folder / f"news-{position}.csv", [*before, *rows]))
    return paths


def holds(paying: Paying, sequences: list[list[BankStatus]]) -> None:
    """Imports everything and looks at orders, cases and money."""
    paths = told(paying, sequences)
    for path in paths:
        paying.read(path)
    states = [expected(sequence) for sequence in sequences]
    assert [each_order.state for each_order in paying.orders()] == states
    paid = states.count(OrderState.SETTLED) * EACH
    assert paying.money()[2:] == (CASES * EACH - paid, paid)
    cases = {OrderState.SETTLED: State.PAID, OrderState.FAILED: State.PAYABLE, OrderState.RETURNED: State.PAYABLE}
    assert [paying.view(which).state for which in range(CASES)] == [
        cases.get(each_state, State.ORDERED) for each_state in states
    ]
    with paying.store.read() as work:
        odd = {result.subject for result in payment_lists.reconcile(work)}
    lied = {order.number for order, sequence, state in zip(paying.orders(), sequences, states, strict=True)
            if state is OrderState.FAILED and BankStatus.SETTLED in sequence}  # fmt: skip
    assert odd == lied
    before = written(paying.store)
    for path in reversed(paths):
        paying.read(path)
    assert [each_order.state for each_order in paying.orders()] == states
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
def test_a_thousand_sequences_end_with_the_right_money(sequences: list[list[BankStatus]]) -> None:
    ends_right(sequences)


@settings(max_examples=4)
@given(sequences=SEQUENCES)
@pytest.mark.slow
def test_a_hundred_sequences_end_with_the_right_money(sequences: list[list[BankStatus]]) -> None:
    ends_right(sequences)


def ends_right(sequences: list[list[BankStatus]]) -> None:
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
    holds(paying, [chance.choices(list(BankStatus), k=chance.randint(1, 6)) for _ in range(CASES)])
