"""Two transactions that want the same rows: who loses is told in words, and our own take their locks in one order."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from casework import requests as r
from casework.acting import act
from casework.cases import CaseView
from casework.errors import Retryable
from casework.steps import compute
from models import State
from models.store import Store
from support.beside import Beside, waits
from support.stage import Stage, applicant, claim, facts
from support.walk import Walk

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("backend", ["postgresql"], indirect=True)]
FUND = text("SELECT 1 FROM fund WHERE unit = '区经商局' AND year = 2023 FOR UPDATE")
INVOICE = "算例发票 1"


def certified(walk: Walk, number: int) -> CaseView:
    """A case of M16 on the one invoice, certified."""
    case = walk.open("M16", number)
    walk.do(r.File, walk.stage.case(case), claim=claim("M16", number, document=INVOICE))
    walk.to(case, State.SCREENED)
    walk.do(r.Certify, walk.stage.case(case), facts=facts("M16", number, document=INVOICE))
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
        beside = Beside(lambda: compute.compute(store, cases=[case.id]))
        waits(store)
        other.execute(text("SELECT 1 FROM case_file WHERE id = :id FOR UPDATE"), {"id": case.id})
        transaction.rollback()
    assert not isinstance(beside.end(), Exception) and not beside.found.failed
    if not beside.found.moved:  # once alone it was lost too, or done at the second try
        compute.compute(store, cases=[case.id])
    assert (walk.stage.case(case.id).state, walk.stage.case(case.id).problem) == (State.COMPUTED, "")


def test_computing_takes_the_fund_before_the_documents_as_giving_back_does(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = certified(walk, 1)
    with store.engine.connect().execution_options(writes=True) as other, other.begin() as transaction:
        other.execute(FUND)
        beside = Beside(lambda: compute.compute(store, cases=[case.id]))
        waits(store)
        free = other.execute(
            text("SELECT count(*) FROM (SELECT 1 FROM cost_line FOR UPDATE NOWAIT) AS free")
        ).scalar_one()
        assert free == 1, "no cost line is held while the fund is waited for"
        transaction.rollback()
    assert beside.end().moved
