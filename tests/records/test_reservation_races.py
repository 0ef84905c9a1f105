"""Several processes at once: a fund is never over-committed, the audit chain never forks, numbers are never doubled."""

import multiprocessing
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import bindparam, select, text, update
from sqlmodel import col

from models import Account, Fund, JobClaim, LedgerEntry
from models.statements import Prepared
from models.store import Store
from models.verify import verify
from support.dossier import BUDGET, DossierCase

WORKERS = 4
TRIES = 40
SHARE = BUDGET // 100  # so that 160 tries share what is enough for 100
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["support.dossier", "models.verify", "psycopg"])
_RESERVE = Prepared(
    update(Fund)
    .where(col(Fund.id) == bindparam("wanted"), col(Fund.available_fen) >= bindparam("fen"))
    .values(
        available_fen=col(Fund.available_fen) - bindparam("fen"),
        reserved_fen=col(Fund.reserved_fen) + bindparam("fen"),
    )
)


def reserve(url: str, fund: UUID, worker: int, done: Any) -> None:
    """Reserves shares as often as there is money, each in its own transaction with its ledger and audit row."""
    store = Store(url)
    won = 0
    for attempt in range(TRIES):
        with store.write() as work:
            number = work.number("reservation")
            if work.run(_RESERVE, wanted=fund, fen=SHARE) != 1:
                continue
            work.add(
                LedgerEntry,
                fund_id=fund,
                source=Account.AVAILABLE,
                target=Account.RESERVED,
                amount_fen=SHARE,
                once=f"try:{number}",
                made_at=work.now,
            )
            work.audit(actor=str(worker), action="reserve", subject=f"{number}", content={"attempt": attempt})
            won += 1
    store.close()
    done.put(won)


def reserve_in_two_steps(url: str, fund: UUID, worker: int, done: Any) -> None:
    """The careless way: reads the balance first, then writes what it computed from it."""
    store = Store(url)
    won = 0
    for _ in range(TRIES):
        try:
            with store.write() as work:
                left = work.execute(select(col(Fund.available_fen)).where(col(Fund.id) == fund)).scalar_one()
                if left < SHARE:
                    continue
                taken = {"available_fen": col(Fund.available_fen) - SHARE, "reserved_fen": Fund.reserved_fen + SHARE}
                work.execute(update(Fund).where(col(Fund.id) == fund).values(**taken))
                work.add(
                    LedgerEntry,
                    fund_id=fund,
                    source=Account.AVAILABLE,
                    target=Account.RESERVED,
                    amount_fen=SHARE,
                    once=f"try:{worker}:{work.new_id()}",
                    made_at=work.now,
                )
            won += 1
        except Exception as refused:
            assert "fund_is_never_overcommitted" in str(refused), refused
    store.close()
    done.put(won)


def claim(url: str, fund: UUID, worker: int, done: Any) -> None:
    """Claims the same forty jobs as everybody else."""
    store = Store(url)
    won = 0
    for day in range(TRIES):
        try:
            with store.write() as work:
                work.add(JobClaim, kind="sweep", business_date=str(day), claimed_at=work.now, outcome=str(worker))
            won += 1
        except Exception as refused:
            assert "UNIQUE" in str(refused) or "job_once_a_date" in str(refused), refused
    store.close()
    done.put(won)


def race(store: Store, what: Callable[..., None], fund: UUID) -> list[int]:
    """Runs the same in several processes at once; what each of them won."""
    store.close()
    done = FORK.Queue()
    workers = [FORK.Process(target=what, args=(store.url, fund, number, done)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    won = [done.get(timeout=1200) for _ in workers]
    for worker in workers:
        worker.join()
    done.close()
    done.join_thread()
    return won


def no_money_left(store: Store) -> None:
    """Everything is reserved, nothing more, and every invariant holds."""
    with store.read() as work:
        fund = work.execute(select(col(Fund.available_fen), col(Fund.reserved_fen))).one()
    assert (fund.available_fen, fund.reserved_fen) == (0, BUDGET)
    report = verify(store)
    assert report.ok, [str(found) for found in report.bad]


@pytest.mark.prove
def test_racing_reservations_take_what_the_fund_has_and_extend_one_chain(store: Store) -> None:
    dossier = DossierCase(store).prepare()
    won = race(store, reserve, dossier.ids["fund"])
    assert sum(won) == BUDGET // SHARE
    no_money_left(store)
    with store.read() as work:
        chain = work.execute(text("SELECT COUNT(*), MIN(seq), MAX(seq) FROM audit_entry")).one()
        last = work.execute(text("SELECT last FROM counter WHERE series = 'reservation'")).scalar_one()
    assert tuple(chain) == (sum(won), 1, sum(won))
    assert last == WORKERS * TRIES


@pytest.mark.prove
def test_even_reservations_that_forget_to_compare_are_stopped_by_the_fund(store: Store) -> None:
    dossier = DossierCase(store).prepare()
    won = race(store, reserve_in_two_steps, dossier.ids["fund"])
    assert sum(won) == BUDGET // SHARE
    no_money_left(store)


@pytest.mark.prove
def test_a_job_is_claimed_by_one_of_many(store: Store) -> None:
    won = race(store, claim, DossierCase(store).prepare().ids["fund"])
    assert sum(won) == TRIES
