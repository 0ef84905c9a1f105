"""What each act does, once it is admitted: one function an act, gathered here."""

from collections.abc import Callable
from typing import Any

from casework.applications import certification, rule_rebinding, submission
from casework.awards import decisions, holds, objections
from casework.conditions import condition_overrides as waiving
from casework.lifecycle.act_context import ActContext
from casework.lifecycle.case_changes import Change
from casework.lifecycle.commands import Action
from casework.lifecycle.receipts import BatchReceipt
from casework.payments import allocation, batch_preparation, batches, offline_payment
from casework.payments.commands import (
    AllocateFund,
    ApproveBatch,
    CheckBatch,
    PaymentCommand,
    PrepareBatch,
    RejectBatch,
    ReleaseBatch,
)
from casework.payments.payment_context import PaymentContext
from casework.programmes import fulfilment
from casework.stacking import comparison_verdicts

Handler = Callable[[ActContext], Change]
PaymentHandler = Callable[[PaymentContext, Any], BatchReceipt]

HANDLERS: dict[Action, Handler] = {
    Action.FILE: submission.file,
    Action.ACCEPT: submission.accept,
    Action.RETURN: submission.send_back,
    Action.REFUSE: submission.refuse,
    Action.SCREEN: submission.screen,
    Action.CERTIFY: certification.certify,
    Action.COMPARE: comparison_verdicts.compare,
    Action.OPINE: certification.opine,
    Action.OVERRIDE: certification.override,
    Action.WAIVE: waiving.waive,
    Action.CONFIRM_AMOUNT: decisions.confirm_amount,
    Action.DECIDE: decisions.decide,
    Action.UNDO: decisions.undo,
    Action.OBJECT: objections.object_,
    Action.ANSWER: objections.answer,
    Action.HOLD: holds.hold,
    Action.UNHOLD: holds.unhold,
    Action.WITHDRAW: holds.withdraw,
    Action.REOPEN: holds.reopen,
    Action.REBIND: rule_rebinding.rebind,
    Action.DELIVER: fulfilment.deliver,
    Action.REPORT: fulfilment.report,
    Action.REVIEW: fulfilment.review,
    Action.PAY_OFFLINE: offline_payment.handle,
}

PAYMENT_HANDLERS: dict[type[PaymentCommand], PaymentHandler] = {
    AllocateFund: allocation.allocate,
    PrepareBatch: batch_preparation.prepare,
    CheckBatch: batches.check,
    ApproveBatch: batches.approve,
    ReleaseBatch: batches.release,
    RejectBatch: batches.reject,
}

__all__ = ["HANDLERS", "PAYMENT_HANDLERS", "Handler"]
