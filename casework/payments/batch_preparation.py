"""拨付制单: the maker builds a batch of orders, each with its number, its amount and the payee's account frozen on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from casework.funds.fund_lookup import FundView
from casework.lifecycle.act_context import ActContext, unit
from casework.lifecycle.case_changes import Change, load, record
from casework.lifecycle.commands import Action
from casework.lifecycle.receipts import BatchReceipt, Excluded
from casework.payments.allocation import found
from casework.payments.commands import PrepareBatch
from casework.payments.entitlement_balance import EntitlementBalance, lines
from casework.payments.payee_checks import PayeeAccount, PayeeCandidate, doubts, usable, verified
from casework.payments.payment_context import AllExcluded, PaymentContext, out, unknown
from casework.payments.payment_orders import count_attempts, number
from casework.shared.errors import Problem, Refused
from models import Duty, PaymentBatch, PaymentOrder, State
from models.columns import canonical_json
from models.unit_of_work import UnitOfWork, content_hash


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An order about to be written."""

    share: ActContext
    line: EntitlementBalance
    account: PayeeAccount
    confirmed: str  # why a doubt was overridden, if one was

    @property
    def number(self) -> str:
        """The order's number, a function of the entitlement's case and the attempt."""
        return number(self.share.case.number, self.line.attempt)


def prepare(context: PaymentContext, command: PrepareBatch) -> BatchReceipt:
    """Makes one batch of orders on a fund for allocated cases; what cannot be paid is left out, shown.

    A doubtful payee (shared account, other name, same payee and sum twice, account on which the last attempt failed, a
    bank that contradicted itself) is left out unless `confirmed` gives the reason by case number. Afterwards the cases
    are the checker's.
    """
    money, cases, act_id = found(context.work, command.fund), command.cases, command.act_id
    work, year = context.work, money.key.year
    views = load(work, list(dict.fromkeys(cases)))
    ordered = sorted(views.values(), key=lambda case: case.number)
    shares, excluded = context.admit(ordered, Action.PREPARE, act_id)
    drafts, unfit = _drafts(work, shares, money, command.confirmed)
    excluded += unfit + unknown(cases, views)
    if not drafts:
        raise AllExcluded(excluded)
    receipt = BatchReceipt(
        act_id=act_id,
        action=Action.PREPARE,
        number=f"ZF{year}-{work.number(f'ZF{year}'):05d}",
        count=len(drafts),
        total_fen=sum(share.line.due_fen for share in drafts),
        list_hash=list_hash([(d.number, d.account.holder, d.account.number, d.line.due_fen) for d in drafts]),
        excluded=tuple(excluded),
    )
    record(work, [_prepared(draft, receipt.number) for draft in drafts])
    _write(context, receipt, money, drafts)
    return receipt


def list_hash(listed: Sequence[tuple[str, str, str, int]]) -> str:
    """The hash of a list of orders (number, payee, account, fen), in the order of their numbers."""
    return content_hash(canonical_json([list(line) for line in sorted(listed)]))


def _drafts(
    work: UnitOfWork, shares: Sequence[ActContext], money: FundView, confirmed: Mapping[str, str]
) -> tuple[list[Draft], list[Excluded]]:
    """The orders that can be made, and the cases that cannot be paid now."""
    known = lines(work, [share.case.id for share in shares])
    accounts = verified(work, list({line.party for line in known.values()}))
    excluded: list[Excluded] = []
    sound: list[tuple[ActContext, EntitlementBalance, PayeeCandidate]] = []
    for share in shares:
        try:
            line = _payable(known.get(share.case.id), money)
            candidate = PayeeCandidate(
                case=share.case.number,
                party=line.party,
                name=share.case.party_name,
                fen=line.due_fen,
                account=accounts.get(line.party),
            )
            usable(candidate, work.now)
            sound.append((share, line, candidate))
        except Refused as no:
            excluded.append(out(share.case, no, _category(no)))
    doubtful = doubts(work, [candidate for _, _, candidate in sound])
    drafts: list[Draft] = []
    for share, line, candidate in sound:
        assert candidate.account is not None
        doubt = doubtful.get(candidate.case) or _stale(line, candidate.account)
        why = confirmed.get(candidate.case, "").strip()
        if doubt is not None and not why:
            excluded.append(out(share.case, doubt, "duplicate" if doubt.code in _DUPLICATE else "payee"))
            continue
        drafts.append(Draft(share=share, line=line, account=candidate.account, confirmed=why if doubt else ""))
    return drafts, excluded


_DUPLICATE = frozenset({"shared_account", "same_twice", "contradicted"})
DOUBTS = _DUPLICATE | {"payee_differs", "account_unchanged"}  # left out unless the maker confirms with a reason


def _payable(line: EntitlementBalance | None, money: FundView) -> EntitlementBalance:
    if line is None or line.due_fen <= 0:
        raise Refused("nothing_due", "本案没有待付金额", "nothing is due on the case")
    if line.fund != money.id:
        raise Refused("other_fund", "本案的资金不在此专项资金内", "the case is paid from another fund")
    if line.under_way:
        raise Refused("under_way", "本案已有一笔支付指令在办", "the case has an order under way")
    return line


def _stale(line: EntitlementBalance, account: PayeeAccount) -> Refused | None:
    """What the earlier attempts say against paying again."""
    if line.contradicted:
        says = "银行曾就已终结的指令报到账，请先向银行核实"
        return Refused("contradicted", says, "the bank called an ended order settled: ask it first")
    if line.bad_account == account.id:
        says = "上次因收款账户原因未付成，账户尚未更正"
        return Refused("account_unchanged", says, "the last attempt failed on this very account")
    return None


def _category(no: Problem) -> str:
    if no.code in ("no_account", "account_waits", "account", "text", "clearing"):
        return "payee"
    return "fund" if no.code == "other_fund" else "procedure"


def _prepared(draft: Draft, batch: str) -> Change:
    share = draft.share
    following = share.procedure.turn(Duty.CHECKER)
    content = {"batch": batch, "order": draft.number, "fen": draft.line.due_fen, "account": str(draft.account.id)}
    if draft.confirmed:
        content["confirmed"] = draft.confirmed
    told = (unit(following.unit, Duty.CHECKER, "turn"),)
    return share.move(State.PAYABLE, following, outcome="prepared", content=content, reason=draft.confirmed, tell=told)


def _write(context: PaymentContext, receipt: BatchReceipt, money: FundView, drafts: Sequence[Draft]) -> None:
    """The batch and its orders."""
    work = context.work
    work.add(
        PaymentBatch,
        id=receipt.act_id,
        number=receipt.number,
        fund_id=money.id,
        orders=receipt.count,
        total_fen=receipt.total_fen,
        list_hash=receipt.list_hash,
        maker_id=context.who.id,
        made_at=work.now,
    )
    for draft in drafts:
        work.add(
            PaymentOrder,
            number=draft.number,
            entitlement_id=draft.line.entitlement,
            case_id=draft.share.case.id,
            batch_id=receipt.act_id,
            attempt=draft.line.attempt,
            amount_fen=draft.line.due_fen,
            account_id=draft.account.id,
            payee_name=draft.account.holder,
            payee_bank=draft.account.bank,
            payee_account=draft.account.number,
            clearing_code=draft.account.clearing_code,
            reason=draft.confirmed,
            made_at=work.now,
        )
    count_attempts(work, [(draft.line.entitlement, draft.line.attempt) for draft in drafts])
