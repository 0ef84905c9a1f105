"""资金下达文件: a numbered document that allocates a fund's money to a decided list, less what is frozen."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.funds.fund_lookup import FundView, fund_named
from casework.lifecycle.act_context import ActContext, unit
from casework.lifecycle.case_changes import Change, load, record
from casework.lifecycle.commands import Action
from casework.lifecycle.receipts import BatchReceipt, Excluded
from casework.payments.commands import AllocateFund
from casework.payments.payment_context import AllExcluded, PaymentContext, out, unknown
from casework.shared.errors import Broken, Refused
from casework.shared.fund_key import FundKey
from models import Allocation, AllocationLine, Duty, Entitlement, State
from models.columns import canonical_json
from models.unit_of_work import UnitOfWork, content_hash


def allocate(context: PaymentContext, command: AllocateFund) -> BatchReceipt:
    """Allocates a fund to payable cases by the document of that number.

    Held and contested cases, and all others on which the person may not do this, are left out and shown with their
    reason; AllExcluded when none remains. Afterwards the cases are the payment maker's.
    """
    money, number = found(context.work, command.fund), command.number.strip()
    _fresh(context.work, number)
    return _allocate(context, number, money, command)


def found(work: UnitOfWork, fund: FundKey) -> FundView:
    """Exactly this fund, a policy's own or the shared one; Refused where there is none."""
    money = fund_named(work, fund)
    if money is None:
        raise Refused("fund", f"没有{fund.zh}的专项资金", f"there is no fund {fund.en}", field="fund")
    return money


def _allocate(context: PaymentContext, number: str, money: FundView, command: AllocateFund) -> BatchReceipt:
    work, cases, act_id = context.work, command.cases, command.act_id
    views = load(work, list(dict.fromkeys(cases)))
    ordered = sorted(views.values(), key=lambda case: case.number)
    shares, excluded = context.admit(ordered, Action.ALLOCATE, act_id, details={"document": number})
    promises = _promises(work, [share.case.id for share in shares])
    taken = [share for share in shares if _fits(share, promises, money, excluded)]
    excluded += unknown(cases, views)
    if not taken:
        raise AllExcluded(excluded)
    sums = [(promises[share.case.id][0], promises[share.case.id][2]) for share in taken]
    listed = [[share.case.number, fen] for share, (_, fen) in zip(taken, sums, strict=True)]
    receipt = BatchReceipt(
        act_id=act_id,
        action=Action.ALLOCATE,
        number=number,
        count=len(taken),
        total_fen=sum(fen for _, fen in sums),
        list_hash=content_hash(canonical_json(listed)),
        excluded=tuple(excluded),
    )
    if receipt.total_fen > money.committed:
        raise Broken("fund", "下达金额超过资金的已审定余额", "more is allocated than the fund has committed")
    record(work, [_allocated(share) for share in taken])
    _write(context, receipt, money, command.budget_line, sums)
    return receipt


def _promises(work: UnitOfWork, cases: Sequence[UUID]) -> dict[UUID, tuple[UUID, UUID, int]]:
    """By case: its entitlement in force, the fund of it, and the fen that are due."""
    due = (col(Entitlement.approved_fen) - col(Entitlement.paid_fen)).label("due")
    query = select(col(Entitlement.case_id), col(Entitlement.id), col(Entitlement.fund_id), due).where(
        col(Entitlement.case_id).in_(cases), col(Entitlement.ended).is_(False)
    )
    return {row.case_id: (row.id, row.fund_id, row.due) for row in work.execute(query)}


def _fits(
    share: ActContext, promises: Mapping[UUID, tuple[UUID, UUID, int]], money: FundView, excluded: list[Excluded]
) -> bool:
    """Whether money of this fund is due on the case; otherwise it joins the excluded."""
    promise = promises.get(share.case.id)
    if promise is not None and promise[1] == money.id and promise[2] > 0:
        return True
    if promise is not None and promise[1] != money.id:
        no = Refused("other_fund", "本案的资金不在此专项资金内", "the case is paid from another fund")
    else:
        no = Refused("nothing_due", "本案没有待付金额", "nothing is due on the case")
    excluded.append(out(share.case, no, "fund"))
    return False


def _allocated(share: ActContext) -> Change:
    following = share.procedure.turn(Duty.MAKER)
    return share.move(State.PAYABLE, following, outcome="allocated", tell=(unit(following.unit, Duty.MAKER, "turn"),))


def _write(
    context: PaymentContext, receipt: BatchReceipt, money: FundView, budget_line: str, sums: Sequence[tuple[UUID, int]]
) -> None:
    """The document and its lines."""
    work = context.work
    work.add(
        Allocation,
        id=receipt.act_id,
        number=receipt.number,
        fund_id=money.id,
        budget_line=budget_line.strip(),
        total_fen=receipt.total_fen,
        lines=receipt.count,
        list_hash=receipt.list_hash,
        made_by=context.who.id,
        made_at=work.now,
    )
    for entitlement, fen in sums:
        work.add(AllocationLine, allocation_id=receipt.act_id, entitlement_id=entitlement, amount_fen=fen)


def _fresh(work: UnitOfWork, number: str) -> None:
    if not number:
        raise Refused("number", "请填写资金下达文件的文号", "give the document's number", field="number")
    if work.execute(select(col(Allocation.id)).where(col(Allocation.number) == number)).first() is not None:
        raise Refused("number", f"文号 {number} 已使用", f"there is a document {number}", field="number")
