"""Every state a case can stand in with each duty whose turn it can then be, and how a case gets there by real acts."""

from collections.abc import Callable
from dataclasses import dataclass

from casework.applications import automatic_checks
from casework.funds import budget_register
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.shared.reference import touch
from models import Duty, State
from policies.money import Money
from support.stage import BUDGET, LEAD, officer
from support.walk import Walk, exclude, export_batch, firm_of

S, D = State, Duty
Go = Callable[[Walk, CaseView], object]


@dataclass(frozen=True)
class Situation:
    """A state and whose turn it is, for an item; `last` are acts that the ordinary way does not take."""

    name: str
    item: str
    state: State
    duty: Duty | None
    start: tuple[State, Duty] | None = None
    last: tuple[Go, ...] = ()

    def __str__(self) -> str:
        return self.name

    def reach(self, walk: Walk) -> CaseView:
        """Brings case 1 here."""
        identity = walk.open(self.item, 1)
        if self.start is None and not self.last:
            return walk.to(identity, self.state, self.duty)
        case = walk.to(identity, *self.start) if self.start else walk.stage.case(identity)
        for act in self.last:
            act(walk, walk.stage.case(identity))
        case = walk.stage.case(identity)
        assert (case.state, case.next_duty) == (self.state, self.duty), (case.state, case.next_duty)
        return case


def _does(kind: type[r.Act], duty: Duty | None = None, which: int | None = None, **more: object) -> Go:
    def go(walk: Walk, case: CaseView) -> object:
        by = {} if which is None or duty is None else {"by": officer(duty, which)}
        return walk.do(kind, case, **({"duty": duty} if duty else {}), **by, **more)

    return go


def _ends(name: str) -> Go:
    """The value is out of force from now on."""

    def go(walk: Walk, case: CaseView) -> object:
        with walk.stage.store.write() as work:
            work.connection.exec_driver_sql(f"UPDATE parameter_value SET status = 'ended' WHERE parameter = '{name}'")
            touch(work)
        return walk.forward(case.id)

    return go


def _excluded(walk: Walk, case: CaseView) -> object:
    """The applicant gets onto the exclusion list."""
    exclude(walk.stage, firm_of(case))
    return walk.forward(case.id)


def _lapses(walk: Walk, case: CaseView) -> object:
    """The time for filing passes."""
    assert case.next_due is not None
    walk.stage.store.set_clock(case.next_due, frozen=True)
    return automatic_checks.lapse(walk.stage.store)


def _limits(walk: Walk, case: CaseView) -> object:
    """From now on every payment is above the threshold of the third level."""
    with walk.stage.store.write() as work:
        walk.stage.value(work, "P-release-threshold", "1")
        touch(work)
    return walk.forward(case.id)


def _sends(walk: Walk, case: CaseView) -> object:
    """The batch goes to the bank."""
    return export_batch(walk.stage.store, case, officer(D.RELEASER))


def _empties(walk: Walk, case: CaseView) -> object:
    """The fund is emptied first: its whole budget goes back to the treasury."""
    fund_officer = officer(Duty.FUND_OFFICER)
    budget_register.cut(walk.stage.store, fund_officer, unit=LEAD, year=2023, amount=Money(BUDGET), document="算例收回")
    return walk.forward(case.id)


_WHY = "算例理由"
_HELD = _does(r.Hold, D.HEAD, reason=_WHY, review_on="2030-01-01")
_ANY = "算例材料"
SITUATIONS: tuple[Situation, ...] = (
    Situation("draft", "M4a", S.DRAFT, D.APPLICANT),
    Situation("filed, to be checked", "M4a", S.FILED, D.SYSTEM),
    Situation("filed", "M4a", S.FILED, D.ACCEPTOR),
    Situation("filed and held", "M4a", S.FILED, D.ACCEPTOR, (S.FILED, D.ACCEPTOR), (_HELD,)),
    Situation(
        "in correction", "M4a", S.IN_CORRECTION, D.APPLICANT, (S.FILED, D.ACCEPTOR),
        (_does(r.ReturnForCorrection, missing=(_ANY,)),),
    ),
    Situation("accepted, to be screened", "M4a", S.ACCEPTED, D.SCREENER),
    Situation("accepted", "M14a", S.ACCEPTED, D.CERTIFIER),
    Situation("screened", "M4a", S.SCREENED, D.CERTIFIER),
    Situation("under joint review", "M5c", S.UNDER_JOINT_REVIEW, D.JOINT_REVIEWER),
    Situation(
        "opinion against", "M5c", S.UNDER_JOINT_REVIEW, D.HEAD, (S.UNDER_JOINT_REVIEW, D.JOINT_REVIEWER),
        (_does(r.Opine, positive=False, reason=_WHY), _does(r.Opine)),
    ),
    Situation("certified", "M4a", S.CERTIFIED, D.SYSTEM),
    Situation(
        "without its rate", "M16", S.CERTIFIED, D.PARAMETER_AUTHOR, (S.CERTIFIED, D.SYSTEM),
        (_ends("P16-rate"),),
    ),
    Situation(
        "without money", "M4a", S.CERTIFIED, D.FUND_OFFICER, (S.CERTIFIED, D.SYSTEM), (_empties,),
    ),
    Situation("stopped by a condition", "M10", S.CERTIFIED, D.HEAD, (S.CERTIFIED, D.SYSTEM), (_excluded,)),
    Situation("computed", "M4a", S.COMPUTED, D.AMOUNT_CHECKER),
    Situation("computed and confirmed", "M4a", S.COMPUTED, D.DECIDER),
    Situation("decided", "M4a", S.DECIDED, D.SYSTEM),
    Situation("on notice", "M4a", S.ON_NOTICE, D.SYSTEM),
    Situation(
        "contested", "M4a", S.ON_NOTICE, D.INVESTIGATOR, (S.ON_NOTICE, D.SYSTEM),
        (_does(r.Object, D.CLERK, reason=_WHY),),
    ),
    Situation("to be delivered", "M9", S.ON_NOTICE, D.DELIVERER),
    Situation("payable", "M4a", S.PAYABLE, D.ALLOCATOR),
    Situation("payable and held", "M4a", S.PAYABLE, D.ALLOCATOR, (S.PAYABLE, D.ALLOCATOR), (_HELD,)),
    Situation("to be prepared", "M4a", S.PAYABLE, D.MAKER),
    Situation("to be checked", "M4a", S.PAYABLE, D.CHECKER),
    Situation("above the threshold", "M4a", S.PAYABLE, D.HEAD, (S.PAYABLE, D.CHECKER), (_limits,)),
    Situation("to be released", "M4a", S.PAYABLE, D.RELEASER),
    Situation("ordered", "M4a", S.ORDERED, D.RECONCILER),
    Situation("sent", "M4a", S.ORDERED, D.RECONCILER, (S.ORDERED, D.RECONCILER), (_sends,)),
    Situation("paid", "M4a", S.PAID, D.SYSTEM),
    Situation("paid and closed", "M4a", S.CLOSED, None),
    Situation(
        "paid offline", "M4a", S.PAID, D.SYSTEM, (S.PAYABLE, D.ALLOCATOR), (_does(r.RegisterOffline, D.MAKER, document=_ANY),)
    ),
    Situation("delivered", "M9", S.DELIVERED, D.SYSTEM),
    Situation("planned", "M10", S.PLANNED, D.CERTIFIER),
    Situation("in progress", "M10", S.IN_PROGRESS, D.APPLICANT),
    Situation("reported", "M10", S.REPORTED, D.CERTIFIER),
    Situation("reviewed", "M10", S.REVIEWED, D.SYSTEM),
    Situation("closed", "M10", S.CLOSED, None),
    Situation("refused", "M4a", S.REFUSED, None, (S.FILED, D.ACCEPTOR), (_does(r.Refuse, reason=_WHY),)),
    Situation("withdrawn", "M4a", S.WITHDRAWN, None, (S.COMPUTED, D.DECIDER), (_does(r.Withdraw, D.APPLICANT),)),
    Situation(
        "lapsed", "M4a", S.LAPSED, None, (S.FILED, D.ACCEPTOR),
        (_does(r.ReturnForCorrection, missing=(_ANY,)), _lapses),
    ),
)  # fmt: skip
