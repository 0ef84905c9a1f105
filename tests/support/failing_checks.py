"""Each hard check with a case that it must stop: how the case comes to fail it, before which act, and how a fault would hide it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from casework.applications.offline_papers import see
from casework.conditions import condition_checks
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.findings import CheckResult, Result
from casework.shared.reference import touch
from models import Case, Duty, State
from models.clock import start_of
from models.triggers import uninstall
from policies.forms import Text
from support.office import POLICY
from support.stage import Stage, facts, officer
from support.walk import Walk, exclude, number_of

S, D = State, Duty
Befalls = Callable[[Stage, CaseView], None]


@dataclass(frozen=True, kw_only=True)
class Plight:
    """A check, the place at which a case comes to fail it, what happens there, and the act that must then be refused."""

    check: str
    at: tuple[State, Duty]
    befalls: Befalls
    item: str = "M4a"
    without: tuple[str, ...] = ()
    act: Callable[[Walk, CaseView], Any] = lambda walk, case: walk.forward(case.id)
    hidden: str = ""  # the function of `casework.conditions.condition_checks` that answers

    def reach(self, walk: Walk, number: int) -> CaseView:
        """The case where the check has just come to fail."""
        state, duty = self.at
        case = walk.to(walk.open(self.item, number, without=self.without), state, duty)
        self.befalls(walk.stage, case)
        return walk.stage.case(case.id)

    def hide(self, patch: pytest.MonkeyPatch) -> None:
        """A careless change: the check answers that all is well."""
        name = self.hidden or f"_{self.check}"
        patch.setattr(condition_checks, name, lambda _facts, *_slot: _passed(self.check))


def _passed(check: str) -> CheckResult:
    return CheckResult(id=check, result=Result.OK, words=Text("算例通过", "passes"), data=check)


def _changes(statement: str) -> Befalls:
    """What no act can bring about once the case is under way."""

    def befalls(stage: Stage, case: CaseView) -> None:
        with stage.store.engine.connect().execution_options(writes=True) as connection, connection.begin():
            uninstall(connection)
            connection.exec_driver_sql(statement)

    return befalls


def _set(name: str, value: Any, *statements: str) -> Befalls:
    """A parameter comes into force."""

    def befalls(stage: Stage, case: CaseView) -> None:
        for statement in statements:
            _changes(statement)(stage, case)
        with stage.store.write() as work:
            stage.value(work, name, value)
            touch(work)

    return befalls


def _filed_a_moment_early(stage: Stage, _case: CaseView) -> None:
    with stage.store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        uninstall(connection)
        connection.execute(update(Case).values(filed_at=start_of(POLICY.opens) - timedelta(microseconds=1)))


def _nothing(_stage: Stage, _case: CaseView) -> None:
    """It failed from the beginning."""


def _certify_before_the_term(walk: Walk, case: CaseView) -> None:
    known = {**facts(case.item, number_of(case)), "certified_on": "2023-06-30"}
    walk.do(r.Certify, case, facts=known)


def _awarded_before(stage: Stage, case: CaseView) -> None:
    """An earlier case of the firm on the very same subject was decided meanwhile."""
    walk = Walk(stage, seed="before")
    earlier = walk.to(walk.open(case.item, 90), S.SCREENED, D.CERTIFIER)
    walk.do(r.Certify, earlier, facts=facts(case.item, number_of(case)))
    walk.to(earlier.id, S.DECIDED)


def _wrong_off_line(stage: Stage, case: CaseView) -> None:
    by = officer(D.CERTIFIER)
    see(stage.store, case=case.id, slot="military_check", good=False, note="算例：不符", by=by)


PLIGHTS: tuple[Plight, ...] = (
    Plight(check="applicant", at=(S.FILED, D.ACCEPTOR), befalls=_changes("UPDATE party SET kind = 'association'")),
    Plight(
        check="window",
        at=(S.FILED, D.ACCEPTOR),
        befalls=_filed_a_moment_early,
    ),
    Plight(check="code", at=(S.FILED, D.ACCEPTOR), befalls=_changes("UPDATE party SET code = lower(code) || '-'")),
    Plight(
        check="registration",
        at=(S.FILED, D.ACCEPTOR),
        befalls=_set("P-registration", ["M4a"], "UPDATE party SET town = NULL"),
    ),
    Plight(check="sector", at=(S.FILED, D.ACCEPTOR), befalls=_set("P-sectors", {"M4a": ["算例行业"]})),
    Plight(check="exclusion", at=(S.FILED, D.ACCEPTOR), befalls=lambda stage, _case: exclude(stage, 0)),
    Plight(
        check="paper:certificate", at=(S.FILED, D.ACCEPTOR), befalls=_nothing, without=("certificate",), hidden="_paper"
    ),
    Plight(
        check="paper:military_check", at=(S.FILED, D.ACCEPTOR), befalls=_wrong_off_line, item="M7", hidden="_offline"
    ),
    Plight(check="event", at=(S.SCREENED, D.CERTIFIER), befalls=_nothing, act=_certify_before_the_term),
    Plight(check="subject", at=(S.SCREENED, D.CERTIFIER), befalls=_awarded_before),
    Plight(
        check="account",
        at=(S.PAYABLE, D.ALLOCATOR),
        befalls=_changes("UPDATE party_account SET status = 'replaced'"),
    ),
)
