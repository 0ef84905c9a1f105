"""The list of a batch before it is checked or released: payees and accounts in full for those who answer for it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.conditions.condition_wordings import overridden
from casework.lifecycle.procedure import procedure_of
from casework.payments.batches import STATES_ZH, open_batch
from casework.shared.errors import Refused
from casework.shared.reference import person, reference
from models import Duty, OrderState, PartyAccount
from models.masking import masked_account
from models.store import Store

FULL = (Duty.MAKER, Duty.CHECKER, Duty.RELEASER, Duty.RECONCILER, Duty.HEAD)
LOOKS = (Duty.AUDITOR, Duty.ALLOCATOR)


@dataclass(frozen=True, kw_only=True)
class PayeeLine:
    """One order as it will go to the bank; `account_status`: what the register says of the account now."""

    order: str
    case: str
    applicant: str
    payee: str
    bank: str
    account: str
    clearing_code: str
    amount_fen: int
    account_status: str
    overridden: tuple[str, ...] = ()  # the conditions of its case that two people overrode, by name


@dataclass(frozen=True, kw_only=True)
class BatchList:
    """A batch with its lines and control totals; `full`: whether accounts are shown in full."""

    number: str
    state: str
    state_zh: str
    count: int
    total_fen: int
    list_hash: str
    full: bool
    lines: tuple[PayeeLine, ...]


def batch_list(store: Store, number: str, *, by: UUID) -> BatchList:
    """The batch as its checker and releaser must see it; the reading is audited. Refused for anybody else's eyes."""
    with store.write() as work:
        facts = reference(store, work)
        who = person(work, facts, by)
        opened = open_batch(work, number.strip().upper(), *OrderState)
        units = {procedure_of(facts, case, work.today).treasury for case in opened.cases.values()}
        full = any(facts.holding(who.id, duty, unit, work.now) for duty in FULL for unit in units)
        if not full and not any(facts.holding(who.id, duty, None, work.now) for duty in LOOKS):
            raise Refused(
                "no_duty",
                f"{who.name} 不在付款单位办理拨付，不能查看批次 {number} 的收款人",
                f"{who.name} has no part in payments: the payees of {number} are not theirs to see",
                field="by",
            )
        query = select(col(PartyAccount.id), col(PartyAccount.status)).where(
            col(PartyAccount.id).in_([order.account_id for order in opened.orders if order.account_id])
        )
        status = {row.id: str(row.status) for row in work.execute(query)}
        given = overridden(work, opened.cases.values())
        lines = tuple(
            PayeeLine(
                order=order.number,
                case=opened.cases[order.case_id].number,
                applicant=opened.cases[order.case_id].party_name,
                payee=str(order.payee_name),
                bank=order.payee_bank,
                account=str(order.payee_account) if full else masked_account(str(order.payee_account)),
                clearing_code=order.clearing_code,
                amount_fen=order.amount_fen,
                account_status=status.get(order.account_id, "") if order.account_id else "",
                overridden=given.get(order.case_id, ()),
            )
            for order in opened.orders
        )
        batch = opened.batch
        content = {"batch": batch.number, "full": full, "lines": len(lines)}
        work.audit(actor=str(by), action="payments.show", subject=batch.number, content=content)
        return BatchList(
            number=batch.number, state=batch.state, state_zh=STATES_ZH[OrderState(batch.state)], count=batch.orders,
            total_fen=batch.total_fen, list_hash=batch.list_hash, full=full, lines=lines,
        )  # fmt: skip
