"""Officers in many processes who act on the same cases at the same moment, and computations that race for the last yuan."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from random import Random
from time import sleep
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam, text, update
from sqlmodel import col

from casework import command_handler
from casework.awards import computation
from casework.command_handler import act
from casework.funds import budget_register
from casework.lifecycle import case_changes, case_writes
from casework.lifecycle import commands as r
from casework.lifecycle.authorization import parts
from casework.shared.errors import Problem
from models import Case, Duty, State
from models.statements import Prepared, given
from models.store import Store
from policies.money import Money
from support import payment_acts
from support.apart import together
from support.stage import BUDGET, LEAD, NOON, Stage, facts, named, officer
from support.walk import Walk, batch_of

Rival = Callable[[Store], object]
Contest = Callable[[Walk, int], list[Rival]]
PRICE = 200_000_00  # of each case here, by the text


def main(url: str, kind: str, acts: int, workers: int, folder: str, seed: int, naive: bool = False) -> dict[str, Any]:
    """One kind of race on a furnished store; what came of it."""
    if kind == "yuan":
        return race_for_the_last_yuan(url, acts, workers, seed)
    return race_acts(url, acts, workers, Path(folder), seed, naive)


def race_acts(url: str, acts: int, workers: int, folder: Path, seed: int, naive: bool) -> dict[str, Any]:
    """Opposite acts on the same cases in all workers; the same contest is met by each of them at about the same time."""
    kinds = NAIVE if naive else KINDS
    contests = list(_contests(url, acts // workers // 2, kinds))
    if naive:
        drop_the_guards(url)

    def worker(number: int) -> None:
        store, dice, done = Store(url), Random(f"{seed}:{number}"), Counter[str]()
        for start in range(0, len(contests), 5):
            block = contests[start : start + 5]
            dice.shuffle(block)
            for rivals in block:
                dice.shuffle(order := list(rivals))
                done.update(_tried(store, rival) for rival in order)
        (folder / f"worker-{number}.json").write_text(json.dumps(done))

    together([partial(worker, each_number) for each_number in range(workers)])
    told = sum((Counter(json.loads(file.read_text())) for file in folder.glob("worker-*.json")), Counter[str]())
    return {**told, **_counted(url), "contests": len(contests)}


def _tried(store: Store, rival: Rival) -> str:
    try:
        rival(store)
    except Problem as no:
        return type(no).__name__
    return "done"


def _contests(url: str, wanted: int, kinds: Sequence[Contest]) -> Iterator[list[Rival]]:
    """Cases at several points of their way, each with two acts that exclude each other."""
    walk = Walk(Stage(Store(url)))
    for number, kind in zip(range(1, wanted + 1), cycle(kinds), strict=False):
        walk.stage.store.set_clock(NOON, frozen=True)
        yield kind(walk, number)
    walk.stage.store.close()


def _send(kind: type[r.Act], case: UUID, by: UUID, seen: int, **more: Any) -> Rival:
    return lambda store: act(store, kind(case=case, by=by, act_id=uuid4(), seen=seen, **more))


def _accept_or_refuse(walk: Walk, number: int) -> list[Rival]:
    case = walk.to(walk.open("M4a", number, number % 4), State.FILED, Duty.ACCEPTOR)
    first, second = (officer(Duty.ACCEPTOR, which) for which in (0, 1))
    return [
        _send(r.Accept, case.id, first, case.version),
        _send(r.Refuse, case.id, second, case.version, reason="算例理由"),
    ]


def _decide_or_refuse(walk: Walk, number: int) -> list[Rival]:
    case = walk.to(walk.open("M4a", number, number % 4), State.COMPUTED, Duty.DECIDER)
    first, second = (officer(Duty.DECIDER, which) for which in (0, 1))
    return [
        _send(r.Decide, case.id, first, case.version),
        _send(r.Refuse, case.id, second, case.version, reason="算例理由"),
    ]


def _certify_or_withdraw(walk: Walk, number: int) -> list[Rival]:
    case = walk.to(walk.open("M4a", number, number % 4), State.SCREENED, Duty.CERTIFIER)
    certifier = officer(Duty.CERTIFIER)
    return [
        _send(r.Certify, case.id, certifier, case.version, facts=facts("M4a", number)),
        _send(r.Withdraw, case.id, walk.applicant(case), case.version),
    ]


def _two_releasers(walk: Walk, number: int) -> list[Rival]:
    case = walk.to(walk.open("M4a", number, number % 4), State.PAYABLE, Duty.RELEASER)
    batch = batch_of(walk.stage.store, case)

    def release(which: int) -> Rival:
        by = officer(Duty.RELEASER, which)
        return lambda store: payment_acts.release(store, batch=batch, by=by, act_id=uuid4())

    return [release(0), release(1)]


# Cheap ones more often: what counts is how many acts collide.
NAIVE: Sequence[Contest] = (_accept_or_refuse,)
KINDS: Sequence[Contest] = (
    *[_accept_or_refuse] * 3, _certify_or_withdraw, *[_accept_or_refuse] * 3, _decide_or_refuse, _two_releasers,
)  # fmt: skip
_DOUBLE = {
    "double_versions": "SELECT COUNT(*) FROM (SELECT case_id, version FROM decision GROUP BY case_id, version"
    " HAVING COUNT(*) > 1) d",
    "double_decisions": "SELECT COUNT(*) FROM (SELECT case_id, from_state FROM decision WHERE action IN ('accept',"
    " 'refuse', 'decide', 'certify', 'withdraw', 'release') AND person_id IS NOT NULL AND outcome <> 'requested'"
    " GROUP BY case_id, from_state HAVING COUNT(*) > 1) d",
    "double_money": "SELECT COUNT(*) FROM (SELECT case_id, target FROM ledger_entry WHERE case_id IS NOT NULL"
    " GROUP BY case_id, source, target HAVING COUNT(*) > 1) d",
    "cases": "SELECT COUNT(*) FROM case_file",
    "decisions": "SELECT COUNT(*) FROM decision",
}


def _counted(url: str) -> dict[str, int]:
    store = Store(url)
    with store.read() as work:
        return {name: int(work.execute(text(query)).scalar_one()) for name, query in _DOUBLE.items()}


def race_for_the_last_yuan(url: str, acts: int, workers: int, seed: int) -> dict[str, Any]:
    """Rounds in which all workers compute the same certified cases, for a fund that has money for some of them."""
    walk = Walk(Stage(Store(url)))
    store, dice, granted, number = walk.stage.store, Random(seed), 0, 0
    clerk = officer(Duty.FUND_OFFICER)
    budget_register.cut(store, clerk, unit=LEAD, year=2023, amount=Money(BUDGET), document="算例收回")
    each = 2 * workers
    for turn in range(acts):
        enough = dice.randint(1, each - 1)
        money = Money(enough * PRICE + PRICE - 1)
        budget_register.appropriate(store, clerk, unit=LEAD, year=2023, amount=money, document=f"算例预算 {turn}")
        ready = [walk.to(walk.open("M4a", number + n), State.CERTIFIED).id for n in range(1, each + 1)]
        number += each
        store.close()
        together([partial(_computes, url, ready, worker, turn) for worker in range(workers)])
        now = [walk.stage.case(case).state for case in ready]
        granted += now.count(State.COMPUTED)
        _withdraw_all(walk, ready)
        assert now.count(State.COMPUTED) == enough, f"{now.count(State.COMPUTED)} granted, money for {enough}"
        left = next(fund for fund in budget_register.listed(store) if (fund.unit, fund.year) == (LEAD, 2023))
        assert (left.reserved, left.available) == (0, money), left
        budget_register.cut(store, clerk, unit=LEAD, year=2023, amount=money, document=f"算例收回 {turn}")
    return {"rounds": acts, "computed": number, "granted": granted}


def _computes(url: str, ready: list[UUID], worker: int, turn: int) -> None:
    store, mine = Store(url), list(ready)
    Random(f"{turn}:{worker}").shuffle(mine)
    for start in range(0, len(mine), 3):
        computation.compute(store, cases=mine[start : start + 3])


def _withdraw_all(walk: Walk, ready: list[UUID]) -> None:
    """The round's cases go, so that the next one begins with an empty queue."""
    for identity in ready:
        case = walk.stage.case(identity)
        act(
            walk.stage.store,
            r.Withdraw(case=identity, by=walk.applicant(case), act_id=named(f"gone {identity}"), seen=case.version),
        )


def drop_the_guards(url: str) -> None:
    """The control: look in one transaction, write in another, compare no versions, and no index or trigger to object."""
    from models.triggers import uninstall

    store = Store(url)
    with store.engine.begin() as connection:
        uninstall(connection)
        connection.exec_driver_sql("DROP INDEX decision_once_a_version")
    store.close()
    moved = {name: given(f"new_{name}", getattr(Case, name)) for name in case_writes._MOVED}
    blind = update(Case).where(col(Case.id) == bindparam("wanted"))
    case_writes._MOVE = Prepared(blind.values(version=bindparam("seen") + 1, changed_at=bindparam("now"), **moved))
    careful = command_handler._chunk

    def careless(store: Store, requests: Sequence[r.Act]) -> Any:
        with store.read() as work:
            looked_at = case_changes.load(work, [request.case for request in requests])
        sleep(0.002)  # a person takes longer
        command_handler._looked_up = lambda work, ids: (looked_at, parts(work, ids))
        return careful(store, requests)

    command_handler._chunk = careless
