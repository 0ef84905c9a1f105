"""Two transactions at once: who loses is told in words, our own take their locks in one order, pricing goes one by one."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from casework.awards import computation
from casework.command_handler import act
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.shared.errors import Retryable
from models import State
from models.store import Store
from support.beside import Beside, waits
from support.stage import Stage, applicant, claim, facts, payable
from support.walk import Walk

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("backend", ["postgresql"], indirect=True)]
EVERY_FUND = text("SELECT 1 FROM fund FOR UPDATE")
FUND = text("SELECT 1 FROM fund WHERE unit = '区经商局' AND year = 2023 FOR UPDATE")
INVOICE = "算例发票 1"


def certified(walk: Walk, number: int, item: str = "M16") -> CaseView:
    """A case on the one invoice or the one certificate, certified."""
    same = {"product": "算例织机", "certificate_no": "算例"} if item == "M4a" else {}
    case = walk.open(item, number)
    walk.do(r.File, walk.stage.case(case), claim={**claim(item, number, document=INVOICE), **same})
    walk.to(case, State.SCREENED)
    walk.do(r.Certify, walk.stage.case(case), facts={**facts(item, number, document=INVOICE), **same})
    return walk.to(case, State.CERTIFIED)


def withdrawal(case: CaseView) -> r.Act:
    """The applicant takes the case back."""
    return r.Withdraw(case=case.id, by=applicant(0), act_id=uuid4(), seen=case.version)


def test_an_ordinary_act_that_lost_a_deadlock_is_told_to_look_again(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.COMPUTED)
    with store.engine.connect().execution_options(writes=True) as other, other.begin() as transaction:
        other.execute(text("SET LOCAL deadlock_timeout = '10min'"))  # the act is the one that is given up
        other.execute(FUND)
        beside = Beside(lambda: act(store, withdrawal(case)))
        waits(store)
        mine = text("SELECT 1 FROM case_file WHERE id = :id FOR UPDATE")
        other.execute(mine, {"id": case.id})
        transaction.rollback()
    assert isinstance(beside.end(), Retryable), beside.found
    assert walk.stage.case(case.id).version == case.version
    assert act(store, withdrawal(case)).state == State.WITHDRAWN, "and the same act again is done"


def test_a_step_that_lost_a_deadlock_leaves_the_case_due_and_flags_nothing(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = certified(walk, 1)
    with store.engine.connect().execution_options(writes=True) as other, other.begin() as transaction:
        other.execute(text("SET LOCAL deadlock_timeout = '10min'"))
        other.execute(FUND)
        beside = Beside(lambda: computation.compute(store, cases=[case.id]))
        waits(store)
        other.execute(text("SELECT 1 FROM case_file WHERE id = :id FOR UPDATE"), {"id": case.id})
        transaction.rollback()
    assert not isinstance(beside.end(), Exception) and not beside.found.failed
    if not beside.found.moved:  # once alone it was lost too, or done at the second try
        computation.compute(store, cases=[case.id])
    assert (walk.stage.case(case.id).state, walk.stage.case(case.id).problem) == (State.COMPUTED, "")


def test_computing_takes_the_fund_before_the_documents_as_giving_back_does(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = certified(walk, 1)
    with store.engine.connect().execution_options(writes=True) as other, other.begin() as transaction:
        other.execute(FUND)
        beside = Beside(lambda: computation.compute(store, cases=[case.id]))
        waits(store)
        free = other.execute(
            text("SELECT count(*) FROM (SELECT 1 FROM cost_line FOR UPDATE NOWAIT) AS free")
        ).scalar_one()
        assert free == 1, "no cost line is held while the fund is waited for"
        transaction.rollback()
    assert beside.end().moved


def side_by_side(store: Store, walk: Walk, cases: list[CaseView]) -> list[int | None]:
    """Computed beside each other while a third session holds every fund; fen of each case afterwards."""
    with store.engine.connect().execution_options(writes=True) as other, other.begin() as transaction:
        other.execute(EVERY_FUND)
        beside = [Beside(lambda case=case: computation.compute(store, cases=[case.id])) for case in cases]  # type: ignore[misc]
        waits(store, len(cases))
        transaction.rollback()
    for thread in beside:
        assert not isinstance(thread.end(), Exception) and not thread.found.failed, thread.found
    return [walk.stage.case(case.id).amount_fen for case in cases]


def test_two_measures_on_one_invoice_come_to_the_higher_sum_and_not_to_both(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    given = side_by_side(store, walk, [certified(walk, 1), certified(walk, 2, "M5c")])
    assert sum(fen or 0 for fen in given) == payable("M5c"), "the difference, whichever came first"


def test_one_certificate_is_paid_once_though_two_cases_on_it_are_computed_at_once(store: Store) -> None:
    """What the rule itself looks back to: earlier awards of the applicant."""
    walk = Walk(Stage(store).furnish(firms=1))
    given = side_by_side(store, walk, [certified(walk, 1, "M4a"), certified(walk, 2, "M4a")])
    assert sorted(fen or 0 for fen in given) == [0, payable("M4a")]
