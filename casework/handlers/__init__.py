"""What each act does to its case, once the guards have passed: one function an act, gathered in `HANDLERS`."""

from collections.abc import Callable

from casework.cases import Change
from casework.desk import Desk
from casework.handlers import certify, compare, decide, flags, fulfil, objections, rebind, submit
from casework.handlers import waive as waiving
from casework.transitions import Action

Handler = Callable[[Desk], Change]

HANDLERS: dict[Action, Handler] = {
    Action.FILE: submit.file,
    Action.ACCEPT: submit.accept,
    Action.RETURN: submit.send_back,
    Action.REFUSE: submit.refuse,
    Action.SCREEN: submit.screen,
    Action.CERTIFY: certify.certify,
    Action.COMPARE: compare.compare,
    Action.OPINE: certify.opine,
    Action.OVERRIDE: certify.override,
    Action.WAIVE: waiving.waive,
    Action.CONFIRM_AMOUNT: decide.confirm_amount,
    Action.DECIDE: decide.decide,
    Action.UNDO: decide.undo,
    Action.OBJECT: objections.object_,
    Action.ANSWER: objections.answer,
    Action.HOLD: flags.hold,
    Action.UNHOLD: flags.unhold,
    Action.WITHDRAW: flags.withdraw,
    Action.REOPEN: flags.reopen,
    Action.REBIND: rebind.rebind,
    Action.DELIVER: fulfil.deliver,
    Action.REPORT: fulfil.report,
    Action.REVIEW: fulfil.review,
    Action.PAY_OFFLINE: fulfil.pay_offline,
}

__all__ = ["HANDLERS", "Handler"]
