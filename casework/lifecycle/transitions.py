"""The transition table as data: which act, by which duty, leads from which state to which.

A row says what may happen, not where the case goes on to: `casework.lifecycle.procedure` chooses among a row's targets (is there a
screening? joint review? a notice?). The system's own moves are rows too, with the duty `system`.
"""

from dataclasses import dataclass

from casework.lifecycle.commands import Action
from models.cases import TERMINAL, State
from models.people import Duty


@dataclass(frozen=True, kw_only=True)
class Move:
    """One row of the table. `turn`: the act belongs to the duty whose turn it is (else: to whoever holds the duty)."""

    action: Action
    source: State
    duty: Duty
    targets: tuple[State, ...]
    turn: bool = True


S, D, A = State, Duty, Action
_BEFORE_ORDER = (
    S.DRAFT, S.FILED, S.IN_CORRECTION, S.ACCEPTED, S.SCREENED, S.UNDER_JOINT_REVIEW, S.CERTIFIED, S.COMPUTED,
    S.DECIDED, S.ON_NOTICE, S.PAYABLE, S.PLANNED, S.IN_PROGRESS,
)  # fmt: skip
_HOLDABLE = tuple(s for s in State if s not in TERMINAL and s not in (S.DRAFT, S.IN_CORRECTION, S.PAID, S.DELIVERED))

_UNDOABLE = (S.DECIDED, S.ON_NOTICE, S.PAYABLE)
_BEFORE_PRICE = (S.FILED, S.ACCEPTED, S.SCREENED, S.UNDER_JOINT_REVIEW, S.CERTIFIED, S.PLANNED)
_REOPENABLE = (S.REFUSED, S.WITHDRAWN, S.LAPSED)
_WAIVABLE = (
    S.FILED, S.ACCEPTED, S.SCREENED, S.UNDER_JOINT_REVIEW, S.CERTIFIED, S.COMPUTED, S.DECIDED, S.ON_NOTICE, S.PAYABLE,
    S.PLANNED,
)  # fmt: skip
_AGAIN = (S.CERTIFIED, S.UNDER_JOINT_REVIEW, S.FILED)


def _row(action: Action, source: State, duty: Duty, *targets: State, turn: bool = True) -> Move:
    return Move(action=action, source=source, duty=duty, targets=targets, turn=turn)


TABLE: tuple[Move, ...] = (
    # submit
    _row(A.FILE, S.DRAFT, D.APPLICANT, S.FILED, S.PLANNED),
    _row(A.FILE, S.DRAFT, D.CLERK, S.FILED, S.PLANNED, turn=False),
    _row(A.FILE, S.IN_CORRECTION, D.APPLICANT, S.FILED, S.PLANNED),
    _row(A.FILE, S.IN_CORRECTION, D.CLERK, S.FILED, S.PLANNED, turn=False),
    _row(A.LAPSE, S.DRAFT, D.SYSTEM, S.LAPSED, turn=False),
    _row(A.LAPSE, S.IN_CORRECTION, D.SYSTEM, S.LAPSED, turn=False),
    _row(A.CHECK, S.FILED, D.SYSTEM, S.FILED, S.ACCEPTED, S.SCREENED, S.REFUSED),
    _row(A.ACCEPT, S.FILED, D.ACCEPTOR, S.ACCEPTED),
    _row(A.RETURN, S.FILED, D.ACCEPTOR, S.IN_CORRECTION),
    _row(A.REFUSE, S.FILED, D.ACCEPTOR, S.REFUSED),
    # certify
    _row(A.SCREEN, S.ACCEPTED, D.SCREENER, S.SCREENED),
    _row(A.REFUSE, S.ACCEPTED, D.SCREENER, S.REFUSED),
    _row(A.CERTIFY, S.ACCEPTED, D.CERTIFIER, S.CERTIFIED, S.UNDER_JOINT_REVIEW),
    _row(A.REFUSE, S.ACCEPTED, D.CERTIFIER, S.REFUSED),
    _row(A.CERTIFY, S.SCREENED, D.CERTIFIER, S.CERTIFIED, S.UNDER_JOINT_REVIEW),
    _row(A.REFUSE, S.SCREENED, D.CERTIFIER, S.REFUSED),
    _row(A.OPINE, S.UNDER_JOINT_REVIEW, D.JOINT_REVIEWER, S.UNDER_JOINT_REVIEW, S.CERTIFIED),
    _row(A.OVERRIDE, S.UNDER_JOINT_REVIEW, D.HEAD, S.CERTIFIED),
    _row(A.REFUSE, S.UNDER_JOINT_REVIEW, D.HEAD, S.REFUSED, S.IN_CORRECTION),
    # what may be the same benefit
    *(
        _row(A.COMPARE, source, D.CERTIFIER, source, turn=False)
        for source in (S.ACCEPTED, S.SCREENED, S.UNDER_JOINT_REVIEW)
    ),
    _row(A.COMPARE, S.CERTIFIED, D.CERTIFIER, S.CERTIFIED, turn=False),
    *(
        _row(A.COMPARE, source, D.CERTIFIER, source, S.CERTIFIED, turn=False)
        for source in (S.COMPUTED, S.DECIDED, S.ON_NOTICE, S.PAYABLE)
    ),
    # what came to light after the release: the word is given, the case stays
    *(_row(A.COMPARE, source, D.CERTIFIER, source, turn=False) for source in (S.ORDERED, S.PAID, S.CLOSED)),
    # compute
    _row(
        A.COMPUTE, S.CERTIFIED, D.SYSTEM, S.COMPUTED, S.CERTIFIED, S.REFUSED, S.IN_PROGRESS, S.DECIDED, S.IN_CORRECTION
    ),
    _row(A.CONFIRM_AMOUNT, S.COMPUTED, D.AMOUNT_CHECKER, S.COMPUTED),
    _row(A.REFUSE, S.COMPUTED, D.DECIDER, S.REFUSED),
    _row(A.DECIDE, S.COMPUTED, D.DECIDER, S.DECIDED),
    # pay or deliver
    _row(A.ANNOUNCE, S.DECIDED, D.SYSTEM, S.ON_NOTICE, S.PAYABLE, S.DECIDED),
    _row(A.OBJECT, S.ON_NOTICE, D.CLERK, S.ON_NOTICE, turn=False),
    _row(A.ANSWER, S.ON_NOTICE, D.INVESTIGATOR, S.ON_NOTICE, S.REFUSED, turn=False),
    _row(A.END_NOTICE, S.ON_NOTICE, D.SYSTEM, S.PAYABLE, S.ON_NOTICE),
    _row(A.ALLOCATE, S.PAYABLE, D.ALLOCATOR, S.PAYABLE),
    _row(A.PREPARE, S.PAYABLE, D.MAKER, S.PAYABLE),
    _row(A.CHECK_BATCH, S.PAYABLE, D.CHECKER, S.PAYABLE),
    _row(A.CHECK_BATCH, S.PAYABLE, D.HEAD, S.PAYABLE),  # the third level, above the threshold
    _row(A.REJECT_BATCH, S.PAYABLE, D.CHECKER, S.PAYABLE),
    _row(A.REJECT_BATCH, S.PAYABLE, D.HEAD, S.PAYABLE),
    _row(A.RELEASE, S.PAYABLE, D.RELEASER, S.ORDERED),
    _row(A.REJECT_BATCH, S.PAYABLE, D.RELEASER, S.PAYABLE),
    _row(A.REJECT_BATCH, S.PAYABLE, D.MAKER, S.PAYABLE, turn=False),  # the maker takes it back before release
    _row(A.REJECT_BATCH, S.ORDERED, D.RELEASER, S.PAYABLE, turn=False),  # released, and not yet written for the bank
    _row(A.PAY_OFFLINE, S.PAYABLE, D.MAKER, S.PAID, turn=False),
    _row(A.SETTLE, S.ORDERED, D.RECONCILER, S.PAID),
    _row(A.FAIL, S.ORDERED, D.RECONCILER, S.PAYABLE),
    _row(A.TAKE_BACK, S.PAID, D.RECONCILER, S.PAYABLE, turn=False),
    _row(A.TAKE_BACK, S.CLOSED, D.RECONCILER, S.PAYABLE, turn=False),
    _row(A.CLOSE, S.PAID, D.SYSTEM, S.CLOSED),
    _row(A.DELIVER, S.DECIDED, D.DELIVERER, S.DELIVERED),
    _row(A.DELIVER, S.ON_NOTICE, D.DELIVERER, S.DELIVERED),
    _row(A.CLOSE, S.DELIVERED, D.SYSTEM, S.CLOSED),
    # work programmes
    _row(A.CERTIFY, S.PLANNED, D.CERTIFIER, S.CERTIFIED, S.UNDER_JOINT_REVIEW),
    _row(A.RETURN, S.PLANNED, D.CERTIFIER, S.IN_CORRECTION),  # a unit's plan goes back; nobody's right is refused
    _row(A.REFUSE, S.PLANNED, D.CERTIFIER, S.IN_CORRECTION),
    _row(A.REPORT, S.IN_PROGRESS, D.APPLICANT, S.IN_PROGRESS, S.REPORTED),
    _row(A.REVIEW, S.REPORTED, D.CERTIFIER, S.REVIEWED, S.IN_PROGRESS),
    _row(A.CLOSE, S.REVIEWED, D.SYSTEM, S.CLOSED),
    # wherever life allows them
    *(_row(A.WITHDRAW, source, D.APPLICANT, S.WITHDRAWN, turn=False) for source in _BEFORE_ORDER),
    *(_row(A.HOLD, source, D.HEAD, source, turn=False) for source in _HOLDABLE),
    *(_row(A.WAIVE, s, d, s, turn=False) for s in _WAIVABLE for d in (D.ACCEPTOR, D.CERTIFIER, D.HEAD)),
    # a condition stopped what the rule would have done by itself
    _row(A.REFUSE, S.CERTIFIED, D.HEAD, S.REFUSED, S.IN_CORRECTION),
    *(_row(A.UNHOLD, source, D.HEAD, source, turn=False) for source in _HOLDABLE),
    *(_row(A.UNDO, source, D.HEAD, source, S.COMPUTED, S.CERTIFIED, turn=False) for source in _UNDOABLE),
    *(_row(A.REBIND, source, D.HEAD, source, turn=False) for source in _BEFORE_PRICE),
    *(_row(A.REOPEN, source, D.HEAD, source, *_AGAIN, turn=False) for source in _REOPENABLE),
)


# What the bank did is booked whatever stands on the case, and a batch may always be given back to its maker.
_BOOKED = {A.SETTLE, A.FAIL, A.TAKE_BACK, A.REJECT_BATCH}
# A notice runs on while its case is on hold: objections are taken and answered all the same, each for itself.
_HEARD = {A.OBJECT, A.ANSWER}
WHILE_HELD = frozenset({A.UNHOLD, A.WITHDRAW, A.UNDO, A.REOPEN, *_HEARD, *_BOOKED})
WHILE_CONTESTED = frozenset({*_HEARD, A.WITHDRAW, A.HOLD, A.UNHOLD, A.UNDO, *_BOOKED})
# Acts that rest on the rule; a no, a withdrawal, a hold, and what was decided before go on without it.
RESTS_ON_RULE = frozenset(
    {A.FILE, A.ACCEPT, A.SCREEN, A.CERTIFY, A.OPINE, A.OVERRIDE,
     A.CONFIRM_AMOUNT, A.DECIDE}
)  # fmt: skip


def rows(action: Action, source: State) -> tuple[Move, ...]:
    """The rows of one action in one state (a clerk's and an applicant's, say)."""
    return _INDEX.get((action, source), ())


def moves() -> frozenset[tuple[State, State]]:
    """Every change of state that some row allows; the database's transition table holds exactly these."""
    return frozenset((row.source, target) for row in TABLE for target in row.targets if target is not row.source)


_INDEX: dict[tuple[Action, State], tuple[Move, ...]] = {}
for _one in TABLE:
    _INDEX[_one.action, _one.source] = (*_INDEX.get((_one.action, _one.source), ()), _one)
