"""Budgets: money appropriated to a unit's fund of a year, each by its document; never cut below what is in use.

A fund is shared by the policies of its unit, or a policy's own (`policy`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlmodel import col

from casework.funds import ledger
from casework.funds.budget_change import BudgetChange, nothing
from casework.funds.resume_for_funds import wake_for_funds
from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from casework.shared.policies_in_use import of_work
from casework.shared.register_writes import Actor, Writer, arriving, filled, of_the_unit, treasuries, writer, writing
from casework.staff import unit_register
from models import Account, Duty, Fund, LedgerEntry
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.money import Money

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@dataclass(frozen=True, kw_only=True)
class FundRow:
    """A fund as listed, in whole fen."""

    id: UUID
    unit: str
    year: int
    policy: str
    budget: Money
    available: Money
    reserved: Money
    committed: Money
    paid: Money


def appropriate(
    store: Store,
    actor: Actor,
    *,
    unit: str,
    year: int,
    amount: Money,
    document: str,
    policy: str = "",
    look: Callable[[BudgetChange], None] = nothing,
) -> BudgetChange:
    """Adds money to the unit's fund of a budget year, shared unless a policy is named. The same document again changes nothing.

    `look` sees what it does before the commit, and what that raises undoes it.
    """
    with arriving(store) as work:
        _checked(year, amount, document)
        who = officer(store, work, actor, unit)
        made = appropriate_in(work, who, unit=unit, year=year, amount=amount, document=document, policy=policy)
        look(made)
        return made


def appropriate_in(
    work: UnitOfWork, who: Writer, *, unit: str, year: int, amount: Money, document: str, policy: str = ""
) -> BudgetChange:
    """The same within an open transaction, for a writer who may."""
    paper, sum_ = _checked(year, amount, document)
    unit_register.must_exist(work, unit)
    key = FundKey(unit, year, _policy(work, policy))
    work.flush()
    fund, once = _fund(work, key), _once("appropriate", key, paper)
    if fund is not None and _moved(work, once, sum_, paper):
        return _change(fund.id, key, fund, paper, Money(0), new=False)
    woken = wake_for_funds(work, key)  # cases are locked before funds
    if fund is None and key.policy and year == work.today.year:
        # its claims, those woken before or held too, leave the queue for the shared fund: who stood behind them looks again
        woken += wake_for_funds(work, FundKey(unit, year))
    made = ledger.appropriate(work, **key._asdict(), fen=int(sum_), once=once, note=paper)
    content = {**_said(key), "fen": int(sum_), "document": paper, "woken": woken}
    work.audit(actor=who.text, action="budgets.appropriate", subject=str(made), content=content)
    return _change(made, key, fund, paper, sum_, woken=woken)


def officer(store: Store, work: UnitOfWork, actor: Actor, unit: str) -> Writer:
    """The person who moves a unit's money: its own fund officer, or one of the treasury that funds come from."""
    writer(store, work, actor, Duty.FUND_OFFICER, in_person=True)
    unit_register.must_exist(work, unit)
    said = (f"动用{unit}的专项资金", f"move the money of {unit}")
    return of_the_unit(store, work, actor, Duty.FUND_OFFICER, {unit, *treasuries()}, *said)


def cut(
    store: Store,
    actor: Actor,
    *,
    unit: str,
    year: int,
    amount: Money,
    document: str,
    policy: str = "",
    look: Callable[[BudgetChange], None] = nothing,
) -> BudgetChange:
    """Takes money back from the fund, as far as nothing is reserved, committed or paid of it; `look` as in `appropriate`."""
    paper, sum_ = _checked(year, amount, document)
    with writing(store) as work:
        who = officer(store, work, actor, unit)
        key = FundKey(unit, year, policy.strip().upper())
        fund = _fund(work, key, held=True)
        if fund is None:
            raise Refused("fund", f"{key.zh}没有资金", f"there is no fund {key.en}", field="unit")
        if _moved(work, once := _once("cut", key, paper), sum_, paper):
            made = _change(fund.id, key, fund, paper, Money(0), new=False)
            look(made)
            return made
        if fund.available_fen < sum_:
            free = Money(fund.available_fen)
            raise Refused(
                "in_use",
                f"最多可减 {free.grouped} 元，其余已预留、已下达或已拨付",
                f"at most {free} yuan can be cut: the rest is in use",
                field="amount",
            )
        work.execute(
            update(Fund)
            .where(col(Fund.id) == fund.id)
            .values(budget_fen=col(Fund.budget_fen) - sum_, available_fen=col(Fund.available_fen) - sum_)
        )
        work.add(
            LedgerEntry,
            fund_id=fund.id,
            source=Account.AVAILABLE,
            target=Account.TREASURY,
            amount_fen=int(sum_),
            once=once,
            note=paper,
            made_at=work.now,
        )
        content = {**_said(key), "fen": -int(sum_), "document": paper}
        work.audit(actor=who.text, action="budgets.cut", subject=str(fund.id), content=content)
        made = _change(fund.id, key, fund, paper, Money(-int(sum_)))
        look(made)
    return made


def listed(store: Store) -> list[FundRow]:
    """Every fund by year, unit and policy; the shared one first."""
    with store.read() as work:
        found = work.execute(_ROWS.order_by(col(Fund.year), col(Fund.unit), col(Fund.policy)))
        return [
            FundRow(
                id=row.id,
                unit=row.unit,
                year=row.year,
                policy=row.policy,
                budget=Money(row.budget_fen),
                available=Money(row.available_fen),
                reserved=Money(row.reserved_fen),
                committed=Money(row.committed_fen),
                paid=Money(row.paid_fen),
            )
            for row in found
        ]


_ROWS: Select[Any] = select(Fund.__table__)  # type: ignore[attr-defined]


def _checked(year: int, amount: Money, document: str) -> tuple[str, Money]:
    if type(year) is not int or not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise Refused("year", f"预算年度应在 {_FIRST_YEAR} 至 {_LAST_YEAR} 之间", "no such budget year", field="year")
    if type(amount) is not Money or not 0 < amount <= Money.LARGEST:
        raise Refused(
            "amount", "金额应大于零且不过大（元，最多两位小数）", "the amount must be positive", field="amount"
        )
    return filled(document, "document", "预算文号", "the document number"), amount


def _policy(work: UnitOfWork, code: str) -> str:
    """The code of a policy that the store works with, in any case of letters; empty for the shared fund."""
    wanted = code.strip().upper()
    known = [policy.code for policy in of_work(work)]
    found = next((code for code in known if code.upper() == wanted), "")
    if wanted and not found:
        zh = f"本系统没有政策 {code.strip()}；现有：{'、'.join(known)}。各政策共用的资金不填政策"
        en = f"no policy {code.strip()} here, but {', '.join(known)}; leave it empty for a fund that all share"
        raise Refused("policy", zh, en, field="policy")
    return found


def _once(what: str, key: FundKey, paper: str) -> str:
    """The business event: a document counts once in each fund."""
    return (
        f"{what}:{key.policy}/{key.unit}/{key.year}/{paper}" if key.policy else f"{what}/{key.unit}/{key.year}/{paper}"
    )


def _said(key: FundKey) -> dict[str, Any]:
    return {"unit": key.unit, "year": key.year, **({"policy": key.policy} if key.policy else {})}


def _fund(work: UnitOfWork, key: FundKey, *, held: bool = False) -> Any:
    here = _ROWS.where(col(Fund.unit) == key.unit, col(Fund.year) == key.year, col(Fund.policy) == key.policy)
    return work.execute(here.with_for_update() if held else here).first()


def _change(
    identity: Any, key: FundKey, before: Any, paper: str, moved: Money, *, woken: int = 0, new: bool = True
) -> BudgetChange:
    """What an entry does; `before`: the fund's row as it stood, None where it is opened by the entry."""
    held = (before.budget_fen, before.available_fen) if before is not None else (0, 0)
    return BudgetChange(
        identity=UUID(str(identity)), fund=key, document=paper, budget=Money(held[0]), available=Money(held[1]),
        moved=moved, woken=woken, new=new,
    )  # fmt: skip


def _moved(work: UnitOfWork, once: str, amount: Money, document: str) -> bool:
    """Whether this document has moved this sum before; the same document with another sum is refused."""
    earlier = work.execute(select(col(LedgerEntry.amount_fen)).where(col(LedgerEntry.once) == once)).scalars().first()
    if earlier is not None and earlier != amount:
        raise Refused(
            "document",
            f"文号 {document} 已登记 {Money(earlier).grouped} 元，与本次金额不同；如有追加请用另一文号",
            f"document {document} is already entered with {Money(earlier)} yuan",
            field="document",
        )
    return earlier is not None
