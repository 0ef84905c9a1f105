"""A payment made outside the batches: registered under the same guards, in the same table, with the same ledger."""

from typing import cast

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.funds.ledger import Transfer, transfer
from casework.lifecycle.act_context import ActContext
from casework.lifecycle.case_changes import Change
from casework.lifecycle.commands import RegisterOffline
from casework.lifecycle.procedure import system
from casework.payments.payment_orders import book_at_once, number, payable, promised
from casework.shared.errors import Refused
from models import Account, OrderState, PartyAccount, PaymentOrder, State
from models.statements import Prepared

_ACCOUNT = Prepared(
    select(
        col(PartyAccount.id),
        col(PartyAccount.holder),
        col(PartyAccount.bank),
        col(PartyAccount.number),
        col(PartyAccount.clearing_code),
    ).where(
        col(PartyAccount.party_id) == bindparam("wanted"),
        col(PartyAccount.status) == "verified",
        col(PartyAccount.usable_from) <= bindparam("now"),
    )
)


def handle(context: ActContext) -> Change:
    """Pays what is due on the case at once: a settled order, committed to paid, and the case is paid.

    The number of its voucher (支付凭证号) is required; the payee is the party's verified account, as for every payment.
    """
    act, work, case = cast(RegisterOffline, context.act), context.work, context.case
    document = act.document.strip()
    if not document:
        raise Refused("document", "请填写支付凭证号", "name the voucher of the payment", field="document")
    due = payable(promised(work, case.id), case.number)
    accounts = work.rows(_ACCOUNT, wanted=case.party_id, now=work.now)
    if not accounts:
        raise Refused("account_waits", "收款账户尚在变更等待期内", "the account is still in its waiting time")
    known = accounts[0]
    order = number(case.number, due.attempt)
    work.add(
        PaymentOrder,
        number=order,
        entitlement_id=due.id,
        case_id=case.id,
        attempt=due.attempt,
        channel="offline",
        state=OrderState.SETTLED,
        amount_fen=due.due_fen,
        account_id=known.id,
        payee_name=known.holder,
        payee_bank=known.bank,
        payee_account=known.number,
        clearing_code=known.clearing_code,
        reason=document,
        made_at=work.now,
        ended_at=work.now,
    )
    book_at_once(work, due.id, due.due_fen, due.attempt)
    settled = Transfer(
        fund=due.fund_id,
        case=case.id,
        source=Account.COMMITTED,
        target=Account.PAID,
        fen=due.due_fen,
        once=f"{order}/settled",
        note="offline",
    )
    transfer(work, [settled])
    content = {"order": order, "fen": due.due_fen}
    return context.move(State.PAID, system(work.now), outcome="paid_offline", content=content)
