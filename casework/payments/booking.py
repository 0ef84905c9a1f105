"""Books what the bank did: case, order, entitlement and ledger move together, a set at a time."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from casework.funds.ledger import Transfer, transfer
from casework.lifecycle.act_context import ActContext, unit
from casework.lifecycle.case_changes import CaseView, Change, record
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import system
from casework.payments import payment_orders
from casework.payments.bank_status import CATEGORIES, category
from casework.payments.entitlement_balance import EntitlementBalance, Order, lines
from casework.payments.payment_context import PaymentContext
from casework.payments.payment_orders import OrderStep
from casework.payments.reading.result_line import ResultLine
from casework.payments.status_transitions import Effect, StatusTransition
from casework.shared.errors import Problem, Refused
from casework.stacking.late_benefits import back
from models import Account, Duty, OrderState, State

Fit = tuple[ResultLine, Order, CaseView, StatusTransition]
No = tuple[ResultLine, Order, Problem]
_ACTIONS = {Effect.SETTLE: Action.SETTLE, Effect.FAIL: Action.FAIL, Effect.TAKE_BACK: Action.TAKE_BACK}


def book(context: PaymentContext, fits: Sequence[Fit], act_id: UUID) -> list[No]:
    """Books the verdicts of different orders; the lines that the guards refuse come back, with why, and moved nothing."""
    refused: list[No] = []
    steps = [OrderStep(o.id, o.state, v.state, o.reason) for _, o, _, v in fits if v.effect is Effect.ACKNOWLEDGE]
    for effect, action in _ACTIONS.items():
        chosen = {case.id: (line, order, verdict) for line, order, case, verdict in fits if verdict.effect is effect}
        views = [case for _, _, case, verdict in fits if verdict.effect is effect]
        if not views:
            continue
        promises = lines(context.work, list(chosen))
        shares, excluded = context.admit(views, action, uuid5(act_id, effect))
        numbers = {case.number: case.id for case in views}
        for left_out in excluded:
            line, order, _ = chosen[numbers[left_out.case]]
            refused.append((line, order, Refused(left_out.code, left_out.zh, left_out.en)))
        ready: list[tuple[ActContext, ResultLine, Order, StatusTransition, EntitlementBalance]] = []
        for share in shares:
            line, order, verdict = chosen[share.case.id]
            promise = promises.get(share.case.id)
            if promise is None or promise.entitlement != order.entitlement_id:
                no = Refused("no_entitlement", f"指令 {order.number} 对应的审定结果已撤销", "the entitlement has ended")
                refused.append((line, order, no))
                continue
            ready.append((share, line, order, verdict, promise))
        record(context.work, [_change(*booked[:4]) for booked in ready])
        steps += [OrderStep(order.id, order.state, verdict.state, line.reason) for _, line, order, verdict, _ in ready]
        _money(context, effect, [(order, promise) for *_, order, _, promise in ready])
    payment_orders.move(context.work, steps)
    return refused


def _change(share: ActContext, line: ResultLine, order: Order, verdict: StatusTransition) -> Change:
    """The case's move: paid, or back to the maker with what has to be put right."""
    content = {"order": order.number, "fen": order.amount_fen, "outcome": line.outcome.value}
    if verdict.effect is Effect.SETTLE:
        return share.move(State.PAID, system(share.work.now), outcome="settled", content=content)
    kind = category(line.reason)
    zh = CATEGORIES[kind][0]
    what = "退汇" if verdict.state is OrderState.RETURNED else "拨付失败"
    following = share.procedure.turn(Duty.MAKER)
    words = f"{what}：{zh}" + (f"（{line.reason}）" if line.reason else "")
    content["category"] = kind.value
    told = (
        share.tell_applicant(
            "payment_returned" if verdict.state is OrderState.RETURNED else "payment_failed", reason=zh
        ),
        unit(following.unit, Duty.MAKER, "turn", reason=zh),
    )
    following, sets = back(share.work, share.procedure, share.case, following, words)
    outcome = line.outcome.value
    return share.move(State.PAYABLE, following, outcome=outcome, content=content, reason=words, sets=sets, tell=told)


def _money(context: PaymentContext, effect: Effect, paid: Sequence[tuple[Order, EntitlementBalance]]) -> None:
    """Settled: committed to paid. Taken back: paid to committed. Failed: it is still committed."""
    if effect is Effect.FAIL or not paid:
        return
    settled = effect is Effect.SETTLE
    source, target = (Account.COMMITTED, Account.PAID) if settled else (Account.PAID, Account.COMMITTED)
    payment_orders.book(
        context.work, [(order.entitlement_id, order.amount_fen if settled else -order.amount_fen) for order, _ in paid]
    )
    transfer(
        context.work,
        [
            Transfer(
                fund=promise.fund,
                case=order.case_id,
                source=source,
                target=target,
                fen=order.amount_fen,
                once=f"{order.number}/{'settled' if settled else 'returned'}",
            )
            for order, promise in paid
        ],
    )
