"""One lawful request for each act of a person, so that only state, turn and duty can be a reason to refuse it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from casework.command_handler import act
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Action
from casework.shared.errors import Refused
from models import Duty
from models.store import Store
from support import payment_acts
from support.payment_acts import allocate, prepare
from support.stage import claim, facts
from support.walk import answer, batch_of, fund_of, number_of, order_of

Attempt = Callable[[Store, CaseView, UUID], Any]


def _sends(kind: type[r.Act], **fixed: Any) -> Attempt:
    def attempt(store: Store, case: CaseView, by: UUID) -> Any:
        more = {name: value(case) if callable(value) else value for name, value in fixed.items()}
        return act(store, kind(case=case.id, by=by, act_id=uuid4(), seen=case.version, **more))

    return attempt


def _allocates(store: Store, case: CaseView, by: UUID) -> Any:
    number = f"算例文号 {uuid4()}"
    return allocate(store, number=number, fund=fund_of(case), cases=[case.id], by=by, act_id=uuid4())


def _prepares(store: Store, case: CaseView, by: UUID) -> Any:
    return prepare(store, fund=fund_of(case), cases=[case.id], by=by, act_id=uuid4())


def _on_batch(act: Callable[..., Any], **more: Any) -> Attempt:
    def attempt(store: Store, case: CaseView, by: UUID) -> Any:
        return act(store, batch=batch_of(store, case), by=by, act_id=uuid4(), **more)

    return attempt


def _answers(outcome: str) -> Attempt:
    def attempt(store: Store, case: CaseView, by: UUID) -> Any:
        order = order_of(store, case.id)
        report = answer(store, order, outcome, by=by, act_id=uuid4())
        overtaken = outcome == "returned" and order is not None and order.state != "settled"  # that is a failure
        if not report.moved or overtaken:
            raise Refused("no_effect", "回单没有改变任何案件", "the result moved no case")
        return report

    return attempt


def _checks(store: Store, case: CaseView, by: UUID) -> Any:
    """The third level approves what the second has checked."""
    act = payment_acts.approve if case.next_duty == Duty.HEAD else payment_acts.check
    return _on_batch(act)(store, case, by)


ATTEMPTS: dict[Action, Attempt] = {
    Action.FILE: _sends(r.File, claim=lambda case: claim(case.item, number_of(case))),
    Action.ACCEPT: _sends(r.Accept),
    Action.RETURN: _sends(r.ReturnForCorrection, missing=("算例材料",)),
    Action.REFUSE: _sends(r.Refuse, reason="算例理由"),
    Action.SCREEN: _sends(r.Screen),
    Action.CERTIFY: _sends(r.Certify, facts=lambda case: facts(case.item, number_of(case))),
    Action.COMPARE: _sends(r.Compare, comparison=1, verdict="different", reason="算例理由"),
    Action.OPINE: _sends(r.Opine),
    Action.OVERRIDE: _sends(r.OverrideOpinion, reason="算例理由"),
    Action.WAIVE: _sends(r.Waive, check="exclusion", reason="算例理由", reason_code="document", paper="算例文号"),
    Action.CONFIRM_AMOUNT: _sends(r.ConfirmAmount),
    Action.DECIDE: _sends(r.Decide),
    Action.OBJECT: _sends(r.Object, reason="算例异议"),
    Action.ANSWER: _sends(r.AnswerObjection, reason="算例答复"),
    Action.WITHDRAW: _sends(r.Withdraw),
    Action.HOLD: _sends(r.Hold, reason="算例理由", review_on="2030-01-01"),
    Action.UNHOLD: _sends(r.Unhold),
    Action.UNDO: _sends(r.Undo, reason="算例理由"),
    Action.REOPEN: _sends(r.Reopen, reason="算例理由"),
    Action.REBIND: _sends(r.Rebind, reason="算例理由", rule_version="1"),
    Action.DELIVER: _sends(r.Deliver, document="算例凭据"),
    Action.REPORT: _sends(r.ReportMilestone, milestone=1, text="算例进展"),
    Action.REVIEW: _sends(r.Review, reason="算例：没有数据，仍予办结"),
    Action.ALLOCATE: _allocates,
    Action.PREPARE: _prepares,
    Action.CHECK_BATCH: _checks,
    Action.REJECT_BATCH: _on_batch(payment_acts.reject_batch, reason="算例理由"),
    Action.RELEASE: _on_batch(payment_acts.release),
    Action.SETTLE: _answers("settled"),
    Action.FAIL: _answers("failed"),
    Action.TAKE_BACK: _answers("returned"),
    Action.PAY_OFFLINE: _sends(r.RegisterOffline, document="算例凭证"),
}
# What the bank says is kept as read, whether it moves a case or not.
KEPT = frozenset({Action.SETTLE, Action.FAIL, Action.TAKE_BACK})
