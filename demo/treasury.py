"""The paying side: allocation documents, batches made, checked, approved and released by different people, files for the bank."""

from casework.command_handler import act
from casework.lifecycle.receipts import BatchReceipt, Excluded
from casework.payments.bank_export import export
from casework.payments.commands import AllocateFund, ApproveBatch, CheckBatch, PrepareBatch, ReleaseBatch
from casework.payments.payment_context import AllExcluded
from casework.payments.payment_lists import PayableCase, waiting
from casework.shared.fund_key import FundKey
from casework.views import funds
from demo.staff import TREASURY
from demo.stage import Season
from demo.twists import Twist
from models import Duty
from policies.money import Money

D, T = Duty, Twist
_DOUBTS = {"payee_differs": T.HOLDER_DIFFERS, "same_twice": T.SAME_TWICE}


def allocate_all(season: Season) -> None:
    """One allocation document for each fund with payable cases."""
    for fund, listed in payable(season, D.ALLOCATOR):
        number = f"演示资金（{season.today.year}）{season.today:%m%d}-{fund.text.replace(':', '-')}"
        by, cases = season.who(D.ALLOCATOR), [waits.case for waits in listed if not waits.held]
        done = act(
            season.store, AllocateFund(number=number, fund=fund, cases=tuple(cases), by=by, act_id=season.act_id())
        )
        season.acts += done.count
        words = f"{number} 下达 {done.count} 件 {Money(done.total_fen).grouped} 元"
        season.tell("资金下达", words)


def order_all(season: Season) -> None:
    """Batches for each fund, from the maker to the file for the bank."""
    for fund, listed in payable(season, D.MAKER):
        for receipt in _prepared(season, fund, listed):
            season.acts += 3 * receipt.count
            _through(season, receipt)


def payable(season: Season, duty: Duty) -> list[tuple[FundKey, list[PayableCase]]]:
    """The payable cases that wait for a duty, by fund."""
    found = []
    for fund in funds(season.store):
        with season.store.read() as work:
            listed = [payable for payable in waiting(work, duty, fund=fund.key) if not payable.held]
        if listed:
            found.append((fund.key, listed))
    return found


def _prepared(season: Season, fund: FundKey, listed: list[PayableCase]) -> list[BatchReceipt]:
    """The fund's batch; what is doubtful is looked into, and paid in a batch of its own with the reason."""
    store, by = season.store, season.who(D.MAKER)
    cases = [payable.case for payable in listed]
    done: list[BatchReceipt] = []
    try:
        done.append(act(store, PrepareBatch(fund=fund, cases=tuple(cases), by=by, act_id=season.act_id())))
        left_out = done[0].excluded
    except AllExcluded as none:
        left_out = none.excluded
    doubtful = [case for case in left_out if case.code in _DOUBTS]
    if not doubtful:
        return done
    confirmed = {case.case: _looked_into(season, case) for case in doubtful}
    again = [payable.case for payable in listed if payable.number in confirmed]
    done.append(
        act(store, PrepareBatch(fund=fund, cases=tuple(again), by=by, act_id=season.act_id(), confirmed=confirmed))
    )
    return done


def _looked_into(season: Season, case: Excluded) -> str:
    """Why the doubt does not stand in the way."""
    twist = _DOUBTS[case.code]
    season.tell(twist, "制单被拦下，核实后凭理由确认", case=case.case, answer=case.zh)
    return "两处门店分别核实，非重复付款" if twist is T.SAME_TWICE else "已核对代收证明原件"


def _through(season: Season, receipt: BatchReceipt) -> None:
    """Checked, approved by the head where a payment is above the threshold, released, exported."""
    store, number = season.store, receipt.number
    if season.once("batch", "own check"):
        with season.refusal(T.FORBIDDEN, f"制单人自行复核批次 {number}"):
            act(store, CheckBatch(batch=number, by=season.who(D.MAKER), act_id=season.act_id()))
    act(store, CheckBatch(batch=number, by=season.who(D.CHECKER), act_id=season.act_id(), seen=receipt.list_hash))
    if any(case.next_unit == TREASURY for case, _ in season.waiting(D.HEAD)):
        act(store, ApproveBatch(batch=number, by=season.who(D.HEAD, TREASURY), act_id=season.act_id()))
        season.tell("加批", f"批次 {number} 有超过限额的拨付，单位负责人加批")
    act(store, ReleaseBatch(batch=number, by=season.who(D.RELEASER), act_id=season.act_id()))
    done = export(store, batch=number, folder=season.folders.payments, by=season.who(D.RELEASER))
    season.exported[number] = done.files[0][0]
    season.tell("拨付", f"批次 {number} 共 {receipt.count} 笔 {Money(receipt.total_fen).grouped} 元，文件已发出")
