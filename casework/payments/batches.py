"""复核、加批、退回、放行: what the checker, the head, the releaser and the maker may do with a batch, whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from casework.cases import CaseView, Change, load, record
from casework.desk import Desk, unit
from casework.eligible import PERSONAL, helped
from casework.errors import Broken, Refused, Retryable
from casework.guards import parts
from casework.late import back
from casework.payments import threshold
from casework.payments.acts import (
    NOTHING_MORE,
    CheckBatch,
    Excluded,
    Office,
    PaymentAct,
    Receipt,
    RejectBatch,
    Release,
    Said,
    at_work,
    note,
    noted,
    whole,
)
from casework.payments.lines import Order, contradicted, orders
from casework.payments.orders import Step, move
from casework.payments.prepare import list_hash
from casework.procedure import Next, Procedure
from casework.transitions import Action
from models import Decision, Duty, OrderState, PartyAccount, PaymentBatch, PaymentOrder, State
from models.store import Store
from models.work import Work

# Refusals that say nothing against the batch: giving it back would help nobody.
_NOT_THE_BATCH = PERSONAL | {"not_the_turn"}
_WAY_OUT = "。请先退回该批次，排除后重新制单"


class Batch(NamedTuple):
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
class Opened:
    """A batch on the table: its orders that are alive and their cases, locked."""

    batch: Batch
    orders: tuple[Order, ...]
    cases: Mapping[UUID, CaseView]

    def receipt(self, act_id: UUID, action: str) -> Receipt:
        """The receipt of an act on the whole batch."""
        batch = self.batch
        return Receipt(
            act_id=act_id,
            action=action,
            number=batch.number,
            count=batch.orders,
            total_fen=batch.total_fen,
            list_hash=batch.list_hash,
        )


def check(store: Store, *, batch: str, by: UUID, act_id: UUID, seen: str = "") -> Receipt:
    """The checker agrees: totals are computed again from the orders and must be the maker's (and `seen`, a list hash).

    Above the threshold the head of the paying unit comes next, otherwise the releaser.
    """
    with at_work(store, by) as office:
        action = CheckBatch.action
        done = noted(office.work, batch, act_id, action, by)
        if done is not None:
            return done
        opened = open_batch(office.work, batch, OrderState.PREPARED)
        _agrees(opened, OrderState.PREPARED, seen)
        _still_true(office.work, opened)
        desks = _all(office, opened, CheckBatch, act_id)
        third = threshold.above(_sums(opened, desks))
        record(office.work, [_checked(desk, opened, third=third) for desk in desks])
        _turn(office.work, opened, OrderState.CHECKED, checker_id=by)
        move(office.work, [Step(one.id, one.state, OrderState.CHECKED, one.reason) for one in opened.orders])
        return _done(office, opened, act_id, action)


def approve(store: Store, *, batch: str, by: UUID, act_id: UUID, seen: str = "") -> Receipt:
    """加批: the head of the paying unit approves a checked batch that is above the threshold; the releaser comes next."""
    with at_work(store, by) as office:
        done = noted(office.work, batch, act_id, "approve", by)
        if done is not None:
            return done
        opened = open_batch(office.work, batch, OrderState.CHECKED)
        _agrees(opened, OrderState.CHECKED, seen)
        _still_true(office.work, opened)
        desks = _all(office, opened, CheckBatch, act_id)
        record(office.work, [_to_releaser(desk, opened, "approved") for desk in desks])
        return _done(office, opened, act_id, "approve")


def release(store: Store, *, batch: str, by: UUID, act_id: UUID, seen: str = "") -> Receipt:
    """The releaser lets the batch go to the bank: its cases are ordered, and the reconciler's.

    Everything is looked at once more: totals, accounts, the bank's contradictions, and the threshold as it stands now.
    """
    with at_work(store, by) as office:
        action = Release.action
        done = noted(office.work, batch, act_id, action, by)
        if done is not None:
            return done
        opened = open_batch(office.work, batch, OrderState.CHECKED)
        _agrees(opened, OrderState.CHECKED, seen)
        _still_true(office.work, opened)
        desks = _all(office, opened, Release, act_id)
        if threshold.above(_sums(opened, desks)):
            _approved(office.work, opened)
        record(office.work, [_released(desk, opened) for desk in desks])
        _turn(office.work, opened, OrderState.RELEASED, releaser_id=by, released_at=office.work.now)
        move(office.work, [Step(one.id, one.state, OrderState.RELEASED, one.reason) for one in opened.orders])
        return _done(office, opened, act_id, action)


def reject_batch(store: Store, *, batch: str, by: UUID, act_id: UUID, reason: str) -> Receipt:
    """Gives a batch back before its files are written: orders are cancelled and the cases are the maker's again.

    The checker, head or releaser whose turn it is may, its maker any time before the release, and a releaser after it.
    Cases that left payment meanwhile stay where they are.
    """
    if not reason.strip():
        raise Refused("reason", "请写明退回理由", "say why", field="reason")
    said = Said.of(reason=reason.strip())
    with at_work(store, by) as office:
        action = RejectBatch.action
        done = noted(office.work, batch, act_id, action, by, said)
        if done is not None:
            return done
        opened = open_batch(office.work, batch, OrderState.PREPARED, OrderState.CHECKED, OrderState.RELEASED)
        if opened.batch.state == OrderState.RELEASED:
            _a_releaser(office, opened)
        desks = _all(office, opened, RejectBatch, act_id, reason=reason.strip(), leave_out_gone=True)
        if not desks:
            _a_maker(office, opened)
        record(office.work, [_rejected(desk, opened) for desk in desks])
        _turn(office.work, opened, OrderState.CANCELLED)
        move(office.work, [Step(one.id, one.state, OrderState.CANCELLED, reason.strip()) for one in opened.orders])
        return _done(office, opened, act_id, action, said)


def open_batch(work: Work, number: str, *states: OrderState) -> Opened:
    """The batch of a number with its live orders and cases, locked; Refused unless it is in one of the states."""
    columns = [getattr(PaymentBatch, name) for name in Batch._fields]
    found = work.execute(select(*columns).where(col(PaymentBatch.number) == number).with_for_update()).first()
    if found is None:
        raise Refused("unknown_batch", f"没有拨付批次 {number}", f"there is no batch {number}", field="batch")
    batch = Batch._make(found)
    if batch.state not in states:
        says = f"批次 {number} 现为“{STATES_ZH[OrderState(batch.state)]}”，不能这样办理"
        raise Refused("batch_state", says, f"batch {number} is {batch.state}", field="batch")
    mine = col(PaymentOrder.batch_id) == batch.id
    cases = load(work, [one.case_id for one in orders(work, mine)])
    alive = [one for one in orders(work, mine, lock=True) if one.state != OrderState.CANCELLED]
    return Opened(batch, tuple(alive), cases)


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


def _agrees(opened: Opened, state: OrderState, seen: str) -> None:
    """The control totals, computed again from the orders, are the batch's own and those that the person looked at."""
    batch = opened.batch
    listed = [(one.number, one.payee_name, one.payee_account, one.amount_fen) for one in opened.orders]
    counted = (len(listed), sum(fen for *_, fen in listed), list_hash(listed))
    odd = [one.number for one in opened.orders if one.state != state]
    if counted != (batch.orders, batch.total_fen, batch.list_hash) or odd:
        says = f"批次 {batch.number} 的笔数、金额或清单与制单时不一致{_WAY_OUT}"
        raise Refused("totals", says, f"the totals of batch {batch.number} are not the maker's", field="batch")
    if seen and seen != batch.list_hash:
        raise Refused(
            "stale", f"批次 {batch.number} 不是您看到的那份清单，请重新查看", "look at the list again", field="seen"
        )


def _still_true(work: Work, opened: Opened) -> None:
    """What may have changed since the orders were made: the payees' accounts, and what the bank says of earlier orders."""
    frozen = [one.account_id for one in opened.orders]
    query = select(col(PartyAccount.id)).where(col(PartyAccount.id).in_(frozen), col(PartyAccount.status) == "verified")
    good = set(work.execute(query).scalars())
    since = contradicted(work, list(opened.cases), since=opened.batch.made_at)
    excluded = []
    for one in opened.orders:
        case = opened.cases[one.case_id].number
        if one.account_id not in good:
            zh, en = "制单后收款账户已变更", "the payee's account was changed after the order was made"
            excluded.append(Excluded(case=case, code="account_changed", zh=zh, en=en, category="payee"))
        elif (said := since.get(one.case_id)) and (said > one.made_at or not one.reason):  # its reason: confirmed so
            zh, en = (
                "银行对此前指令的回单前后矛盾，请先核实",
                "the bank contradicts itself on an earlier order: ask it first",
            )
            excluded.append(Excluded(case=case, code="contradicted", zh=zh, en=en, category="duplicate"))
    whole(excluded, _WAY_OUT)


def _all(
    office: Office,
    opened: Opened,
    kind: type[PaymentAct],
    act_id: UUID,
    *,
    reason: str = "",
    leave_out_gone: bool = False,
) -> list[Desk]:
    """Every case of the batch on a desk, or Refused. Those no longer payable may be left out when a batch is given back."""
    alive = {one.case_id for one in opened.orders}
    cases = [case for identity, case in opened.cases.items() if identity in alive]
    if leave_out_gone:
        cases = [case for case in cases if case.state in (State.PAYABLE, State.ORDERED)]
    ordered = sorted(cases, key=lambda case: case.number)
    desks, excluded = office.admit(ordered, kind, act_id, reason=reason, details={"batch": opened.batch.number})
    if excluded and all(one.code in _NOT_THE_BATCH for one in excluded):
        raise _another_person(office, kind.action, ordered, excluded)
    whole(excluded, "" if leave_out_gone else _WAY_OUT)
    return desks


def _another_person(office: Office, action: Action, cases: Sequence[CaseView], excluded: Sequence[Excluded]) -> Refused:
    """Nothing is wrong with the batch: it is another's turn, or another person's; who that is."""
    first, more = excluded[0], f"（共 {len(excluded)} 件）" if len(excluded) > 1 else ""
    no = Refused(first.code, f"{first.case}：{first.zh}{more}", f"{first.case}: {first.en}", field="by")
    held = parts(office.work, [case.id for case in cases])
    return helped(no, office.facts, office.who, action, cases, held, office.work.now)


def _a_maker(office: Office, opened: Opened) -> None:
    """Where no case is left to be guarded, a maker of the paying unit may still put the empty batch away."""
    for unit_name in {office.way(case).treasury for case in opened.cases.values()}:
        if office.facts.holding(office.who.id, Duty.MAKER, unit_name, office.work.now) is None:
            says = f"{office.who.name} 不是{unit_name}的制单人，无权退回该批次"
            raise Refused("no_duty", says, f"{office.who.name} makes no payments in {unit_name}", field="by")


def _a_releaser(office: Office, opened: Opened) -> None:
    """What is released is not the maker's or the checker's to take back."""
    for unit_name in {office.way(case).treasury for case in opened.cases.values()}:
        if office.facts.holding(office.who.id, Duty.RELEASER, unit_name, office.work.now) is None:
            says = f"批次 {opened.batch.number} 已放行，导出前只能由{unit_name}的放行人退回"
            raise Refused("no_duty", says, f"released: until it is exported a releaser of {unit_name} may give it back")


def _sums(opened: Opened, desks: Sequence[Desk]) -> list[tuple[Procedure, int]]:
    """Each payment's fen with the way of its item, for the threshold."""
    fen = {one.case_id: one.amount_fen for one in opened.orders}
    return [(desk.way, fen[desk.case.id]) for desk in desks]


def _checked(desk: Desk, opened: Opened, *, third: bool) -> Change:
    if not third:
        return _to_releaser(desk, opened, "checked")
    following = desk.way.within(Duty.HEAD, desk.way.treasury, "P-allocate-days")
    told = (unit(following.unit, Duty.HEAD, "turn"),)
    return desk.move(State.PAYABLE, following, outcome="checked", content=_list_of(opened), tell=told)


def _to_releaser(desk: Desk, opened: Opened, outcome: str) -> Change:
    following: Next = desk.way.turn(Duty.RELEASER)
    told = (unit(following.unit, Duty.RELEASER, "turn"),)
    return desk.move(State.PAYABLE, following, outcome=outcome, content=_list_of(opened), tell=told)


def _released(desk: Desk, opened: Opened) -> Change:
    following = desk.way.turn(Duty.RECONCILER)
    return desk.move(State.ORDERED, following, outcome="released", content=_list_of(opened))


def _rejected(desk: Desk, opened: Opened) -> Change:
    following = desk.way.turn(Duty.MAKER)
    told = (unit(following.unit, Duty.MAKER, "turn", batch=opened.batch.number),)
    following, sets = back(desk.work, desk.way, desk.case, following)
    return desk.move(State.PAYABLE, following, outcome="rejected", sets=sets, tell=told)


def _list_of(opened: Opened) -> dict[str, Any]:
    return {"list": opened.batch.list_hash}


def _approved(work: Work, opened: Opened) -> None:
    """The head's approval of every case since the batch was made; a threshold lowered meanwhile asks for it too."""
    wanted = [one.case_id for one in opened.orders]
    query = select(col(Decision.case_id), col(Decision.content)).where(
        col(Decision.case_id).in_(wanted),
        col(Decision.action) == CheckBatch.action,
        col(Decision.duty) == Duty.HEAD,
    )
    # Of this batch by its number, not by the time: an earlier batch may have been approved in the same instant.
    approved = {row.case_id for row in work.execute(query) if loads(row.content).get("batch") == opened.batch.number}
    if set(wanted) - approved:
        says = f"批次 {opened.batch.number} 有超过限额的拨付而未经单位负责人加批{_WAY_OUT}"
        raise Refused("third_level", says, "above the threshold: the head approves first", field="batch")


def _turn(work: Work, opened: Opened, state: OrderState, **values: Any) -> None:
    """Moves the batch on from the state in which it was opened."""
    batch = opened.batch
    where = (col(PaymentBatch.id) == batch.id, col(PaymentBatch.state) == batch.state)
    if work.execute(update(PaymentBatch).where(*where).values(state=state.value, **values)).rowcount != 1:
        raise Retryable("stale", "批次已被他人更新，请重新查看后再试", "the batch was changed meanwhile: look again")


def _done(office: Office, opened: Opened, act_id: UUID, action: str, said: Said = NOTHING_MORE) -> Receipt:
    if not opened.orders and action != RejectBatch.action:
        raise Broken("batch", f"批次 {opened.batch.number} 没有指令", f"batch {opened.batch.number} has no orders")
    receipt = opened.receipt(act_id, action)
    note(office, receipt, said)
    return receipt


def pending(work: Work, *states: OrderState) -> Sequence[Batch]:
    """The batches in these states, oldest first."""
    columns = [getattr(PaymentBatch, name) for name in Batch._fields]
    wanted = [state.value for state in states]
    query = select(*columns).where(col(PaymentBatch.state).in_(wanted)).order_by(col(PaymentBatch.number))
    return [Batch._make(row) for row in work.execute(query)]
