"""Books what the bank did: case, order, entitlement and ledger move together, a set at a time."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from casework.cases import CaseView, Change, record
from casework.desk import Desk, unit
from casework.errors import Problem, Refused
from casework.late import back
from casework.ledger import Transfer, transfer
from casework.payments import orders
from casework.payments.acts import Fail, Office, PaymentAct, Settle, TakeBack
from casework.payments.lines import Line, Order, lines
from casework.payments.orders import Step
from casework.payments.outcomes import CATEGORIES, category
from casework.payments.reading.result import ResultLine
from casework.payments.verdicts import Effect, Verdict
from casework.procedure import system
from models import Account, Duty, OrderState, State

Fit = tuple[ResultLine, Order, CaseView, Verdict]
No = tuple[ResultLine, Order, Problem]
_ACTS: dict[Effect, type[PaymentAct]] = {Effect.SETTLE: Settle, Effect.FAIL: Fail, Effect.TAKE_BACK: TakeBack}


def book(office: Office, fits: Sequence[Fit], act_id: UUID) -> list[No]:
    """Books the verdicts of different orders; the lines that the guards refuse come back, with why, and moved nothing."""
    refused: list[No] = []
    steps = [Step(o.id, o.state, v.state, o.reason) for _, o, _, v in fits if v.effect is Effect.ACKNOWLEDGE]
    for effect, kind in _ACTS.items():
        chosen = {case.id: (line, order, verdict) for line, order, case, verdict in fits if verdict.effect is effect}
        views = [case for _, _, case, verdict in fits if verdict.effect is effect]
        if not views:
            continue
        promises = lines(office.work, list(chosen))
        desks, excluded = office.admit(views, kind, uuid5(act_id, effect))
        numbers = {case.number: case.id for case in views}
        for one in excluded:
            line, order, _ = chosen[numbers[one.case]]
            refused.append((line, order, Refused(one.code, one.zh, one.en)))
        ready: list[tuple[Desk, ResultLine, Order, Verdict, Line]] = []
        for desk in desks:
            line, order, verdict = chosen[desk.case.id]
            promise = promises.get(desk.case.id)
            if promise is None or promise.entitlement != order.entitlement_id:
                no = Refused("no_entitlement", f"指令 {order.number} 对应的审定结果已撤销", "the entitlement has ended")
                refused.append((line, order, no))
                continue
            ready.append((desk, line, order, verdict, promise))
        record(office.work, [_change(*one[:4]) for one in ready])
        steps += [Step(order.id, order.state, verdict.state, line.reason) for _, line, order, verdict, _ in ready]
        _money(office, effect, [(order, promise) for *_, order, _, promise in ready])
    orders.move(office.work, steps)
    return refused


def _change(desk: Desk, line: ResultLine, order: Order, verdict: Verdict) -> Change:
    """The case's move: paid, or back to the maker with what has to be put right."""
    content = {"order": order.number, "fen": order.amount_fen, "outcome": line.outcome.value}
    if verdict.effect is Effect.SETTLE:
        return desk.move(State.PAID, system(desk.work.now), outcome="settled", content=content)
    kind = category(line.reason)
    zh = CATEGORIES[kind][0]
    what = "退汇" if verdict.state is OrderState.RETURNED else "拨付失败"
    following = desk.way.turn(Duty.MAKER)
    words = f"{what}：{zh}" + (f"（{line.reason}）" if line.reason else "")
    content["category"] = kind.value
    told = (
        desk.tell_applicant(
            "payment_returned" if verdict.state is OrderState.RETURNED else "payment_failed", reason=zh
        ),
        unit(following.unit, Duty.MAKER, "turn", reason=zh),
    )
    following, sets = back(desk.work, desk.way, desk.case, following, words)
    outcome = line.outcome.value
    return desk.move(State.PAYABLE, following, outcome=outcome, content=content, reason=words, sets=sets, tell=told)


def _money(office: Office, effect: Effect, paid: Sequence[tuple[Order, Line]]) -> None:
    """Settled: committed to paid. Taken back: paid to committed. Failed: it is still committed."""
    if effect is Effect.FAIL or not paid:
        return
    settled = effect is Effect.SETTLE
    source, target = (Account.COMMITTED, Account.PAID) if settled else (Account.PAID, Account.COMMITTED)
    orders.book(office.work, [(one.entitlement_id, one.amount_fen if settled else -one.amount_fen) for one, _ in paid])
    transfer(
        office.work,
        [
            Transfer(
                fund=promise.fund,
                case=one.case_id,
                source=source,
                target=target,
                fen=one.amount_fen,
                once=f"{one.number}/{'settled' if settled else 'returned'}",
            )
            for one, promise in paid
        ],
    )
