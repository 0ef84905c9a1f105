"""复核、加批、退回、放行: what the checker, the head, the releaser and the maker may do with a batch, whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from casework.lifecycle.act_context import ActContext, unit
from casework.lifecycle.authorization import parts
from casework.lifecycle.case_changes import CaseView, Change, load, record
from casework.lifecycle.commands import Action
from casework.lifecycle.eligible_officers import PERSONAL, helped
from casework.lifecycle.procedure import Next, Procedure
from casework.lifecycle.receipts import BatchReceipt, Excluded
from casework.payments import third_approval
from casework.payments.batch_preparation import list_hash
from casework.payments.commands import (
    ApproveBatch,
    BatchCommand,
    CheckBatch,
    RejectBatch,
    ReleaseBatch,
    SeenBatchCommand,
)
from casework.payments.entitlement_balance import Order, contradicted, orders
from casework.payments.payment_context import PaymentContext, whole
from casework.payments.payment_orders import OrderStep, move
from casework.shared.errors import Broken, Refused, Retryable
from casework.stacking import benefit_comparisons
from casework.stacking.late_benefits import back
from models import Decision, Duty, OrderState, PartyAccount, PaymentBatch, PaymentOrder, State
from models.unit_of_work import UnitOfWork

# Refusals that say nothing against the batch: giving it back would help nobody.
_NOT_THE_BATCH = PERSONAL | {"not_the_turn"}
_WAY_OUT = "。请先退回该批次，排除后重新制单"


class OpenBatch(NamedTuple):
    """A stored batch."""

    id: UUID
    number: str
    fund_id: UUID
    state: str
    orders: int
    total_fen: int
    list_hash: str
    maker_id: UUID
    checker_id: UUID | None
    releaser_id: UUID | None
    made_at: datetime
    released_at: datetime | None
    export_hash: str
    exported_at: datetime | None


@dataclass(frozen=True)
class OpenedBatch:
    """A batch opened: its live orders and their cases, locked."""

    batch: OpenBatch
    orders: tuple[Order, ...]
    cases: Mapping[UUID, CaseView]

    def receipt(self, act_id: UUID, action: str) -> BatchReceipt:
        """The receipt of an act on the whole batch."""
        batch = self.batch
        return BatchReceipt(
            act_id=act_id,
            action=action,
            number=batch.number,
            count=batch.orders,
            total_fen=batch.total_fen,
            list_hash=batch.list_hash,
        )


def check(context: PaymentContext, command: CheckBatch) -> BatchReceipt:
    """The checker agrees: totals are computed again from the orders and must be the maker's (and `seen`, a list hash).

    Above the threshold the head of the paying unit comes next, otherwise the releaser.
    """
    opened, shares = _agreed(context, command, OrderState.PREPARED)
    third = third_approval.above(_sums(opened, shares))
    record(context.work, [_checked(share, opened, third=third) for share in shares])
    _advance(context.work, opened, OrderState.CHECKED, checker_id=command.by)
    return _done(opened, command, Action.CHECK_BATCH)


def approve(context: PaymentContext, command: ApproveBatch) -> BatchReceipt:
    """加批: the head of the paying unit approves a checked batch that is above the threshold; the releaser comes next."""
    opened, shares = _agreed(context, command, OrderState.CHECKED)
    record(context.work, [_to_releaser(share, opened, "approved") for share in shares])
    return _done(opened, command, "approve")


def release(context: PaymentContext, command: ReleaseBatch) -> BatchReceipt:
    """The releaser lets the batch go to the bank: its cases are ordered, and the reconciler's.

    Everything is looked at once more: totals, accounts, the bank's contradictions, and the threshold as it stands now.
    """
    opened, shares = _agreed(context, command, OrderState.CHECKED)
    if third_approval.above(_sums(opened, shares)):
        _approved(context.work, opened)
    record(context.work, [_released(share, opened) for share in shares])
    _advance(context.work, opened, OrderState.RELEASED, releaser_id=command.by, released_at=context.work.now)
    return _done(opened, command, Action.RELEASE)


def reject(context: PaymentContext, command: RejectBatch) -> BatchReceipt:
    """Gives a batch back before its files are written: orders are cancelled and the cases are the maker's again.

    The checker, head or releaser whose turn it is may, its maker any time before the release, and a releaser after it.
    Cases that left payment meanwhile stay where they are, and so do those that wait for their certifier; their orders end.
    """
    reason = command.reason.strip()
    if not reason:
        raise Refused("reason", "请写明退回理由", "say why", field="reason")
    opened = open_batch(context.work, command.number, OrderState.PREPARED, OrderState.CHECKED, OrderState.RELEASED)
    if opened.batch.state == OrderState.RELEASED:
        _a_releaser(context, opened)
    shares = _all(context, opened, command, reason=reason, leave_out_gone=True)
    if not shares:
        _a_maker(context, opened)
    record(context.work, [_rejected(share, opened) for share in shares])
    _advance(context.work, opened, OrderState.CANCELLED, reason=reason)
    return _done(opened, command, Action.REJECT_BATCH)


def _agreed(
    context: PaymentContext, command: SeenBatchCommand, state: OrderState
) -> tuple[OpenedBatch, list[ActContext]]:
    """A batch of which everything is as its maker left it and as the person saw it, each case with its share."""
    opened = open_batch(context.work, command.number, state)
    _agrees(opened, state, command.seen)
    _still_true(context.work, opened)
    return opened, _all(context, opened, command)


def _advance(work: UnitOfWork, opened: OpenedBatch, state: OrderState, reason: str = "", **values: Any) -> None:
    """Moves the batch on from the state in which it was opened, and its orders with it."""
    _turn(work, opened, state, **values)
    move(work, [OrderStep(order.id, order.state, state, reason or order.reason) for order in opened.orders])


def open_batch(work: UnitOfWork, number: str, *states: OrderState) -> OpenedBatch:
    """The batch of a number with its live orders and cases, locked; Refused unless it is in one of the states."""
    columns = [getattr(PaymentBatch, name) for name in OpenBatch._fields]
    found = work.execute(select(*columns).where(col(PaymentBatch.number) == number).with_for_update()).first()
    if found is None:
        raise Refused("unknown_batch", f"没有拨付批次 {number}", f"there is no batch {number}", field="batch")
    batch = OpenBatch._make(found)
    if batch.state not in states:
        says = f"批次 {number} 现为“{STATES_ZH[OrderState(batch.state)]}”，不能这样办理"
        raise Refused("batch_state", says, f"batch {number} is {batch.state}", field="batch")
    mine = col(PaymentOrder.batch_id) == batch.id
    cases = load(work, [order.case_id for order in orders(work, mine)])
    alive = [order for order in orders(work, mine, lock=True) if order.state != OrderState.CANCELLED]
    return OpenedBatch(batch, tuple(alive), cases)


STATES_ZH: dict[OrderState, str] = {
    OrderState.PREPARED: "已制单",
    OrderState.CHECKED: "已复核",
    OrderState.RELEASED: "已放行",
    OrderState.SENT: "已发出",
    OrderState.ACKNOWLEDGED: "银行已受理",
    OrderState.SETTLED: "已到账",
    OrderState.FAILED: "支付失败",
    OrderState.RETURNED: "已退汇",
    OrderState.CANCELLED: "已取消",
}


def _agrees(opened: OpenedBatch, state: OrderState, seen: str) -> None:
    """The control totals, computed again from the orders, are the batch's own and those that the person looked at."""
    batch = opened.batch
    listed = [(order.number, order.payee_name, order.payee_account, order.amount_fen) for order in opened.orders]
    counted = (len(listed), sum(fen for *_, fen in listed), list_hash(listed))
    odd = [order.number for order in opened.orders if order.state != state]
    if counted != (batch.orders, batch.total_fen, batch.list_hash) or odd:
        says = f"批次 {batch.number} 的笔数、金额或清单与制单时不一致{_WAY_OUT}"
        raise Refused("totals", says, f"the totals of batch {batch.number} are not the maker's", field="batch")
    if seen and seen != batch.list_hash:
        raise Refused(
            "stale", f"批次 {batch.number} 不是您看到的那份清单，请重新查看", "look at the list again", field="seen"
        )


def _still_true(work: UnitOfWork, opened: OpenedBatch) -> None:
    """What may have changed since the orders were made: the payees' accounts, and what the bank says of earlier orders."""
    frozen = [order.account_id for order in opened.orders]
    query = select(col(PartyAccount.id)).where(col(PartyAccount.id).in_(frozen), col(PartyAccount.status) == "verified")
    good = set(work.execute(query).scalars())
    since = contradicted(work, list(opened.cases), lately=True)  # what was said before was confirmed with the order
    excluded = []
    for order in opened.orders:
        case = opened.cases[order.case_id].number
        if order.account_id not in good:
            zh, en = "制单后收款账户已变更", "the payee's account was changed after the order was made"
            excluded.append(Excluded(case=case, code="account_changed", zh=zh, en=en, category="payee"))
        elif order.case_id in since:
            zh, en = (
                "银行对此前指令的回单前后矛盾，请先核实",
                "the bank contradicts itself on an earlier order: ask it first",
            )
            excluded.append(Excluded(case=case, code="contradicted", zh=zh, en=en, category="duplicate"))
    whole(excluded, _WAY_OUT)


def _all(
    context: PaymentContext,
    opened: OpenedBatch,
    command: BatchCommand,
    *,
    reason: str = "",
    leave_out_gone: bool = False,
) -> list[ActContext]:
    """Every case of the batch admitted, each with its context, or Refused.

    Those no longer payable may be left out when a batch is given back.
    """
    alive = {order.case_id for order in opened.orders}
    cases = [case for identity, case in opened.cases.items() if identity in alive]
    if leave_out_gone:
        cases = [_as_it_stood(context, case) for case in cases if case.state in (State.PAYABLE, State.ORDERED)]
    ordered = sorted(cases, key=lambda case: case.number)
    shares, excluded = context.admit(
        ordered, command.action, command.act_id, reason=reason, details={"batch": opened.batch.number}
    )
    if excluded and all(refused.code in _NOT_THE_BATCH for refused in excluded):
        raise _another_person(context, command.action, ordered, excluded)
    whole(excluded, "" if leave_out_gone else _WAY_OUT)
    return shares


def _as_it_stood(context: PaymentContext, case: CaseView) -> CaseView:
    """A case that waits for its certifier meanwhile is given back with the others, by whose turn the batch is; it stays with
    the certifier and is the maker's after the word (`late.back`)."""
    before = (
        benefit_comparisons.resumed(context.work, context.procedure(case), case)
        if case.next_duty == Duty.CERTIFIER
        else None
    )
    return case if before is None else case._replace(next_duty=before.duty, next_unit=before.unit)


def _another_person(
    context: PaymentContext, action: Action, cases: Sequence[CaseView], excluded: Sequence[Excluded]
) -> Refused:
    """Nothing is wrong with the batch: it is another's turn, or another person's; who that is."""
    first, more = excluded[0], f"（共 {len(excluded)} 件）" if len(excluded) > 1 else ""
    no = Refused(first.code, f"{first.case}：{first.zh}{more}", f"{first.case}: {first.en}", field="by")
    held = parts(context.work, [case.id for case in cases])
    return helped(context.work, no, context.reference, context.who, action, cases, held)


def _a_maker(context: PaymentContext, opened: OpenedBatch) -> None:
    """Where no case is left to be guarded, a maker of the paying unit may still put the empty batch away."""
    for unit_name in {context.procedure(case).treasury for case in opened.cases.values()}:
        if context.reference.holding(context.who.id, Duty.MAKER, unit_name, context.work.now) is None:
            says = f"{context.who.name} 不是{unit_name}的制单人，无权退回该批次"
            raise Refused("no_duty", says, f"{context.who.name} makes no payments in {unit_name}", field="by")


def _a_releaser(context: PaymentContext, opened: OpenedBatch) -> None:
    """What is released is not the maker's or the checker's to take back."""
    for unit_name in {context.procedure(case).treasury for case in opened.cases.values()}:
        if context.reference.holding(context.who.id, Duty.RELEASER, unit_name, context.work.now) is None:
            says = f"批次 {opened.batch.number} 已放行，导出前只能由{unit_name}的放行人退回"
            raise Refused("no_duty", says, f"released: until it is exported a releaser of {unit_name} may give it back")


def _sums(opened: OpenedBatch, shares: Sequence[ActContext]) -> list[tuple[Procedure, int]]:
    """Each payment's fen with the way of its item, for the threshold."""
    fen = {order.case_id: order.amount_fen for order in opened.orders}
    return [(share.procedure, fen[share.case.id]) for share in shares]


def _checked(share: ActContext, opened: OpenedBatch, *, third: bool) -> Change:
    if not third:
        return _to_releaser(share, opened, "checked")
    following = share.procedure.within(Duty.HEAD, share.procedure.treasury, "P-allocate-days")
    told = (unit(following.unit, Duty.HEAD, "turn"),)
    return share.move(State.PAYABLE, following, outcome="checked", content=_list_of(opened), tell=told)


def _to_releaser(share: ActContext, opened: OpenedBatch, outcome: str) -> Change:
    following: Next = share.procedure.turn(Duty.RELEASER)
    told = (unit(following.unit, Duty.RELEASER, "turn"),)
    return share.move(State.PAYABLE, following, outcome=outcome, content=_list_of(opened), tell=told)


def _released(share: ActContext, opened: OpenedBatch) -> Change:
    following = share.procedure.turn(Duty.RECONCILER)
    return share.move(State.ORDERED, following, outcome="released", content=_list_of(opened))


def _rejected(share: ActContext, opened: OpenedBatch) -> Change:
    following = share.procedure.turn(Duty.MAKER)
    told = (unit(following.unit, Duty.MAKER, "turn", batch=opened.batch.number),)
    following, sets = back(share.work, share.procedure, share.case, following)
    return share.move(State.PAYABLE, following, outcome="rejected", sets=sets, tell=told)


def _list_of(opened: OpenedBatch) -> dict[str, Any]:
    return {"list": opened.batch.list_hash}


def _approved(work: UnitOfWork, opened: OpenedBatch) -> None:
    """The head's approval of every case since the batch was made; a threshold lowered meanwhile asks for it too."""
    wanted = [order.case_id for order in opened.orders]
    query = select(col(Decision.case_id), col(Decision.content)).where(
        col(Decision.case_id).in_(wanted),
        col(Decision.action) == Action.CHECK_BATCH,
        col(Decision.duty) == Duty.HEAD,
    )
    # Of this batch by its number, not by the time: an earlier batch may have been approved in the same instant.
    approved = {row.case_id for row in work.execute(query) if loads(row.content).get("batch") == opened.batch.number}
    if set(wanted) - approved:
        says = f"批次 {opened.batch.number} 有超过限额的拨付而未经单位负责人加批{_WAY_OUT}"
        raise Refused("third_level", says, "above the threshold: the head approves first", field="batch")


def _turn(work: UnitOfWork, opened: OpenedBatch, state: OrderState, **values: Any) -> None:
    """Moves the batch on from the state in which it was opened."""
    batch = opened.batch
    where = (col(PaymentBatch.id) == batch.id, col(PaymentBatch.state) == batch.state)
    if work.execute(update(PaymentBatch).where(*where).values(state=state.value, **values)).rowcount != 1:
        raise Retryable("stale", "批次已被他人更新，请重新查看后再试", "the batch was changed meanwhile: look again")


def _done(opened: OpenedBatch, command: BatchCommand, action: str) -> BatchReceipt:
    if not opened.orders and command.action is not Action.REJECT_BATCH:
        raise Broken("batch", f"批次 {opened.batch.number} 没有指令", f"batch {opened.batch.number} has no orders")
    return opened.receipt(command.act_id, action)


def pending(work: UnitOfWork, *states: OrderState) -> Sequence[OpenBatch]:
    """The batches in these states, oldest first."""
    columns = [getattr(PaymentBatch, name) for name in OpenBatch._fields]
    wanted = [state.value for state in states]
    query = select(*columns).where(col(PaymentBatch.state).in_(wanted)).order_by(col(PaymentBatch.number))
    return [OpenBatch._make(row) for row in work.execute(query)]
