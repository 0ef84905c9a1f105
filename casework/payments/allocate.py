"""资金下达文件: a numbered document that allocates a fund's money to a decided list, less what is frozen."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.cases import Change, load, record
from casework.desk import Desk, unit
from casework.errors import Broken, Refused
from casework.ledger import FundView, fund_of
from casework.payments.acts import (
    AllExcluded,
    Allocate,
    Excluded,
    Office,
    Receipt,
    Said,
    at_work,
    note,
    noted,
    out,
    unknown,
)
from models import Allocation, AllocationLine, Duty, Entitlement, State
from models.columns import canonical_json
from models.store import Store
from models.work import Work, content_hash


def allocate(
    store: Store,
    *,
    number: str,
    fund: tuple[str, int],
    cases: Sequence[UUID],
    by: UUID,
    act_id: UUID,
    budget_line: str = "",
) -> Receipt:
    """Allocates a fund (unit, budget year) to payable cases by the document of that number.

    Held and contested cases, and all others on which the person may not do this, are left out and shown with their
    reason; AllExcluded when none remains. Afterwards the cases are the payment maker's.
    """
    said = Said.of(cases=cases, number=number.strip(), fund=fund, budget_line=budget_line)
    with at_work(store, by) as office:
        done = office.work.execute(select(col(Allocation.number)).where(col(Allocation.id) == act_id)).scalar()
        if done is not None:
            return noted(office.work, done, act_id, Allocate.action, by, said) or _astray(done)
        money = found(office.work, fund)
        _fresh(office.work, number.strip())
        receipt = _allocate(office, number.strip(), money, cases, act_id, budget_line)
        note(office, receipt, said)
        return receipt


def found(work: Work, fund: tuple[str, int]) -> FundView:
    """The fund of a unit and budget year; Refused where there is none."""
    money = fund_of(work, *fund)
    if money is None:
        says = f"没有{fund[0]} {fund[1]} 年度的专项资金"
        raise Refused("fund", says, f"{fund[0]} has no fund for {fund[1]}", field="fund")
    return money


def _allocate(
    office: Office, number: str, money: FundView, cases: Sequence[UUID], act_id: UUID, budget_line: str
) -> Receipt:
    work = office.work
    views = load(work, list(dict.fromkeys(cases)))
    ordered = sorted(views.values(), key=lambda case: case.number)
    desks, excluded = office.admit(ordered, Allocate, act_id, details={"document": number})
    promises = _promises(work, [desk.case.id for desk in desks])
    taken = [desk for desk in desks if _fits(desk, promises, money, excluded)]
    excluded += unknown(cases, views)
    if not taken:
        raise AllExcluded(excluded)
    sums = [(promises[desk.case.id][0], promises[desk.case.id][2]) for desk in taken]
    listed = [[desk.case.number, fen] for desk, (_, fen) in zip(taken, sums, strict=True)]
    receipt = Receipt(
        act_id=act_id,
        action=Allocate.action,
        number=number,
        count=len(taken),
        total_fen=sum(fen for _, fen in sums),
        list_hash=content_hash(canonical_json(listed)),
        excluded=tuple(excluded),
    )
    if receipt.total_fen > money.committed:
        raise Broken("fund", "下达金额超过资金的已审定余额", "more is allocated than the fund has committed")
    record(work, [_allocated(desk) for desk in taken])
    _write(office, receipt, money, budget_line, sums)
    return receipt


def _promises(work: Work, cases: Sequence[UUID]) -> dict[UUID, tuple[UUID, UUID, int]]:
    """By case: its entitlement in force, the fund of it, and the fen that are due."""
    due = (col(Entitlement.approved_fen) - col(Entitlement.paid_fen)).label("due")
    query = select(col(Entitlement.case_id), col(Entitlement.id), col(Entitlement.fund_id), due).where(
        col(Entitlement.case_id).in_(cases), col(Entitlement.ended).is_(False)
    )
    return {row.case_id: (row.id, row.fund_id, row.due) for row in work.execute(query)}


def _fits(
    desk: Desk, promises: Mapping[UUID, tuple[UUID, UUID, int]], money: FundView, excluded: list[Excluded]
) -> bool:
    """Whether money of this fund is due on the case; otherwise it joins the excluded."""
    promise = promises.get(desk.case.id)
    if promise is not None and promise[1] == money.id and promise[2] > 0:
        return True
    if promise is not None and promise[1] != money.id:
        no = Refused("other_fund", "本案的资金不在此专项资金内", "the case is paid from another fund")
    else:
        no = Refused("nothing_due", "本案没有待付金额", "nothing is due on the case")
    excluded.append(out(desk.case, no, "fund"))
    return False


def _allocated(desk: Desk) -> Change:
    following = desk.way.turn(Duty.MAKER)
    return desk.move(State.PAYABLE, following, outcome="allocated", tell=(unit(following.unit, Duty.MAKER, "turn"),))


def _write(
    office: Office, receipt: Receipt, money: FundView, budget_line: str, sums: Sequence[tuple[UUID, int]]
) -> None:
    """The document and its lines."""
    work = office.work
    work.add(
        Allocation,
        id=receipt.act_id,
        number=receipt.number,
        fund_id=money.id,
        budget_line=budget_line.strip(),
        total_fen=receipt.total_fen,
        lines=receipt.count,
        list_hash=receipt.list_hash,
        made_by=office.who.id,
        made_at=work.now,
    )
    for entitlement, fen in sums:
        work.add(AllocationLine, allocation_id=receipt.act_id, entitlement_id=entitlement, amount_fen=fen)


def _fresh(work: Work, number: str) -> None:
    if not number:
        raise Refused("number", "请填写资金下达文件的文号", "give the document's number", field="number")
    if work.execute(select(col(Allocation.id)).where(col(Allocation.number) == number)).first() is not None:
        raise Refused("number", f"文号 {number} 已使用", f"there is a document {number}", field="number")


def _astray(number: str) -> Receipt:
    raise Broken("receipt", f"{number} 缺少办理记录", f"{number} has no row in the audit chain")
